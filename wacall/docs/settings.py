"""docs/settings.md: every variable, from the fields of the Settings classes.

A field's alias is the variable's name, the sentence under it the meaning. What only the commands
around the services read stands in `OTHERS`.
"""

import json
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, NamedTuple, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from agents.settings import Settings as AgentSettings
from controlplane.settings import Settings as ControlplaneSettings
from wacall.docs.markdown import GENERATED, table
from wacall.environment import LOOPBACK
from wacall.stack.bridge import BRIDGE_DRAIN_S, BRIDGE_LISTEN, BRIDGE_MAX_LEGS
from wacall.stack.up import SFU_PORT, SFU_UDP_PORT


class Variable(NamedTuple):
    """One variable, as an operator sees it."""

    name: str
    default: str
    """As it would be written; empty: none, `needed`: the start fails without it."""
    format: str
    meaning: str


OTHERS = (
    Variable("SFU_PORT", str(SFU_PORT), "port", "The embedded SFU's HTTP port, or a free one."),
    Variable(
        "SFU_UDP_PORT", str(SFU_UDP_PORT), "port",
        "The embedded SFU's media port, or a free one.",
    ),
    Variable(
        "SFU_NODE_IP", LOOPBACK, "IP address",
        "What the embedded SFU announces; Meta needs the machine's public address.",
    ),
    Variable(
        "SFU_PROMETHEUS_PORT", "", "port",
        "Where the embedded SFU tells Prometheus of its packets, on loopback; empty: nowhere.",
    ),
    Variable(
        "BRIDGE_LISTEN", BRIDGE_LISTEN, "host:port, or unix:/path",
        "Where a media bridge takes its orders; the embedded one takes a free port.",
    ),
    Variable(
        "BRIDGE_MAX_LEGS", str(BRIDGE_MAX_LEGS), "number, 1 or more",
        "How many legs a media bridge holds; a call has two at most.",
    ),
    Variable(
        "BRIDGE_UDP_PORTS", "", "port-port", "UDP ports of a media bridge's legs; one each."
    ),
    Variable(
        "BRIDGE_ADVERTISED_IP", "", "IP address",
        "The media bridge's public address, behind a 1:1 NAT; the embedded one takes SFU_NODE_IP.",
    ),
    Variable(
        "BRIDGE_DRAIN_S", str(BRIDGE_DRAIN_S), "seconds",
        "How long a media bridge's legs may go on after SIGTERM; the embedded one: not at all.",
    ),
    Variable(
        "BRIDGE_CLIPS", "", "path of a folder",
        "What a media bridge may play; the embedded one has a folder of its own.",
    ),
    Variable(
        "BRIDGE_RECORDINGS", "", "path of a folder",
        "Where a media bridge records to; the embedded one has a folder of its own.",
    ),
    Variable(
        "BRIDGE_LOOPBACK", "0", "`0` or `1`",
        "Whether a media bridge offers 127.0.0.1 too; the embedded one does unless it announces "
        "an address.",
    ),
    Variable(
        "CONTROLPLANE_URL", "", "URL",
        "Where the commands find the control plane, if not on this machine at PORT.",
    ),
    Variable(
        "DATABASE_URL", "", "URL, secret",
        "The project's Postgres (Connect > Session pooler), for `wacall database migrate`.",
    ),
    Variable(
        "SUPABASE_SERVICE_ROLE_KEY", "", "text, secret",
        "The older name of SUPABASE_SECRET_KEY; read if that one is not set.",
    ),
)  # fmt: skip


def settings_page() -> str:
    """Write the page."""
    control, agent = variables_of(ControlplaneSettings), variables_of(AgentSettings)
    names = [{one.name for one in group} for group in (control, agent)]
    both = names[0] & names[1]
    groups = {
        "Control plane and agent worker": [one for one in control if one.name in both],
        "Control plane": [one for one in control if one.name not in both],
        "Agent worker": [one for one in agent if one.name not in both],
        "`wacall` itself": list(OTHERS),
    }
    head = f"""{GENERATED}
# Settings

A `.env` file in the working directory is read; real variables win, and an empty one counts as not
set. A variable that is missing or malformed stops the start with one sentence that names it.
`.env.example` is a file to copy. `wacall up` supplies what is needed for the parts that it starts
itself: the `LIVEKIT_` variables, the `SUPABASE_` ones, the `BRIDGE_` ones, and
`RTPENGINE_URL`.
"""
    return head + "".join(f"\n## {title}\n\n{_rows(group)}" for title, group in groups.items())


def variables_of(settings: type[ControlplaneSettings | AgentSettings]) -> list[Variable]:
    """Every variable that a process reads, in the order of its class."""
    return [
        Variable(
            str(field.alias),
            default_of(field),
            _format(field),
            " ".join(str(field.description).split()),
        )
        for field in settings.model_fields.values()
    ]


def default_of(field: FieldInfo) -> str:
    """Write a field's default as it would stand in `.env`."""
    if field.is_required():
        return "needed"
    match field.default:
        case None:
            return ""
        case bool():
            return json.dumps(field.default)
        case int() | float():
            return f"{field.default:g}"
        case tuple():
            return ",".join(str(one) for one in field.default)
        case _:
            return str(field.default)


def _rows(variables: Iterable[Variable]) -> str:
    return table(
        ["variable", "default", "format", "meaning"],
        (
            (
                f"`{one.name}`",
                one.default if one.default in ("", "needed") else f"`{one.default}`",
                one.format,
                one.meaning,
            )
            for one in variables
        ),
    )


def _format(field: FieldInfo) -> str:
    name, kind = str(field.alias), _without_none(field.annotation)
    if get_origin(kind) is Literal:
        return " or ".join(f"`{word}`" for word in get_args(kind))
    if get_origin(kind) is tuple:
        return "several, with commas between"
    if kind in (int, float):
        units = {"_MS": "milliseconds", "_S": "seconds", "PORT": "port"}
        unit = next((unit for end, unit in units.items() if name.endswith(end)), "number")
        return "port" if unit == "port" else unit + _bounds(field)
    words: dict[object, str] = {bool: "`true` or `false`", Path: "path of a file"}
    if kind is SecretStr:
        return "text, secret"
    return words.get(kind, "URL" if name.endswith("_URL") else "text")


def _without_none(kind: object) -> object:
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(part for part in get_args(kind) if part is not type(None))
    return get_args(kind)[0] if hasattr(kind, "__metadata__") else kind


def _bounds(field: FieldInfo) -> str:
    # metadata holds one object a bound, whose only attribute is its name
    words = {"gt": "over {}", "ge": "{} or more", "lt": "under {}", "le": "at most {}"}
    said = [
        text.format(getattr(bound, name))
        for name, text in words.items()
        for bound in field.metadata
        if getattr(bound, name, None) is not None
    ]
    return "".join(f", {part}" for part in said)
