"""Text as it is compared: without case, width, accents, signs, and without what cannot be seen."""

import re
import unicodedata
from dataclasses import dataclass

MAX_TEXT = 1000
"""Characters that are looked at; whoever wants to be left alone says so before."""

# What NFKD leaves as letters of their own, though people type them either way.
_ALIKE = str.maketrans(
    {
        "ı": "i", "ł": "l", "đ": "d", "ð": "d", "ø": "o", "æ": "ae", "œ": "oe", "ə": "e",
        # Arabic, Persian, Urdu: one letter, several code points
        "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ک": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ۀ": "ه",
        "ـ": None,
    }
)  # fmt: skip
# Accents of Latin, Greek and Cyrillic; points of Hebrew and Arabic. The vowel signs of India and
# Thailand, which are marks to Unicode as well, make the word.
_MARKS = re.compile("[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u064b-\u065f\u0670]")
# Cf is what cannot be seen (joiners, direction, byte order marks, tags), Mn the selectors of emoji
_UNSEEN = frozenset("\ufe0e\ufe0f\u20e3\u034f\u115f\u1160\u3164\u2800")
_APOSTROPHE = re.compile("['’‘ʼ`´＇‛]")
_ELIDED = re.compile(r"\b(qu|[cdjlmnst])['’‘ʼ`´＇‛](?=\w\w)")
# S.T.O.P., s t o p, S-T-O-P
_SPELLED = re.compile(r"(?<!\w)[^\W\d_](?:[\s.·*_-]{1,2}[^\W\d_]){2,}(?!\w)")
_LONG = re.compile(r"([^\W\d_])\1{2,}")
_TWICE = re.compile(r"(\w{3,10}?)\1+")
_SIGNS = frozenset("🛑⛔🚫📵🙅✋")
_BREAKS = re.compile(r"[.!,;:()\[\]\"«»„“”…\n\r–—|/\\。、，！；：·।॥،؛۔¡¿]+|([?？؟;]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What stands between two marks."""

    words: tuple[str, ...]
    asks: bool
    """It ends with a question mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """A message, ready to be compared."""

    clauses: tuple[Clause, ...]
    """Those that have words."""
    has_sign: bool
    """There is an emoji in it that forbids."""


def plain(text: str) -> Plain:
    """Take a message apart; never raises, whatever it holds."""
    text = text[:MAX_TEXT]
    folded = _folded(text)
    clauses = []
    start = 0
    for mark in _BREAKS.finditer(folded):
        clauses.append(Clause(words=_words(folded[start : mark.start()]), asks=bool(mark[1])))
        start = mark.end()
    clauses.append(Clause(words=_words(folded[start:]), asks=False))
    return Plain(
        clauses=tuple(clause for clause in clauses if clause.words),
        has_sign=any(char in _SIGNS for char in text),
    )


def words_of(phrase: str) -> tuple[str, ...]:
    """Return the words of one of our own phrases, as they are compared."""
    return _words(_folded(phrase))


def _folded(text: str) -> str:
    """Fold width, case and accents; keep the marks between clauses."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = "".join(
        char for char in text if char not in _UNSEEN and unicodedata.category(char) != "Cf"
    )
    text = _ELIDED.sub(r"\1 ", text)
    text = _APOSTROPHE.sub("", text)
    text = _MARKS.sub("", unicodedata.normalize("NFD", text))
    text = unicodedata.normalize("NFC", text).translate(_ALIKE)
    return _SPELLED.sub(lambda spelled: re.sub(r"[\W_]", "", spelled[0]), text)


def _words(clause: str) -> tuple[str, ...]:
    """Return the words: letters with their marks, and digits; everything else lies between."""
    kept = "".join(
        char if unicodedata.category(char)[0] in "LMN" else " "
        for char in clause
    )  # fmt: skip
    return tuple(_short(word) for word in kept.split())


def _short(word: str) -> str:
    """Write a word once, without the letters that are held down: `stopstop`, `stoooop`."""
    word = _LONG.sub(r"\1", word)
    twice = _TWICE.fullmatch(word)
    return twice[1] if twice else word
