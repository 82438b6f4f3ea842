"""A caller's script, in YAML: what is said, what the model makes of it, what must come of it.

```yaml
name: contradicting              # a slug
about: Gives a name, then ...    # one sentence for whoever reads the report
lines:                           # each is said when the other side has had its say
  - {say: My name is Thomas.}
  - {say: No wait., pause_s: 2}  # after so many seconds of hesitation
  - {say: ..., interrupts: true} # into what the other side says; `pause_s` after its first sound
ends: caller                     # hears the last answer out and hangs up; agent: waits until that
                                 # one does; tool: hangs up as soon as a tool is called
pronunciations: {gracias: G R AA S IY AH S}
model:                           # turns as in simulators/openai/scenario.py; none for real models
  - {id: name, hear: [My name is Thomas.], call: [...], say: Thank you.}
expect:                          # see `Expected`
  end_reason: [caller-hangup]
  lead: {name: Robert}
```

`TOMORROW` in what the model gives a tool becomes tomorrow's date.
"""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from simulators.openai.scenario import BadScenario, Scenario, ToolCall, Turn, load_checked

FOLDER: Final = Path(__file__).resolve().parents[1] / "scenarios" / "callers"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SpokenLine(_Strict):
    """Something that the caller says."""

    say: str = Field(min_length=1)
    pause_s: float = Field(0, ge=0, le=30)
    """Seconds of hesitation before it, once the other side is silent."""
    interrupts: bool = False
    """Said while the other side still speaks."""


class WantedFollowUp(_Strict):
    """One row of `follow_ups`; what is left out is not looked at."""

    channel: Literal["call", "message", "task"] | None = None
    kind: Literal["follow-up", "human-request", "promise"] | None = None


class Expected(_Strict):
    """What the database must hold once the call is over and was looked through.

    What is left out is not looked at.
    """

    end_reason: tuple[str, ...] = Field(min_length=1)
    """One of these."""
    outcome: tuple[str, ...] = ()
    """One of these."""
    lead: dict[str, str] | None = None
    """Columns of the lead, with what each must contain, whatever its capitals."""
    no_lead: bool = False
    """There must be none."""
    follow_ups: tuple[WantedFollowUp, ...] = ()
    """Each of these must be there; there may be others."""
    human_request: bool | None = None
    """Whether a person was asked for."""
    do_not_call: bool = False
    """Whether the person must not be called again."""
    off_purpose_turns: int = Field(0, ge=0)
    """So many at least."""
    off_purpose_at_most: int | None = Field(None, ge=0)
    interrupted: int = Field(0, ge=0)
    """So many of the agent's turns, at least, were spoken over."""
    turns: int = Field(0, ge=0)
    """So many turns of the caller, at least, were written down."""


class CallerScript(_Strict):
    """One caller, checked."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$")
    about: str = Field(min_length=1)
    lines: tuple[SpokenLine, ...] = ()
    ends: Literal["caller", "agent", "tool"] = "caller"
    pronunciations: dict[str, str] = {}
    model: tuple[Turn, ...] = ()
    expect: Expected

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.lines and self.ends != "agent":
            raise ValueError("lines: a caller who says nothing waits for the agent to end")
        if self.expect.lead is not None and self.expect.no_lead:
            raise ValueError("expect.no_lead: it contradicts `lead`")
        if self.model:
            # the phrases are checked there
            Scenario(name=self.name, greeting="Hello.", turns=self.model)
        return self


def load_callers(folder: Path = FOLDER) -> list[CallerScript]:
    """Read all scripts of a folder, by their names.

    Raises:
        BadScenario: a script cannot be used, two have one name, or there is none; the message
            names file, line and field.
    """
    found: dict[str, CallerScript] = {}
    for path in sorted(folder.glob("*.yaml")):
        script = load_checked(path, CallerScript, "a caller is a mapping with name and lines")
        if script.name in found:
            raise BadScenario(f"{path}: line 1: name: {script.name!r} is another caller's, too")
        found[script.name] = script
    if not found:
        raise BadScenario(f"{folder}: there is no caller's script (*.yaml) in it")
    return [found[name] for name in sorted(found)]


def scenario_of(
    scripts: Iterable[CallerScript], *, greeting: str, today: date, name: str = "callers"
) -> Scenario:
    """Make the one model that all of these callers talk with.

    Raises:
        BadScenario: a phrase is two callers', so that nobody could tell which turn is meant; or
            none of them says anything that a model could answer.
    """
    tomorrow = (today + timedelta(days=1)).isoformat()
    owners: dict[str, str] = {}
    turns: list[Turn] = []
    pronunciations: dict[str, str] = {}
    for script in scripts:
        pronunciations |= script.pronunciations
        for turn in script.model:
            for phrase in turn.hear:
                owner = owners.setdefault(phrase.lower(), script.name)
                if owner != script.name:
                    raise BadScenario(f"{script.name}: {phrase!r} is a phrase of {owner}, too")
            calls = tuple(_dated(call, tomorrow) for call in turn.call)
            turns.append(turn.model_copy(update={"id": f"{script.name}/{turn.id}", "call": calls}))
    if not turns:
        raise BadScenario("none of the callers has anything under `model`, so no model can be made")
    return Scenario(name=name, greeting=greeting, turns=tuple(turns), pronunciations=pronunciations)


def chosen(scripts: Sequence[CallerScript], only: Sequence[str]) -> list[CallerScript]:
    """Return those that are named; all of them if none is.

    Raises:
        BadScenario: there is none of a name; the message lists them.
    """
    known = {script.name: script for script in scripts}
    for name in only:
        if name not in known:
            raise BadScenario(f"there is no caller {name!r}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(only)] if only else list(scripts)


def _dated(call: ToolCall, tomorrow: str) -> ToolCall:
    given: dict[str, Any] = {
        key: value.replace("TOMORROW", tomorrow) if isinstance(value, str) else value
        for key, value in call.arguments.items()
    }
    return call.model_copy(update={"arguments": given})
