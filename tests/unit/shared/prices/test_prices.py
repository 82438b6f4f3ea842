"""What a turn costs, by the table that is shipped."""

import re
from collections.abc import Mapping

import pytest

from shared.prices.price_file import prices_of
from shared.prices.prices import KINDS, Prices

WHISPER = "gpt-transcribe"


def test_the_table_is_dated_and_whole() -> None:
    """Every model has a price for every kind."""
    prices = prices_of()
    assert re.fullmatch(r"20\d\d-\d\d-\d\d", prices.as_of)
    assert prices.minutes
    for model, rates in prices.tokens.items():
        assert set(rates) == set(KINDS), model
        assert rates["audio_cached"] < rates["audio_in"] < rates["audio_out"], model


@pytest.mark.parametrize(
    ("used", "model", "usd"),
    [
        ({"audio_in": 1000, "audio_out": 2000}, "gpt-realtime-2.1", 0.032 + 0.128),
        ({"audio_in": 1000, "audio_out": 2000}, "gpt-realtime-2.1-mini", 0.01 + 0.04),
        ({"text_in": 10, "text_cached": 1000, "text_out": 100}, "gpt-realtime-2.1", 0.00284),
        ({"audio_cached": 10_000}, "gpt-realtime-2.1-2026-09-01", 0.004),
        ({"transcription_s": 60}, "gpt-realtime-2.1", 0.0045),
        ({"transcription_s": 60}, None, 0.0045),
        ({"audio_out": 1}, "gpt-6-voice", None),
        ({"audio_out": 1}, None, None),
        ({}, "gpt-6-voice", 0.0),
    ],
)
def test_what_was_used_has_its_price(
    used: Mapping[str, float], model: str | None, usd: float | None
) -> None:
    """Rounded to a millionth; an unknown model has none."""
    cost = prices_of().cost(used, model=model, transcription=WHISPER)
    assert cost == (None if usd is None else pytest.approx(usd, abs=1e-6))


def test_a_transcription_without_a_price_leaves_the_turn_without_one() -> None:
    """A sum that lacks a part is none."""
    prices = prices_of()
    used = {"transcription_s": 3.0, "audio_out": 10}
    assert prices.cost(used, model="gpt-realtime-2.1", transcription="whisper-9") is None
    assert prices.unknown(model="gpt-realtime-2.1", transcription="whisper-9") == ["whisper-9"]
    assert prices.unknown(model="gpt-6-voice", transcription=WHISPER) == ["gpt-6-voice"]


@pytest.mark.parametrize(
    ("digits", "usd"),
    [
        ("919876543210", 0.0053),
        ("971501234567", 0.0127),
        ("91", 0.0053),
        ("9", None),
        ("491701234567", None),
        ("", None),
        (None, None),
    ],
)
def test_a_minute_of_metas_has_the_price_of_its_country(
    digits: str | None, usd: float | None
) -> None:
    """Of a country that is in no table the price is not known; it is not nothing."""
    assert prices_of().meta_per_minute(digits) == usd


def test_the_longest_code_that_a_number_begins_with_counts() -> None:
    """Jamaica is not all of North America."""
    prices = Prices(as_of="", tokens={}, minutes={}, meta={"1": 0.01, "1876": 0.2, "187": 9.0})
    assert prices.meta_per_minute("18765550123") == 0.2
    assert prices.meta_per_minute("12125550123") == 0.01
