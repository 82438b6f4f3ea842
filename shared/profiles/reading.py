"""A profile of its two texts, the YAML and the Markdown."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from shared.process.problems import words_for
from shared.profiles.document import Document, NotYaml, read_document
from shared.profiles.faults import Fault, ProfilesUnfit
from shared.profiles.profile import Profile

_MAX_BYTES = 256 * 1024
# not the file's to say
_NOT_THERE = {
    "name": "there is no such field: the file's name is the profile's",
    "instructions": "there is no such field: they stand in the Markdown file beside it",
    "opening": "there is no such field; see greeting",
    "outbound_opening": "there is no such field; see outbound_greeting",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text file, or why it is none."""

    file: str
    text: str = field(default="", repr=False)
    problem: str = ""
    """Half a sentence; empty: it was read."""

    @classmethod
    def of(cls, path: Path) -> Self:
        """Read a file."""
        try:
            with path.open("rb") as file:
                content = file.read(_MAX_BYTES + 1)
            if len(content) > _MAX_BYTES:
                return cls(file=str(path), problem="it is larger than 256 kB")
            return cls(file=str(path), text=content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            return cls(file=str(path), problem="it is not UTF-8; save it with that encoding")
        except OSError as error:
            return cls(file=str(path), problem=f"it cannot be read ({error.strerror})")


def read_profile(name: str, given: Text, beside: Callable[[str], Text]) -> Profile:
    """Read a profile; `beside` reads a file of the same folder.

    Raises:
        ProfilesUnfit: everything that is wrong, with file, line and field.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        what = "its name must be letters, digits, - and _, and end in .yaml"
        raise ProfilesUnfit([Fault(file=given.file, message=what)])
    if given.problem:
        raise ProfilesUnfit([Fault(file=given.file, message=given.problem)])
    try:
        document = read_document(given.text)
    except NotYaml as error:
        fault = Fault(file=given.file, line=error.line, message=error.message)
        raise ProfilesUnfit([fault]) from None
    faults = [
        Fault(file=given.file, line=document.line_of((one,)), field=one, message=_NOT_THERE[one])
        for one in _NOT_THERE
        if one in document.data
    ]
    faults += _faults(document, given.file)
    prompt = _prompt_name(document, name)
    instructions = beside(prompt) if prompt is not None else None
    if instructions is not None and (problem := _problem_of(instructions)):
        faults.append(
            Fault(
                file=given.file,
                line=document.line_of(("prompt",)),
                field="prompt",
                message=f"the file {prompt}: {problem}",
            )
        )
    if faults or instructions is None:
        raise ProfilesUnfit(sorted(faults, key=lambda fault: fault.line or 0))
    return Profile.model_validate(
        {**document.data, "name": name, "instructions": instructions.text.strip()}
    )


def _problem_of(prompt: Text) -> str:
    return prompt.problem or ("" if prompt.text.strip() else "it is empty")


def _prompt_name(document: Document, name: str) -> str | None:
    """The file with the agent's instructions; `None`: what is given is no name, which is told."""
    given = document.data.get("prompt", "") or f"{name}.md"
    is_name = isinstance(given, str) and not re.search(r"[/\\]|^\.", given)
    return given if is_name else None


def _faults(document: Document, file: str) -> list[Fault]:
    known = {key: value for key, value in document.data.items() if key not in _NOT_THERE}
    try:
        Profile.model_validate({**known, "name": "-", "instructions": ""})
    except ValidationError as error:
        return [
            _fault(document, file, problem["loc"], words_for(problem))
            for problem in error.errors(include_url=False, include_input=False)
        ]
    return []


def _fault(document: Document, file: str, loc: tuple[str | int, ...], words: str) -> Fault:
    path = tuple(part for part in loc if part != "[key]")
    return Fault(
        file=file, line=document.line_of(path), field=".".join(map(str, path)), message=words
    )
