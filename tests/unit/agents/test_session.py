"""What the agent does in each phase of a call, told by a voice without sound."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from livekit.agents.llm import ChatMessage

from agents import silence_watch
from agents.cost_watch import WRAP_UP
from agents.media.decoding.turn import ToolTurn
from agents.media.measures import Measures
from agents.media.tool import ToolUse, Turn
from agents.media.voice import CallObserver, OpenAIUnreachable, RoomUnreachable
from agents.models import ModelChooser
from agents.session import CallSession
from agents.settings import Settings
from agents.store_link import StoreLink
from shared.call.brief import CallBrief
from shared.call.call import Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.recording import RecordingStatus
from shared.database.store import CallNotes
from shared.profiles.folder import Profiles
from shared.profiles.profile import Recording, Silence
from tests.eventually import eventually
from tests.memory_notes import MemoryNotes
from tests.unit.agents.fake_tape import FakeTape
from tests.unit.agents.scripted_voice import ScriptedVoice

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")
PROFILES = Profiles()
CHOOSER = ModelChooser(base_url="http://127.0.0.1:9/v1", api_key="none", preferred=("none",))


@dataclass
class Bench:
    """One call's session, its voice and its store."""

    session: CallSession
    voice: ScriptedVoice
    store: MemoryNotes
    left: list[str] = field(default_factory=list)
    """Why the job was left; once per time."""

    async def set_up(self) -> None:
        await self.session.set_up(CHOOSER)


def bench_with(
    direction: Direction = Direction.INBOUND,
    ready_within_s: float = 8.0,
    answer_timeout_s: float = 120,
    model_unreachable: str = "reject",
    **profile: Any,
) -> Bench:
    store, left, voices = MemoryNotes(), list[str](), list[ScriptedVoice]()

    def make_voice(observer: CallObserver) -> ScriptedVoice:
        voices.append(ScriptedVoice(observer))
        return voices[0]

    async def connect(_: Settings) -> CallNotes:
        return store

    settings = Settings.from_env(
        {
            "LIVEKIT_URL": "ws://127.0.0.1:9",
            "LIVEKIT_API_KEY": "key",
            "LIVEKIT_API_SECRET": "secret",
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_SECRET_KEY": "secret",
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
            "AGENT_MEDIA": "worker",
            "AGENT_ANSWER_TIMEOUT_S": str(answer_timeout_s),
            "MODEL_UNREACHABLE": model_unreachable,
        }
    )
    session = CallSession(
        brief=CallBrief(
            call_id=CALL,
            direction=direction,
            phone_number_id=PhoneNumberId("106540352242922"),
            ready_within_s=ready_within_s,
        ),
        profile=PROFILES.named("default").model_copy(update=profile),
        settings=settings,
        link=StoreLink(connect, settings),
        make_voice=make_voice,
        leave=left.append,
    )
    return Bench(session=session, voice=voices[0], store=store, left=left)


async def test_an_inbound_call_is_greeted_before_it_is_answered() -> None:
    """The greeting is prepared at once, held until media and answer are there, and asked once."""
    bench = bench_with()
    await bench.set_up()
    assert bench.voice.done == ["bring_up", "greet"]
    bench.session.caller_seen()
    bench.session.media_up()
    assert bench.voice.done == ["bring_up", "greet"]
    bench.session.status_shown("active")
    bench.session.status_shown("active")
    assert bench.voice.done == ["bring_up", "greet", "unmute", "begin"]
    await bench.session.finish()


async def test_an_outbound_call_is_greeted_when_its_leg_shows() -> None:
    """Whoever is called may never pick up; ringing alone unmutes nothing."""
    bench = bench_with(Direction.OUTBOUND)
    await bench.set_up()
    assert bench.voice.done == ["bring_up"]
    bench.session.caller_seen()
    bench.session.status_shown("ringing")
    assert bench.voice.done == ["bring_up", "greet"]
    await bench.session.finish()


async def test_a_leg_that_is_there_already_is_not_overlooked() -> None:
    """What the room holds when the agent begins to watch counts as if it came then."""
    bench = bench_with(Direction.OUTBOUND)
    bench.voice.present = bench.session.caller_seen
    await bench.set_up()
    assert bench.voice.done == ["bring_up", "greet"]
    await bench.session.finish()


async def test_an_answered_call_waits_for_its_media() -> None:
    """`active` unmutes; speaking waits for the leg."""
    bench = bench_with()
    await bench.set_up()
    bench.session.status_shown("active")
    assert bench.voice.done[-1] == "unmute"
    bench.session.media_up()
    assert bench.voice.done[-1] == "begin"
    await bench.session.finish()


async def test_a_leg_that_comes_again_has_to_stand_again() -> None:
    """Before the answer WHIP may try twice; the first leg's media says nothing of the second's."""
    bench = bench_with()
    await bench.set_up()
    bench.session.media_up()
    bench.session.caller_left()
    bench.session.status_shown("active")
    assert bench.voice.done == ["bring_up", "greet", "unmute"]
    assert bench.left == []
    await bench.session.finish()


@pytest.mark.parametrize("media", [True, False])
async def test_whoever_leaves_after_the_answer_has_hung_up(media: bool) -> None:
    """With or without media; the control plane is not told, for it sees that too."""
    bench = bench_with()
    await bench.set_up()
    bench.session.status_shown("active")
    if media:
        bench.session.media_up()
    bench.session.caller_left()
    bench.session.status_shown("hangup")
    assert bench.left == ["caller left"]
    await bench.session.finish()
    assert bench.store.requested_ends == {}


async def test_hangup_ends_a_call_that_rings() -> None:
    """The control plane says that it is over; what comes later means nothing."""
    bench = bench_with()
    await bench.set_up()
    bench.session.status_shown("hangup")
    bench.session.status_shown("active")
    bench.session.lost()
    await bench.session.finish()
    assert bench.left == ["call ended"]
    assert bench.voice.done == ["bring_up", "greet", "aclose"]
    assert bench.store.requested_ends == {}


async def test_a_call_that_nobody_answers_is_left() -> None:
    """After AGENT_ANSWER_TIMEOUT_S."""
    bench = bench_with(Direction.OUTBOUND, answer_timeout_s=0.01)
    await bench.set_up()
    async with asyncio.timeout(5):
        while not bench.left:
            await asyncio.sleep(0.005)
    assert bench.left == ["never answered"]
    await bench.session.finish()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OpenAIUnreachable("http-401"), EndReason.OPENAI_KEY_REFUSED),
        (OpenAIUnreachable("insufficient_quota"), EndReason.OPENAI_QUOTA),
        (OpenAIUnreachable("timeout"), EndReason.OPENAI_UNREACHABLE),
        (RoomUnreachable("ConnectError"), EndReason.AGENT_NOT_READY),
        (TimeoutError(), EndReason.AGENT_NOT_READY),
    ],
)
async def test_what_fails_while_setting_up_is_explained(
    error: Exception, reason: EndReason
) -> None:
    """The reason is written before the agent leaves, once."""
    bench = bench_with()
    bench.voice.fails_with = error
    await bench.set_up()
    assert bench.store.requested_ends == {CALL: reason}
    assert bench.left == [reason.value]
    await bench.session.finish()
    assert bench.store.requested_ends == {CALL: reason}


@pytest.mark.parametrize(
    ("takes_s", "patience_s", "is_ready"), [(0.2, 0.6, True), (0.6, 0.2, False)]
)
async def test_the_agent_is_as_patient_as_the_brief_says(
    takes_s: float, patience_s: float, is_ready: bool
) -> None:
    """Neither more nor less, whatever the usual patience is."""
    bench = bench_with(ready_within_s=patience_s)
    bench.voice.takes_s = takes_s
    await bench.set_up()
    assert bench.voice.is_connected is is_ready
    assert list(bench.store.requested_ends.values()) == (
        [] if is_ready else [EndReason.AGENT_NOT_READY]
    )
    bench.voice.is_connected = False
    await bench.session.finish()


async def test_a_session_that_is_lost_ends_the_call_once() -> None:
    """However often it is told."""
    bench = bench_with()
    await bench.set_up()
    bench.session.status_shown("active")
    bench.session.lost()
    bench.session.lost()
    async with asyncio.timeout(5):
        while not bench.left:
            await asyncio.sleep(0.005)
    await bench.session.finish()
    assert bench.left == [EndReason.MODEL_LOST.value]
    assert set(bench.store.requested_ends.values()) == {EndReason.MODEL_LOST}


FAREWELL = "play I am sorry, I cannot go on with this call. We will send you a message. Goodbye."
APOLOGY = "play I am sorry, we cannot take your call just now. We will send you a message. Goodbye."


async def until_left(bench: Bench) -> None:
    async with asyncio.timeout(5):
        while not bench.left:
            await asyncio.sleep(0.005)
    await bench.session.finish()


@pytest.mark.parametrize(
    ("reason", "cause", "ends_as"),
    [
        (EndReason.OPENAI_UNREACHABLE, "http-503", EndReason.MODEL_LOST),
        (EndReason.OPENAI_QUOTA, "insufficient_quota", EndReason.OPENAI_QUOTA),
        (EndReason.OPENAI_KEY_REFUSED, "http-401", EndReason.OPENAI_KEY_REFUSED),
    ],
)
async def test_a_caller_whose_model_is_lost_is_told_before_the_line_goes(
    reason: EndReason, cause: str, ends_as: EndReason
) -> None:
    """A farewell that needs no model, once; then the true reason."""
    bench = await talking()
    bench.voice.has_clips = True
    bench.session.lost(reason, cause)
    bench.session.lost(reason, cause)
    await until_left(bench)
    assert bench.voice.done == [FAREWELL, "aclose"]
    assert bench.store.requested_ends == {CALL: ends_as}


async def test_a_bridge_that_is_gone_says_no_farewell() -> None:
    """Nothing can be played any more."""
    bench = await talking()
    bench.voice.has_clips = True
    bench.session.lost(EndReason.BRIDGE_LOST, "bridge-lost")
    await until_left(bench)
    assert bench.voice.done == ["aclose"]
    assert bench.store.requested_ends == {CALL: EndReason.BRIDGE_LOST}


async def test_a_call_without_a_model_is_answered_to_apologise() -> None:
    """Nobody is greeted; the apology is said when the phone hears, and then the call ends."""
    bench = bench_with(model_unreachable="apologise")
    bench.voice.has_clips = True
    bench.voice.fails_with = OpenAIUnreachable("http-503")
    await bench.set_up()
    assert not bench.left
    bench.session.media_up()
    assert bench.voice.done == ["stand_in"]
    bench.session.status_shown("active")
    await until_left(bench)
    assert bench.voice.done == ["stand_in", "unmute", "begin", APOLOGY, "aclose"]
    assert bench.store.requested_ends == {CALL: EndReason.MODEL_LOST}


async def test_a_model_that_is_lost_while_it_rings_is_apologised_for() -> None:
    """The agent was there already, and stays."""
    bench = bench_with(model_unreachable="apologise")
    bench.voice.has_clips = True
    await bench.set_up()
    bench.session.lost(EndReason.OPENAI_UNREACHABLE, "timeout")
    bench.session.media_up()
    await asyncio.sleep(0)
    bench.session.status_shown("active")
    await until_left(bench)
    assert APOLOGY in bench.voice.done
    assert bench.store.requested_ends == {CALL: EndReason.MODEL_LOST}


@pytest.mark.parametrize(
    ("direction", "model_unreachable", "has_clips"),
    [
        (Direction.INBOUND, "reject", True),
        (Direction.INBOUND, "apologise", False),
        (Direction.OUTBOUND, "apologise", True),
    ],
)
async def test_a_call_without_a_model_does_not_ring_on(
    direction: Direction, model_unreachable: str, has_clips: bool
) -> None:
    """Unless an apology is wanted and possible; nobody is called for one."""
    bench = bench_with(direction, model_unreachable=model_unreachable)
    bench.voice.has_clips = has_clips
    bench.voice.fails_with = OpenAIUnreachable("http-503")
    await bench.set_up()
    assert bench.left == [EndReason.OPENAI_UNREACHABLE.value]
    assert bench.store.requested_ends == {CALL: EndReason.OPENAI_UNREACHABLE}
    await bench.session.finish()


async def test_a_worker_that_stops_says_so() -> None:
    """With the caller still on the line, the end is explained."""
    bench = bench_with()
    await bench.set_up()
    await bench.session.finish()
    assert bench.store.requested_ends == {CALL: EndReason.SHUTDOWN}


async def talking(direction: Direction = Direction.INBOUND, **profile: Any) -> Bench:
    """A call in which both talk."""
    bench = bench_with(direction, **profile)
    await bench.set_up()
    bench.session.caller_seen()
    bench.session.media_up()
    bench.session.status_shown("active")
    bench.voice.done.clear()
    return bench


@dataclass
class SaidInTurn:
    """What a tool sees of the turn in which the model called it (a `RunContext`)."""

    words: str = "Goodbye."
    meanwhile: Callable[[], None] = lambda: None
    interrupted: bool = False
    chat_items: list[ChatMessage] = field(default_factory=list)

    @property
    def speech_handle(self) -> "SaidInTurn":
        return self

    async def wait_for_playout(self) -> None:
        self.meanwhile()
        if self.words:
            self.chat_items.append(ChatMessage(role="assistant", content=[self.words]))


async def hang_up(bench: Bench, turn: SaidInTurn) -> str:
    """Call the tool as the model does; return what the model is told."""
    (tool,) = [tool for tool in bench.voice.tools if tool.name == "endCall"]
    return str(await tool.run({}, ToolTurn(cast(Any, turn))))


@pytest.mark.parametrize(("words", "said"), [("Goodbye.", []), ("", ["say"])])
async def test_the_agent_hangs_up_after_a_goodbye(words: str, said: list[str]) -> None:
    """Its own, or one that it is asked for; then the control plane is told and it leaves."""
    bench = await talking()
    assert await hang_up(bench, SaidInTurn(words)) == "The call is over."
    assert bench.voice.done == said
    assert bench.store.requested_ends == {CALL: EndReason.AGENT_HANGUP}
    assert bench.left == ["agent hung up"]
    await bench.session.finish()


async def test_who_speaks_over_the_goodbye_keeps_the_agent_on_the_line() -> None:
    """The model is told to answer; the sound is not begun anew, and a later goodbye holds."""
    bench = await talking()
    told = await hang_up(bench, SaidInTurn(interrupted=True))
    assert told.startswith("Not hung up")
    assert bench.store.requested_ends == {}
    assert bench.left == []
    assert bench.voice.done == []
    assert await hang_up(bench, SaidInTurn()) == "The call is over."
    assert bench.left == ["agent hung up"]
    await bench.session.finish()


async def test_a_key_under_the_goodbye_is_answered() -> None:
    """Who presses one wants something, however early it was passed on to the model."""
    bench = await talking()

    def press() -> None:
        for _ in range(32):
            bench.session.key_pressed("1")

    assert (await hang_up(bench, SaidInTurn(meanwhile=press))).startswith("Not hung up")
    assert "1 1" in bench.voice.done[-1]
    assert bench.left == []
    await bench.session.finish()


async def test_who_hangs_up_under_the_goodbye_is_not_hung_up_on() -> None:
    """The call ended once, with the caller's reason."""
    bench = await talking()
    await hang_up(bench, SaidInTurn(meanwhile=bench.session.caller_left))
    assert bench.left == ["caller left"]
    assert bench.store.requested_ends == {}
    await bench.session.finish()


async def test_nobody_is_hung_up_on_twice_or_before_the_answer() -> None:
    """A model that calls the tool again, or in its greeting, ends nothing."""
    bench = bench_with()
    await bench.set_up()
    assert (await hang_up(bench, SaidInTurn())).startswith("Not hung up")
    assert bench.left == []
    await bench.session.finish()

    bench = await talking()
    twice: list[asyncio.Task[str]] = []

    def again() -> None:
        twice.append(asyncio.create_task(hang_up(bench, SaidInTurn())))

    assert await hang_up(bench, SaidInTurn(meanwhile=again)) == "The call is over."
    assert (await twice[0]).startswith("Not hung up")
    assert bench.left == ["agent hung up"]
    await bench.session.finish()


async def test_keys_before_the_answer_are_nobodys() -> None:
    """Afterwards they are told to the model, together."""
    bench = bench_with()
    await bench.set_up()
    for key in "3" * 32:
        bench.session.key_pressed(key)
    assert bench.voice.done == ["bring_up", "greet"]
    bench.session.status_shown("active")
    for key in "4" * 32:
        bench.session.key_pressed(key)
    assert "4 4" in bench.voice.done[-1]
    await bench.session.finish()


async def test_a_model_that_takes_no_requests_ends_nothing() -> None:
    """Without a greeting the caller speaks first; keys go untold."""
    bench = bench_with()
    bench.voice.is_mute = True
    await bench.set_up()
    bench.session.status_shown("active")
    for key in "5" * 32:
        bench.session.key_pressed(key)
    assert bench.voice.done == ["bring_up", "unmute"]
    assert bench.left == []
    await bench.session.finish()


async def test_what_tools_did_is_written_by_the_end() -> None:
    """And not by a worker that has let the call go: its successor runs them, and tells."""
    for is_let_go, kept in ((False, ["upsertLead"]), (True, [])):
        bench = bench_with()
        await bench.set_up()
        if is_let_go:
            await bench.session.let_go()
        bench.session.tool_used(
            ToolUse(
                call_id="call_1",
                name="upsertLead",
                arguments={},
                output="Written down.",
                error=None,
                began_at=datetime(2026, 11, 27, 7, tzinfo=UTC),
                took_ms=5,
            )
        )
        await bench.session.finish()
        assert [one.name for one in bench.store.tool_calls.values()] == kept


async def test_what_was_said_is_written_by_the_end() -> None:
    """In order, and nothing else is."""
    bench = bench_with()
    await bench.set_up()
    for item in (ChatMessage(role="assistant", content=["Hello."]), None, said("Hi.")):
        bench.session.item_added(item)
    await bench.session.finish()
    assert [turn.text for turn in bench.store.turns.values()] == ["Hello.", "Hi."]


def said(text: str) -> Any:
    return ChatMessage(role="user", content=[text])


class Hushed:
    """A turn in which nothing was said."""

    def hush(self) -> None:
        return


def tools_of(bench: Bench) -> set[str]:
    return {tool.name for tool in bench.voice.tools}


async def test_only_calls_that_we_have_placed_meet_a_machine() -> None:
    """The model is offered to say so; then the call ends with its reason and its outcome."""
    assert "voicemailReached" not in tools_of(await talking())
    bench = await talking(Direction.OUTBOUND)
    (tool,) = [one for one in bench.voice.tools if one.name == "voicemailReached"]
    bench.session.long_speech(8.0)
    assert "voicemailReached" in bench.voice.done[-1]
    await tool.run({}, cast(Turn, Hushed()))
    assert bench.store.requested_ends == {CALL: EndReason.VOICEMAIL}
    assert bench.store.outcomes[CALL][0] == "voicemail"
    assert bench.left == ["voicemail"]
    await bench.session.finish()


async def test_first_words_that_go_on_are_none_of_a_callers_business() -> None:
    """Who calls us may talk for as long as they like."""
    bench = await talking()
    bench.session.long_speech(20.0)
    assert bench.voice.done == []
    await bench.session.finish()


async def test_a_silent_caller_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked once, then with a goodbye, and a reason of its own."""
    monkeypatch.setattr(silence_watch, "LOOK_EACH_S", 0.002)
    bench = await talking(silence=Silence(ask_after_s=0.01, end_after_s=0.01))
    await eventually(lambda: bench.left)
    assert bench.left == ["caller-silent"]
    assert bench.voice.done == ["say", "say"]
    assert bench.store.requested_ends == {CALL: EndReason.CALLER_SILENT}
    await bench.session.finish()


async def test_a_call_that_has_cost_enough_is_wrapped_up() -> None:
    """The model is told to take its leave; when it hangs up, the reason is the cap."""
    bench = await talking(cost_cap_usd=0.01)
    dear = Measures(number=1, began_at=0, tokens={"audio_out": 1000}, model="gpt-realtime-2.1")
    bench.session.turn_measured(dear)
    await eventually(lambda: bench.voice.done)
    bench.session.turn_measured(dear)
    await hang_up(bench, SaidInTurn("Goodbye."))
    assert bench.store.requested_ends == {CALL: EndReason.COST_CAP}
    assert bench.voice.done == [WRAP_UP]
    await bench.session.finish()


async def test_a_call_is_recorded_from_the_first_word_to_the_last() -> None:
    """If its profile says so; who is recorded is told first, and may refuse."""
    assert "declineRecording" not in tools_of(await talking())
    wanted = Recording(announcement="This call is recorded.", keep_days=7)
    bench = bench_with(recording=wanted)
    bench.voice.tape = tape = FakeTape()
    await bench.set_up()
    bench.session.media_up()
    bench.session.status_shown("active")
    assert "declineRecording" in tools_of(bench)
    await eventually(lambda: tape.done)
    bench.session.item_added(ChatMessage(role="user", content=["Hello."]))
    await bench.session.finish()
    assert tape.done == ["begin", "end"]
    (kept,) = bench.store.recordings.values()
    assert kept.status is RecordingStatus.KEPT
    assert bench.store.recording_consents == [(CALL, True)]
