"""What is a STOP, what may be one, and what only looks like one, in many languages."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controlplane.stop.grammar import Verdict, judge, says_stop
from controlplane.stop.languages import TABLES
from tests.paths import DATA

TEXTS: dict[str, dict[str, list[str]]] = json.loads((DATA / "stops.json").read_text())
STOPS, NONES, PROBABLES = TEXTS["stops"], TEXTS["nones"], TEXTS["probables"]


def cases(table: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in table.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), cases(STOPS))
def test_a_stop_is_understood(language: str, text: str) -> None:
    """Polite or not, doubled, spelled, dressed up, in capitals or in signs of any width."""
    assert judge(text) is Verdict.STOP
    assert says_stop(text)


@pytest.mark.parametrize(("language", "text"), cases(NONES))
def test_what_merely_holds_the_words_is_none(language: str, text: str) -> None:
    """Bus stops, reminders to call, complaints that nobody did; and what people write besides."""
    assert judge(text) is Verdict.NONE


@pytest.mark.parametrize(("why", "text"), cases(PROBABLES))
def test_what_is_in_between_is_for_a_person(why: str, text: str) -> None:
    """It is neither taken for a STOP nor passed over."""
    assert judge(text) is Verdict.PROBABLE


def test_every_language_is_tried() -> None:
    """A table without a sentence that it has to understand proves nothing."""
    assert set(STOPS) == set(TABLES)
    assert len(TABLES) > 50


@pytest.mark.parametrize(
    "around", ["{}", "{}!", "  {} ", "{} 🙏", "{}…", "\u200b{}", "{}\n", "»{}«"]
)
@pytest.mark.parametrize(("language", "text"), [(code, texts[-1]) for code, texts in STOPS.items()])
def test_signs_around_it_change_nothing(language: str, text: str, around: str) -> None:
    """Emoji, marks, line ends, characters that cannot be seen."""
    assert says_stop(around.format(text))


_ODD = st.text(
    alphabet=st.sampled_from("stop STOP .!?\u200b\u200d\ufe0f🛑你停don'tcall ı İ ß ﷺ\u0301\u0000"),
    max_size=60,
)


@given(st.text(max_size=200) | _ODD)
def test_any_text_is_judged(text: str) -> None:
    """Whatever a person or a machine sends; and the same text twice the same way."""
    assert judge(text) is judge(text)


@given(st.text(max_size=30))
def test_what_is_invisible_changes_nothing(text: str) -> None:
    """Zero-width characters stand anywhere, or nowhere."""
    assert judge("\u200b".join("STOP") + "\u2060") is Verdict.STOP
    assert judge("\ufeff" + text) is judge(text)
