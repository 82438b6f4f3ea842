"""What a turn took becomes a row with its price."""

import logging
from datetime import UTC, datetime

import pytest

from agents.bill import Bill, warn_of_unpriced
from agents.media.measures import Measures
from shared.call.ids import CallId
from shared.prices.price_file import prices_of

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")


@pytest.mark.parametrize(
    ("model", "cost_usd"), [("gpt-realtime-2.1", 0.0064), ("gpt-nobody-knows", None)]
)
def test_a_turn_is_priced(model: str, cost_usd: float | None) -> None:
    """By the model that made it; everything else stays as it was measured."""
    measures = Measures(
        number=3,
        began_at=1_700_000_000.5,
        response_ms=750,
        model_ms=500,
        barge_in_ms=60,
        transcribed=True,
        tokens={"audio_out": 100},
        model=model,
    )
    row = Bill(CALL, "gpt-transcribe", prices_of()).priced(measures)
    assert (row.call_id, row.number, row.model) == (CALL, 3, model)
    assert row.began_at == datetime.fromtimestamp(1_700_000_000.5, UTC)
    assert (row.response_ms, row.model_ms, row.barge_in_ms) == (750, 500, 60)
    assert (row.transcribed, row.tokens) == (True, {"audio_out": 100})
    assert row.cost_usd == cost_usd


def test_an_unknown_price_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """Not once a turn."""
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            warn_of_unpriced("gpt-said-once")
    told = [one for one in caplog.records if one.__dict__.get("action") == "model-unpriced"]
    assert len(told) == 1
