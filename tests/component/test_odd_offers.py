"""Offers of odd shapes, each answered or refused at Meta at once: none rings out."""

import json
import re
from collections.abc import Callable

import pytest

from shared.call.call import CallStatus, EndReason
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from tests.component.bench import Bench, MakeBench, actions, ended_as
from tests.component.outbound import over
from wacall.stack.bridge import EmbeddedBridge

Edit = Callable[[str], str]

NAMED = "a=candidate:1 1 udp 2122260223 {} 3484 typ host\r\n"
OTHER_CODECS = (
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:96 L16/16000\r\n"
    "a=rtpmap:97 telephone-event/48000\r\n"
)


def with_candidates(*addresses: str) -> Edit:
    """The same offer with these candidates instead of its own."""
    lines = "".join(NAMED.format(address) for address in addresses)
    return lambda sdp: re.sub(r"a=candidate:.*\r\n", "", sdp) + lines


def replaced(old: str, new: str) -> Edit:
    def edit(sdp: str) -> str:
        assert old in sdp
        return sdp.replace(old, new)

    return edit


def beside_other_codecs(sdp: str) -> str:
    head, found, rest = sdp.partition("UDP/TLS/RTP/SAVPF ")
    return f"{head}{found}0 8 96 97 {rest}{OTHER_CODECS}"


WRAPPED: dict[str, Edit] = {
    "quoted": json.dumps,
    "quoted-twice": lambda sdp: json.dumps(json.dumps(sdp)),
    "escaped": lambda sdp: sdp.replace("\r", "\\r").replace("\n", "\\n"),
    "object": lambda sdp: json.dumps({"type": "offer", "sdp": sdp}),
    "bom": lambda sdp: "\ufeff" + sdp,
    "cr": lambda sdp: sdp.replace("\r\n", "\r"),
}
WITH_MORE: dict[str, Edit] = {
    "a-name-too": lambda sdp: sdp + NAMED.format("b7f1.local") + NAMED.format("relay.example"),
    "other-codecs-too": beside_other_codecs,
}
REFUSED_AT_ONCE: dict[str, Edit] = {
    "none": lambda _: "",
    "no-sdp": lambda _: "hello",
    "wrapped-forever": lambda sdp: json.dumps({"sdp": json.dumps({"sdp": json.dumps([sdp])})}),
    "holdconn": replaced("a=setup:actpass", "a=setup:holdconn"),
    "mdns-name": with_candidates("b7f1.local"),
    "dns-name": with_candidates("relay.example"),
    "no-candidate": with_candidates(),
}
REFUSED_WITH_A_BRIDGE: dict[str, Edit] = {
    "two-sources": lambda sdp: sdp + "a=ssrc:1 cname:other\r\n",
    "no-rtcp-mux": replaced("a=rtcp-mux\r\n", ""),
}


async def refused(bench: Bench, edit: Edit, *, within_s: float = 3) -> SimulatedCall:
    """Ring with the offer, and wait for `reject`; the phone must not ring for longer."""
    call = await bench.whatsapp.call(CallPlan(edit_offer=edit))
    await call.ended(within_s)
    ended_as(await bench.until_released(call), CallStatus.FAILED, EndReason.BAD_OFFER)
    assert actions(call) == ["reject"]
    return call


def plan(name: str) -> CallPlan:
    """A call whose offer somebody has wrapped, or that has more than is needed."""
    return CallPlan(wrap_offer=WRAPPED.get(name), edit_offer=WITH_MORE.get(name))


@pytest.mark.parametrize("name", [*WRAPPED, *WITH_MORE])
async def test_an_offer_that_can_be_read_is_answered(bench: Bench, name: str) -> None:
    """Whatever was wrapped around it, and whatever stands beside what is needed."""
    call = await bench.whatsapp.call(plan(name))
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    call.hang_up()
    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)


@pytest.mark.parametrize("name", REFUSED_AT_ONCE)
async def test_an_offer_that_cannot_be_used_is_refused_at_once(bench: Bench, name: str) -> None:
    """With `reject` at Meta and the reason in the row; no agent is waited for."""
    bench.agents.stay_away()
    await refused(bench, REFUSED_AT_ONCE[name])


async def test_an_offer_of_another_ip_version_is_refused(bench: Bench) -> None:
    """The SFU's answer tells that no packet could get there; the call is not answered in silence.

    Its agent has come by then, which a pool of workers does within half a second.
    """
    call = await refused(bench, with_candidates("2001:db8::1"), within_s=6)
    row = await bench.until_released(call)
    events = await bench.store.list_events(row.id)
    told = [event.payload["message"] for event in events if event.kind == "error"]
    assert told == ["The offer has IPv6 addresses alone, and our side is at IPv4."]


@pytest.mark.parametrize("name", ["bom", "quoted", "a-name-too", "other-codecs-too"])
async def test_the_bridge_answers_what_can_be_read(
    make_bench: MakeBench, bridge: EmbeddedBridge, name: str
) -> None:
    """G.711 and L16 beside Opus reach neither LiveKit nor the answer."""
    bench = await make_bench(**over(bridge), WA_MEDIA="bridge")
    call = await bench.whatsapp.call(plan(name))
    await call.accepted(30)
    call.hang_up()
    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []


@pytest.mark.parametrize("name", [*REFUSED_AT_ONCE, *REFUSED_WITH_A_BRIDGE])
async def test_the_bridge_refuses_what_it_cannot_carry(
    make_bench: MakeBench, bridge: EmbeddedBridge, name: str
) -> None:
    """As without it; and it wants one source, and RTP and RTCP on one port."""
    bench = await make_bench(**over(bridge), WA_MEDIA="bridge")
    bench.agents.stay_away()
    await refused(bench, (REFUSED_AT_ONCE | REFUSED_WITH_A_BRIDGE)[name])
