"""What the demo prints about the business's call: ledger, timeline, transcript, checks."""

from collections.abc import Sequence

from controlplane.core.consent import ConsentEntry
from shared.call.person import Person
from wacall.demo.after_call import show_after_call
from wacall.demo.check import Check
from wacall.demo.evidence import CallbackEvidence, Evidence
from wacall.demo.narration import Screen
from wacall.demo.report import (
    show_checks,
    show_course,
    show_errors,
    show_recording,
    show_steps,
    show_transcript,
    show_usage,
)

_STEPS = {
    "response_sent": "connect answered by Graph",
    "answer_sent": "Meta's webhook with the answer",
    "answer_acknowledged": "webhook answered with 200",
    "ringing": "phone: rings",
    "picked_up": "phone: picked up, ACCEPTED",
    "ice_up": "phone: ICE up",
    "dtls_up": "phone: DTLS up",
    "first_rtp": "phone: first packet",
    "first_audible": "phone: first sound of the agent",
}


def show_callback_report(
    screen: Screen, evidence: CallbackEvidence, checks: Sequence[Check]
) -> None:
    """Print everything about the business's call."""
    show_ledger(screen, evidence.ledger)
    if evidence.call is not None:
        steps = callback_steps(evidence.call)
        show_steps(screen, "The call back, in milliseconds after connect", steps)
        if evidence.call.row is not None:
            show_course(screen, evidence.call, evidence.call.row)
        show_transcript(screen, evidence.call, "callee")
        show_after_call(screen, evidence.call.after)
        show_recording(screen, evidence.call)
        show_usage(screen, evidence.call)
        show_errors(screen, evidence.call)
    show_checks(screen, checks)


def show_ledger(screen: Screen, entries: Sequence[ConsentEntry]) -> None:
    """Print the person's consents, newest first; nobody's number is shown whole."""
    screen.heading("Consent ledger, newest first")
    if not entries:
        screen.line("  none")
    for entry in entries:
        word = "granted" if entry.granted else "withdrawn"
        until = f" until {entry.valid_until:%Y-%m-%d %H:%M} UTC" if entry.valid_until else ""
        lead = f"  {entry.at:%Y-%m-%d %H:%M:%S} UTC  {masked(entry.person):<6}  "
        said = f"{entry.kind.value} {word}{until}, source: {entry.source.value}"
        screen.paragraph(said, indent=" " * len(lead), first=lead)


def masked(person: Person) -> str:
    """Return enough of a number, or of a user id, to tell people apart on one screen."""
    known = f"+{person.phone}" if person.phone else person.user_id or ""
    return f"{known[:3]}…{known[-2:]}" if len(known) > 6 else "…"


def callback_steps(evidence: Evidence) -> list[tuple[float, str]]:
    """List the steps with their times, milliseconds after Graph got `connect`, in order."""
    times = evidence.phone.setup_ms
    steps = [(times[name], what) for name, what in _STEPS.items() if name in times]
    return sorted(steps, key=lambda step: step[0])
