"""A call's story for operators: steps, turns, tools, cost, and whose side its end was on.

Pure: rows in, views out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from controlplane.core.blame import Blame, Verdict, verdict_on
from controlplane.core.foreign import integer_of
from controlplane.core.quality import series_of
from controlplane.core.recordings import why_unheard
from controlplane.core.steps import steps_of
from controlplane.http.call_bodies import (
    CostView,
    MeasuredView,
    QualityView,
    RecordingView,
    StepView,
    ToolView,
)
from controlplane.http.reading import iso
from controlplane.meta.code_table import known_as
from controlplane.meta.codes import Side
from shared.call.call import Call, CallStatus
from shared.call.measured_turn import MeasuredTurn
from shared.call.recording import SIDES, Recording
from shared.call.records import EventRecord, ToolCall

META = "meta"
"""What Meta bills, among the models."""

_BLAMES: Mapping[Side, Blame] = {
    Side.OURS: Blame.US,
    Side.OPERATOR: Blame.BUSINESS,
    Side.PERSON: Blame.CALLER,
    Side.META: Blame.META,
}


def story_of(
    call: Call,
    events: Sequence[EventRecord],
    measured: Sequence[MeasuredTurn],
    tools: Sequence[ToolCall],
) -> dict[str, Any]:
    """Return the fields of `CallDetails` that tell the story, by their names."""
    verdict = verdict_on(call.end_reason, _by_code(events))
    whose, advice = verdict if verdict is not None else (None, None)
    blame = whose if call.status is CallStatus.FAILED else None
    return {
        "whose": whose,
        "advice": advice,
        "steps": [
            StepView(**asdict(step)) for step in steps_of(call, events, measured, tools, blame)
        ],
        "turns": [_measured_view(turn) for turn in measured],
        "tool_calls": [_tool_view(tool) for tool in tools],
        "cost": _cost(call, measured),
        "quality": [QualityView(**asdict(point)) for point in series_of(call, events)],
    }


def recording_view(recording: Recording | None, now: datetime) -> RecordingView:
    """Say whether a call can be heard again."""
    why_not = why_unheard(recording, now)
    if recording is None:
        return RecordingView(
            status=None, sides=[], began_at=None, ended_at=None, keep_until=None, why_not=why_not
        )
    can_be_heard = [side for side in SIDES if recording.file_of(side)]
    return RecordingView(
        status=recording.status,
        sides=can_be_heard if why_not is None else [],
        began_at=iso(recording.began_at),
        ended_at=iso(recording.ended_at),
        keep_until=iso(recording.keep_until),
        why_not=why_not,
    )


def _by_code(events: Sequence[EventRecord]) -> Verdict | None:
    """Say what the last code of Meta's on the timeline means."""
    for event in reversed(events):
        entry = known_as(integer_of(event.payload.get("meta_code")))
        if entry is not None:
            return _BLAMES[entry.side], entry.advice
    return None


def _cost(call: Call, measured: Sequence[MeasuredTurn]) -> CostView:
    """Add up; one part without a price, and the sum is not known.

    While a placed call goes on, Meta's part is not in it.
    """
    priced = [turn for turn in measured if turn.cost_usd is not None]
    by_kind: dict[str, float] = {}
    for turn in priced:
        kind = turn.model or "model"
        by_kind[kind] = round(by_kind.get(kind, 0.0) + (turn.cost_usd or 0.0), 6)
    if call.meta_cost_usd:
        by_kind[META] = call.meta_cost_usd
    is_known = (
        bool(measured or call.meta_cost_usd)
        and len(priced) == len(measured)
        and (call.meta_cost_usd is not None or call.ended_at is None)
    )
    total = round(math.fsum(by_kind.values()), 6)
    return CostView(usd=total if is_known else None, by_kind=by_kind)


def _measured_view(turn: MeasuredTurn) -> MeasuredView:
    return MeasuredView(
        number=turn.number,
        began_at=iso(turn.began_at),
        response_ms=turn.response_ms,
        model_ms=turn.model_ms,
        barge_in_ms=turn.barge_in_ms,
        transcribed=turn.transcribed,
        tokens=dict(turn.tokens),
        cost_usd=turn.cost_usd,
        model=turn.model,
    )


def _tool_view(tool: ToolCall) -> ToolView:
    return ToolView(
        source=tool.source,
        name=tool.name,
        arguments=dict(tool.arguments),
        result=tool.result,
        error=tool.error,
        began_at=iso(tool.began_at),
        latency_ms=tool.latency_ms,
    )
