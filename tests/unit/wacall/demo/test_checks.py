"""The demo's verdict: a good call passes, and every single flaw fails exactly the check for it."""

import dataclasses
from collections.abc import Callable

import pytest

from shared.call.call import CallStatus, EndReason
from shared.call.records import Lead
from tests.unit.wacall.demo.flawless import CALL, PLAY, at, good_evidence
from wacall.demo.checks import interrupted_line, is_beginning, judge, same_words
from wacall.demo.evidence import BargeIn, Evidence, ModelSide, PhoneSide, Recording, Utterance
from wacall.demo.screenplay import Screenplay
from wacall.stack.openai import SCENARIO

PLAY = Screenplay.of(load_scenario(SCENARIO))
CREATED = datetime(2030, 5, 17, 12, 0, 0, tzinfo=UTC)
CALL = CallId("0b5d0a3e-0000-4000-8000-000000000001")
CUT = "Thank you, Martin. I wrote down two bikes"


def at(seconds: float) -> datetime:
    return CREATED + timedelta(seconds=seconds)


def good_evidence() -> Evidence:
    """What a flawless call leaves behind."""
    heard = [PLAY.greeting, *PLAY.replies]
    heard[heard.index(interrupted_line(PLAY))] = CUT
    turns = [("assistant", heard[0])]
    for line, reply in zip(PLAY.lines, heard[1:], strict=True):
        turns += [("user", line.say), ("assistant", reply)]
    row = Call(
        id=CALL,
        wacid=WhatsAppCallId("wacid.none"),
        direction=Direction.INBOUND,
        status=CallStatus.COMPLETED,
        phone_number_id=PhoneNumberId("1"),
        party=Party(),
        created_at=CREATED,
        accept_sent_at=at(0.3),
        answered_at=at(0.4),
        media_at=at(0.8),
        ended_at=at(40.4),
        released_at=at(40.5),
        duration_s=40.0,
        end_reason=EndReason.CALLER_HANGUP,
        outcome="lead",
        timings={"agent_ms": 300.0, "accept_ms": 390.0},
    )
    return Evidence(
        is_scripted=True,
        took_right_token=True,
        refused_wrong_token=True,
        phone=PhoneSide(
            setup_ms={"accept_answered": 400.0, "first_audible": 600.0},
            actions=("pre_accept", "accept"),
            accepted_unix=at(0.4).timestamp(),
            spoken=tuple(Utterance(text="", start_s=10, end_s=12) for _ in PLAY.lines),
            heard=tuple(Utterance(text=text.lower(), start_s=1, end_s=9) for text in heard),
            barge_in=BargeIn(began_s=20.0, silent_s=20.4),
            talk_s=40,
            packets=2000,
            ssrcs=1,
        ),
        model=ModelSide(
            heard=tuple(line.say for line in PLAY.lines),
            tools=PLAY.tools,
            tool_answers=("Written down.", "Logged."),
        ),
        row=row,
        transcript=[
            TranscriptTurn(
                call_id=CALL,
                sequence=number,
                speaker=speaker,
                text=text,
                interrupted=text == CUT,
                spoken_at=at(number),
            )
            for number, (speaker, text) in enumerate(turns, 1)
        ],
        lead=Lead(call_id=CALL, name="Martin", interest="Rent two bikes on Saturday"),
        recording=Recording(
            path=Path("call.wav"), channels=2, length_s=40, left_s=8, right_s=20,
            left_in_place=1.0, right_in_place=1.0,
        ),
    )  # fmt: skip


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
    assert len({check.name for check in checks}) == len(checks) == 15


@pytest.mark.parametrize(
    ("flaw", "names"),
    [
        (with_(took_right_token=False), ["webhook handshake"]),
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


def test_words_are_compared_without_spelling() -> None:
    """Case, punctuation and the cut into pieces do not matter; a changed word does."""
    assert same_words(["Hello, I", "am here."], ["hello i am HERE"])
    assert not same_words(["hello i am there"], ["hello i am here"])
    assert is_beginning("Thank you, Mar", "Thank you, Mar tin")
    assert not is_beginning("thank you mar", "thank you martin")
    assert not is_beginning("", "thank you")
