"""docs/profiles.md: every field of a profile, from the model's own sentences."""

import types
from collections.abc import Iterator
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from shared.profiles.phrases import Phrases
from shared.profiles.profile import Profile
from shared.profiles.tool_names import ALWAYS, CHOSEN
from wacall.docs.markdown import GENERATED, table

_HEAD = f"""{GENERATED}
# Profiles

A profile says what one line of a business is for, who answers it, and how: NAME.yaml, and
beside it NAME.md, a prompt in Markdown that tells the agent of the business. A new business is
served by adding these two. Those that come with wacall lie in `agents/profiles/`: a bicycle shop
(`agents/profiles/default.yaml`, which the demo uses) and a dental practice in Spanish
(`agents/profiles/clinica-sol.yaml`). Your own lie in the folder that `PROFILES_DIR` names; one of
the same name as a shipped one takes its place.

**Which one.** A call to a number is led by the profile whose `numbers` has it, else by
`AGENT_PROFILE` (`default`). A call that you place is led by the `profile` of `POST /calls`, else
the same way. With `AGENT_PROMPT_FILE`, the whole business in one file of before, that is what
`AGENT_PROFILE` stands for.

**A change** takes effect for the next call, without a restart; calls that run keep what they
have. What cannot be used leaves the last version that could, and is logged as `profile-unusable`
with file, line and field. Two profiles cannot have one number: who has had it keeps it. Write a
file whole and move it into its place; one that is away for a moment is not taken for deleted. At
the start everything must be right, or nothing starts.

**Secrets** stand in no profile: `access_token`, `app_secret` and an action's `secret` are names
of variables.

**The purpose** is compiled into what the agent is told, after the prompt: it declines everything
else in one sentence, leads back, and after the third time offers a person or says goodbye. Each
time the model reports it by a tool, and the work after the call judges it as well;
`off_purpose_turns` of the call has the larger count. Tool rules, languages, opening hours and the
business's own time follow, so the prompt need not tell of them.

`wacall profiles check` tells everything that is wrong at once, offline; `list` and `show NAME`
what holds.

The YAML is read by YAML 1.2's core: `no` is Norwegian, `09:00` a time of day. A name that stands
twice is an error, and so is a field that is not listed here.
"""
_TOOLS = f"""
## Tools

Always offered: {", ".join(f"`{name}`" for name in ALWAYS)}. A profile may leave out, by naming
the others in `tools`: {", ".join(f"`{name}`" for name in CHOSEN)}.
"""
_WORDS: dict[object, str] = {
    bool: "`true` or `false`",
    int: "whole number",
    float: "number",
    str: "text",
}


def profiles_page() -> str:
    """Write the page."""
    parts = [_HEAD, "\n## Fields\n\n", _rows(Profile)]
    for name, part in _parts(Profile):
        parts.append(f"\n## {name}\n\n{(part.__doc__ or '').strip()}\n\n{_rows(part)}")
    return "".join([*parts, _TOOLS])


def _parts(model: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    """Find the parts that a profile is made of, each under its field's name."""
    for name, field in model.model_fields.items():
        part = _part_of(field.annotation)
        if part is not None and field.description:
            yield name, part


def _part_of(kind: Any) -> type[BaseModel] | None:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    found = (_part_of(one) for one in get_args(kind))
    return next((part for part in found if part is not None), None)


def _rows(model: type[BaseModel]) -> str:
    return table(
        ["field", "what", "without it", "meaning"],
        (
            (f"`{name}`", _kind(field), _default(field), " ".join(field.description.split()))
            for name, field in model.model_fields.items()
            if field.description
        ),
    )


def _kind(field: FieldInfo) -> str:
    kind = _without_none(field.annotation)
    part = _part_of(kind)
    if part is not None:
        origin = get_origin(kind)
        if origin is tuple:
            return "a list of parts"
        return "a part for each language" if part is Phrases and origin is dict else "a part"
    if get_origin(kind) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(kind))
    if get_origin(kind) is tuple:
        return "a list"
    if get_origin(kind) is dict:
        return "fields"
    return _WORDS.get(kind, "text")


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    return get_args(kind)[0] if hasattr(kind, "__metadata__") else kind


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "needed"
    match field.default:
        case bool():
            return f"`{str(field.default).lower()}`"
        case int() | float():
            return f"`{field.default:g}`"
        case str() if field.default:
            return f"`{field.default}`"
        case tuple() if field.default:
            return ", ".join(f"`{one}`" for one in field.default)
        case _:
            return ""
