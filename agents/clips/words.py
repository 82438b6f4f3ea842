"""Whether what was said is what was to be said; pure."""

import re
import unicodedata

_WORDS = re.compile(r"\w+")


def are_same_words(wanted: str, said: str) -> bool:
    """Compare two texts as they sound: case, punctuation and accents' spelling do not count."""
    return _words(wanted) == _words(said)


def _words(text: str) -> list[str]:
    # what a typographer and a transcriber write differently
    plain = unicodedata.normalize("NFKC", text.casefold()).replace("’", "'")
    return _WORDS.findall(plain.replace("'", ""))
