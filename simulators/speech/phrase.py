"""What somebody may say, as a pattern: one notation to write it, hear it and read values from it.

    (hello | hi) [there], my name is {name}

`( | )` are alternatives, `[ ]` may be left out, `{name}` is one of the values listed for that
slot. The pattern becomes a JSGF rule for the recogniser, and the words that come back are
matched against it for the values and for the spelling that the author gave them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from simulators.speech.ear import plain_words

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<mark>[()\[\]|])|\{(?P<slot>[^{}]*)\}|(?P<word>[^\s()\[\]|{}]+))"
)

Slots = Mapping[str, Sequence[str]]


class BadPhrase(ValueError):
    """The pattern cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class _Written:
    """A word as its author spelled it, punctuation included."""

    text: str


@dataclass(frozen=True, slots=True)
class _Slot:
    name: str


@dataclass(frozen=True, slots=True)
class _Choice:
    """Alternatives, each a sequence; an empty one means that all may be left out."""

    options: tuple[tuple["_Part", ...], ...]


_Part = _Written | _Slot | _Choice


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase that was said: in the author's spelling, with the values of its slots."""

    written: str
    values: Mapping[str, str]


class Phrase:
    """One pattern, ready to be heard and matched.

    Raises:
        BadPhrase: brackets do not pair, or a slot has no values.
    """

    def __init__(self, pattern: str, slots: Slots) -> None:
        self.pattern = pattern
        self._slots = slots
        tokens = _tokens(pattern)
        self._parts, rest = _sequence(tokens, 0, pattern)
        if rest != len(tokens):
            raise BadPhrase(f"unexpected {tokens[rest][1]!r} in {pattern!r}")
        for slot in _slot_names(self._parts):
            if not slots.get(slot):
                raise BadPhrase(f"no values are listed under slots for {{{slot}}}")
        if not self.words():
            raise BadPhrase("a phrase needs at least one word")

    def rule(self) -> str:
        """Return the pattern as the body of a JSGF rule."""
        return self._rule(self._parts)

    def words(self) -> set[str]:
        """Return every word that may occur, as the recogniser spells it."""
        return set(re.sub(r"[()\[\]|]", " ", self.rule()).split())

    def match(self, words: Sequence[str]) -> Match | None:
        """Return what these recognised words mean, or None if they are not this phrase."""
        for end, written, values in self._read(self._parts, words, 0):
            if end == len(words):
                spelled = re.sub(r"\s+([,.;:!?])", r"\1", " ".join(written))
                # an optional first word that was left out took the capital with it
                return Match(spelled[:1].upper() + spelled[1:], dict(values))
        return None

    def _rule(self, parts: Sequence[_Part]) -> str:
        return " ".join(filter(None, map(self._part_rule, parts)))

    def _part_rule(self, part: _Part) -> str:
        match part:
            case _Written(text):
                return plain_words(text)
            case _Slot(name):
                return "( " + " | ".join(plain_words(value) for value in self._slots[name]) + " )"
            case _Choice(options):
                bodies = " | ".join(self._rule(option) for option in options if option)
                return f"( {bodies} )" if all(options) else f"[ {bodies} ]"

    def _read(
        self, parts: Sequence[_Part], words: Sequence[str], at: int
    ) -> Iterator[tuple[int, tuple[str, ...], tuple[tuple[str, str], ...]]]:
        if not parts:
            yield at, (), ()
            return
        for end, written, values in self._read_part(parts[0], words, at):
            for last, more, others in self._read(parts[1:], words, end):
                yield last, written + more, values + others

    def _read_part(
        self, part: _Part, words: Sequence[str], at: int
    ) -> Iterator[tuple[int, tuple[str, ...], tuple[tuple[str, str], ...]]]:
        match part:
            case _Written(text):
                said = plain_words(text).split()
                if list(words[at : at + len(said)]) == said:
                    yield at + len(said), (text,), ()
            case _Slot(name):
                for value in self._slots[name]:
                    said = plain_words(value).split()
                    if list(words[at : at + len(said)]) == said:
                        yield at + len(said), (value,), ((name, value),)
            case _Choice(options):
                for option in options:
                    yield from self._read(option, words, at)


def _tokens(pattern: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    text = pattern.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise BadPhrase(f"cannot read {text[at:]!r}")
        tokens.append((found.lastgroup, found[found.lastgroup].strip()))
        at = found.end()
    return tokens


def _sequence(
    tokens: Sequence[tuple[str, str]], at: int, pattern: str
) -> tuple[tuple[_Part, ...], int]:
    parts: list[_Part] = []
    while at < len(tokens):
        kind, text = tokens[at]
        if kind == "word":
            if plain_words(text) or not parts or not isinstance(parts[-1], _Written):
                parts.append(_Written(text))
            else:  # a lone dash or comma belongs to the word before
                parts[-1] = _Written(f"{parts[-1].text} {text}")
        elif kind == "slot":
            parts.append(_Slot(text))
        elif text in "([":
            choice, at = _choice(tokens, at, pattern)
            parts.append(choice)
            continue
        else:
            break
        at += 1
    return tuple(parts), at


def _choice(tokens: Sequence[tuple[str, str]], at: int, pattern: str) -> tuple[_Choice, int]:
    opening = tokens[at][1]
    options: list[tuple[_Part, ...]] = []
    while True:
        option, at = _sequence(tokens, at + 1, pattern)
        if not option:
            raise BadPhrase(f"an alternative is empty in {pattern!r}")
        options.append(option)
        if at >= len(tokens):
            raise BadPhrase(f"{opening!r} is not closed in {pattern!r}")
        if tokens[at][1] != "|":
            break
    if tokens[at][1] != {"(": ")", "[": "]"}[opening]:
        raise BadPhrase(f"{opening!r} is closed by {tokens[at][1]!r} in {pattern!r}")
    if opening == "[":
        options.append(())
    return _Choice(tuple(options)), at + 1


def _slot_names(parts: Sequence[_Part]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, _Slot):
            yield part.name
        elif isinstance(part, _Choice):
            for option in part.options:
                yield from _slot_names(option)
