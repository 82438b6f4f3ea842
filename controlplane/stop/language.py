"""One language's words, by what they do in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from controlplane.stop.plain import words_of


class Part(StrEnum):
    """What a phrase does; the keys of a language's table."""

    ALONE = "alone"
    """Forbids calls if it is the whole message: `unsubscribe`."""
    WEAK = "weak"
    """Likewise, but it means something else beside other words: `cancel` (an appointment)."""
    POLITE = "polite"
    """Changes nothing: please, thanks, hello, I, you, my, again."""
    ASKS = "asks"
    """Begins a request that is put as a question: `could you`."""
    ENDS = "ends"
    """`stop`, before or after a word for calling."""
    DENIES = "denies"
    """`do not`, likewise."""
    CALLS = "calls"
    """Calling, writing, disturbing, in the forms that are asked for; no past ones."""
    NEVER = "never"
    """Both in one word: Turkish `aramayın`."""
    LIMITS = "limits"
    """Makes it less than a STOP: times, places, conditions, `back`."""
    TURNS = "turns"
    """Turns it round: why, forget, cannot."""
    HINTS = "hints"
    """Is none, but sounds like one: `wrong number`."""
    HARMLESS = "harmless"
    """Has the word, and another sense: `bus stop`."""


Phrase = tuple[str, ...]

_MARKS = {Part.ALONE, Part.WEAK, Part.ENDS, Part.DENIES, Part.NEVER, Part.HINTS}

# Whatever the language: the words that phones and Meta's own buttons have taught everybody.
EVERYWHERE: Mapping[Part, str] = {
    Part.WEAK: "stop | unsubscribe | optout | opt out | stopall | stop all | unsub",
    Part.ENDS: "stop | unsubscribe",
    Part.CALLS: "spam | marketing",
    Part.POLITE: "ok | okay | please | pls | plz | thanks | thank you | thx | hello | hi | hey",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A table that can be searched."""

    code: str
    """As Meta names the languages of templates."""
    is_spaced: bool
    """Words stand apart. Otherwise characters are compared one by one."""
    phrases: Mapping[Phrase, frozenset[Part]]
    longest: Mapping[str, int]
    """First word, or character, of phrases -> length of the longest of them."""

    marks: frozenset[str]
    """First words, or characters, of what forbids; without any a message is none here."""

    def units(self, words: tuple[str, ...]) -> tuple[str, ...]:
        """Return what phrases are made of here: words, or characters."""
        return words if self.is_spaced else tuple("".join(words))


def read_language(code: str, table: str, *, is_spaced: bool = True) -> Language:
    """Read a table: lines of `part: phrase | phrase`, going on in lines that are indented more.

    Raises:
        ValueError: a line names no part, or a phrase has no letter.
    """
    phrases: dict[Phrase, set[Part]] = {}
    part: Part | None = None
    found = [(part, text) for part, text in EVERYWHERE.items()]
    for line in table.strip().splitlines():
        name, colon, rest = line.partition(":")
        if colon:
            part = Part(name.strip())
        if part is None:
            raise ValueError(f"{code}: a table begins with the name of a part")
        found.append((part, rest if colon else line))
    for part, text in found:
        for written in filter(None, (one.strip() for one in text.split("|"))):
            words = words_of(written)
            if not words:
                raise ValueError(f"{code}: a phrase without a letter under {part}")
            phrase = words if is_spaced else tuple("".join(words))
            phrases.setdefault(phrase, set()).add(part)
    longest: dict[str, int] = {}
    for first, *others in phrases:
        longest[first] = max(longest.get(first, 0), 1 + len(others))
    return Language(
        code=code,
        is_spaced=is_spaced,
        phrases={phrase: frozenset(parts) for phrase, parts in phrases.items()},
        longest=longest,
        marks=frozenset(phrase[0] for phrase, parts in phrases.items() if parts & _MARKS),
    )
