"""One call in a terminal."""

from typing import Any

import pytest

from wacall.operators.inspection import page

AT = "2026-03-01T12:00:30.123456+00:00"
CALL: dict[str, Any] = {
    "id": "9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e",
    "direction": "inbound",
    "status": "failed",
    "end_reason": "graph-refused",
    "why": "Graph refused. Wait.\nMeta says: no.",
    "outcome": None,
    "room": "wa-9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e",
    "caller": {"name": "Zoë", "phone": "15550001111", "user_id": None},
    "created_at": AT,
    "answered_at": None,
    "media_at": None,
    "ended_at": AT,
    "duration_s": None,
    "origin": {"cta_payload": "bike-7\x1b[2J"},
    "timings_ms": {"claimed_ms": 12.3, "room_ms": 40.0},
    "timeline": [
        {"at": AT, "source": "meta", "kind": "connect", "outcome": "handled", "payload": {"x": 1}},
        {
            "at": AT,
            "source": "controlplane",
            "kind": "error",
            "outcome": "recorded",
            "payload": {"message": "Graph refused. \x1bWait."},
        },
    ],
    "transcript": [
        {"at": AT, "speaker": "user", "text": "Hello\nthere", "interrupted": True, "sequence": 1}
    ],
}


def test_everything_that_is_known_is_on_the_page() -> None:
    """Row, reason, timeline and words; each on a line, and nothing that commands a terminal."""
    lines = list(page(CALL))
    text = "\n".join(lines)
    assert lines[:3] == [
        f"call {CALL['id']}",
        "inbound, failed: graph refused",
        "Graph refused. Wait. Meta says: no.",
    ]
    for line in (
        "with      Zoë, +15550001111",
        "answered  -",
        "purpose   kept to",
        "origin    cta_payload bike-7 [2J",
        "set-up    claimed 12 ms, room 40 ms",
        "  12:00:30.123  meta         connect  handled",
        "  12:00:30.123  controlplane error  Graph refused.  Wait.",
        "  12:00:30.123  user      Hello there (interrupted)",
    ):
        assert line in lines
    assert "\x1b" not in text


@pytest.mark.parametrize(("turns", "said"), [(1, "left 1 time"), (3, "left 3 times")])
def test_what_was_off_purpose_is_counted(turns: int, said: str) -> None:
    """Whoever looks into a call sees whether its line was used for what it is."""
    assert f"purpose   {said}" in list(page({**CALL, "off_purpose_turns": turns}))


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        ({"usd": 0.123456, "by_kind": {"meta": 0.02, "gpt-x": 0.103456}},
         "0.1235 USD (gpt-x 0.1035, meta 0.0200)"),
        ({"usd": None, "by_kind": {"meta": 0.02}}, "not known whole; USD: meta 0.0200"),
        ({"usd": None, "by_kind": {}}, "-"),
        (None, "-"),
    ],
)  # fmt: skip
def test_what_the_call_cost_is_told_with_its_parts(cost: dict[str, Any] | None, told: str) -> None:
    """A control plane of an earlier release tells none."""
    assert f"cost      {told}" in list(page(CALL | ({"cost": cost} if cost is not None else {})))


def test_a_call_without_words_says_so() -> None:
    """Rather than end in a headline."""
    assert list(page({**CALL, "transcript": [], "why": None}))[-1] == "  nothing was written down"


def test_what_was_found_after_the_call_is_shown() -> None:
    """Summary, judgement, and promises with what became of them."""
    findings = {
        "model": "gpt-5",
        "summary": "They want\na bike.\x1b[2J",
        "outcome": "lead",
        "sentiment": "positive",
        "missing": ["email"],
        "off_purpose_turns": [],
        "promises": [{"turn": 3, "quote": "I will send it.", "standing": "follow-up"}],
    }
    work = {"status": "done", "attempts": 1, "last_error": None, "findings": findings}
    lines = list(page({**CALL, "after_call": work}))
    for line in (
        "after the call: done",
        "  They want a bike. [2J",
        "  outcome     lead",
        "  missing     email",
        "  off purpose -",
        "  promise     follow-up, turn 3: I will send it.",
    ):
        assert line in lines
    skipped = {"status": "skipped", "attempts": 1, "last_error": "nobody-spoke", "findings": None}
    assert list(page({**CALL, "after_call": skipped}))[-1] == (
        "after the call: skipped (nobody-spoke)"
    )


def test_steps_are_drawn_where_they_lay() -> None:
    """A bar for what took time, a point for what did not; slowness and faults in words."""

    def step(at_ms: int, took_ms: int | None, **more: Any) -> dict[str, Any]:
        plain = {"who": "agent", "what": "It was.", "detail": None, "slow": False, "fault": None}
        return {"at_ms": at_ms, "took_ms": took_ms, **plain, **more}

    steps = [
        step(0, None),
        step(0, 1200, slow=True),
        step(1200, 1),
        step(2400, None, detail="No\x1b.", fault="us"),
    ]
    lines = list(page({**CALL, "steps": steps, "whose": "us", "advice": "Read the log."}))
    assert lines[3] == "whose side: us. Read the log."
    begin = lines.index("what happened") + 1
    assert [line.rstrip() for line in lines[begin : begin + 4]] == [
        "     0.000 s [|                       ]            agent        It was.",
        "     0.000 s [############            ]   1200 ms  agent        It was. SLOW",
        "     1.200 s [            #           ]      1 ms  agent        It was.",
        "     2.400 s [                       |]            agent        It was. (No .) FAULT: us",
    ]
    assert "what happened" not in list(page(CALL))


def test_tools_are_shown_with_what_came_of_them() -> None:
    """One that failed, one that was never answered, one that says nothing."""
    tool = {"began_at": AT, "name": "captureLead", "latency_ms": 12, "error": None, "result": "ok"}
    tools = [tool, {**tool, "error": "timeout", "latency_ms": None}, {**tool, "result": None}]
    lines = list(page({**CALL, "tool_calls": tools}))
    assert lines[lines.index("tools") + 1 :] == [
        "  12:00:30.123  captureLead  12 ms  ok",
        "  12:00:30.123  captureLead  never answered  timeout",
        "  12:00:30.123  captureLead  12 ms  done",
    ]
