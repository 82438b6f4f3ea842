"""The demo's verdict: facts in, a list of checks out. Pure.

With a scripted model every word is compared; with a real one the checks ask only for what any
good call must show.
"""

from collections.abc import Callable
from datetime import timedelta

from shared.call.call import CallStatus, EndReason
from wacall.demo.after_call import check_after_call
from wacall.demo.check import Check
from wacall.demo.evidence import Evidence, ModelSide
from wacall.demo.screenplay import Screenplay
from wacall.demo.speech_checks import (
    LEAST_SOUND_S,
    check_barge_in,
    check_greeting,
    check_recognised,
    check_transcript,
    check_turns,
    check_understood,
)

# Meta counts whole seconds, and its clock stops when the caller hangs up, ours when we hear of it
DURATION_TOLERANCE_S = 1.5
CLOCK_TOLERANCE = timedelta(seconds=1)
# at the edges of an utterance a frame or two may count to the pause
LEAST_IN_PLACE = 0.9


def judge(evidence: Evidence, play: Screenplay) -> list[Check]:
    """Check everything; the call has truly worked only if every check holds."""
    checks: list[Callable[[Evidence, Screenplay], Check]] = [
        _handshake,
        _accepted,
        check_greeting,
        check_turns,
        *((check_understood, check_recognised) if evidence.is_scripted else ()),
        check_transcript,
        _lead,
        *((check_outcome,) if evidence.is_scripted else ()),
        check_after_call,
        check_barge_in,
        _media_rules,
        check_one_ssrc,
        check_no_rtp_in_python,
        check_row,
        check_clean,
        check_recording,
    ]
    return [check(evidence, play) for check in checks]


def _handshake(evidence: Evidence, _: Screenplay) -> Check:
    right = "answered with the challenge" if evidence.took_right_token else "not answered"
    wrong = "refused" if evidence.refused_wrong_token else "answered too"
    return Check(
        name="webhook handshake",
        holds=evidence.took_right_token and evidence.refused_wrong_token,
        expected="Meta's challenge comes back for the right verify token and for no other",
        seen=f"right token {right}, wrong token {wrong}",
    )


def _accepted(evidence: Evidence, _: Screenplay) -> Check:
    at_ms = evidence.phone.setup_ms.get("accept_answered")
    actions = evidence.phone.actions
    steps = ", ".join(actions) or "no request at all"
    when = "" if at_ms is None else f"; answered {at_ms:.0f} ms after the webhook"
    return Check(
        name="call accepted",
        holds=at_ms is not None and actions.count("accept") == 1 and "reject" not in actions,
        expected="Graph gets exactly one good accept",
        seen=steps + when,
    )


def _lead(evidence: Evidence, play: Screenplay) -> Check:
    lead = evidence.lead
    name, wish = str(play.lead["name"]), str(play.lead["interest"])
    if lead is None:
        holds, seen = False, "there is no lead for this call"
    elif evidence.is_scripted:
        holds = lead.name == name and lead.interest == wish
        seen = f"name “{lead.name}”, interest “{lead.interest}”"
        answers = (evidence.model or ModelSide()).tool_answers
        called = [tool for tool, _ in (evidence.model or ModelSide()).tools]
        holds = holds and "upsertLead" in called and bool(answers)
    else:
        holds = name.lower() in (lead.name or "").lower() and bool(lead.interest or lead.notes)
        seen = f"name “{lead.name}”, interest “{lead.interest}”"
    return Check(
        name="lead",
        holds=holds,
        expected=f"the name “{name}” and the wish"
        + (f" “{wish}”" if evidence.is_scripted else "")
        + " were stored by upsertLead",
        seen=seen,
    )


def check_outcome(evidence: Evidence, play: Screenplay) -> Check:
    """The model's verdict on the call is in its row."""
    wanted = next((str(a["outcome"]) for tool, a in play.tools if tool == "logOutcome"), None)
    stored = evidence.row.outcome if evidence.row else None
    return Check(
        name="outcome",
        holds=stored == wanted,
        expected=f"the call's outcome is “{wanted}”" if wanted else "no outcome was logged",
        seen=f"“{stored}”" if stored else "none",
    )


def _media_rules(evidence: Evidence, _: Screenplay) -> Check:
    phone = evidence.phone
    seen = f"{phone.early} early packets of {phone.packets}"
    seen += f"; {'; '.join(phone.violations)}" if phone.violations else ", no rule broken"
    return Check(
        name="Meta's rules",
        holds=phone.packets > 0 and phone.early == 0 and not phone.violations,
        expected="no media before accept has returned 200, and no other rule broken",
        seen=seen,
    )


def check_one_ssrc(evidence: Evidence, _: Screenplay) -> Check:
    """The agent's stream never changed."""
    return Check(
        name="one SSRC",
        holds=evidence.phone.ssrcs == 1,
        expected="all of the agent's packets carry the same SSRC",
        seen=f"{evidence.phone.ssrcs}",
    )


def check_no_rtp_in_python(evidence: Evidence, _: Screenplay) -> Check:
    """No packet of the call could come to a process in Python."""
    usage, allowed = evidence.usage, {"agent worker"} if evidence.decodes else set()
    packets, sockets = evidence.phone.packets, usage.python_udp if usage is not None else {}
    had = ", ".join(f"{part} {count}" for part, count in sockets.items())
    expected = "control plane and agent worker hold no UDP socket while they talk"
    if evidence.decodes:
        expected = "the control plane holds no UDP socket; AGENT_MEDIA=worker decodes in the worker"
    return Check(
        name="no RTP in Python",
        holds=usage is not None and usage.looks > 1 and not sockets.keys() - allowed,
        expected=expected,
        seen=(f"UDP sockets: {had}" if had else f"none, so it touched 0 of {packets} packets")
        + (f", in {usage.looks} looks" if usage is not None else ", never looked"),
    )


def check_row(evidence: Evidence, _: Screenplay) -> Check:
    """The call's row tells what happened."""
    row, phone = evidence.row, evidence.phone
    reasons = {EndReason.CALLER_HANGUP}
    if not evidence.is_scripted:
        reasons.add(EndReason.AGENT_HANGUP)
    expected = f"completed, {' or '.join(sorted(reasons))}, times in order and as the phone saw"
    if row is None:
        return Check(name="call row", holds=False, expected=expected, seen="there is no row")
    faults = []
    moments = [row.created_at, row.accept_sent_at, row.answered_at, row.ended_at]
    known = [moment for moment in moments if moment is not None]
    if len(known) < len(moments) or row.media_at is None or row.released_at is None:
        faults.append("a time is missing")
    if known != sorted(known):
        faults.append("the times are not in order")
    if (
        row.answered_at is not None
        and phone.accepted_unix is not None
        and abs(row.answered_at.timestamp() - phone.accepted_unix) > CLOCK_TOLERANCE.total_seconds()
    ):
        faults.append("answered_at is not when accept was answered")
    if (
        row.duration_s is None
        or phone.talk_s is None
        or abs(row.duration_s - phone.talk_s) > DURATION_TOLERANCE_S
    ):
        counted = "no duration" if phone.talk_s is None else f"{phone.talk_s} s"
        faults.append(f"Meta counted {counted}")
    reason = row.end_reason.value if row.end_reason else "no reason"
    duration = "no duration" if row.duration_s is None else f"{row.duration_s:.1f} s"
    return Check(
        name="call row",
        holds=row.status is CallStatus.COMPLETED and row.end_reason in reasons and not faults,
        expected=expected,
        seen="; ".join([f"{row.status.value}, {reason}, {duration}", *faults]),
    )


def check_clean(evidence: Evidence, _: Screenplay) -> Check:
    """Nothing holds the call any more, and nothing died."""
    left = [*evidence.leftovers, *evidence.troubles]
    return Check(
        name="nothing left behind",
        holds=not left,
        expected="no room at the SFU, no live call, no job, no open session, no part that died",
        seen="; ".join(left) or "nothing",
    )


def check_recording(evidence: Evidence, _: Screenplay) -> Check:
    """The recording has each side on its channel."""
    expected = "stereo: the person alone on the left, the agent alone on the right"
    found = evidence.recording
    if found is None:
        return Check(name="recording", holds=False, expected=expected, seen="there is no file")
    return Check(
        name="recording",
        holds=found.channels == 2
        and min(found.left_s, found.right_s) >= LEAST_SOUND_S
        and min(found.left_in_place, found.right_in_place) >= LEAST_IN_PLACE,
        expected=expected,
        seen=f"{found.channels} channels, {found.left_s:.1f} s of sound on the left "
        f"({found.left_in_place:.0%} while they spoke), {found.right_s:.1f} s on the right "
        f"({found.right_in_place:.0%} while the agent spoke)",
    )
