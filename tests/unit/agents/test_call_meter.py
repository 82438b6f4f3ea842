"""The silence after the answer of one call."""

import time

import pytest

from agents.bill import Bill
from agents.call_meter import CallMeter
from agents.metrics import AgentMetrics
from shared.call.ids import CallId
from shared.prices.price_file import prices_of


def test_the_silence_after_the_answer_is_timed_once() -> None:
    """Not before the answer, and each later time that the agent speaks is no silence of it."""
    metrics = AgentMetrics()
    meter = CallMeter(
        Bill(CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"), "whisper-1", prices_of()), metrics
    )
    value = metrics.registry.get_sample_value
    meter.heard(time.time())
    assert value("wacall_agent_pick_up_silence_seconds_count") == 0
    meter.answered()
    meter.heard(time.time() + 100)
    meter.heard(time.time() + 900)
    assert value("wacall_agent_pick_up_silence_seconds_count") == 1
    assert value("wacall_agent_pick_up_silence_seconds_sum") == pytest.approx(100, abs=30)
