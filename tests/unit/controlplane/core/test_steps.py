"""A call's rows, folded into steps."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.core.blame import Blame
from controlplane.core.recordings import heard_note
from controlplane.core.steps import STAGES, Step, steps_of
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.measured_turn import MeasuredTurn
from shared.call.person import Party
from shared.call.records import EventOutcome, EventRecord, EventSource, ToolCall

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = Call(
    id=CallId("9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e"),
    wacid=None,
    direction=Direction.INBOUND,
    status=CallStatus.ACTIVE,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=NOW,
)
BEGAN = Step(at_ms=0, who="controlplane", what="The call began.", detail="inbound")


def after(ms: float) -> datetime:
    return NOW + timedelta(milliseconds=ms)


def told(
    source: EventSource,
    kind: str,
    outcome: EventOutcome | None = EventOutcome.HANDLED,
    **payload: Any,
) -> EventRecord:
    return EventRecord.note(source, kind, after(5), payload, call_id=CALL.id, outcome=outcome)


def test_marks_lie_where_the_row_has_them() -> None:
    """Also those of an end whose reason is not known, and none before the beginning."""
    call = replace(
        CALL,
        answered_at=after(1500),
        media_at=after(-3),
        ended_at=after(9000.4),
        end_reason=EndReason.CALLER_HANGUP,
    )
    steps = steps_of(call, [])
    assert [(step.at_ms, step.what, step.detail) for step in steps] == [
        (0, "The call began.", "inbound"),
        (0, "The phone's media came.", None),
        (1500, "The call was answered.", None),
        (9000, "The call ended.", "caller-hangup"),
    ]
    assert [step.fault for step in steps] == [None] * 4
    odd = steps_of(replace(CALL, ended_at=after(1)), [], blame=Blame.META)[-1]
    assert (odd.detail, odd.fault) == (None, "meta")


def test_the_slow_step_of_a_set_up_is_marked() -> None:
    """Each lasts from the end of the one before; whatever order the row has them in."""
    call = replace(CALL, timings={"agent_ms": 4100.0, "claimed_ms": 12.3, "room_ms": 40.0})
    assert [(s.at_ms, s.took_ms, s.who, s.slow) for s in steps_of(call, [])[1:]] == [
        (0, 12, "controlplane", False),
        (12, 28, "livekit", False),
        (40, 4060, "agent", True),
    ]


@pytest.mark.parametrize("stage", [*STAGES, "of-another-release"])
def test_every_stage_is_slow_beyond_its_bound_and_not_at_it(stage: str) -> None:
    """One that people or other releases decide never is."""
    bound = STAGES.get(stage, ("", "", None))[2]
    for took, slow in ((bound or 10, False), ((bound or 600_000) + 1, bound is not None)):
        (step,) = steps_of(replace(CALL, timings={f"{stage}_ms": took}), [])[1:]
        assert (step.took_ms, step.slow) == (took, slow)
        assert step.what.endswith(".")


@pytest.mark.parametrize(
    ("event", "blame", "expected"),
    [
        (
            told(EventSource.META, "connect"),
            None,
            ("meta", "Meta sent the session description.", None, None),
        ),
        (
            told(EventSource.META, "connect", EventOutcome.DUPLICATE),
            None,
            ("meta", "Meta sent the session description.", "duplicate", None),
        ),
        (
            told(EventSource.META, "terminate", None),
            None,
            ("meta", "Meta told that the call was over.", "not worked on yet", None),
        ),
        (
            told(EventSource.META, "status", EventOutcome.FAILED),
            None,
            ("meta", "Meta told how the call stands.", "failed", "meta"),
        ),
        (
            told(EventSource.CONTROLPLANE, "error", EventOutcome.RECORDED, message="No room."),
            None,
            ("controlplane", "Something went wrong.", "No room.", "us"),
        ),
        (
            told(EventSource.AGENT, "error", EventOutcome.RECORDED, cause="http-429"),
            Blame.BUSINESS,
            ("agent", "Something went wrong.", "http-429", "business"),
        ),
        (
            told(EventSource.OPERATOR, "whisper", EventOutcome.RECORDED),
            Blame.META,
            ("operator", "Operator wrote down: whisper.", None, None),
        ),
    ],
)
def test_events_become_sentences(
    event: EventRecord, blame: str | None, expected: tuple[str | None, ...]
) -> None:
    """What went wrong is on the side that the end was on, else on that of who told it."""
    began, step = steps_of(CALL, [event], blame=blame)
    assert began == BEGAN
    assert step.at_ms == 5
    assert (step.who, step.what, step.detail, step.fault) == expected


@pytest.mark.parametrize(
    ("answer", "stop", "detail", "slow"),
    [
        (None, None, None, False),
        (2000, None, None, False),
        (2001, None, None, True),
        (900, 600, "stopped 600 ms after the person spoke over it", False),
        (900, 601, "stopped 601 ms after the person spoke over it", True),
    ],
)
def test_a_turn_is_slow_when_a_person_would_notice(
    answer: int | None, stop: int | None, detail: str | None, slow: bool
) -> None:
    """In answering, or in stopping."""
    turn = MeasuredTurn(
        call_id=CALL.id, number=3, began_at=after(700), response_ms=answer, barge_in_ms=stop
    )
    (step,) = steps_of(CALL, [], [turn])[1:]
    assert (step.at_ms, step.took_ms, step.who) == (700, answer, "openai")
    assert (step.detail, step.slow) == (detail, slow)
    assert step.what.startswith("Turn 3: the agent ")


@pytest.mark.parametrize(
    ("answer", "tokens", "said"),
    [
        (800, {"audio_out": 9}, "the agent answered"),
        (None, {"audio_out": 9}, "the agent spoke"),
        (None, {"text_in": 9}, "the agent made no sound"),
    ],
)
def test_who_answers_nobody_is_not_silent(
    answer: int | None, tokens: dict[str, float], said: str
) -> None:
    """A greeting has no time to the first sound, and is heard all the same."""
    turn = MeasuredTurn(
        call_id=CALL.id, number=1, began_at=after(1), response_ms=answer, tokens=tokens
    )
    assert steps_of(CALL, [], [turn])[1].what == f"Turn 1: {said}."


@pytest.mark.parametrize(
    ("error", "latency", "slow", "fault"),
    [(None, 3000, False, None), (None, 3001, True, None), ("timeout", None, False, "us")],
)
def test_a_tool_tells_its_trouble_and_not_its_words(
    error: str | None, latency: int | None, slow: bool, fault: str | None
) -> None:
    """Arguments and results are personal; they are beside the steps."""
    tool = ToolCall(
        id="1", call_id=CALL.id, name="captureLead", arguments={"phone": "1"}, result="ok",
        error=error, began_at=after(60), latency_ms=latency,
    )  # fmt: skip
    assert steps_of(CALL, [], [], [tool])[1:] == [
        Step(
            at_ms=60, took_ms=latency, who="agent", what="The tool captureLead was used.",
            detail=error, slow=slow, fault=fault,
        )
    ]  # fmt: skip


def test_what_an_operator_does_days_later_is_no_step_of_the_call() -> None:
    """Its bar would press all others into the first pixel; the timeline has it."""
    heard = heard_note(CALL.id, "agent", NOW + timedelta(days=3))
    listened = told(EventSource.OPERATOR, "listen")
    assert len(steps_of(CALL, [heard, listened])) == 2
