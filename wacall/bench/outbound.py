"""How long a placed call takes: from the operator's request to the phone, from its answer to sound.

One call after the other through the whole stack, always to the same person, who has allowed it.
The simulated Meta's own waiting (answer, ringing, pick-up) is in none of the figures.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.call.errors import StoreUnavailable
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.people.callee_plan import CalleePlan
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller
from simulators.phone.phone import CallOver
from wacall.bench.figures import Distribution, Findings, Target
from wacall.bench.progress import Progress
from wacall.bench.stack import Bench
from wacall.operators.client import OperatorRefused, ask
from wacall.stack.process_usage import tree, udp_ports_of

TO_GRAPH = "POST /calls -> `connect` at Graph"
TO_202 = "its 202"
TO_OFFER = "agent in the room, the offer for Meta"
TO_PHONE = "answer webhook -> agent's first packet at the phone"
TO_SPEECH = "ACCEPTED -> first agent audio at the phone"
TARGET = Target(percent=95, below=400.0)

AT_ONCE = CalleePlan(answer_delay_s=0.3, ringing_delay_s=0.0, after_s=0.0)
"""Picks up with the answer, the hardest case: the media path is still to be built."""
RINGS = CalleePlan(answer_delay_s=0.3, ringing_delay_s=0.0, after_s=1.2)
"""Lets it ring until the media path is up."""

NOTES = (
    "The agent's first packet at a placed call's phone is one that it could decrypt, so every leg "
    "has its keys. The person picks up with the answer, so the agent's unmuting is in it; the "
    "webhook's own sending, too.",
    "ACCEPTED -> first agent audio: of calls that rang for 1.2 s; the simulated Meta's clock.",
)
CARRIERS = frozenset({"bridge"})
"""The parts that a placed call's media may go through, before the SFU."""
_MOST_IN_A_ROW = 3
_DIAL_S = 10.0
_AUDIO_S = 10.0
_END_S = 10.0


class PlacedCallFailed(Exception):
    """A placed call did not go as it has to; the sentence says what was missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTimes:
    """What was measured of one call, in milliseconds."""

    to_202: float
    to_graph: float
    to_offer: float
    to_phone: float
    speech_after_accepted: float


async def measure_outbound(
    bench: Bench, findings: Findings, progress: Progress, *, count: int, ringing: int
) -> None:
    """Place `count` calls that are picked up at once and `ringing` that ring first."""
    if not CARRIERS & bench.roots.keys():
        findings.skipped.append(
            "Not measured: outbound. This stack has no part that could carry the media of placed "
            "calls; `wacall doctor` says what is missing."
        )
        return
    person = bench.whatsapp.add_person(Person(caller=Caller()))
    bench.whatsapp.outbound.grant(person, permanent=True)
    plans = [AT_ONCE, *[AT_ONCE] * count, *[RINGS] * ringing]
    times: dict[CalleePlan, list[PlacedTimes]] = {AT_ONCE: [], RINGS: []}
    failed_in_a_row = 0
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
            one = await _one_call(bench, person)
        except PlacedCallFailed as failure:
            findings.failures.append(f"Placed call {number + 1}: {failure}")
            failed_in_a_row += 1
            continue
        failed_in_a_row = 0
        if number:
            times[plan].append(one)
        else:
            findings.notes.append(
                f"The first placed call reached Graph after {one.to_graph:.0f} ms and was heard "
                f"{one.to_phone:.0f} ms after its answer; it is not among the above."
            )
    progress.tell("placed calls, one after the other", len(plans), len(plans))
    findings.distributions += distributions(times[AT_ONCE], times[RINGS])
    if times[AT_ONCE]:
        findings.notes += NOTES
        findings.notes.append(
            "Placed calls: each phone's one peer was a socket of the part that carries media, and "
            "of no Python process."
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
            Distribution(name=TO_PHONE, values=[one.to_phone for one in at_once], target=TARGET),
        ]
    if ringing:
        speech = [one.speech_after_accepted for one in ringing]
        found.append(Distribution(name=TO_SPEECH, values=speech))
    return found


async def _one_call(bench: Bench, person: Person) -> PlacedTimes:
    began = time.monotonic()
    try:
        body = {"to": f"+{person.phone}"}
        await ask(bench.operator, "POST", "/calls", body=body)
        taken = time.monotonic()
        call = await bench.whatsapp.next_outbound_call(_DIAL_S)
    except OperatorRefused as refusal:
        raise PlacedCallFailed(str(refusal)) from None
    except TimeoutError:
        raise PlacedCallFailed(f"it did not reach Graph within {_DIAL_S:g} s.") from None
    try:
        await _until_heard(call)
        _check_peers(bench, call)
        row = await bench.row_of(call)
    except StoreUnavailable:
        raise PlacedCallFailed("the database does not answer.") from None
    finally:
        await _end(call)
    _check(call)
    if row is None or "offered_ms" not in row.timings:
        raise PlacedCallFailed("the database holds no timings of it.")
    return _times(call, row.timings, began=began, taken=taken)


async def _until_heard(call: OutboundCall) -> None:
    try:
        await call.phone.wait_until(
            lambda: call.timings.first_audible is not None, _DIAL_S + _AUDIO_S
        )
    except CallOver:
        raise PlacedCallFailed("it ended before the person heard the agent.") from None
    except TimeoutError:
        raise PlacedCallFailed("the person did not hear the agent.") from None


def _check_peers(bench: Bench, call: OutboundCall) -> None:
    """See that the phone speaks with a part that carries media, and with no Python process."""
    carriers = [pid for part in CARRIERS for pid in bench.roots.get(part, ())]
    peer = call.phone.peer
    if peer is None or peer[1] not in udp_ports_of(carriers):
        raise PlacedCallFailed("the phone's far end is no part that carries media.")
    controlplane = {pid for root in bench.roots["control plane"] for pid in tree(root)}
    if udp_ports_of(controlplane):
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
    call: OutboundCall, timings: Mapping[str, float], *, began: float, taken: float
) -> PlacedTimes:
    when = call.timings
    accepted = call.status_deliveries["ACCEPTED"].first_sent_at
    points = (when.offer_received, when.answer_sent, when.first_rtp, when.first_audible)
    if accepted is None or None in points:
        raise PlacedCallFailed("not every step of it was seen.")
    at_graph, answer, first_rtp, audible = (point or 0.0 for point in points)
    return PlacedTimes(
        to_202=1000 * (taken - began),
        to_graph=1000 * (at_graph - began),
        to_offer=timings["offered_ms"],
        to_phone=1000 * (first_rtp - answer),
        speech_after_accepted=1000 * (audible - accepted),
    )
