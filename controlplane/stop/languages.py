"""All the languages that are searched, by the codes that Meta gives those of templates.

Adding one is a table and a line; who speaks it better corrects the table.
"""

from collections.abc import Mapping
from functools import cache

from controlplane.stop import asian, germanic, northern, romance, slavic, southern
from controlplane.stop.language import Language, read_language

TABLES: Mapping[str, str] = {
    "en": germanic.ENGLISH,
    "de": germanic.GERMAN,
    "nl": germanic.DUTCH,
    "af": germanic.AFRIKAANS,
    "sv": germanic.SWEDISH,
    "da": germanic.DANISH,
    "nb": germanic.NORWEGIAN,
    "es": romance.SPANISH,
    "pt": romance.PORTUGUESE,
    "fr": romance.FRENCH,
    "it": romance.ITALIAN,
    "ro": romance.ROMANIAN,
    "ca": romance.CATALAN,
    "ru": slavic.RUSSIAN,
    "uk": slavic.UKRAINIAN,
    "pl": slavic.POLISH,
    "cs": slavic.CZECH,
    "sk": slavic.SLOVAK,
    "bg": slavic.BULGARIAN,
    "hr": slavic.CROATIAN,
    "sl": slavic.SLOVENIAN,
    "hu": northern.HUNGARIAN,
    "fi": northern.FINNISH,
    "et": northern.ESTONIAN,
    "lv": northern.LATVIAN,
    "lt": northern.LITHUANIAN,
    "el": northern.GREEK,
    "tr": southern.TURKISH,
    "az": southern.AZERBAIJANI,
    "kk": southern.KAZAKH,
    "ar": southern.ARABIC,
    "he": southern.HEBREW,
    "fa": southern.PERSIAN,
    "ur": southern.URDU,
    "id": southern.INDONESIAN,
    "sw": southern.SWAHILI,
    "vi": southern.VIETNAMESE,
    "fil": southern.FILIPINO,
    "hi": asian.HINDI,
    "mr": asian.MARATHI,
    "gu": asian.GUJARATI,
    "pa": asian.PUNJABI,
    "bn": asian.BENGALI,
    "ta": asian.TAMIL,
    "te": asian.TELUGU,
    "kn": asian.KANNADA,
    "ml": asian.MALAYALAM,
    "zh": asian.CHINESE,
    "ja": asian.JAPANESE,
    "ko": asian.KOREAN,
    "th": asian.THAI,
}
_UNSPACED = frozenset({"zh", "ja", "ko", "th"})
"""Written without spaces, or with them now here, now there."""


@cache
def all_languages() -> tuple[Language, ...]:
    """Read the tables, once, when the first text comes: it takes a few hundred milliseconds."""
    return tuple(
        read_language(code, table, is_spaced=code not in _UNSPACED)
        for code, table in TABLES.items()
    )
