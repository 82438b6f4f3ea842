"""Decides what the simulated model does next: by a scenario, or by chatting about what it hears.

Pure: words in, a move out. One script serves one session.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from simulators.openai.scenario import Scenario, ToolCall, filled_text
from simulators.speech.ear import Grammar, plain_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One reaction: tools to call first, then words to say."""

    say: str
    calls: tuple[ToolCall, ...] = ()
    # said instead, when a tool answered with an error
    if_refused: str | None = None
    # the scenario's turn, for the narration
    turn: str | None = None
    # false: the caller may not have finished the sentence, a little patience is in place
    understood: bool = True


class Script(Protocol):
    """What a session asks of its script."""

    @property
    def grammar(self) -> Grammar | None:
        """What may be heard; None for anything."""

    def written(self, text: str) -> str | None:
        """Return recognised words in good spelling, or None if nothing waits for them."""

    def greet(self, hint: str) -> Move:
        """Open the conversation; `hint` is what the client asked for."""

    def hear(self, text: str, tools: Mapping[str, Collection[str]]) -> Move:
        """React to what the caller said; `tools` are those on offer, with their parameters."""

    def prompt(self, hint: str) -> Move:
        """Say something although nobody spoke."""


class ScenarioScript:
    """Follows a scenario by what was truly heard."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._phrases = scenario.phrases()
        self._grammar = scenario.grammar()
        # the turn that is expected next
        self._position = 0

    @property
    def grammar(self) -> Grammar | None:
        """Every phrase of the scenario."""
        return self._grammar

    def written(self, text: str) -> str | None:
        """Return the phrase that was said as its author spelled it."""
        found = self._find(text)
        return found[1] if found else None

    def greet(self, hint: str) -> Move:
        """Say the scenario's greeting: the callback's, if the client asks for its words."""
        callback = self._scenario.callback
        if callback is not None and plain_words(callback.greeting) in plain_words(hint):
            return Move(say=callback.greeting, turn="greeting")
        return Move(say=self._scenario.greeting, turn="greeting")

    def hear(self, text: str, tools: Mapping[str, Collection[str]]) -> Move:
        """Take the turn whose phrase was heard; any turn may come at any time."""
        found = self._find(text)
        if found is None:
            return Move(say=self._scenario.not_understood, understood=False)
        index, _, values = found
        self._position = max(self._position, index + 1)
        turn = self._scenario.turns[index]
        return Move(
            say=filled_text(turn.say, values),
            calls=tuple(call.filled(values) for call in turn.call),
            if_refused=turn.if_refused and filled_text(turn.if_refused, values),
            turn=turn.id,
        )

    def prompt(self, hint: str) -> Move:
        """Say what the client asked for word by word, else ask whether the caller is there."""
        return Move(say=quoted(hint) or "Are you still there?")

    def _find(self, text: str) -> tuple[int, str, Mapping[str, str]] | None:
        words = plain_words(text).split()
        count = len(self._phrases)
        # from the present turn on, then those that are over
        for index in sorted(range(count), key=lambda turn: (turn < self._position, turn)):
            for phrase in self._phrases[index]:
                if (match := phrase.match(words)) is not None:
                    return index, match.written, match.values
        return None


_NAME: Final = re.compile(r"\bmy name is ((?!and\b)[a-z']+)")
_FAREWELL: Final = re.compile(r"\b(good ?bye|bye)\b")


class FreeTalk:
    """Without a scenario: greets when asked to and answers whatever it hears."""

    @property
    def grammar(self) -> Grammar | None:
        """Anything may be heard."""
        return None

    def written(self, text: str) -> str | None:
        """Return the words with a capital letter where English has one."""
        spelled = re.sub(r"\bi\b", "I", text)
        return spelled[:1].upper() + spelled[1:]

    def greet(self, hint: str) -> Move:
        """Greet in the client's words if it quoted any."""
        return Move(say=quoted(hint) or "Hello, how can I help you?", turn="greeting")

    def hear(self, text: str, tools: Mapping[str, Collection[str]]) -> Move:
        """Say back what was heard; note down a name if there is a tool for it."""
        if not text:
            return Move(say="Sorry, I did not hear you. Could you say it again?", understood=False)
        if _FAREWELL.search(text):
            return Move(say="Thank you for calling. Goodbye.")
        if (name := _NAME.search(text)) and (tool := _lead_tool(tools)):
            known = {"name": name[1].capitalize(), "interest": self.written(text)}
            arguments = {key: value for key, value in known.items() if key in tools[tool]}
            return Move(
                say=f"Thank you, {name[1].capitalize()}, I wrote that down. Anything else?",
                if_refused="I am sorry, I could not write that down.",
                calls=(ToolCall(tool=tool, arguments=arguments),),
            )
        return Move(say=f"I heard you say: {text}. What else can I do for you?")

    def prompt(self, hint: str) -> Move:
        """Say what the client asked for word by word, else ask whether the caller is there."""
        return Move(say=quoted(hint) or "Are you still there?")


def quoted(hint: str) -> str | None:
    """Return the sentence in quotation marks of an instruction such as: say "We close now."."""
    found = re.search(r'["“]([^"“”]{3,})["”]', hint)
    return " ".join(found[1].split()) if found else None


def is_refusal(output: str) -> bool:
    """Tell whether a tool's answer reports a failure: JSON with `error`, or a text that says so."""
    try:
        answer: Any = json.loads(output)
    except (ValueError, RecursionError):
        return output.lower().startswith(("error", "an error", "an internal error"))
    return isinstance(answer, dict) and bool(answer.get("error"))


def after_tools(move: Move, outputs: Sequence[str]) -> Move:
    """Return what to say once the tools of `move` have answered."""
    refused = move.if_refused is not None and any(map(is_refusal, outputs))
    return Move(say=move.if_refused if refused and move.if_refused else move.say, turn=move.turn)


def _lead_tool(tools: Mapping[str, Collection[str]]) -> str | None:
    return next((name for name in tools if re.sub("_", "", name).lower() == "upsertlead"), None)
