"""What the demo prints when the call is over: timeline, transcript, lead, recording, checks."""

from collections.abc import Sequence
from datetime import datetime

from shared.call.call import Call
from wacall.demo.after_call import show_after_call
from wacall.demo.check import Check
from wacall.demo.evidence import Evidence, PhoneSide
from wacall.demo.narration import Screen, shown_path
from wacall.operators.display import reason_in_words

_BAR = 24
_LABEL = 34
_SPEAKERS = {"user": ("", "cyan"), "assistant": ("agent", "green")}


def show_report(screen: Screen, evidence: Evidence, checks: Sequence[Check]) -> None:
    """Print everything about the call."""
    show_steps(screen, "Set-up, in milliseconds after Meta's webhook", setup_steps(evidence))
    if evidence.row is not None:
        show_course(screen, evidence, evidence.row)
    show_transcript(screen, evidence)
    _show_lead(screen, evidence)
    show_after_call(screen, evidence.after)
    show_recording(screen, evidence)
    show_usage(screen, evidence)
    show_errors(screen, evidence)
    show_checks(screen, checks)


def setup_steps(evidence: Evidence) -> list[tuple[float, str]]:
    """List the steps of the set-up with their times, milliseconds after the webhook, in order."""
    phone = evidence.phone.setup_ms
    row = evidence.row.timings if evidence.row is not None else {}
    steps = [
        (phone.get("webhook_acknowledged"), "webhook answered with 200"),
        (row.get("claimed_ms"), "call claimed in the database"),
        (row.get("room_ms"), "room created, agent dispatched"),
        (row.get("agent_ms"), "agent ready, its track listed"),
        (row.get("whip_ms"), "WHIP answered by the SFU"),
        (row.get("leg_ms"), "the caller's leg made by the media bridge"),
        (row.get("pre_accept_ms"), "pre_accept answered"),
        (row.get("media_ms"), "the phone would hear us"),
        (row.get("accept_ms"), "accept answered"),
        (phone.get("ice_up"), "phone: ICE up"),
        (phone.get("dtls_up"), "phone: DTLS up"),
        (phone.get("first_rtp"), "phone: first packet"),
        (phone.get("first_audible"), "phone: first sound of the agent"),
    ]
    return sorted(((at, what) for at, what in steps if at is not None), key=lambda step: step[0])


def show_errors(screen: Screen, evidence: Evidence) -> None:
    """Print what control plane and agent noted, if anything."""
    if evidence.errors:
        screen.heading("Errors that were noted for this call")
        for error in evidence.errors:
            screen.paragraph(error, indent="  ")


def show_steps(screen: Screen, heading: str, steps: Sequence[tuple[float, str]]) -> None:
    """Print steps with their milliseconds, and bars where there is room."""
    screen.heading(heading)
    longest = max((at for at, _ in steps), default=1.0) or 1.0
    for at, what in steps:
        bar = "=" * round(at / longest * _BAR) if screen.width >= _LABEL + _BAR + 14 else ""
        screen.line(f"  {at:7.0f}  {what:<{_LABEL}}  {screen.style(bar, 'blue')}".rstrip())


def show_course(screen: Screen, evidence: Evidence, row: Call) -> None:
    """Print the call's row."""
    screen.heading("The call's row")
    reason = reason_in_words(row.end_reason, row.direction) if row.end_reason else "no reason"
    screen.line(f"  id         {row.id}")
    screen.line(f"  status     {row.status.value}, {reason}")
    for name, moment in (
        ("created", row.created_at),
        ("answered", row.answered_at),
        ("media up", row.media_at),
        ("ended", row.ended_at),
        ("released", row.released_at),
    ):
        screen.line(f"  {name:<9}  {_clock(moment)}{_after(row.created_at, moment)}")
    if row.duration_s is not None:
        told = f", Meta counted {evidence.phone.talk_s} s" if evidence.phone.talk_s else ""
        screen.line(f"  duration   {row.duration_s:.1f} s{told}")
    if row.outcome:
        screen.line(f"  outcome    {row.outcome}")
    screen.line(f"  media      {_packets(evidence.phone)}")


def show_usage(screen: Screen, evidence: Evidence) -> None:
    """Print what the call cost, part by part."""
    usage = evidence.usage
    if usage is None:
        return
    screen.heading(f"What the call cost, over {usage.seconds:.0f} s of talk")
    for part in usage.parts:
        screen.line(f"  {part.part:<13}  {part.cores:6.3f} core  {part.megabytes:6.1f} MB in all")


def show_transcript(screen: Screen, evidence: Evidence, person: str = "caller") -> None:
    """Print what was said; `person` is who talked with the agent."""
    screen.heading("Transcript, as it is stored in the database")
    if not evidence.transcript:
        screen.line("  none")
    for turn in evidence.transcript:
        who, colour = _SPEAKERS.get(turn.speaker, (turn.speaker, "bold"))
        who = who or person
        text = turn.text + (" [interrupted]" if turn.interrupted else "")
        lead = f"  {turn.sequence:2}  {who:<6}  "
        first = f"  {turn.sequence:2}  " + screen.style(f"{who:<6}  ", colour)
        screen.paragraph(text, indent=" " * len(lead), first=first)


def _show_lead(screen: Screen, evidence: Evidence) -> None:
    screen.heading("Lead, as it is stored in the database")
    lead = evidence.lead
    if lead is None:
        screen.line("  none")
        return
    for name, value in (
        ("name", lead.name),
        ("interest", lead.interest),
        ("notes", lead.notes),
        ("phone", lead.phone),
        ("email", lead.email),
    ):
        if value:
            screen.paragraph(value, indent=" " * 12, first=f"  {name:<8}  ")


def show_recording(screen: Screen, evidence: Evidence) -> None:
    """Print where the recording is."""
    screen.heading("Recording")
    found = evidence.recording
    if found is None:
        screen.line("  none")
        return
    screen.line(f"  {shown_path(found.path)}")
    about = f"{found.length_s:.1f} s, stereo: left what the phone sent, right what the phone heard"
    screen.paragraph(about, indent="  ")


def show_checks(screen: Screen, checks: Sequence[Check]) -> None:
    """Print every check with what was seen."""
    screen.heading("Checks")
    width = max((len(check.name) for check in checks), default=0)
    for check in checks:
        word, colour = ("ok    ", "green") if check.holds else ("FAILED", "red")
        plain = f"  {word}  {check.name:<{width}}  "
        first = "  " + screen.style(word, colour, "bold") + f"  {check.name:<{width}}  "
        text = f"{check.expected}: {check.seen}."
        if not check.holds:
            text = f"expected: {check.expected}; seen: {check.seen}."
        screen.paragraph(text[:1].upper() + text[1:], indent=" " * len(plain), first=first)


def _clock(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC" if moment else "never"


def _after(begun: datetime, moment: datetime | None) -> str:
    if moment is None or moment == begun:
        return ""
    return f"  +{(moment - begun).total_seconds():.3f} s"


def _packets(phone: PhoneSide) -> str:
    return f"{phone.packets} packets at the phone, {phone.lost} lost"
