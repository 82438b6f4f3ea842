"""What is to be said in the demo's calls, as their scenario has it (`simulators/scenarios/`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from simulators.openai.scenario import CallerLine, Scenario
from simulators.openai.script import ScenarioScript
from simulators.speech.ear import Grammar, plain_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Screenplay:
    """Everything that a scenario lets both sides say and do, in order."""

    name: str
    lines: tuple[CallerLine, ...]
    """The caller's."""
    greeting: str
    replies: tuple[str, ...]
    """The agent's answer to each of the caller's lines."""
    asides: tuple[str, ...]
    """What the agent may say besides."""
    tools: tuple[tuple[str, Mapping[str, Any]], ...]
    """The tools that the model should call, with their arguments."""
    pronunciations: Mapping[str, str]
    question: str = ""
    """With what words the business asks for the permission to call."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What the business lets its agent know about the call."""
    promised: Mapping[str, str] = field(default_factory=dict)
    """What is written to the caller afterwards, by a word of the agent's promise."""

    @classmethod
    def of(cls, scenario: Scenario) -> Self:
        """Follow a scenario from the greeting to the caller's last line.

        Raises:
            ValueError: the caller of the scenario does not do what the demo has to show.
        """
        script = ScenarioScript(scenario)
        moves = [script.hear(line.say, {}) for line in scenario.caller]
        play = cls(
            name=scenario.name,
            lines=scenario.caller,
            greeting=scenario.greeting,
            replies=tuple(move.say for move in moves),
            asides=tuple(dict.fromkeys(scenario.fixed_lines())),
            tools=tuple((call.tool, call.arguments) for move in moves for call in move.calls),
            pronunciations=scenario.pronunciations,
            promised=scenario.promised,
        )
        if len(play.lines) < 3 or not any(line.barge_in for line in play.lines[1:]):
            raise ValueError(
                f"scenario {play.name}: the demo needs at least three lines under `caller`, one "
                "of them after the first with `barge_in: true`"
            )
        if not play.lead.get("name") or not play.lead.get("interest"):
            raise ValueError(
                f"scenario {play.name}: the demo needs a turn that calls upsertLead with a name "
                "and an interest"
            )
        return play

    @classmethod
    def of_callback(cls, scenario: Scenario) -> Self | None:
        """Follow a scenario's callback, from its greeting to the called person's last line."""
        callback = scenario.callback
        if callback is None:
            return None
        script = ScenarioScript(scenario)
        moves = [script.hear(line.say, {}) for line in callback.callee]
        return cls(
            name=scenario.name,
            lines=callback.callee,
            greeting=callback.greeting,
            replies=tuple(move.say for move in moves),
            asides=tuple(dict.fromkeys(scenario.fixed_lines())),
            tools=tuple((call.tool, call.arguments) for move in moves for call in move.calls),
            pronunciations=scenario.pronunciations,
            question=callback.question,
            context=callback.context,
        )

    @property
    def lead(self) -> Mapping[str, Any]:
        """What the lead should say in the end."""
        merged: dict[str, Any] = {}
        for tool, arguments in self.tools:
            if tool == "upsertLead":
                merged |= arguments
        return merged

    @property
    def agent_lines(self) -> tuple[str, ...]:
        """Everything that the agent may say, without repetition."""
        return tuple(dict.fromkeys((self.greeting, *self.replies, *self.asides)))

    def words(self) -> set[str]:
        """Return every word of the agent that the recogniser has to know."""
        spoken = {word for line in self.agent_lines for word in plain_words(line).split()}
        return spoken - set(self.pronunciations)

    def whole_lines(self) -> Grammar:
        """Return the grammar of the agent's whole lines."""
        rule = " | ".join(plain_words(line) for line in self.agent_lines)
        return Grammar(rule=rule, pronunciations=self.pronunciations)

    def broken_off(self, line: str) -> Grammar:
        """Return the grammar of one line that may break off after any word."""
        rule = ""
        for word in reversed(plain_words(line).split()):
            rule = f"{word} [ {rule} ]" if rule else word
        return Grammar(rule=rule, pronunciations=self.pronunciations)
