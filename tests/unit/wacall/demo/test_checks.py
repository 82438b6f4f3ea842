"""The demo's verdict: a good call passes, and every single flaw fails exactly the check for it."""

import dataclasses
from collections.abc import Callable

import pytest

from shared.call.call import CallStatus, EndReason
from shared.call.records import Lead
from tests.unit.wacall.demo.flawless import CALL, PLAY, at, good_evidence
from wacall.demo.checks import judge
from wacall.demo.evidence import BargeIn, CallUsage, Evidence, ModelSide, Utterance
from wacall.demo.words import interrupted_line


def failed(evidence: Evidence) -> list[str]:
    return [check.name for check in judge(evidence, PLAY) if not check.holds]


def phone(**changes: object) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        side = dataclasses.replace(evidence.phone, **changes)  # type: ignore[arg-type]
        return dataclasses.replace(evidence, phone=side)

    return change


def row(**changes: object) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        assert evidence.row is not None
        new = dataclasses.replace(evidence.row, **changes)  # type: ignore[arg-type]
        return dataclasses.replace(evidence, row=new)

    return change


def recorded(**changes: object) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        assert evidence.recording is not None
        new = dataclasses.replace(evidence.recording, **changes)  # type: ignore[arg-type]
        return dataclasses.replace(evidence, recording=new)

    return change


def after(**changes: object) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        assert evidence.after is not None
        new = dataclasses.replace(evidence.after, **changes)  # type: ignore[arg-type]
        return dataclasses.replace(evidence, after=new)

    return change


def with_(**changes: object) -> Callable[[Evidence], Evidence]:
    return lambda evidence: dataclasses.replace(evidence, **changes)  # type: ignore[arg-type]


def turn(index: int, **changes: object) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        turns = list(evidence.transcript)
        turns[index] = dataclasses.replace(turns[index], **changes)  # type: ignore[arg-type]
        return dataclasses.replace(evidence, transcript=turns)

    return change


def heard(index: int, **changes: object) -> Callable[[Evidence], Evidence]:
    def change(evidence: Evidence) -> Evidence:
        all_heard = list(evidence.phone.heard)
        all_heard[index] = dataclasses.replace(all_heard[index], **changes)  # type: ignore[arg-type]
        return phone(heard=tuple(all_heard))(evidence)

    return change


def test_a_good_call_passes_every_check() -> None:
    """Nothing fails, and every check says what it expected and saw."""
    checks = judge(good_evidence(), PLAY)
    assert [check.name for check in checks if not check.holds] == []
    assert all(check.expected and check.seen for check in checks)
    assert len({check.name for check in checks}) == len(checks) == 17


@pytest.mark.parametrize(
    ("flaw", "names"),
    [
        (with_(took_right_token=False), ["webhook handshake"]),
        (with_(after=None), ["after the call"]),
        (after(status="failed", problem="http-500"), ["after the call"]),
        (after(summary=""), ["after the call"]),
        (after(promises=()), ["after the call"]),
        (after(texts=()), ["after the call"]),
        (after(texts=("Something else",)), ["after the call"]),
        (after(texts=tuple(PLAY.promised.values()) * 2), ["after the call"]),
        (with_(refused_wrong_token=False), ["webhook handshake"]),
        (phone(setup_ms={}), ["call accepted"]),
        (phone(actions=("pre_accept", "accept", "accept")), ["call accepted"]),
        (heard(0, text="hello this is"), ["greeting at the phone", "agent understood"]),
        (heard(2, is_sure=False), ["agent understood"]),
        (phone(gave_up="the agent said nothing"), ["turns"]),
        (with_(model=ModelSide(tools=PLAY.tools, tool_answers=("x",))), ["person understood"]),
        (turn(1, text="Something else"), ["stored transcript"]),
        (turn(2, sequence=2), ["stored transcript"]),
        (turn(3, speaker="assistant"), ["stored transcript"]),
        (turn(4, interrupted=False), ["barge-in"]),
        (turn(4, text=interrupted_line(PLAY)), ["barge-in"]),
        (with_(lead=None), ["lead"]),
        (with_(lead=Lead(call_id=CALL, name="Susan", interest="Rent two bikes on Saturday")),
         ["lead"]),
        (with_(lead=Lead(call_id=CALL, name="Martin", interest="Sell a car")), ["lead"]),
        (row(outcome=None), ["outcome"]),
        (phone(barge_in=None), ["barge-in"]),
        (phone(barge_in=BargeIn(began_s=20, silent_s=None)), ["barge-in"]),
        (phone(barge_in=BargeIn(began_s=20, silent_s=21.2)), ["barge-in"]),
        (phone(early=1), ["Meta's rules"]),
        (phone(violations=("2 SSRCs in one call (a rule)",)), ["Meta's rules"]),
        (phone(packets=0), ["Meta's rules"]),
        (phone(ssrcs=2), ["one SSRC"]),
        (with_(usage=None), ["no RTP in Python"]),
        (with_(usage=CallUsage(seconds=1, looks=1)), ["no RTP in Python"]),
        (with_(usage=CallUsage(seconds=9, looks=9, python_udp={"agent worker": 1})),
         ["no RTP in Python"]),
        (with_(usage=CallUsage(seconds=9, looks=9, python_udp={"control plane": 1}), decodes=True),
         ["no RTP in Python"]),
        (with_(row=None), ["outcome", "call row"]),
        (row(status=CallStatus.FAILED), ["call row"]),
        (row(end_reason=EndReason.AGENT_HANGUP), ["call row"]),
        (row(media_at=None), ["call row"]),
        (row(answered_at=at(41)), ["call row"]),
        (row(answered_at=at(3)), ["call row"]),
        (row(duration_s=30.0), ["call row"]),
        (with_(leftovers=("the room still stands",)), ["nothing left behind"]),
        (with_(troubles=("agent ended",)), ["nothing left behind"]),
        (with_(recording=None), ["recording"]),
        (recorded(channels=1), ["recording"]),
        (recorded(left_s=0.0), ["recording"]),
        (recorded(right_in_place=0.3), ["recording"]),
    ],
)  # fmt: skip
def test_a_flaw_fails_its_check(flaw: Callable[[Evidence], Evidence], names: list[str]) -> None:
    """Each flaw is noticed, by the check whose name says what is wrong, and by no other."""
    assert failed(flaw(good_evidence())) == names


def test_a_worker_that_decodes_may_have_sockets() -> None:
    """AGENT_MEDIA=worker brings the agent's half of the sound to Python, and that is said."""
    usage = CallUsage(seconds=9, looks=9, python_udp={"agent worker": 3})
    assert failed(dataclasses.replace(good_evidence(), usage=usage, decodes=True)) == []


def test_too_few_turns_fail() -> None:
    """Two turns of each side are no conversation."""
    evidence = good_evidence()
    short = dataclasses.replace(evidence, transcript=evidence.transcript[:4])
    assert "turns" in failed(short)


def real(flaw: Callable[[Evidence], Evidence] = lambda evidence: evidence) -> list[str]:
    """Judge a call with a real model: other words, no journal."""
    evidence = dataclasses.replace(good_evidence(), is_scripted=False, model=None)
    spoken = tuple(Utterance(text="", start_s=12 + n, end_s=13 + n) for n in range(4))
    evidence = phone(spoken=spoken)(evidence)
    evidence = heard(0, text="something free", is_sure=False)(evidence)
    lead = Lead(call_id=CALL, name="Mr. Martin", notes="wants bikes")
    return failed(flaw(dataclasses.replace(turn(2, text="Sure thing!")(evidence), lead=lead)))


def test_a_real_model_may_use_its_own_words() -> None:
    """Speech, turns and the lead's name are enough; the agent may also be the one to hang up."""
    assert real() == []
    assert real(row(end_reason=EndReason.AGENT_HANGUP)) == []
    assert real(phone(barge_in=None)) == []


@pytest.mark.parametrize(
    ("flaw", "name"),
    [
        (with_(lead=Lead(call_id=CALL, name="Susan", interest="bikes")), "lead"),
        (with_(lead=Lead(call_id=CALL, name="Martin")), "lead"),
        (heard(0, end_s=1.5), "greeting at the phone"),
        (phone(barge_in=BargeIn(began_s=20, silent_s=22)), "barge-in"),
        (with_(transcript=()), "stored transcript"),
        (row(end_reason=EndReason.MEDIA_LOST), "call row"),
    ],
)
def test_a_real_model_must_still_show_a_call(
    flaw: Callable[[Evidence], Evidence], name: str
) -> None:
    """What proves the call is asked of a real model too."""
    assert name in real(flaw)
