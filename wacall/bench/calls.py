"""How long it takes to answer a call, step by step: one call after the other, on a quiet stack."""

from collections.abc import Mapping, Sequence

from shared.call.errors import StoreUnavailable
from simulators.meta.calls.user_call import SimulatedCall
from simulators.phone.phone import CallOver
from wacall.bench.figures import Distribution, Findings, Target
from wacall.bench.progress import Progress
from wacall.bench.rtp import RtpWitness
from wacall.bench.stack import Bench

TO_ACCEPT = "webhook -> accept"
TO_AUDIO = "webhook -> first agent audio at the phone"
WHIP = "WHIP POST -> answer"
TARGET = Target(percent=95, below=600.0)

STEPS = ("claimed", "room", "agent", "whip", "pre_accept", "media", "accept")
"""In the order in which the control plane notes them; each ends where the next begins."""
_STEP_NAMES = {
    "claimed": "stored, answered 200, claimed",
    "room": "room created, agent dispatched",
    "agent": "agent joined, OpenAI up, track listed",
    "whip": "offer to the SFU, its answer",
    "pre_accept": "answer translated, pre_accept",
    "media": "ICE and DTLS with the phone",
    "accept": "accept",
}
_MOST_IN_A_ROW = 3
"""After so many failed calls in a row, something is broken, and waiting for more tells nothing."""
_ACCEPT_S = 15.0
_AUDIO_S = 15.0
_END_S = 10.0


async def warm_up(bench: Bench, findings: Findings, progress: Progress) -> None:
    """Place the first call after the start: it is slower, and makes parts grow for good."""
    progress.tell("the first call")
    findings.attempted += 1
    witness = await RtpWitness.begin(bench)
    call = await bench.whatsapp.call()
    try:
        await _one_call(bench, call, witness)
    except CallFailed as failure:
        findings.failures.append(f"The first call: {failure}")
        return
    accepted_ms = call.timings.since_webhook_ms()["accept_answered"]
    findings.notes.append(
        f"The first call after the start was accepted after {accepted_ms:.0f} ms; it is not among "
        "the above."
    )


async def measure_calls(
    bench: Bench, findings: Findings, progress: Progress, witness: RtpWitness, *, count: int
) -> None:
    """Call `count` times; each call is heard and hung up before the next one comes."""
    to_accept: list[float] = []
    to_audio: list[float] = []
    steps: dict[str, list[float]] = {step: [] for step in STEPS}
    failed_in_a_row = 0
    for number in range(count):
        progress.tell("calls, one after the other", number, count)
        if failed_in_a_row == _MOST_IN_A_ROW:
            findings.failures.append(f"The last {count - number} calls were not tried any more.")
            break
        if not await bench.settle():
            findings.notes.append("A call began while the stack was still busy.")
        findings.attempted += 1
        call = await bench.whatsapp.call()
        try:
            timings = await _one_call(bench, call, witness)
        except CallFailed as failure:
            findings.failures.append(f"Call {number + 1}: {failure}")
            failed_in_a_row += 1
            continue
        failed_in_a_row = 0
        since = call.timings.since_webhook_ms()
        to_accept.append(since["accept_answered"])
        to_audio.append(since["first_audible"])
        for step, taken in step_durations(timings).items():
            steps[step].append(taken)
    progress.tell("calls, one after the other", count, count)
    if to_accept:
        findings.distributions += _distributions(to_accept, steps, to_audio)


class CallFailed(Exception):
    """A call did not go as it has to; the sentence says what was missing."""


async def _one_call(bench: Bench, call: SimulatedCall, witness: RtpWitness) -> Mapping[str, float]:
    try:
        await answered_and_heard(call)
        witness.look(call)
        row = await bench.row_of(call)
    except StoreUnavailable:
        raise CallFailed("the database does not answer.") from None
    finally:
        await end_call(call, witness)
    if row is None or any(f"{step}_ms" not in row.timings for step in STEPS if step != "media"):
        raise CallFailed("the database holds no timings of it.")
    check(call)
    return row.timings


async def answered_and_heard(call: SimulatedCall) -> None:
    """Wait until a call is accepted and its phone hears the agent speak.

    Raises:
        CallFailed: it did not come to that.
    """
    try:
        await call.accepted(_ACCEPT_S)
    except (TimeoutError, CallOver):
        raise CallFailed(f"it was not accepted within {_ACCEPT_S:g} s.") from None
    counts = call.phone.counts
    try:
        await call.phone.wait_until(lambda: counts.first_audible_at is not None, _AUDIO_S)
    except (TimeoutError, CallOver):
        raise CallFailed(f"the phone heard nothing within {_AUDIO_S:g} s.") from None


async def end_call(call: SimulatedCall, witness: RtpWitness) -> None:
    """Hang up and wait until the control plane knows."""
    call.hang_up()
    try:
        await call.ended(_END_S)
    except TimeoutError:
        raise CallFailed("its `terminate` webhook was not taken.") from None
    finally:
        witness.close_account(call)


def check(call: SimulatedCall) -> None:
    """Raise `CallFailed` if the call ended by anybody but its user, or broke a rule of Meta's."""
    if call.end is not None and call.end.by != "user":
        raise CallFailed(f"it was ended by {call.end.by}.")
    if call.violations:
        raise CallFailed(f"it broke a rule of Meta's: {call.violations[0].what}.")


def step_durations(timings: Mapping[str, float]) -> dict[str, float]:
    """Turn the times at which the steps ended into what each one took, in milliseconds."""
    durations, end = {}, 0.0
    for step in STEPS:
        # a path that did not stand in time has no step of its own
        began, end = end, timings.get(f"{step}_ms", end)
        durations[step] = end - began
    return durations


def _distributions(
    to_accept: Sequence[float], steps: Mapping[str, Sequence[float]], to_audio: Sequence[float]
) -> list[Distribution]:
    parts = [
        Distribution(name=_STEP_NAMES[step], values=values, is_part=True)
        for step, values in steps.items()
    ]
    return [
        Distribution(name=TO_ACCEPT, values=to_accept, target=TARGET),
        *parts,
        Distribution(name=WHIP, values=steps["whip"]),
        Distribution(name=TO_AUDIO, values=to_audio),
    ]
