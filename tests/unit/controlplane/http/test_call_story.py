"""A call's story, as its page tells it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from controlplane.core.blame import VERDICTS, Blame
from controlplane.http.call_story import recording_view, story_of
from controlplane.meta.code_table import TABLE
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.measured_turn import MeasuredTurn
from shared.call.person import Party
from shared.call.recording import RecordedFile, Recording, RecordingStatus, place_in
from shared.call.records import EventRecord, EventSource, ToolCall

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ID = CallId("9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e")


def ended(reason: EndReason | None, status: CallStatus = CallStatus.FAILED) -> Call:
    return Call(
        id=ID,
        wacid=None,
        direction=Direction.OUTBOUND,
        status=status,
        phone_number_id=PhoneNumberId("1"),
        party=Party(),
        created_at=NOW,
        ended_at=NOW,
        end_reason=reason,
        meta_cost_usd=0.0,
    )


def coded(code: Any) -> EventRecord:
    return EventRecord.note(EventSource.CONTROLPLANE, "error", NOW, {"meta_code": code})


@pytest.mark.parametrize("code", [number for entry in TABLE for number in entry.numbers])
def test_every_code_of_metas_has_a_side_and_something_to_do(code: int) -> None:
    """The error on the timeline is on that side too."""
    story = story_of(ended(EndReason.GRAPH_REFUSED), [coded(code), coded(None)], [], [])
    assert story["whose"] in Blame
    assert story["advice"].endswith(".")
    assert story["steps"][-1].fault == story["whose"]


def test_a_person_who_gave_no_permission_is_named_with_the_remedy() -> None:
    """Meta's 138006."""
    story = story_of(ended(EndReason.GRAPH_REFUSED), [coded(138006)], [], [])
    assert "permission" in story["advice"]


@pytest.mark.parametrize("code", [None, 7_000_000, "x", []])
def test_a_code_that_nobody_knows_leaves_our_own_reason(code: Any) -> None:
    """As does none."""
    story = story_of(ended(EndReason.PEER_FAILED), [coded(code)], [], [])
    assert (story["whose"], story["advice"]) == VERDICTS[EndReason.PEER_FAILED]


def test_what_ended_well_has_no_fault() -> None:
    """And what goes on is on nobody."""
    talked = story_of(ended(EndReason.CALLER_HANGUP, CallStatus.COMPLETED), [], [], [])
    assert [step.fault for step in talked["steps"]] == [None, None]
    running = story_of(ended(None, CallStatus.ACTIVE), [], [], [])
    assert (running["whose"], running["advice"]) == (None, None)


@pytest.mark.parametrize(
    ("costs", "usd", "by_kind"),
    [
        ([], None, {}),
        ([0.1, 0.2], 0.3, {"gpt-realtime": 0.3}),
        ([0.1, None], None, {"gpt-realtime": 0.1}),
    ],
)
def test_a_sum_with_a_gap_is_not_known(
    costs: list[float | None], usd: float | None, by_kind: dict[str, float]
) -> None:
    """Rather than too small."""
    turns = [
        MeasuredTurn(call_id=ID, number=n, began_at=NOW, cost_usd=cost, model="gpt-realtime")
        for n, cost in enumerate(costs, 1)
    ]
    story = story_of(ended(None), [], turns, [])
    assert (story["cost"].usd, story["cost"].by_kind) == (usd, by_kind)
    assert [turn.number for turn in story["turns"]] == [turn.number for turn in turns]


@pytest.mark.parametrize(
    ("costs", "meta", "is_over", "usd", "by_kind"),
    [
        ([0.1], 0.0, True, 0.1, {"gpt-realtime": 0.1}),
        ([0.1], 0.02, True, 0.12, {"gpt-realtime": 0.1, "meta": 0.02}),
        ([0.1], None, True, None, {"gpt-realtime": 0.1}),
        ([0.1], None, False, 0.1, {"gpt-realtime": 0.1}),
        ([None], 0.02, True, None, {"meta": 0.02}),
        ([], 0.02, True, 0.02, {"meta": 0.02}),
        ([], None, True, None, {}),
    ],
)
def test_what_meta_bills_is_a_part_of_the_cost(
    costs: list[float | None],
    meta: float | None,
    is_over: bool,
    usd: float | None,
    by_kind: dict[str, float],
) -> None:
    """Without its price the sum of a call that is over is not known; it is not free."""
    turns = [
        MeasuredTurn(call_id=ID, number=n, began_at=NOW, cost_usd=cost, model="gpt-realtime")
        for n, cost in enumerate(costs, 1)
    ]
    reason, status = EndReason.CALLER_HANGUP, CallStatus.COMPLETED
    call = ended(reason, status) if is_over else ended(None, CallStatus.ACTIVE)
    call = replace(call, meta_cost_usd=meta, ended_at=NOW if is_over else None)
    cost = story_of(call, [], turns, [])["cost"]
    assert (cost.usd, cost.by_kind) == (usd, by_kind)


def test_a_tool_is_shown_with_what_it_was_given_and_told() -> None:
    """For whoever may read the call."""
    tool = ToolCall(
        id="1", call_id=ID, name="captureLead", arguments={"name": "Zoë"}, result="ok",
        began_at=NOW, latency_ms=12,
    )  # fmt: skip
    (view,) = story_of(ended(None), [], [], [tool])["tool_calls"]
    assert (view.name, view.arguments, view.result, view.latency_ms) == (
        "captureLead", {"name": "Zoë"}, "ok", 12,
    )  # fmt: skip


def test_a_call_says_whether_it_can_be_heard_again() -> None:
    """Which sides can be, or why none can; when the sound begins, by the transcript's clock."""
    kept = Recording(
        id=Recording.id_of(ID),
        call_id=ID,
        status=RecordingStatus.KEPT,
        place=place_in("recordings"),
        files=(RecordedFile(name="peer.opus", bytes=9),),
        began_at=NOW,
    )
    view = recording_view(kept, NOW)
    assert (view.status, view.sides, view.why_not) == ("kept", ["caller"], None)
    assert view.began_at == NOW.isoformat()
    for none, status in ((None, None), (replace(kept, deleted_at=NOW), "kept")):
        view = recording_view(none, NOW)
        assert (view.status, view.sides) == (status, [])
        assert view.why_not is not None
