"""Every process derives the same ids of a call, and nobody passes them on."""

import pytest

from shared.tracing.ids import root_span_id_of, trace_id_of

CALL = "0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"


def test_a_calls_trace_has_its_id() -> None:
    """Whoever has the one looks the other up: the digits are the same."""
    trace = trace_id_of(CALL)

    assert trace is not None
    assert f"{trace:032x}" == CALL.replace("-", "")
    assert trace_id_of(CALL.upper()) == trace


def test_the_root_is_known_to_every_process() -> None:
    """Pinned: replicas of two releases work for one call."""
    assert root_span_id_of(trace_id_of(CALL) or 0) == 0x36324E393D069848
    assert root_span_id_of(1) != root_span_id_of(2)


@pytest.mark.parametrize("text", ["", "wa-1", "wacid.HBg", "00000000-0000-0000-0000-000000000000"])
def test_what_is_no_call_of_ours_has_no_trace(text: str) -> None:
    """Meta's ids, names, and the id that no trace may have."""
    assert trace_id_of(text) is None
