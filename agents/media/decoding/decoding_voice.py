"""The voice that decodes: livekit-agents between LiveKit's client and OpenAI's WebSocket.

Sound passes through this process as samples, both ways.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from time import monotonic
from typing import Any

import aiohttp
from livekit import rtc
from livekit.agents import Agent, JobContext
from livekit.agents.llm import ChatMessage, RealtimeError, RealtimeModelError
from livekit.agents.voice import (
    AgentStateChangedEvent,
    ConversationItemAddedEvent,
    ErrorEvent,
)
from livekit.agents.voice.room_io import AudioInputOptions, RoomOptions
from livekit.rtc.participant import PublishTrackError

from agents.media.decoding.patient_session import PatientSession
from agents.media.decoding.realtime import realtime_model
from agents.media.decoding.turn import livekit_tool
from agents.media.first_speech import FirstSpeech
from agents.media.tape import Tape
from agents.media.teller import Reply, Teller
from agents.media.tool import Tool, Turn
from agents.media.tool_runner import ToolRunner
from agents.media.turn_fold import TurnFold
from agents.media.voice import CallObserver, CannotSpeak, Models, RoomUnreachable, SpeechOptions
from shared.call.room import ATTRIBUTE_CALL_STATUS, CALLER_IDENTITY, KEY_TOPIC, KeyMessage
from wacall.own_agent.output import CallAudioOutput

_log = logging.getLogger(__name__)


class DecodingVoice:
    """A `Voice` on livekit-agents' `AgentSession`."""

    def __init__(self, ctx: JobContext, options: SpeechOptions, observer: CallObserver) -> None:
        """Take the job, how to speak, and who is told what happens."""
        self._ctx, self._options, self._observer = ctx, options, observer
        # livekit-agents' own would first build a TLS context, 100 ms of the caller's waiting
        self._http = aiohttp.ClientSession(trust_env=True)
        self._output = CallAudioOutput()
        self._session: PatientSession | None = None
        self._teller = Teller(self._ask)
        self._heard_at = 0.0
        self._first = FirstSpeech()
        self._turns = TurnFold(silence_ms=options.vad_silence_ms)

    @property
    def is_connected(self) -> bool:
        """Whether the room is there."""
        return self._ctx.room.isconnected()

    @property
    def is_quiet(self) -> bool:
        """Whether nobody speaks, and nothing is about to be said."""
        session = self._session
        return (
            session is not None
            and session.agent_state == "listening"
            and session.current_speech is None
            and not self.caller_speaks
        )

    @property
    def has_operator(self) -> bool:
        """No: nobody takes over where the worker carries the sound."""
        return False

    @property
    def caller_speaks(self) -> bool:
        """Whether the caller does."""
        return self._session is not None and self._session.user_state == "speaking"

    @property
    def tape(self) -> Tape | None:
        """Nothing: no packets pass here."""
        return None

    @property
    def heard_at(self) -> float:
        """When the caller has begun to speak last."""
        return self._heard_at

    async def bring_up(
        self, instructions: str, tools: Sequence[Tool], choose: Callable[[], Awaitable[Models]]
    ) -> None:
        """Join and connect OpenAI at the same time, publish muted; see `Voice`."""
        try:
            runner = ToolRunner(self._observer.tool_used)
            runner.offer(tools)
            offered: list[Any] = [livekit_tool(tool, runner) for tool in tools]
            await self._bring_up(Agent(instructions=instructions, tools=offered), choose)
        except (rtc.ConnectError, PublishTrackError) as error:
            raise RoomUnreachable(type(error).__name__) from error

    async def _bring_up(self, agent: Agent, choose: Callable[[], Awaitable[Models]]) -> None:
        began = monotonic()
        joining = asyncio.create_task(self._ctx.connect())
        try:
            self._turns.model = (await choose())[0]
            model = realtime_model(self._options, self._turns.model, self._http, self._on_event)
            self._session = session = PatientSession(model)
            session.on("conversation_item_added", self._on_item)
            session.on("error", self._on_error)
            session.on("agent_state_changed", self._on_state)
            session.output.audio = self._output
            session.output.transcription = self._output.spoken
            await session.start(
                agent,
                room=self._ctx.room,
                room_options=_room_options(),
                record=False,
                session_host=False,
            )
            # nobody is to be heard before the call is answered
            session.input.set_audio_enabled(False)
            await model.wait_until_up(self._options.connect_timeout_s)
            _log.info(
                "OpenAI has confirmed the session.",
                extra={"action": "openai-up", "took_ms": round((monotonic() - began) * 1000)},
            )
            await joining
        finally:
            joining.cancel()
        await self._output.publish(self._ctx.room.local_participant)

    def watch(self) -> None:
        """Tell of the caller from now on, beginning with what is there already."""
        room = self._ctx.room
        room.on("participant_connected", self._on_leg)
        room.on("participant_active", self._on_leg)
        room.on("participant_attributes_changed", self._on_attributes)
        room.on("participant_disconnected", self._on_gone)
        room.on("data_received", self._on_data)
        for person in room.remote_participants.values():
            self._on_leg(person)

    def greet(self, instructions: str, words: str = "") -> None:
        """Have the greeting spoken into the held output; there are no clips here."""
        with _speaking(self._session) as session:
            session.generate_reply(instructions=instructions)

    def unmute(self) -> None:
        """Let RTP flow: silence, until `begin`."""
        self._output.unmute()

    def begin(self) -> None:
        """Play what was held back, and listen."""
        self._output.release()
        if self._session is not None:
            self._session.input.set_audio_enabled(True)

    def tell(self, sentence: str) -> None:
        """Tell the model something in writing; it answers once it has finished what it says."""
        self._teller.tell(sentence)

    def owes_answer(self, turn: Turn) -> bool:
        """Whether the model was told something that this turn is not the answer to."""
        return self._teller.owes_answer(turn.reply)

    async def say(self, instructions: str) -> bool:
        """Have the model say something now, and call no tool; see `Voice`."""
        with _speaking(self._session) as session:
            handle = session.generate_reply(instructions=instructions, tool_choice="none")
        await handle.wait_for_playout()
        if handle.exception() is not None and not handle.interrupted:
            raise CannotSpeak
        return not handle.interrupted

    def _ask(self, sentence: str | None) -> Reply:
        with _speaking(self._session) as session:
            if sentence is None:
                return session.generate_reply()
            return session.generate_reply(user_input=sentence)

    async def stand_in(self) -> None:
        """There is nothing to say without a model here.

        Raises:
            RoomUnreachable: always.
        """
        raise RoomUnreachable("no-clips")

    def has_clip(self, words: str) -> bool:
        """There are none."""
        return False

    async def play(self, words: str) -> bool:
        """There is nothing to play."""
        return False

    async def last_words(self) -> None:
        """Tell what the last turns took; the framework's session closes before, and has waited."""
        for measures in self._turns.finish():
            self._observer.turn_measured(measures)

    async def aclose(self) -> None:
        """Stop playing; the framework closes the session itself."""
        await self._teller.aclose()
        await self._output.aclose()
        await self._http.close()

    # --- what the room tells ---

    # A WHIP leg is made known to others when it becomes ACTIVE, or before that when its
    # attributes change: `active` may come with the participant itself.
    def _on_leg(self, person: rtc.RemoteParticipant) -> None:
        if person.identity != CALLER_IDENTITY:
            return
        self._observer.caller_seen()
        if person.state == rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE:
            self._observer.media_up()
        self._observer.status_shown(person.attributes.get(ATTRIBUTE_CALL_STATUS))

    def _on_attributes(self, changed: dict[str, str], person: rtc.Participant) -> None:
        if ATTRIBUTE_CALL_STATUS in changed and isinstance(person, rtc.RemoteParticipant):
            self._on_leg(person)

    def _on_gone(self, person: rtc.RemoteParticipant) -> None:
        # CONNECTION_TIMEOUT and PARTICIPANT_REMOVED included, which livekit-agents ignores
        if person.identity == CALLER_IDENTITY:
            self._observer.caller_left()

    def _on_data(self, packet: rtc.DataPacket) -> None:
        key = read_key(packet)
        if key is not None:
            self._observer.key_pressed(key)

    # --- what the session tells ---

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        if isinstance(event.item, ChatMessage) and event.item.role == "user":
            self._teller.item_added(event.item.text_content or "")
        self._observer.item_added(event.item)

    def _on_event(self, event: dict[str, Any]) -> None:
        now = time.time()
        self._turns.take(event, now)
        if event.get("type") == "input_audio_buffer.speech_started":
            self._heard_at = now
        lasted_s = self._first.take(event, now)
        if lasted_s is not None:
            self._observer.long_speech(lasted_s)
        for measures in self._turns.settle(now):
            self._observer.turn_measured(measures)

    def _on_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._turns.talk_began(time.time())
            self._observer.agent_heard(time.time())
        elif event.old_state == "speaking":
            self._turns.talk_ended(time.time())

    def _on_error(self, event: ErrorEvent) -> None:
        # Not `close`: livekit-agents 1.8.9 does not emit it for a realtime session that was lost,
        # because closing that session raises the very error again.
        if isinstance(event.error, RealtimeModelError) and not event.error.recoverable:
            self._observer.lost()


@contextlib.contextmanager
def _speaking(session: PatientSession | None) -> Iterator[PatientSession]:
    """Have what a session raises that takes no requests be `CannotSpeak`."""
    if session is None:
        raise CannotSpeak
    try:
        yield session
    except (RealtimeError, RuntimeError) as error:
        raise CannotSpeak from error


def read_key(packet: rtc.DataPacket) -> str | None:
    """Read a key out of a data message; `None` for every other message.

    Only the server is believed: a participant could press keys in the customer's name.
    """
    if packet.topic != KEY_TOPIC or packet.participant is not None:
        return None
    message = KeyMessage.read(packet.data)
    return message.key if message is not None else None


def _room_options() -> RoomOptions:
    return RoomOptions(
        audio_input=AudioInputOptions(pre_connect_audio=False, auto_gain_control=False),
        audio_output=False,
        text_input=False,
        text_output=False,
        participant_identity=CALLER_IDENTITY,
        participant_kinds=[rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR],
        close_on_disconnect=False,
    )
