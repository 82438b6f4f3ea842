"""What the dashboard's tests show on its pages: calls, people, days, in the routes' own shapes."""

from datetime import UTC, datetime, timedelta
from typing import Any

from controlplane.core.blame import Blame
from controlplane.core.consent import ConsentKind, ConsentSource
from controlplane.http.bodies import ConsentView, ProbableStopView
from controlplane.http.call_bodies import (
    CallDetails,
    CallerView,
    CostView,
    QualityView,
    RecordingView,
    TurnView,
)
from controlplane.http.errand_bodies import FollowUpView
from shared.call.call import CallStatus, Direction, EndReason
from shared.call.recording import RecordingStatus

CALL_ID = "5f0c0b66-1f0e-4c52-9b39-0f5f0e8f9a11"
PHONE = "15550100123"
WHY = "The phone's media never came up: no UDP packet reached the SFU."
ADVICE = "Open the SFU's UDP ports to the world."
SAID = "My bicycle has a flat tyre."
RATE = "Of the last 100 incoming calls, 83 were answered (83%)."
AWAY = "The database does not answer; try again later."
REFUSAL = "This person has not allowed calls: ask them for the permission first."
NOT_RECORDED = "The person refused the recording: it was stopped, and what there was is deleted."
_BEGAN = datetime(2026, 11, 26, 14, 3, 20, tzinfo=UTC)


def _at(seconds: float) -> str:
    return (_BEGAN + timedelta(seconds=seconds)).isoformat()


def live_call(call_id: str = CALL_ID, **changes: Any) -> dict[str, Any]:
    """A call in progress, as the stream tells it."""
    return {
        "call_id": call_id,
        "direction": "inbound",
        "status": "active",
        "profile": "bicycles",
        "began_at": _at(0),
        "answered_at": _at(2),
        "age_s": 42,
        "agent": "speaking",
        "person": "…23",
        "cost_usd": 0.021,
        "talk": {"user": 0.35, "assistant": 0.6},
        "listeners": 0,
        "taken_over": False,
        "wants_human": False,
        **changes,
    }


def follow_up() -> FollowUpView:
    """A call that was agreed for later."""
    return FollowUpView(
        id="b7b2c0fa-2f4b-4c86-a8f5-4b8a7d1f3f02",
        call_id=CALL_ID,
        due_at=_at(86_400),
        time_zone="Europe/Berlin",
        channel="call",
        kind="promise",
        source="agent",
        purpose="Tell when the tyre has come",
        body=None,
        is_for_people=False,
        status="open",
        attempts=0,
        next_at=None,
        last_error=None,
        finished_at=None,
        placed_call_id=None,
    )


def ended_call() -> dict[str, Any]:
    """A call that failed, with everything that a page can show."""
    known = CallDetails(
        id=CALL_ID,
        wacid=None,
        direction=Direction.INBOUND,
        status=CallStatus.FAILED,
        end_reason=EndReason.MEDIA_TIMEOUT,
        outcome="callback",
        off_purpose_turns=0,
        room=f"wa-{CALL_ID}",
        phone_number_id="106540352242922",
        profile="bicycles",
        caller=CallerView(user_id=None, phone=PHONE, name="Susan"),
        created_at=_at(0),
        answered_at=_at(2),
        media_at=_at(2),
        ended_at=_at(72),
        duration_s=70.0,
        origin={},
        why=WHY,
        whose=Blame.NETWORK,
        advice=ADVICE,
        steps=[],
        turns=[],
        tool_calls=[],
        cost=CostView(usd=0.034, by_kind={"audio_out": 0.03, "text_in": 0.004}),
        quality=[
            QualityView(
                at_ms=10_000 * n,
                caller_lost=n * n,
                caller_jitter_ms=4.0 + n,
                agent_lost=0,
                agent_jitter_ms=None,
            )
            for n in range(1, 7)
        ],
        timings_ms={},
        timeline=[],
        transcript=[
            TurnView(sequence=n, at=_at(6 + 5 * n), speaker=who, text=text, interrupted=False)
            for n, (who, text) in enumerate(
                [
                    ("assistant", "Hello, this is the bicycle shop. This call is transcribed."),
                    ("user", SAID),
                    ("assistant", "I am sorry. A new tyre comes tomorrow; may we call you then?"),
                    ("user", "Yes, please."),
                ],
                1,
            )
        ],
        recording=RecordingView(
            status=RecordingStatus.KEPT,
            sides=["agent", "caller"],
            began_at=_at(2),
            ended_at=_at(72),
            keep_until=_at(30 * 86_400),
            why_not=None,
        ),
        follow_ups=[follow_up()],
        messages=[],
        after_call=None,
    ).model_dump(mode="json")
    steps = [
        (0, 40, "meta", "The offer came", False, None),
        (45, 310, "livekit", "The room was made and the caller put into it", False, None),
        (360, 1900, "agent", "The agent came and was ready", True, None),
        (2300, 120, "meta", "Meta took the answer", False, None),
        (2450, 30_000, "caller", "Waited for the phone's media", False, "network"),
        (72_000, None, "controlplane", "The call ended", False, None),
    ]
    return {
        **known,
        "steps": [
            {"at_ms": at, "took_ms": took, "who": who, "what": what, "detail": None}
            | {"slow": slow, "fault": fault}
            for at, took, who, what, slow, fault in steps
        ],
        "turns": [
            {"number": n, "response_ms": 600 + 90 * (n % 3), "model_ms": 420, "cost_usd": 0.004}
            for n in range(1, 9)
        ],
        "tool_calls": [
            {"name": name, "arguments": given, "began_at": _at(30), "latency_ms": 41}
            | {"source": "call", "result": "done", "error": None}
            for name, given in (
                ("upsertLead", {"name": "Susan"}),
                ("upsertLead", {"interest": "A new tyre"}),
                ("scheduleFollowUp", {}),
            )
        ],
    }


def consents() -> dict[str, Any]:
    """A permission, and a message that may be a STOP."""
    entry = ConsentView(
        id="c1",
        phone_number_id="106540352242922",
        user_id=None,
        phone=PHONE,
        kind=ConsentKind.CALL_PERMISSION,
        granted=True,
        source=next(iter(ConsentSource)),
        source_ref="r",
        valid_until=_at(7 * 86_400),
        at=_at(0),
        note=None,
    )
    stop = ProbableStopView(
        id="0d9a3f52-6a0c-4b0b-8f2c-0c9f6d1c8e03",
        user_id=None,
        phone="15550100199",
        said="please not on Sundays",
        at=_at(0),
        until=_at(86_400),
        decision=None,
        decided_at=None,
    )
    return {
        "consents": [entry.model_dump(mode="json")],
        "state": [],
        "probable_stops": [stop.model_dump(mode="json")],
        "requests": [],
    }


def rooms() -> dict[str, Any]:
    """The room of one live call."""
    track = {"sid": "TR_1", "name": "microphone", "codec": "audio/opus", "muted": False}
    numbers = {"bitrate_bps": None, "lost": 3, "jitter_ms": 4.2, "quality": None, "talking": True}
    caller = {"identity": "caller", "kind": "connector", "state": "active"}
    return {
        "rooms": [
            {"call_id": CALL_ID, "room": f"wa-{CALL_ID}", "age_s": 42.0, "status": "active"}
            | {"agent_state": "listening", "taken_over": False, "wants_human": None}
            | {"trouble": None, "participants": [{**caller, "tracks": [{**track, **numbers}]}]}
        ]
    }


def outcomes() -> dict[str, Any]:
    """Three weeks of calls."""
    shares = (
        ("completed", "caller-hangup", 24),
        ("no_answer", None, 4),
        ("failed", "openai-quota", 1),
    )
    return {
        "days": [
            {"day": f"2026-11-{day:02d}", "profile": "bicycles", "direction": "inbound"}
            | {"status": status, "outcome": None, "reason": reason, "n": n + day % 5}
            | {"answered": n if status == "completed" else 0, "barge_ins": day % 3}
            | {"setup_p50_ms": 420, "setup_p95_ms": 800 + 9 * day, "cost_usd": 0.4}
            | {"turn_p50_ms": 710, "turn_p95_ms": 1400 - 8 * day}
            for day in range(4, 26)
            for status, reason, n in shares
        ],
        "answer_rate": {"rate": 0.83, "limit": None, "calls": 100, "sentence": RATE},
    }


def funnel() -> dict[str, Any]:
    """Six weeks from calls to customers."""
    return {
        "weeks": [
            {"week": f"2026-W{week}", "profile": "bicycles", "calls": 90 + week, "answered": 80}
            | {"qualified": 30, "follow_up": 21, "won": 9}
            for week in range(42, 48)
        ]
    }
