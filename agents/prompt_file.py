"""AGENT_PROMPT_FILE: a whole business in one Markdown file, read as a profile."""

import re

from pydantic import ValidationError

from shared.process.problems import words_for
from shared.profiles.profile import Profile

_SECTIONS = ("instructions", "greeting")
_OUTBOUND = "outbound greeting"


def read_prompt(text: str, name: str) -> Profile:
    """Read `key: value` lines between `---`, then `# instructions`, `# greeting` and, if calls are
    opened otherwise when the business places them, `# outbound greeting`.

    The greetings are what the model is told, not what it says; words in double quotes there are.

    Raises:
        ValueError: a sentence that names what is missing.
    """
    head, body = _split_head(text)
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in body.splitlines():
        if line.startswith("# "):
            current = sections.setdefault(line[2:].strip().lower(), [])
        else:
            current.append(line)
    read = {name: "\n".join(lines).strip() for name, lines in sections.items()}
    for section in _SECTIONS:
        if not read.get(section):
            raise ValueError(f"the prompt file has no `# {section}` section; add one")
    business = head.get("business", "the business")
    greeting, outbound = _quoted(read["greeting"]), _quoted(read.get(_OUTBOUND, ""))
    try:
        profile = Profile(
            name=name,
            instructions=read["instructions"],
            opening=read["greeting"],
            outbound_opening=read.get(_OUTBOUND, ""),
            business=business,
            purpose=f"What {business} does for its customers, as described above.",
            time_zone=head.get("timezone", "UTC"),
            greeting=greeting or "-",
            outbound_greeting=outbound or None,
        )
    except ValidationError as error:
        (problem, *_) = error.errors(include_url=False, include_input=False)
        field = {"time_zone": "timezone"}.get(str(problem["loc"][0]), str(problem["loc"][0]))
        raise ValueError(f"the prompt file's `{field}`: {words_for(problem)}") from None
    # nobody knows the words; the model finds them
    return profile if greeting else profile.model_copy(update={"greeting": ""})


def _quoted(told: str) -> str:
    """Find the words that the agent is told to say, if it is told any."""
    found = re.search(r'"([^"]+)"|“([^”]+)”', told)
    return " ".join((found[1] or found[2]).split()) if found else ""


def _split_head(text: str) -> tuple[dict[str, str], str]:
    opening, marker, rest = text.partition("---\n")
    if opening.strip() or not marker:
        return {}, text
    head, marker, body = rest.partition("\n---\n")
    if not marker:
        raise ValueError("the prompt file's head does not end; close it with a line `---`")
    pairs = (line.partition(":") for line in head.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, _, value in pairs}, body
