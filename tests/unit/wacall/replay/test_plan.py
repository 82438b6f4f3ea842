"""What has to happen for an exported call to go as it went; and what cannot be made to happen."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.call.call import Direction
from wacall.replay.bundle import BundledCall, call_of
from wacall.replay.plan import WORDLESS_S, CannotReplay, ReplayPlan, media_of, plan_of

BEGAN = datetime(2026, 11, 27, 12, tzinfo=UTC)


def at(seconds: float) -> str:
    return (BEGAN + timedelta(seconds=seconds)).isoformat()


def event(kind: str, seconds: float, source: str = "meta", **payload: Any) -> dict[str, Any]:
    return {"at": at(seconds), "source": source, "kind": kind, "payload": payload}


def call(reason: str, *events: Mapping[str, Any], **fields: Any) -> BundledCall:
    row = {
        "id": "9b0f3c9e", "direction": "inbound", "status": "completed", "end_reason": reason,
        "created_at": at(0), "ended_at": at(10), "timeline": list(events), **fields,
    }  # fmt: skip
    return call_of({"format": "wacall-call", "version": 1, "call": row})


def test_who_hung_up_hangs_up_as_late() -> None:
    """With their words as late as they did; without them nobody speaks, and it is cut."""
    said = [{"speaker": "user", "text": "Hello."}, {"speaker": "assistant", "text": "Hi."}]
    plan = plan_of(call("caller-hangup", answered_at=at(1), transcript=said))
    assert (plan.hangs_up_after_s, plan.words, plan.notes) == (9.0, ("Hello.",), ())
    silent = plan_of(call("caller-hangup", answered_at=at(1)))
    assert (silent.hangs_up_after_s, silent.words) == (WORDLESS_S, ())
    assert len(silent.notes) == 1
    rung = plan_of(call("caller-hangup"))
    assert (rung.hangs_up_after_s, rung.answers, rung.notes) == (10.0, False, ())


@pytest.mark.parametrize(
    ("reason", "given", "expected"),
    [
        ("openai-quota", {}, {"openai_faults": {
            "refuse_calls": -1, "refuse_connections": -1, "refuse_status": 429}}),
        ("media-timeout", {"timings_ms": {"leg_ms": 3}}, {
            "has_path": False, "answers": True, "media": "bridge"}),
        ("caller-hangup", {"timings_ms": {"whip_ms": 3}}, {"media": "direct"}),
        ("openai-unreachable", {}, {"media": None}),
        ("not-answered", {"direction": "outbound"}, {"answers": False, "media": "bridge"}),
        ("rejected", {"direction": "outbound"}, {"rejects": True, "rings_s": 10.0}),
    ],
    ids=lambda value: str(value)[:30],
)  # fmt: skip
def test_each_end_has_its_cause(
    reason: str, given: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    """Outside of this program: at the phone, at Meta, at OpenAI."""
    plan = plan_of(call(reason, **given))
    assert {name: getattr(plan, name) for name in expected} == expected


def test_metas_refusals_are_its_own_again() -> None:
    """The request that was refused, with its code; of an outbound call it is always `connect`."""
    refused = event("error", 1, "controlplane", meta_code=138006)
    plan = plan_of(call("graph-refused", refused, direction="outbound"))
    assert plan.graph_error == ("connect", 138006)
    for step, action in (("", "pre_accept"), ("media", "accept")):
        refused = event("error", 1, "controlplane", meta_code=131000, after_step=step)
        assert plan_of(call("graph-refused", refused)).graph_error == (action, 131000)
    failed = event("terminate", 9, errors=[{"code": 138019}])
    assert plan_of(call("peer-failed", failed, direction="outbound")).fails_with == 138019


def test_webhooks_come_as_late_and_in_their_order() -> None:
    """Meta's timestamps are whole seconds: what is younger than two came in time."""
    first = event("connect", 0, timestamp=str(int(BEGAN.timestamp()) - 30))
    assert plan_of(call("stale-offer", first)).offer_age_s == 30
    soon = event("connect", 0, timestamp=str(int(BEGAN.timestamp()) - 1))
    assert plan_of(call("caller-hangup", soon)).offer_age_s == 0
    late = (event("terminate", 1), event("connect", 2))
    assert plan_of(call("caller-hangup", *late)).connect_is_last
    rang = event("status", 3, status="RINGING")
    plan = plan_of(call("caller-hangup", rang, direction="outbound", answered_at=at(7)))
    assert plan.rings_s == 4.0


def test_an_offer_that_could_not_be_used_comes_again() -> None:
    """Without its secrets; other offers are the simulator's own."""
    connect = event("connect", 0, session={"sdp": "v=0\nm=video"})
    assert plan_of(call("bad-offer", connect)).offer_shape == "v=0\nm=video"
    assert plan_of(call("caller-hangup", connect)).offer_shape is None


@pytest.mark.parametrize(
    ("reason", "fields"),
    [
        ("agent-hangup", {}), ("agent-lost", {}), ("internal", {}), ("busy", {}),
        ("of-a-newer-release", {}), ("graph-refused", {}), ("rejected", {}),
        ("stale-offer", {"direction": "outbound"}),
    ],
    ids=str,
)  # fmt: skip
def test_what_we_did_ourselves_is_refused(reason: str, fields: Mapping[str, Any]) -> None:
    """In a sentence that names the end."""
    with pytest.raises(CannotReplay, match=reason):
        plan_of(call(reason, **fields))
    with pytest.raises(CannotReplay, match="code"):
        plan_of(call("peer-failed", direction="outbound"))


def test_one_stack_has_one_way_of_media() -> None:
    """Of inbound calls; those that did not come so far go by any."""
    inbound, outbound = Direction.INBOUND, Direction.OUTBOUND
    free = ReplayPlan(direction=inbound)
    direct = ReplayPlan(direction=inbound, media="direct")
    bridged = ReplayPlan(direction=inbound, media="bridge")
    placed = ReplayPlan(direction=outbound, media="bridge")
    assert media_of([free]) == "bridge"
    assert media_of([free, direct, placed]) == "direct"
    assert media_of([bridged, placed]) == "bridge"
    with pytest.raises(CannotReplay, match="WA_MEDIA"):
        media_of([direct, bridged])
