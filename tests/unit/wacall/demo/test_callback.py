"""The verdict on the business's call, and what the screen shows of it."""

import dataclasses
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from controlplane.core.consent import ConsentEntry, ConsentKind, ConsentSource
from shared.call.call import CallStatus, Direction, EndReason
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.call.records import TranscriptTurn
from simulators.openai.scenario import load_scenario
from tests.unit.wacall.demo.flawless import CALL, CREATED, PLAY, at, good_evidence
from wacall.demo.callback_checks import judge_callback
from wacall.demo.callback_report import callback_steps, masked, show_callback_report, show_ledger
from wacall.demo.checks import judge
from wacall.demo.demo import DemoPlan, DemoResult, conclude
from wacall.demo.evidence import CallbackEvidence, Denial, Evidence, ModelSide, Utterance
from wacall.demo.narration import Screen, called_event
from wacall.demo.screenplay import Screenplay
from wacall.stack.openai import SCENARIO

CALLBACK = Screenplay.of_callback(load_scenario(SCENARIO))
assert CALLBACK is not None
PHONE, USER_ID = "12125550142", "US.48213491208655302742"

Change = Callable[[CallbackEvidence], CallbackEvidence]


def entry(**changes: object) -> ConsentEntry:
    granted = ConsentEntry(
        id="0b5d0a3e-0000-4000-8000-000000000002",
        phone_number_id=PhoneNumberId("1"),
        person=Person(phone=PHONE, user_id=USER_ID),
        kind=ConsentKind.CALL_PERMISSION,
        granted=True,
        source=ConsentSource.REPLY,
        source_ref="wamid.secret",
        valid_until=CREATED + timedelta(days=7),
        at=CREATED,
    )
    return dataclasses.replace(granted, **changes)  # type: ignore[arg-type]


def good_call() -> Evidence:
    """A flawless call of the business."""
    assert CALLBACK is not None
    base = good_evidence()
    assert base.row is not None
    said = [CALLBACK.greeting, *CALLBACK.replies]
    turns = [("assistant", said[0])]
    for line, reply in zip(CALLBACK.lines, said[1:], strict=True):
        turns += [("user", line.say), ("assistant", reply)]
    setup_ms = {"response_sent": 5.0, "ringing": 700.0, "picked_up": 1000.0, "first_audible": 1100}
    return dataclasses.replace(
        base,
        took_right_token=False,
        refused_wrong_token=False,
        lead=None,
        phone=dataclasses.replace(
            base.phone,
            setup_ms=setup_ms,
            actions=("connect",),
            heard=tuple(Utterance(text=text.lower(), start_s=1, end_s=9) for text in said),
            barge_in=None,
        ),
        model=ModelSide(heard=tuple(line.say for line in CALLBACK.lines)),
        row=dataclasses.replace(base.row, direction=Direction.OUTBOUND, outcome="confirmed"),
        transcript=[
            TranscriptTurn(
                call_id=CALL,
                sequence=number,
                speaker=speaker,
                text=text,
                interrupted=False,
                spoken_at=at(number),
            )
            for number, (speaker, text) in enumerate(turns, 1)
        ],
    )


def good_callback() -> CallbackEvidence:
    """What a flawless run leaves behind."""
    return CallbackEvidence(
        denial=Denial(status=409, code="no-permission"),
        connects_denied=0,
        requests_seen=1,
        connects=1,
        ledger=(entry(),),
        call=good_call(),
    )


def with_(**changes: object) -> Change:
    return lambda evidence: dataclasses.replace(evidence, **changes)  # type: ignore[arg-type]


def call(**changes: object) -> Change:
    def change(evidence: CallbackEvidence) -> CallbackEvidence:
        assert evidence.call is not None
        new = dataclasses.replace(evidence.call, **changes)  # type: ignore[arg-type]
        return dataclasses.replace(evidence, call=new)

    return change


def phone(**changes: object) -> Change:
    side = dataclasses.replace(good_call().phone, **changes)  # type: ignore[arg-type]
    return call(phone=side)


def row(**changes: object) -> Change:
    placed = good_call().row
    assert placed is not None
    return call(row=dataclasses.replace(placed, **changes))  # type: ignore[arg-type]


def failed(evidence: CallbackEvidence) -> list[str]:
    assert CALLBACK is not None
    return [check.name for check in judge_callback(evidence, CALLBACK) if not check.holds]


def test_a_good_callback_passes_every_check() -> None:
    """Nothing fails, and every check says what it expected and saw."""
    assert CALLBACK is not None
    checks = judge_callback(good_callback(), CALLBACK)
    assert [check.name for check in checks if not check.holds] == []
    assert all(check.expected and check.seen for check in checks)
    assert len({check.name for check in checks}) == len(checks) == 14


@pytest.mark.parametrize(
    ("flaw", "names"),
    [
        (with_(denial=None), ["no call unpermitted"]),
        (with_(denial=Denial(status=409, code="live-call")), ["no call unpermitted"]),
        (with_(denial=Denial(status=500, code="no-permission")), ["no call unpermitted"]),
        (with_(connects_denied=1, connects=2), ["no call unpermitted"]),
        (with_(requests_seen=2), ["permission"]),
        (with_(ledger=()), ["permission"]),
        (with_(ledger=(entry(granted=False),)), ["permission"]),
        (with_(ledger=(entry(source=ConsentSource.OPERATOR),)), ["permission"]),
        (with_(connects=2), ["call placed"]),
        (phone(early=3), ["silent till pick-up"]),
        (phone(setup_ms={"picked_up": 1000.0, "first_audible": 900.0}), ["silent till pick-up"]),
        (phone(setup_ms={}), ["silent till pick-up"]),
        (phone(violations=("2 SSRCs",)), ["silent till pick-up"]),
        (phone(heard=()), ["greeting at the phone", "agent understood"]),
        (call(model=ModelSide()), ["person understood"]),
        (call(transcript=()), ["stored transcript"]),
        (phone(ssrcs=2), ["one SSRC"]),
        (row(outcome=None), ["outcome"]),
        (row(end_reason=EndReason.OPERATOR_HANGUP), ["call row"]),
        (row(status=CallStatus.NO_ANSWER), ["call row"]),
        (call(leftovers=("the media bridge still holds the call",)), ["nothing left behind"]),
        (call(recording=None), ["recording"]),
    ],
)
def test_every_flaw_fails_the_check_for_it(flaw: Change, names: list[str]) -> None:
    """One thing wrong is found, and nothing else is blamed."""
    assert failed(flaw(good_callback())) == names


def test_a_call_that_was_never_placed_fails() -> None:
    """The reason is what was seen."""
    assert CALLBACK is not None
    evidence = with_(call=None, connects=0, troubles=("no bridge",))(good_callback())
    assert failed(evidence) == ["call placed"]
    assert "no bridge" in judge_callback(evidence, CALLBACK)[-1].seen


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_report_fits_the_width_and_shows_no_number(width: int) -> None:
    """No line is longer than the terminal; the ledger tells people apart without naming them."""
    assert CALLBACK is not None
    out = io.StringIO()
    evidence = good_callback()
    show_callback_report(Screen(out, width=width), evidence, judge_callback(evidence, CALLBACK))
    shown = out.getvalue()
    assert [line for line in shown.splitlines() if len(line) > width] == []
    for part in ("call_permission granted", "picked up", "confirmed", "callee", "+12…42"):
        assert part in shown
    for secret in (PHONE, USER_ID, "wamid.secret"):
        assert secret not in shown


def test_the_ledger_keeps_its_order() -> None:
    """Newest first, as it came from the database."""
    out = io.StringIO()
    newer = entry(granted=False, valid_until=None, at=CREATED + timedelta(hours=1))
    show_ledger(Screen(out), [newer, entry()])
    assert out.getvalue().index("withdrawn") < out.getvalue().index("granted until 2030-05-24")


@pytest.mark.parametrize(
    ("person", "shown"),
    [
        (Person(phone=PHONE), "+12…42"),
        (Person(user_id=USER_ID), "US.…42"),
        (Person(user_id="US.1"), "…"),
        (Person(phone="12"), "…"),
    ],
)
def test_people_are_masked(person: Person, shown: str) -> None:
    """What is too short to hide a part of is hidden whole."""
    assert masked(person) == shown


def test_the_steps_are_in_order() -> None:
    """By time, whatever their names."""
    steps = callback_steps(good_call())
    assert steps == sorted(steps)
    assert len(steps) == 4


def test_events_of_a_called_phone_are_put_into_words() -> None:
    """Its ringing is Meta's doing, and a refused connect is a trouble."""
    assert called_event("picked-up") == ("callee", "picks up: Meta sends ACCEPTED")
    assert called_event("first-audible") == ("phone", "first sound of the agent")
    told = called_event("ended by meta: COMPLETED")
    assert told is not None
    assert told[0] == "trouble"


@pytest.mark.parametrize(
    ("not_run", "requires", "is_good", "code"),
    [
        ("", False, True, 0),
        ("", True, True, 0),
        ("there is no media bridge", False, True, 0),
        ("there is no media bridge", True, True, 1),
        ("there is no media bridge", False, False, 1),
        ("", False, False, 1),
    ],
)
def test_the_exit_tells_the_truth(not_run: str, requires: bool, is_good: bool, code: int) -> None:
    """0 only if all that ran holds; what did not run is said, and is a failure if it must run."""
    assert CALLBACK is not None
    called = None if not_run else good_callback()
    inbound = good_evidence()
    if not is_good:
        inbound = dataclasses.replace(inbound, lead=None)
    result = DemoResult(
        evidence=inbound,
        checks=tuple(judge(inbound, PLAY)),
        started_s=1.0,
        callback=called,
        callback_checks=tuple(judge_callback(called, CALLBACK)) if called else (),
        not_run=not_run,
    )
    out = io.StringIO()
    plan = DemoPlan(configured={}, data_dir=Path("nowhere"), requires_outbound=requires)
    assert conclude(Screen(out), plan, result) == code
    assert ("NOT run" in out.getvalue()) is bool(not_run)
    assert ("both calls truly worked" in out.getvalue()) is (is_good and not not_run)
