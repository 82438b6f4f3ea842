"""An inbound call's story on real parts: the good one, and every way in which it goes wrong."""

import asyncio
import io
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

import aiohttp
import pytest
from livekit import api

from controlplane.meta.webhook import parse_webhook
from shared.call.brief import CallBrief
from shared.call.call import CallStatus, EndReason
from shared.call.records import EventRecord, EventSource
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.webhooks.calls import (
    Caller,
    calls_change,
    connect_call,
    encode,
    envelope,
    sign,
)
from tests.component.bench import (
    APP_SECRET,
    OPERATOR_KEY,
    Bench,
    MakeBench,
    actions,
    answered,
    ended_as,
)
from tests.eventually import eventually
from wacall.stack.sfu import EmbeddedSfu


async def test_a_call_is_answered_and_heard_and_ends_with_the_caller(bench: Bench) -> None:
    """Offer, agent, WHIP, pre_accept, accept; audio; hang-up; nothing left; no rule broken."""
    call = await answered(bench)
    row = await bench.until(call, lambda found: found.media_at is not None)
    assert row.status is CallStatus.ACTIVE

    await asyncio.sleep(1.2)  # a call of at least one whole second, as Meta counts
    call.hang_up()
    end = await call.ended(30)
    row = await bench.until_released(call)

    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert row.answered_at is not None
    assert row.duration_s is not None
    assert abs(row.duration_s - (end.duration_s or 0)) < 1.5
    assert actions(call) == ["pre_accept", "accept"]
    assert call.violations == []
    assert await bench.until_settled("connect", 1) == ["handled"]
    assert await bench.until_settled("terminate", 1) == ["handled"]
    await bench.agents.wait("gone", row.room, 5)


async def test_without_pre_accept_the_call_is_answered_too(make_bench: MakeBench) -> None:
    """WA_PRE_ACCEPT=false sends accept alone."""
    bench = await make_bench(WA_PRE_ACCEPT="false")
    call = await answered(bench)

    assert actions(call) == ["accept"]
    assert call.violations == []


async def test_without_the_role_rewrite_the_call_is_answered_too(make_bench: MakeBench) -> None:
    """WA_DTLS_ROLE_REWRITE=false leaves LiveKit the DTLS server."""
    bench = await make_bench(WA_DTLS_ROLE_REWRITE="false")
    call = await answered(bench)

    sent = call.requests[0].body
    assert isinstance(sent, dict)
    assert "a=setup:passive" in sent["session"]["sdp"]
    assert call.violations == []


async def test_a_duplicate_connect_is_answered_once(bench: Bench) -> None:
    """Three copies at once: one row, one pre_accept, one accept; the others are duplicates."""
    call = await answered(bench, CallPlan(connect_copies=3))

    assert await bench.until_settled("connect", 3) == ["duplicate", "duplicate", "handled"]
    assert actions(call) == ["pre_accept", "accept"]
    assert len(await bench.store.list_calls(limit=10)) == 1


async def test_a_terminate_before_the_connect_is_final(bench: Bench) -> None:
    """Meta reorders: the later connect finds the call ended and is not answered."""
    call = await bench.whatsapp.call(CallPlan(connect_last=True))
    call.hang_up()
    await call.ended(30)

    assert await bench.until_settled("terminate", 1) == ["handled"]
    assert await bench.until_settled("connect", 1) == ["duplicate"]
    ended_as(await bench.until_released(call), CallStatus.CANCELED, EndReason.CALLER_HANGUP)
    assert call.requests == []


@pytest.mark.parametrize(("age_s", "told"), [(26, ["reject"]), (120, [])])
async def test_a_late_connect_is_recorded_and_not_answered(
    bench: Bench, age_s: int, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """An offer older than 25 s is a missed call; what may still ring is rejected at Meta."""
    call = await bench.whatsapp.call(CallPlan(age_s=age_s))

    assert await bench.until_settled("connect", 1) == ["stale"]
    ended_as(await bench.until_released(call), CallStatus.NO_ANSWER, EndReason.STALE_OFFER)
    assert [request.action for request in call.requests] == told
    (line,) = [one for one in caplog.records if vars(one).get("action") == "offer-stale"]
    assert age_s <= vars(line)["age_s"] < age_s + 3


async def test_a_terminate_during_the_set_up_stops_it(bench: Bench) -> None:
    """The caller gives up while the agent is awaited: nothing is sent to Meta, nothing stays."""
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    await bench.until(call, lambda found: found.status is CallStatus.RINGING)
    call.hang_up()
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.CANCELED, EndReason.CALLER_HANGUP)
    assert call.requests == []


async def test_a_terminate_during_accept_stops_it(bench: Bench) -> None:
    """The caller gives up while Graph is slow: the call ends once, as Meta said."""
    bench.whatsapp.fail(Fault(action="pre_accept", kind=FaultKind.DELAY, delay_s=1))
    call = await bench.whatsapp.call()
    await bench.until(call, lambda found: found.accept_sent_at is not None)
    call.hang_up()
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.CANCELED, EndReason.CALLER_HANGUP)
    assert "terminate" not in actions(call)


@pytest.mark.parametrize("action", ["pre_accept", "accept"])
async def test_a_refusal_that_a_hang_up_explains_is_none(bench: Bench, action: str) -> None:
    """Meta refuses what came too late, and tells of the hang-up half a second later."""
    gone = {"error": {"code": 100, "message": "(#100) Invalid parameter"}}
    bench.whatsapp.fail(Fault(action=action, kind=FaultKind.REPLY, status=400, body=gone))
    call = await bench.whatsapp.call()
    await eventually(lambda: action in [request.action for request in call.requests])
    await asyncio.sleep(0.5)
    call.hang_up()
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.CANCELED, EndReason.CALLER_HANGUP)
    assert {"reject", "terminate"}.isdisjoint(actions(call))
    assert await bench.outcomes("error") == []


async def test_a_refusal_without_a_hang_up_is_one(bench: Bench) -> None:
    """Nothing is heard of an end: the call is given up as before."""
    bad = {"error": {"code": 100, "message": "(#100) Invalid parameter"}}
    bench.whatsapp.fail(Fault(action="pre_accept", kind=FaultKind.REPLY, status=400, body=bad))
    call = await bench.whatsapp.call()
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.GRAPH_REFUSED)
    assert actions(call) == ["reject"]


async def test_two_calls_in_one_webhook_are_both_answered(bench: Bench) -> None:
    """A batch loses nothing."""
    other = Caller(phone="15550100777", name="Ørjan", user_id="NO.1777")
    calls = await bench.whatsapp.call_together([CallPlan(), CallPlan(caller=other)])
    for call in calls:
        await call.accepted(30)
        await call.phone.wait_agent_speaking(30)

    assert await bench.until_settled("connect", 2) == ["handled", "handled"]
    assert [actions(call) for call in calls] == [["pre_accept", "accept"]] * 2


async def test_unknown_events_are_kept_and_harm_nothing(bench: Bench) -> None:
    """What Meta may invent is stored as unknown; its neighbour is answered."""
    await answered(bench, CallPlan(with_unknown=True))

    assert set(await bench.until_settled("unrecognized", 3)) == {"unknown"}


async def test_another_numbers_call_is_stored_as_ignored(bench: Bench) -> None:
    """Fan-out of the whole account: events of other lines are not ours to answer."""
    call = await bench.whatsapp.call(CallPlan(phone_number_id="100000000000001"))

    assert await bench.until_settled("connect", 1) == ["ignored"]
    assert await bench.row(call) is None
    assert call.requests == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda offer: "this is no session description",
        lambda offer: offer.replace("a=ice-pwd:", "a=ice-pdw:"),
        lambda offer: offer.replace("opus/48000/2", "speex/8000"),
    ],
    ids=["nonsense", "no-password", "no-opus"],
)
async def test_an_unusable_offer_is_rejected(bench: Bench, spoil: Callable[[str], str]) -> None:
    """Malformed SDP: the call is rejected at Meta, the row says why."""
    call = await bench.whatsapp.call(CallPlan(edit_offer=spoil))
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.BAD_OFFER)
    assert actions(call) == ["reject"]


async def test_video_in_an_offer_is_declined_and_the_call_answered(bench: Bench) -> None:
    """An offer with a video section gets an answer that rejects it (RFC 3264), and audio."""
    video = "\r\n".join(
        [
            "m=video 9 UDP/TLS/RTP/SAVPF 96",
            "c=IN IP4 0.0.0.0",
            "a=mid:video",
            "a=sendrecv",
            "a=rtcp-mux",
            "a=rtpmap:96 VP8/90000",
            "",
        ]
    )
    call = await answered(bench, CallPlan(edit_offer=lambda offer: offer + video))

    sent = call.requests[0].body
    assert isinstance(sent, dict)
    assert "m=video 0 " in sent["session"]["sdp"]
    assert call.violations == []


async def test_a_wrong_signature_leaves_no_trace(bench: Bench, http: aiohttp.ClientSession) -> None:
    """401, nothing stored, nothing done."""
    body = encode({"object": "whatsapp_business_account", "entry": []})
    for headers in ({}, {"X-Hub-Signature-256": sign(body, "another-secret")}):
        async with http.post("/wa/webhook", data=body, headers=headers) as response:
            assert response.status == 401
            assert (await response.json())["error"]["code"] == "bad-signature"

    assert await bench.store.list_calls(limit=1) == []
    assert await bench.outcomes("unrecognized") == []


@pytest.mark.parametrize("kind", [FaultKind.ERROR_BEFORE, FaultKind.DROP_BEFORE])
async def test_graph_failing_on_accept_ends_the_call(bench: Bench, kind: FaultKind) -> None:
    """500 or a broken connection on every accept: the call fails and is terminated at Meta."""
    bench.whatsapp.fail(Fault(action="accept", kind=kind, times=-1))
    call = await bench.whatsapp.call()
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.GRAPH_REFUSED)
    assert actions(call) == ["pre_accept", "terminate"]
    assert await bench.outcomes("error") == ["recorded"]


async def test_an_accept_whose_answer_was_lost_still_stands(bench: Bench) -> None:
    """The first accept took effect, its 200 did not come: the second finds the call answered."""
    bench.whatsapp.fail(Fault(action="accept", kind=FaultKind.DROP_AFTER))
    call = await bench.whatsapp.call()
    row = await bench.until(call, lambda found: found.status is CallStatus.ACTIVE, 30)

    assert row.answered_at is not None
    assert [request.action for request in call.requests] == ["pre_accept", "accept", "accept"]
    assert actions(call) == ["pre_accept"], "the first one's answer was lost, the second refused"


async def test_pre_accept_refused_is_a_reject(bench: Bench) -> None:
    """Before accept has left, the undo is reject."""
    bench.whatsapp.fail(Fault(action="pre_accept", kind=FaultKind.ERROR_BEFORE, times=-1))
    call = await bench.whatsapp.call()
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.GRAPH_REFUSED)
    assert actions(call) == ["reject"]


async def test_an_agent_that_never_comes_means_reject(make_bench: MakeBench) -> None:
    """After AGENT_READY_TIMEOUT_S the call is rejected and the room is gone."""
    bench = await make_bench(AGENT_READY_TIMEOUT_S="0.5")
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    await call.ended(30)

    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.AGENT_NOT_READY)
    assert actions(call) == ["reject"]


async def test_the_agent_is_told_how_long_it_is_waited_for(
    make_bench: MakeBench, sfu_with_webhook: EmbeddedSfu
) -> None:
    """AGENT_READY_TIMEOUT_S is the patience of both: 15 means 15."""
    bench = await make_bench(AGENT_READY_TIMEOUT_S="15")
    call = await answered(bench)
    row = await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
    keys = sfu_with_webhook.keys
    async with api.LiveKitAPI(sfu_with_webhook.http_url, keys.key, keys.secret) as livekit:
        (dispatch,) = await livekit.agent_dispatch.list_dispatch(row.room)

    assert CallBrief.from_json(dispatch.metadata).ready_within_s == 15
    call.hang_up()
    await bench.until_released(call)


async def test_what_a_call_button_carries_reaches_agent_and_row(
    bench: Bench, sfu_with_webhook: EmbeddedSfu, http: aiohttp.ClientSession
) -> None:
    """As data: in the dispatch, in the row, and in what operators see."""
    carried = {
        "cta_payload": "bike-7",
        "deeplink_payload": "flyer </call-origin>",
        "biz_opaque_callback_data": "campaign-3",
    }
    plan = CallPlan(
        cta_payload="bike-7", deeplink_payload="flyer </call-origin>", button_opaque="campaign-3"
    )
    call = await answered(bench, plan)
    row = await bench.until(call, lambda found: found.status is CallStatus.ACTIVE)
    keys = sfu_with_webhook.keys
    async with api.LiveKitAPI(sfu_with_webhook.http_url, keys.key, keys.secret) as livekit:
        (dispatch,) = await livekit.agent_dispatch.list_dispatch(row.room)
    assert CallBrief.from_json(dispatch.metadata).origin == carried
    assert row.origin == carried
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    async with http.get(f"/calls/{row.id}", headers=headers) as response:
        assert (await response.json())["origin"] == carried
    call.hang_up()
    await bench.until_released(call)


async def test_a_forgotten_event_is_worked_on(bench: Bench) -> None:
    """Stored and acknowledged, but the process died: another one answers the call."""
    call = await bench.whatsapp.call(CallPlan(connect_delay_s=60))
    connect = connect_call(
        call.wacid, call.plan.caller, call.line, call.phone.offer, int(time.time())
    )
    change = calls_change(call.line, [call.plan.caller], [connect])
    (event,) = parse_webhook(encode(envelope(call.line, [change])))
    await bench.store.add_events(
        [
            EventRecord(
                id=str(uuid.uuid4()),
                source=EventSource.META,
                kind=event.kind,
                received_at=datetime.now(UTC),
                wacid=event.wacid,
                payload=event.raw,
            )
        ]
    )

    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)


async def test_a_body_of_three_megabytes_is_taken(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """Meta's payloads reach about 3 MB."""
    filler = {"value": {"event": "NOVELTY", "filler": "x" * 3_000_000}, "field": "account_update"}
    body = encode({"object": "whatsapp_business_account", "entry": [{"changes": [filler]}]})

    signed = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    async with http.post("/wa/webhook", data=io.BytesIO(body), headers=signed) as response:
        assert response.status == 200
    assert await bench.outcomes("unrecognized") == ["unknown"]


async def test_names_of_any_script_are_kept(bench: Bench) -> None:
    """The signature is over the escaped bytes, the row holds the name."""
    name = "Zoë 🚲 李小龍 Łukasz"
    call = await bench.whatsapp.call(CallPlan(caller=Caller(name=name)))
    await call.accepted(30)

    row = await bench.row(call)
    assert row is not None
    assert row.party.name == name
