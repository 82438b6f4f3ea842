"""The verdict on the business's call: facts in, a list of checks out. Pure."""

from controlplane.core.consent import ConsentKind, ConsentSource
from wacall.demo.check import Check
from wacall.demo.checks import (
    check_clean,
    check_no_rtp_in_python,
    check_one_ssrc,
    check_outcome,
    check_recording,
    check_row,
)
from wacall.demo.evidence import CallbackEvidence, Evidence
from wacall.demo.screenplay import Screenplay
from wacall.demo.speech_checks import (
    check_greeting,
    check_recognised,
    check_transcript,
    check_understood,
)

NO_PERMISSION = (409, "no-permission")


def judge_callback(evidence: CallbackEvidence, play: Screenplay) -> list[Check]:
    """Check everything; the call back has truly worked only if every check holds."""
    checks = [_denied(evidence), _permitted(evidence), _placed(evidence)]
    call = evidence.call
    if call is None:
        return checks
    scripted = (check_understood, check_recognised, check_outcome) if call.is_scripted else ()
    return [
        *checks,
        _silent(call),
        *(
            check(call, play)
            for check in (
                check_greeting,
                *scripted,
                check_transcript,
                check_one_ssrc,
                check_no_rtp_in_python,
                check_row,
                check_clean,
                check_recording,
            )
        ),
    ]


def _denied(evidence: CallbackEvidence) -> Check:
    denial, connects = evidence.denial, evidence.connects_denied
    refused = f"{denial.status} {denial.code}" if denial else "not refused"
    status, code = NO_PERMISSION
    return Check(
        name="no call unpermitted",
        holds=denial is not None
        and (denial.status, denial.code) == NO_PERMISSION
        and connects == 0,
        expected=f"without permission {status} {code}, and Graph sees no connect",
        seen=f"{refused}, {connects} connect at Graph",
    )


def _permitted(evidence: CallbackEvidence) -> Check:
    granted = [
        entry
        for entry in evidence.ledger
        if entry.kind is ConsentKind.CALL_PERMISSION
        and entry.source is ConsentSource.REPLY
        and entry.granted
    ]
    asked = evidence.requests_seen
    return Check(
        name="permission",
        holds=asked == 1 and len(granted) == 1,
        expected="asked once, and the person's reply is in the ledger",
        seen=f"{asked} request at the phone, {len(granted)} granting reply in the ledger",
    )


def _placed(evidence: CallbackEvidence) -> Check:
    connects = evidence.connects - evidence.connects_denied
    seen = f"{connects} connect"
    if evidence.call is None:
        seen = "; ".join([seen, *evidence.troubles])
    return Check(
        name="call placed",
        holds=evidence.call is not None and connects == 1,
        expected="Graph gets exactly one connect",
        seen=seen,
    )


def _silent(call: Evidence) -> Check:
    phone = call.phone
    picked_up, heard = (phone.setup_ms.get(step) for step in ("picked_up", "first_audible"))
    seen = f"{phone.early} audible packets before"
    if picked_up is not None and heard is not None:
        seen += f", first sound {heard - picked_up:.0f} ms after"
    if phone.violations:
        seen += f"; {'; '.join(phone.violations)}"
    return Check(
        name="silent till pick-up",
        holds=picked_up is not None
        and heard is not None
        and heard >= picked_up
        and phone.early == 0
        and not phone.violations,
        expected="nothing can be heard before the person picks up, and no rule of Meta's is broken",
        seen=seen,
    )
