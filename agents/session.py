"""One job, one call: join, connect OpenAI, publish muted, wait to be answered, talk, leave.

    job -> room + OpenAI -> `agent-audio` (muted) -> callStatus active -> caller's media -> talk
             |              (greeting is prepared)   (unmute)
             v
         openai-unreachable: event, request_end, leave

The control plane answers the phone only once it sees the track, so a track means: OpenAI is there.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import aiohttp
from livekit import rtc
from livekit.agents import Agent, AgentSession, JobContext, RunContext
from livekit.agents.llm import RealtimeError, RealtimeModelError
from livekit.agents.voice import ConversationItemAddedEvent, ErrorEvent
from livekit.agents.voice.room_io import AudioInputOptions, RoomOptions
from livekit.rtc.participant import PublishTrackError

from agents.keypad import Keypad
from agents.models import ModelChooser
from agents.output import CallAudioOutput
from agents.realtime import OpenAIUnreachable, WatchedRealtimeModel, realtime_model
from agents.receptionist import Prompt, instructions_for, prompt_path, read_prompt
from agents.settings import Settings
from agents.tools import Desk, build_tools
from agents.transcript import TranscriptFold, TranscriptWriter
from shared.call.brief import CallBrief
from shared.call.call import Direction, EndReason
from shared.call.records import EventRecord, EventSource
from shared.call.room import ATTRIBUTE_CALL_STATUS, CALLER_IDENTITY, ShownStatus
from shared.database.store import CallNotes
from shared.process.tasks import Tasks

log = logging.getLogger(__name__)

ConnectStore = Callable[[Settings], Awaitable[CallNotes]]

# Until the store has taken what a call's end depends on; the control plane notices anyway, later.
_STORE_TIMEOUT_S = 5.0
_FLUSH_TIMEOUT_S = 20.0
# Transcription follows the last word by a few hundred milliseconds.
_LAST_WORDS_S = 2.0
_GOODBYE_TIMEOUT_S = 15.0
# ICE and DTLS take 200 ms after `accept`, seconds on a lossy path.
_MEDIA_TIMEOUT_S = 5.0
# What has left our source is still on its way through SFU, network and the phone's jitter buffer.
_TAIL_S = 0.4


class PatientSession(AgentSession[None]):
    """An `AgentSession` that hears the caller out before it closes.

    livekit-agents closes the session first thing when the room goes away, which is how most calls
    end; what the caller said last would be lost to the transcript.
    """

    def __init__(self, model: WatchedRealtimeModel) -> None:
        """Take the realtime model; everything that is not a voice on the phone is off."""
        super().__init__(
            llm=model,
            vad=None,
            turn_handling={
                "turn_detection": "realtime_llm",
                "interruption": {
                    "resume_false_interruption": False,
                    "false_interruption_timeout": None,
                },
            },
            # phones cancel their own echo; the warm-up would feed silence instead of the caller
            aec_warmup_duration=None,
            user_away_timeout=None,
        )
        self._model = model

    async def aclose(self) -> None:
        """Wait for the caller's last words, then close."""
        await self._model.wait_for_last_words(_LAST_WORDS_S)
        await super().aclose()


class CallSession:
    """The agent's side of one call."""

    def __init__(
        self, ctx: JobContext, *, brief: CallBrief, settings: Settings, connect_store: ConnectStore
    ) -> None:
        """Take the job, what the control plane told of the call, and the way to the database."""
        self._ctx, self._brief, self._settings = ctx, brief, settings
        self._started_at = monotonic()
        self._connect_store = connect_store
        self._store_task: asyncio.Task[CallNotes] | None = None
        # livekit-agents' own would first build a TLS context, 100 ms of the caller's waiting
        self._http = aiohttp.ClientSession(trust_env=True)
        self._writer = TranscriptWriter(self.store)
        self._fold = TranscriptFold(brief.call_id)
        self._output = CallAudioOutput()
        self._session: PatientSession | None = None
        self._tasks = Tasks()
        self._is_over = False
        self._greeted = False
        self._is_set_up = False
        self._media_up = asyncio.Event()
        self._keypad = Keypad(self._on_keys)

    async def store(self) -> CallNotes:
        """Return the database, once it is connected."""
        if self._store_task is None:
            self._store_task = asyncio.create_task(self._connected())
        return await asyncio.shield(self._store_task)

    async def set_up(self, chooser: ModelChooser) -> None:
        """Bring the agent to where the phone may be answered; leave if that cannot be."""
        try:
            path = prompt_path(self._brief.profile, self._settings.prompt_file)
            prompt = read_prompt(path.read_text("utf-8"))
            async with asyncio.timeout(self._brief.ready_within_s):
                await self._bring_up(prompt, chooser)
        except OpenAIUnreachable as error:
            await self._give_up(EndReason.OPENAI_UNREACHABLE, error.cause)
        except (rtc.ConnectError, PublishTrackError, TimeoutError) as error:
            await self._give_up(EndReason.AGENT_NOT_READY, type(error).__name__)
        except (OSError, ValueError) as error:
            log.error("The prompt cannot be used: %s", error)
            await self._give_up(EndReason.INTERNAL, "prompt")
        else:
            self._is_set_up = True
            self._watch_caller(prompt)
            # now there is time: the phone is being answered, the database is not needed before
            self._tasks.spawn(self._warm_store())

    async def _bring_up(self, prompt: Prompt, chooser: ModelChooser) -> None:
        joining = asyncio.create_task(self._ctx.connect())
        try:
            model = realtime_model(self._settings, await chooser.choose(), self._http)
            self._session = session = PatientSession(model)
            session.on("conversation_item_added", self._on_item)
            session.on("error", self._on_error)
            session.output.audio = self._output
            session.output.transcription = self._output.spoken
            await session.start(
                self._agent(prompt),
                room=self._ctx.room,
                room_options=_room_options(),
                record=False,
                session_host=False,
            )
            # nobody is to be heard before the call is answered
            session.input.set_audio_enabled(False)
            await model.wait_until_up(self._settings.openai_timeout_s)
            openai_ms = self._elapsed_ms()
            await joining
        finally:
            joining.cancel()
        await self._output.publish(self._ctx.room.local_participant)
        log.info(
            "The agent is ready.",
            extra={"openai_ms": openai_ms, "published_ms": self._elapsed_ms()},
        )

    async def finish(self) -> None:
        """Write what is left and let go of everything; the framework calls this at the end."""
        if self._is_set_up and not self._is_over and self._ctx.room.isconnected():
            # it is the worker that ends, with the caller still on the line
            await self._request_end(EndReason.SHUTDOWN)
        self._is_over = True
        self._keypad.close()
        await self._tasks.close()
        await self._writer.close(_FLUSH_TIMEOUT_S)
        await self._output.aclose()
        await self._http.close()
        await self._close_store()
        log.info("The agent is done.", extra={"turns": self._fold.turns})

    # --- the database ---

    async def _connected(self) -> CallNotes:
        return await self._connect_store(self._settings)

    async def _warm_store(self) -> None:
        try:
            await self.store()
        except Exception as error:
            log.error("The database cannot be used.", extra={"error": type(error).__name__})
            # whoever needs it next tries again
            self._store_task = None

    async def _close_store(self) -> None:
        task = self._store_task
        if task is None:
            return
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        if not task.cancelled() and task.exception() is None:
            await task.result().close()

    # --- joining ---

    def _agent(self, prompt: Prompt) -> Agent:
        desk = Desk(
            call_id=self._brief.call_id,
            store=self.store,
            zone=prompt.zone,
            clock=lambda: datetime.now(UTC),
        )
        return Agent(
            instructions=instructions_for(
                prompt,
                now=datetime.now(UTC),
                context=self._brief.context,
                direction=self._brief.direction,
            ),
            tools=build_tools(desk, self._hang_up),
        )

    def _elapsed_ms(self) -> int:
        return round((monotonic() - self._started_at) * 1000)

    # --- being answered ---

    def _watch_caller(self, prompt: Prompt) -> None:
        room = self._ctx.room

        # A WHIP leg is made known to others when it becomes ACTIVE, or before that when its
        # attributes change: `active` may come with the participant itself.
        def on_present(person: rtc.RemoteParticipant) -> None:
            if person.identity == CALLER_IDENTITY:
                self._prepare_greeting(prompt)
                if person.state == rtc.ParticipantState.PARTICIPANT_STATE_ACTIVE:
                    self._media_up.set()
                self._on_status(person.attributes.get(ATTRIBUTE_CALL_STATUS))

        def on_attributes(changed: dict[str, str], person: rtc.Participant) -> None:
            if person.identity == CALLER_IDENTITY and ATTRIBUTE_CALL_STATUS in changed:
                self._on_status(person.attributes.get(ATTRIBUTE_CALL_STATUS))

        def on_gone(person: rtc.RemoteParticipant) -> None:
            # Before the answer, a leg may come and go (WHIP tries again under the same identity);
            # the control plane decides. Afterwards whoever leaves has hung up or was lost:
            # CONNECTION_TIMEOUT and PARTICIPANT_REMOVED included, which livekit-agents ignores.
            if person.identity == CALLER_IDENTITY and self._output.is_unmuted:
                self._leave("caller left")
            elif person.identity == CALLER_IDENTITY:
                self._media_up.clear()

        room.on("participant_connected", on_present)
        room.on("participant_active", on_present)
        room.on("participant_attributes_changed", on_attributes)
        room.on("participant_disconnected", on_gone)
        room.on("data_received", self._keypad.take)
        self._tasks.spawn(self._leave_unless_answered())
        if self._brief.direction is Direction.INBOUND:
            # whoever calls will be answered in a moment; whoever is called may never pick up
            self._prepare_greeting(prompt)
        for person in room.remote_participants.values():
            on_present(person)

    def _prepare_greeting(self, prompt: Prompt) -> None:
        """Have the greeting spoken into the held output while the phone is being answered.

        OpenAI needs some 500 ms for its first word; the caller need not wait for it.
        """
        if self._session is None or self._greeted or self._is_over:
            return
        self._greeted = True
        try:
            self._session.generate_reply(instructions=prompt.greeting_for(self._brief.direction))
        except (RealtimeError, RuntimeError):
            log.warning("The greeting could not be asked for; the caller speaks first.")

    def _on_status(self, status: str | None) -> None:
        if status == ShownStatus.HANGUP:
            self._leave("call ended")
        elif status == ShownStatus.ACTIVE and not self._output.is_unmuted:
            self._output.unmute()
            log.info("The call is answered.", extra={"answered_ms": self._elapsed_ms()})
            self._tasks.spawn(self._begin_to_talk())

    async def _begin_to_talk(self) -> None:
        """Speak and listen once the phone's media is up: what is said before reaches nobody."""
        try:
            async with asyncio.timeout(_MEDIA_TIMEOUT_S):
                await self._media_up.wait()
        except TimeoutError:
            log.warning("The phone's media does not come up; speaking nevertheless.")
        self._output.release()
        if self._session is not None:
            self._session.input.set_audio_enabled(True)

    async def _leave_unless_answered(self) -> None:
        await asyncio.sleep(self._settings.answer_timeout_s)
        if not self._output.is_unmuted:
            log.warning("Nobody answered in time; leaving the room.")
            self._leave("never answered")

    # --- talking ---

    def _on_item(self, event: ConversationItemAddedEvent) -> None:
        turn = self._fold.add(event.item)
        if turn is not None:
            self._writer.push(turn)

    def _on_keys(self, sentence: str) -> None:
        """Let the model know of pressed keys, and answer, once it has finished what it says."""
        if self._session is None or self._is_over or not self._output.is_unmuted:
            return
        try:
            self._session.generate_reply(user_input=sentence)
        except (RealtimeError, RuntimeError):
            log.warning("Pressed keys could not be told to the model.")

    async def _hang_up(self, context: RunContext[Any]) -> None:
        """End the call from our side, once the goodbye has been heard."""
        try:
            async with asyncio.timeout(_GOODBYE_TIMEOUT_S):
                await context.wait_for_playout()
        except TimeoutError:
            log.warning("The goodbye took too long; hanging up in the middle of it.")
        await asyncio.sleep(_TAIL_S)
        await self._request_end(EndReason.AGENT_HANGUP)
        self._leave("agent hung up")

    # --- ending ---

    def _on_error(self, event: ErrorEvent) -> None:
        # Not `close`: livekit-agents 1.8.9 does not emit it for a realtime session that was lost,
        # because closing that session raises the very error again.
        error = event.error
        if isinstance(error, RealtimeModelError) and not error.recoverable and self._is_set_up:
            self._tasks.spawn(self._give_up(EndReason.OPENAI_UNREACHABLE, "session-lost"))

    async def _give_up(self, reason: EndReason, cause: str) -> None:
        """Tell the control plane why the agent cannot go on, and go."""
        if self._is_over:
            return
        log.error(
            "The agent cannot go on; leaving the call.",
            extra={"reason": reason.value, "cause": cause},
        )
        await self._request_end(reason, cause)
        self._leave(reason.value)

    async def _request_end(self, reason: EndReason, cause: str | None = None) -> None:
        try:
            async with asyncio.timeout(_STORE_TIMEOUT_S):
                store = await self.store()
                await store.request_end(self._brief.call_id, reason)
                if cause is not None:
                    await store.add_events([self._error_event(reason, cause)])
        except Exception as error:
            log.error(
                "The reason to leave could not be written.",
                extra={"reason": reason.value, "error": type(error).__name__},
            )

    def _error_event(self, reason: EndReason, cause: str) -> EventRecord:
        return EventRecord.note(
            EventSource.AGENT,
            "error",
            datetime.now(UTC),
            {"reason": reason.value, "cause": cause},
            call_id=self._brief.call_id,
        )

    def _leave(self, why: str) -> None:
        if not self._is_over:
            self._is_over = True
            log.info("Leaving the call.", extra={"why": why})
            self._ctx.shutdown(why)


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
