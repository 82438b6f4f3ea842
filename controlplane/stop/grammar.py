"""Whether a message says STOP.

A message is one if all of it is a word of stopping with what politeness puts around it, or if one
of its clauses holds a negation or an ending, and a word for calling, with nothing that turns it
round: `Bitte nicht mehr anrufen`, `no me llamen más`. A sentence that merely holds the word is
none: `we stop at the bus stop`. What lies between is probable, and for a person to decide.

Source: 47 CFR 64.1200(a)(10) names seven words and asks for any reasonable means besides.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

from controlplane.stop.language import Language, Part
from controlplane.stop.languages import all_languages
from controlplane.stop.plain import Clause, Plain, plain

_SHORT_WORDS = 3
_SHORT_CHARACTERS = 8
"""A message of no more that holds a word of stopping may be one."""
_NEAR_WORDS = 2
_NEAR_CHARACTERS = 4
"""So many unknown words between negation and calling leave it probable; more make it none."""
_HINT_WORDS = 12

_UNKNOWN: frozenset[Part] = frozenset()
_NEGATION = frozenset({Part.DENIES, Part.ENDS})
_IDLE = frozenset({Part.POLITE, Part.ASKS})


class Verdict(IntEnum):
    """What a message is; the greater one counts."""

    NONE = 0
    PROBABLE = 1
    """Short, with a word of stopping in it, or a wish with conditions."""
    STOP = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A clause in one language."""

    parts: tuple[frozenset[Part], ...]
    """What each phrase does, in order; empty for what the language does not know."""
    asks: bool
    scale: int
    """Units that count as one word."""


def judge(text: str) -> Verdict:
    """Judge a whole message, in whatever language it is. Never raises."""
    message = plain(text)
    if not message.clauses:
        return Verdict.PROBABLE if message.has_sign else Verdict.NONE
    found = {language.code: _judge_in(language, message) for language in all_languages()}
    highest = max(found.values())
    if highest is not Verdict.PROBABLE:
        return highest
    # `don't stop` would be a short German text with the word in it, were it not English
    unknown = {language.code: _unknown_in(language, message) for language in all_languages()}
    least = min(unknown.values())
    return max(found[code] for code, share in unknown.items() if share == least)


def says_stop(text: str) -> bool:
    """Whether it surely is one."""
    return judge(text) is Verdict.STOP


def _judge_in(language: Language, message: Plain) -> Verdict:
    """Judge a message as if it were in this language."""
    if all(language.marks.isdisjoint(language.units(one.words)) for one in message.clauses):
        return Verdict.NONE
    readings = _joined([_read(language, clause) for clause in message.clauses])
    wish = max(map(_wish, readings))
    if wish is Verdict.STOP and any(map(_invites, readings)):
        # `call me, do not write`
        wish = Verdict.PROBABLE
    return max(wish, _judge_words(readings), _hint(readings))


def _unknown_in(language: Language, message: Plain) -> float:
    """Return how much of a message this language does not know, from 0 to 1."""
    readings = [_read(language, clause) for clause in message.clauses]
    size = sum(len(language.units(clause.words)) for clause in message.clauses)
    return sum(one is _UNKNOWN for reading in readings for one in reading.parts) / size


def _read(language: Language, clause: Clause) -> _Reading:
    return _Reading(
        parts=tuple(_label(language, language.units(clause.words))),
        asks=clause.asks,
        scale=1 if language.is_spaced else _NEAR_CHARACTERS // _NEAR_WORDS,
    )


def _joined(readings: Sequence[_Reading]) -> list[_Reading]:
    """Put together what a comma tears apart: `Hören Sie auf, mich anzurufen`."""
    joined: list[_Reading] = []
    for reading in readings:
        last = joined[-1] if joined else None
        if last is not None and _begins_an_ending(last) and Part.CALLS in _first(reading):
            joined[-1] = replace(reading, parts=last.parts + reading.parts)
        else:
            joined.append(reading)
    return joined


def _begins_an_ending(reading: _Reading) -> bool:
    busy = [one for one in reading.parts if not one & _IDLE]
    return len(busy) == 1 and Part.ENDS in busy[0] and Part.WEAK not in busy[0]


def _first(reading: _Reading) -> frozenset[Part]:
    return next((one for one in reading.parts if not one & _IDLE), _UNKNOWN)


def _label(language: Language, units: Sequence[str]) -> Iterator[frozenset[Part]]:
    at = 0
    while at < len(units):
        longest = language.longest.get(units[at], 0)
        for length in range(min(longest, len(units) - at), 0, -1):
            parts = language.phrases.get(tuple(units[at : at + length]))
            if parts is not None:
                yield parts
                at += length
                break
        else:
            yield _UNKNOWN
            at += 1


# --- a wish in a sentence ---


def _wish(reading: _Reading) -> Verdict:
    """Look for a negation or an ending beside a word for calling."""
    parts = reading.parts
    cores = [(at, at) for at, one in enumerate(parts) if Part.NEVER in one]
    cores += [
        (first, last)
        for first, last in _neighbours(parts)
        if _count(parts[first + 1 : last]) <= _NEAR_WORDS * reading.scale
    ]
    return max((_judge_core(reading, first, last) for first, last in cores), default=Verdict.NONE)


def _neighbours(parts: Sequence[frozenset[Part]]) -> Iterator[tuple[int, int]]:
    """Yield each negation with the nearest word for calling, on either side."""
    marked = [at for at, one in enumerate(parts) if one & _NEGATION or Part.CALLS in one]
    for first, last in pairwise(marked):
        for one, other in ((first, last), (last, first)):
            if parts[one] & _NEGATION and Part.CALLS in parts[other]:
                yield first, last
                break


def _judge_core(reading: _Reading, first: int, last: int) -> Verdict:
    before, between, after = (
        reading.parts[:first],
        reading.parts[first + 1 : last],
        reading.parts[last + 1 :],
    )
    if _has(Part.TURNS, (*before, *between)):
        # `do not forget to call`
        return Verdict.NONE
    core = reading.parts[first] | reading.parts[last]
    is_ending = Part.ENDS in core and not core & {Part.DENIES, Part.NEVER}
    if is_ending and _has(Part.DENIES, (*before, *between, *after[:1])):
        # `do not stop calling`
        return Verdict.NONE
    is_question = reading.asks and not _has(Part.ASKS, reading.parts)
    is_limited = _has(Part.LIMITS, reading.parts)
    known_before = [one for one in before if not one & _NEGATION]
    if is_question or is_limited or _count(known_before) or _count(between):
        return Verdict.PROBABLE
    return Verdict.STOP


def _invites(reading: _Reading) -> bool:
    """Whether a clause asks for a call."""
    parts = reading.parts
    calls = [at for at, one in enumerate(parts) if Part.CALLS in one]
    if not calls or any(one & _NEGATION or Part.NEVER in one for one in parts):
        return False
    return all(one & (_IDLE | {Part.CALLS}) for one in parts[: calls[0] + 1])


# --- words alone ---


def _judge_words(readings: Sequence[_Reading]) -> Verdict:
    """Judge a message that holds words of stopping, whether or not there is more."""
    parts = [one for reading in readings for one in reading.parts]
    strong = any(
        one & {Part.ALONE, Part.NEVER} or (Part.ENDS in one and Part.WEAK not in one)
        for one in parts
    )
    if not strong and not _has(Part.WEAK, parts):
        return Verdict.NONE
    if _has(Part.TURNS, parts) or _has(Part.HARMLESS, parts):
        return Verdict.NONE
    asks = any(one.asks for one in readings) and not _has(Part.ASKS, parts)
    stops = {Part.ALONE, Part.WEAK}
    if any(one & stops for one in parts) and all(
        one & (stops | _IDLE | {Part.HINTS}) for one in parts
    ):
        return Verdict.PROBABLE if asks else Verdict.STOP
    scale = readings[0].scale
    denied = _has(Part.DENIES, parts)
    few = _SHORT_WORDS if scale == 1 else _SHORT_CHARACTERS
    if strong and not asks and not denied and sum(not one & _IDLE for one in parts) <= few:
        return Verdict.PROBABLE
    # `STOP! I have told you three times.`
    said = any(
        reading.parts and all(one & ({Part.ALONE} | _IDLE) for one in reading.parts)
        and _has(Part.ALONE, reading.parts)
        for reading in readings
    )  # fmt: skip
    return Verdict.PROBABLE if said and not denied else Verdict.NONE


def _hint(readings: Sequence[_Reading]) -> Verdict:
    parts = [one for reading in readings for one in reading.parts]
    few = _HINT_WORDS * (readings[0].scale if readings else 1)
    return Verdict.PROBABLE if _has(Part.HINTS, parts) and len(parts) <= few else Verdict.NONE


def _has(part: Part, parts: Iterable[frozenset[Part]]) -> bool:
    return any(part in one for one in parts)


def _count(parts: Iterable[frozenset[Part]]) -> int:
    """Count what a language does not know, and words of other kinds, between two places."""
    return sum(not one & _IDLE for one in parts)
