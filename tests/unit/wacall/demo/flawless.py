"""What a flawless call of the demo leaves behind, for the tests that spoil it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party
from shared.call.records import Lead, TranscriptTurn
from simulators.openai.scenario import load_scenario
from wacall.demo.evidence import (
    AfterCall,
    BargeIn,
    CallUsage,
    Evidence,
    KeptPromise,
    ModelSide,
    PartUsage,
    PhoneSide,
    Recording,
    Utterance,
)
from wacall.demo.screenplay import Screenplay
from wacall.demo.words import interrupted_line
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
        after=AfterCall(
            status="done",
            summary="They want to rent two bikes.",
            promises=(
                KeptPromise(
                    quote="I will send you the price list in this chat.",
                    standing="follow-up",
                    channel="message",
                    status="done",
                ),
            ),
            texts=tuple(PLAY.promised.values()),
        ),
        recording=Recording(
            path=Path("call.wav"), channels=2, length_s=40, left_s=8, right_s=20,
            left_in_place=1.0, right_in_place=1.0,
        ),
        usage=CallUsage(
            seconds=40, looks=80,
            parts=(PartUsage(part="media bridge", cores=0.02, megabytes=25),),
        ),
    )  # fmt: skip
