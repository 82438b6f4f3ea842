"""How long a placed call takes: from the operator's request to the phone, from its answer to sound.

One call after the other through the whole stack, always to the same person, who has allowed it.
The simulated Meta's own waiting (answer, ringing, pick-up) is in none of the figures.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from controlplane.core.errors import HopRefused, HopUnreachable
from controlplane.core.foreign import Json, integer_of, list_of, object_of, text_of
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.tags import LIVEKIT_TAG, WHATSAPP_TAG
from controlplane.rtpengine.transport import open_transport
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.people.callee_plan import CalleePlan
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller
from wacall.bench.figures import Distribution, Findings, Target
from wacall.bench.process_usage import tree, udp_ports_of
from wacall.bench.progress import Progress
from wacall.bench.stack import Bench
from wacall.operators.client import OperatorRefused, ask

TO_GRAPH = "POST /calls -> `connect` at Graph"
TO_202 = "its 202"
TO_OFFER = "agent in the room, the hop's offer"
TO_TWO_WAY = "answer webhook -> two-way audio"
TO_PHONE = "agent's first packet at the phone"
TO_SFU = "caller's packets at the hop, the SFU verified"
TO_SPEECH = "ACCEPTED -> first agent audio at the phone"
TARGET = Target(percent=95, below=400.0)

AT_ONCE = CalleePlan(answer_delay_s=0.3, ringing_delay_s=0.0, after_s=0.0)
"""Picks up with the answer, the hardest case: the media path is still to be built."""
RINGS = CalleePlan(answer_delay_s=0.3, ringing_delay_s=0.0, after_s=1.2)
"""Lets it ring until the media path is up."""

NOTES = (
    "Two-way: the later of the agent's first packet, decrypted, at the phone (so every leg has its "
    "keys), and the first caller packet that the hop counts after it has verified the SFU's DTLS "
    "fingerprint (polled every 10 ms). The person picks up with the answer, so the agent's "
    "unmuting is in it; the webhook's own sending, too.",
    "ACCEPTED -> first agent audio: of calls that rang for 1.2 s; the simulated Meta's clock.",
)
_MOST_IN_A_ROW = 3
_DIAL_S = 10.0
_AUDIO_S = 10.0
_END_S = 10.0
_RELEASE_S = 5.0
_POLL_S = 0.01
_CONTROL_S = 2.0
_VERIFIED = "DTLS fingerprint verified"


class PlacedCallFailed(Exception):
    """A placed call did not go as it has to; the sentence says what was missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopView:
    """What rtpengine's `query` says of a call's two legs."""

    caller_packets: int
    """That came from the phone."""
    livekit_is_up: bool
    """Whether DTLS with the SFU has come to its certificate; the keys follow at once, or with a
    repeated flight. That they are there, only the agent's packets show."""
    livekit_port: int | None
    """The UDP port of whoever is at the other end of that leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTimes:
    """What was measured of one call, in milliseconds."""

    to_202: float
    to_graph: float
    to_offer: float
    to_phone: float
    to_sfu: float
    speech_after_accepted: float

    @property
    def to_two_way(self) -> float:
        """From the answer webhook until both hear each other."""
        return max(self.to_phone, self.to_sfu)


@dataclass(slots=True, kw_only=True)
class Watch:
    """Looks at the hop until the caller's packets go through it."""

    flows_at: float | None = None
    livekit_port: int | None = None
    up_with: int | None = None
    """The caller's packets when DTLS with the SFU was first seen up."""

    def take(self, view: HopView, at: float) -> None:
        """Take one look."""
        self.livekit_port = view.livekit_port
        if not view.livekit_is_up:
            return
        if self.up_with is None:
            self.up_with = view.caller_packets
        elif self.flows_at is None and view.caller_packets > self.up_with:
            self.flows_at = at


def read_view(reply: Json) -> HopView:
    """Read rtpengine's reply to `query`; what is not there yet is not up."""
    tags = object_of(reply.get("tags"))
    phone, livekit = _stream(tags.get(WHATSAPP_TAG)), _stream(tags.get(LIVEKIT_TAG))
    flags = [text_of(flag) for flag in list_of(livekit.get("flags"))]
    return HopView(
        caller_packets=integer_of(object_of(phone.get("stats")).get("packets")) or 0,
        livekit_is_up=_VERIFIED in flags,
        livekit_port=integer_of(object_of(livekit.get("endpoint")).get("port")),
    )


async def measure_outbound(
    bench: Bench, findings: Findings, progress: Progress, *, count: int, ringing: int
) -> None:
    """Place `count` calls that are picked up at once and `ringing` that ring first."""
    if bench.hop_address is None:
        raise RuntimeError("without a media hop no call can be placed")
    person = bench.whatsapp.add_person(Person(caller=Caller()))
    bench.whatsapp.outbound.grant(person, permanent=True)
    plans = [AT_ONCE, *[AT_ONCE] * count, *[RINGS] * ringing]
    times: dict[CalleePlan, list[PlacedTimes]] = {AT_ONCE: [], RINGS: []}
    failed_in_a_row = 0
    async with aiohttp.ClientSession() as http:
        address = bench.hop_address
        ng = NgClient(open_transport(address, http), address=address, timeout_s=_CONTROL_S)
        for number, plan in enumerate(plans):
            progress.tell("placed calls, one after the other", number, len(plans))
            if failed_in_a_row == _MOST_IN_A_ROW:
                findings.failures.append(
                    f"The last {len(plans) - number} placed calls were not tried any more."
                )
                break
            if not await bench.settle():
                findings.notes.append("A placed call began while the stack was still busy.")
            findings.attempted += 1
            person.plan = plan
            try:
                one = await _one_call(bench, ng, person)
            except PlacedCallFailed as failure:
                findings.failures.append(f"Placed call {number + 1}: {failure}")
                failed_in_a_row += 1
                continue
            failed_in_a_row = 0
            if number:
                times[plan].append(one)
            else:
                findings.notes.append(
                    f"The first placed call reached Graph after {one.to_graph:.0f} ms and had "
                    f"two-way audio {one.to_two_way:.0f} ms after its answer; it is not among "
                    "the above."
                )
        progress.tell("placed calls, one after the other", len(plans), len(plans))
        await _nothing_left(ng, findings)
    findings.distributions += distributions(times[AT_ONCE], times[RINGS])
    if times[AT_ONCE]:
        findings.notes += NOTES
        findings.notes.append(
            "Placed calls: each phone's one peer was a socket of rtpengine's process, and "
            "rtpengine's other peer one of livekit-server's; the worker has no part in it."
        )


def distributions(
    at_once: Sequence[PlacedTimes], ringing: Sequence[PlacedTimes]
) -> list[Distribution]:
    """Turn the calls' times into the table's rows."""
    found: list[Distribution] = []
    both = [*at_once, *ringing]
    if both:
        found += [
            Distribution(name=TO_GRAPH, values=[one.to_graph for one in both]),
            Distribution(name=TO_202, values=[one.to_202 for one in both], is_part=True),
            Distribution(name=TO_OFFER, values=[one.to_offer for one in both], is_part=True),
        ]
    if at_once:
        found += [
            Distribution(
                name=TO_TWO_WAY, values=[one.to_two_way for one in at_once], target=TARGET
            ),
            Distribution(name=TO_PHONE, values=[one.to_phone for one in at_once], is_part=True),
            Distribution(name=TO_SFU, values=[one.to_sfu for one in at_once], is_part=True),
        ]
    if ringing:
        speech = [one.speech_after_accepted for one in ringing]
        found.append(Distribution(name=TO_SPEECH, values=speech))
    return found


async def _one_call(bench: Bench, ng: NgClient, person: Person) -> PlacedTimes:
    began = time.monotonic()
    try:
        body = {"to": f"+{person.phone}"}
        placed = await ask(bench.operator, "POST", "/calls", body=body)
        taken = time.monotonic()
        call = await bench.whatsapp.next_outbound_call(_DIAL_S)
    except OperatorRefused as refusal:
        raise PlacedCallFailed(str(refusal)) from None
    except TimeoutError:
        raise PlacedCallFailed(f"it did not reach Graph within {_DIAL_S:g} s.") from None
    try:
        watch = await _until_two_way(ng, CallId(str(placed["call_id"])), call)
        _check_peers(bench, call, watch)
        row = await bench.row_of(call)
    except StoreUnavailable:
        raise PlacedCallFailed("the database does not answer.") from None
    finally:
        await _end(call)
    _check(call)
    if row is None or "offered_ms" not in row.timings:
        raise PlacedCallFailed("the database holds no timings of it.")
    return _times(call, row.timings, watch, began=began, taken=taken)


async def _until_two_way(ng: NgClient, call_id: CallId, call: OutboundCall) -> Watch:
    watch, deadline = Watch(), time.monotonic() + _DIAL_S + _AUDIO_S
    while watch.flows_at is None or call.timings.first_audible is None:
        if call.is_over:
            raise PlacedCallFailed("it ended before both could hear each other.")
        if time.monotonic() > deadline:
            raise PlacedCallFailed("there was no audio in both directions.")
        if watch.flows_at is None:
            try:
                view = read_view(await ng.query(call_id))
            except (HopRefused, HopUnreachable) as error:
                raise PlacedCallFailed(f"the hop does not tell of it: {error}") from None
            watch.take(view, time.monotonic())
        await asyncio.sleep(_POLL_S)
    return watch


def _check_peers(bench: Bench, call: OutboundCall, watch: Watch) -> None:
    """See that the phone speaks with rtpengine, and rtpengine with the SFU, and nobody else."""
    peer = call.phone.peer
    if bench.hop_pid is None or peer is None or peer[1] not in udp_ports_of([bench.hop_pid]):
        raise PlacedCallFailed("the phone's far end is not the media hop.")
    if watch.livekit_port not in udp_ports_of(bench.roots["SFU"]):
        raise PlacedCallFailed("the media hop's far end is not the SFU.")
    controlplane = {pid for root in bench.roots["control plane"] for pid in tree(root)}
    if udp_ports_of(controlplane) - bench.known_udp_ports:
        raise PlacedCallFailed("the control plane has a UDP socket.")


async def _end(call: OutboundCall) -> None:
    call.hang_up()
    try:
        await call.ended(_END_S)
    except TimeoutError:
        raise PlacedCallFailed("its `terminate` webhook was not taken.") from None


def _check(call: OutboundCall) -> None:
    if call.end is not None and call.end.by != "user":
        raise PlacedCallFailed(f"it was ended by {call.end.by}.")
    if call.violations:
        raise PlacedCallFailed(f"it broke a rule of Meta's: {call.violations[0].what}.")


def _times(
    call: OutboundCall, timings: Mapping[str, float], watch: Watch, *, began: float, taken: float
) -> PlacedTimes:
    when = call.timings
    accepted = call.status_deliveries["ACCEPTED"].first_sent_at
    points = (when.offer_received, when.answer_sent, when.first_rtp, when.first_audible)
    if accepted is None or watch.flows_at is None or None in points:
        raise PlacedCallFailed("not every step of it was seen.")
    at_graph, answer, first_rtp, audible = (point or 0.0 for point in points)
    return PlacedTimes(
        to_202=1000 * (taken - began),
        to_graph=1000 * (at_graph - began),
        to_offer=timings["offered_ms"],
        to_phone=1000 * (first_rtp - answer),
        to_sfu=1000 * (watch.flows_at - answer),
        speech_after_accepted=1000 * (audible - accepted),
    )


async def _nothing_left(ng: NgClient, findings: Findings) -> None:
    deadline = time.monotonic() + _RELEASE_S
    try:
        while (left := await ng.list_calls()) and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
    except (HopRefused, HopUnreachable) as error:
        findings.failures.append(f"After the placed calls: {error}")
        return
    if left:
        findings.failures.append(f"{len(left)} ended calls are left in the media hop.")


def _stream(tag: object) -> Json:
    """Return the RTP stream of a tag's one medium."""
    medias = list_of(object_of(tag).get("medias"))
    streams = list_of(object_of(medias[0]).get("streams")) if medias else []
    return object_of(streams[0]) if streams else {}
