"""A scenario file: what the simulated model says, listens for and calls, in YAML.

```yaml
name: harbor-bikes                  # a slug, for the narration
greeting: Hello, ...                # said when a response is asked for before anybody spoke
not_understood: Sorry, ...          # said when the caller's words fit no turn
slots: {name: [Martin, Susan]}      # values that a phrase may carry
pronunciations: {quay: K IY}        # ARPAbet for words that the recogniser does not know
turns:                              # any turn may be heard at any time; if a phrase stands in
  - id: wish                        # several, the first one from the present turn on wins
    hear: ["my name is {name}"]     # phrases, see simulators/speech/phrase.py
    call: [{tool: upsertLead, arguments: {name: "{name}"}}]
    say: Thank you, {name}. ...     # after the tools have answered
    if_refused: I am sorry, ...     # instead, when a tool answered with an error
caller:                             # the other side's lines, for whoever plays the caller
  - {say: My name is Martin., barge_in: false}
callback:                           # when the business calls: a greeting of its own, said if the
  greeting: Hello, we call back ... # client asks for these words, and the called person's lines
  question: May we call you back?   # what the business writes when it asks for the permission
  context: {name: Martin}           # what it lets its agent know
  callee: [{say: Yes I have.}]
promised: {price list: A city...} # what whoever reads the conversation writes to the caller, by a
                                  # word of the agent's promise
faults: {first_audio_delay_s: 2}    # see simulators/openai/faults.py
```
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simulators.openai.faults import Faults
from simulators.speech.ear import Grammar
from simulators.speech.phrase import BadPhrase, Phrase

_Model = TypeVar("_Model", bound=BaseModel)


class BadScenario(ValueError):
    """The file cannot be used; the message names the file, the line and the field."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ToolCall(_Strict):
    """A tool to call, by its name in the session, with JSON arguments."""

    tool: str = Field(min_length=1)
    arguments: dict[str, Any] = {}

    def filled(self, values: Mapping[str, str]) -> Self:
        """Return the call with `{slot}` in its strings replaced by what was heard."""
        return self.model_copy(update={"arguments": _filled(self.arguments, values)})


class Turn(_Strict):
    """What is listened for, and what follows."""

    id: str = Field(min_length=1)
    hear: tuple[str, ...] = Field(min_length=1)
    call: tuple[ToolCall, ...] = ()
    say: str = Field(min_length=1)
    if_refused: str | None = None


class CallerLine(_Strict):
    """A line of the caller; with `barge_in` it is spoken while the agent still speaks."""

    say: str = Field(min_length=1)
    barge_in: bool = False


class Callback(_Strict):
    """The same people, when it is the business that calls; what is heard stands in `turns`."""

    greeting: str = Field(min_length=1)
    question: str = Field(default="May we call you back?", min_length=1)
    context: dict[str, str] = {}
    callee: tuple[CallerLine, ...] = Field(min_length=1)


class Scenario(_Strict):
    """A whole scenario, checked."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    greeting: str = Field(min_length=1)
    not_understood: str = "Sorry, I did not understand that. Could you say it again, please?"
    slots: dict[str, tuple[str, ...]] = {}
    pronunciations: dict[str, str] = {}
    turns: tuple[Turn, ...] = Field(min_length=1)
    caller: tuple[CallerLine, ...] = ()
    callback: Callback | None = None
    promised: dict[str, str] = {}
    faults: Faults = Faults()

    @model_validator(mode="after")
    def _check_turns(self) -> Self:
        ids = [turn.id for turn in self.turns]
        for index, turn in enumerate(self.turns):
            if turn.id in ids[:index]:
                raise ValueError(f"turns.{index}.id: {turn.id!r} is used twice")
            spoken = [turn.say, turn.if_refused or "", *_strings([c.arguments for c in turn.call])]
            for number, pattern in enumerate(turn.hear):
                try:
                    phrase = Phrase(pattern, self.slots)
                except BadPhrase as error:
                    raise ValueError(f"turns.{index}.hear.{number}: {error}") from error
                for slot in re.findall(r"\{(\w+)\}", " ".join(spoken)):
                    if f"{{{slot}}}" not in phrase.pattern:
                        raise ValueError(
                            f"turns.{index}.hear.{number}: does not carry {{{slot}}}, "
                            "which the turn uses"
                        )
        return self

    def phrases(self) -> list[list[Phrase]]:
        """Return the phrases of each turn."""
        return [[Phrase(pattern, self.slots) for pattern in turn.hear] for turn in self.turns]

    def grammar(self) -> Grammar:
        """Return everything that may be heard, for the recogniser."""
        rules = dict.fromkeys(phrase.rule() for turn in self.phrases() for phrase in turn)
        return Grammar(rule=" | ".join(rules), pronunciations=self.pronunciations)

    def words(self) -> set[str]:
        """Return every word that may be heard and has no pronunciation of its own."""
        heard = {word for turn in self.phrases() for phrase in turn for word in phrase.words()}
        return heard - set(self.pronunciations)

    def fixed_lines(self) -> list[str]:
        """Return what the agent will surely say as it stands, to be spoken ahead of time."""
        lines = [self.greeting, self.not_understood]
        lines += [self.callback.greeting] if self.callback is not None else []
        lines += [line for turn in self.turns for line in (turn.say, turn.if_refused) if line]
        return [line for line in lines if "{" not in line]


def filled_text(text: str, values: Mapping[str, str]) -> str:
    """Return the text with `{slot}` replaced by what was heard."""
    return re.sub(r"\{(\w+)\}", lambda slot: values.get(slot[1], slot[0]), text)


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        BadScenario: it is missing, no YAML, or a field is wrong; the message says where.
    """
    return load_checked(path, Scenario, "a scenario is a mapping with name, greeting and turns")


def load_checked(path: Path, model: type[_Model], shape: str) -> _Model:
    """Read a YAML file into a model; `shape` says what it should be, where it is no mapping.

    Raises:
        BadScenario: it is missing, no YAML, or a field is wrong; the message says where.
    """
    try:
        text = path.read_text(encoding="utf-8")
        content = yaml.safe_load(text)
    except OSError as error:
        raise BadScenario(f"{path}: cannot be read: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise BadScenario(f"{path}: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict):
        raise BadScenario(f"{path}: line 1: {shape}")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise BadScenario(_explain(path, text, error)) from error


def _explain(path: Path, text: str, error: ValidationError) -> str:
    # a misspelt field is also a missing one: tell of the spelling
    errors = sorted(error.errors(include_url=False), key=lambda e: e["type"] != "extra_forbidden")
    found = errors[0]
    message = str(found["msg"]).removeprefix("Value error, ")
    place = [str(part) for part in found["loc"]]
    if not place and (named := re.match(r"((?:\w+\.)*\w+): ", message)):
        place, message = named[1].split("."), message[named.end() :]
    line = _line_of(yaml.compose(text), place)
    return f"{path}: line {line}: {'.'.join(place)}: {message}"


def _line_of(node: yaml.Node | None, place: list[str]) -> int:
    line = node.start_mark.line + 1 if node is not None else 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            pairs = {str(key.value): (key, value) for key, value in node.value}
            if part not in pairs:
                return line
            line, node = pairs[part][0].start_mark.line + 1, pairs[part][1]
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return filled_text(value, values)
    if isinstance(value, dict):
        return {key: _filled(part, values) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(part, values) for part in value]
    return value


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _strings(part)
