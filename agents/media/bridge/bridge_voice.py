"""The voice without audio: a media bridge carries the sound, OpenAI's sideband the words.

A leg of the bridge joins the room as the agent and OpenAI as its WebRTC peer, and forwards Opus
between them. No sound comes by here; what does are OpenAI's events, by the sideband, and a second
time by the leg's data channel, so that a broken sideband costs no word.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import openai
from livekit.agents.llm import ChatMessage

from agents.media.bridge.agent_leg import RoomAccess
from agents.media.bridge.asks import Ask
from agents.media.bridge.conversing import LAST_WORDS_S, Conversing
from agents.media.bridge.leg import Caller
from agents.media.bridge.leg_events import LegEvents
from agents.media.bridge.linking import Link
from agents.media.bridge.measuring import Measuring
from agents.media.bridge.openai_calls import OpenAICalls, openai_client
from agents.media.bridge.operator_turn import OperatorTurn
from agents.media.bridge.session_config import listening_update, session_config
from agents.media.bridge.voice_state import VoiceState
from agents.media.clip import Clips, NoClips
from agents.media.measures import Measures
from agents.media.tape import Tape
from agents.media.tool import Tool, Turn
from agents.media.turn_fold import TurnFold
from agents.media.voice import CallObserver, CannotSpeak, Models, SpeechOptions
from shared.bridge.events import Happening, LegEvent
from shared.bridge.fleet import Bridges
from shared.bridge.legs import Gate, Side
from shared.call.call import EndReason

_log = logging.getLogger(__name__)

# ICE and DTLS of the caller's leg take 200 ms after `accept`, seconds on a lossy path.
_RELEASE_WITHIN_S = 5.0
_DUE_EACH_S = 1.0
_CLIP_WITHIN_S = 5.0
_AFTER_GAP = (
    "The connection broke for a moment, and the customer was asked to wait. Go on now where you "
    "were cut off: answer what is unanswered, else ask in a few words what more you can do. Do not "
    "greet them again, and do not explain what happened."
)


class BridgeVoice:
    """A `Voice` by a leg of a media bridge."""

    def __init__(
        self,
        observer: CallObserver,
        *,
        room: RoomAccess,
        leg: str,
        bridges: Bridges,
        events: LegEvents,
        options: SpeechOptions,
        client: openai.AsyncOpenAI | None = None,
        keep: Callable[[VoiceState], None] = lambda _: None,
        last_words_s: float = LAST_WORDS_S,
        clips: Clips | None = None,
        bridging: str = "",
    ) -> None:
        """Take who is told, how to speak, and the ways to the room, the bridges and OpenAI.

        `leg` is the leg's name (`shared.bridge.legs.leg_id`). `client` may be shared by the calls
        of an event loop; without one the voice has its own. `keep` takes each new `state`.
        `clips` are in the voice of `options`; `bridging` is what the caller hears at once when the
        session is lost, if there is a clip of it.
        """
        self._observer, self._options, self._keep = observer, options, keep
        self._clips, self._bridging = clips or NoClips(), bridging
        self._own_client = client is None
        self._client = client or openai_client(options)
        self._link = Link(
            self,
            room=room,
            leg=leg,
            bridges=bridges,
            events=events,
            calls=OpenAICalls(self._client),
        )
        self._caller = Caller(observer)
        self._measuring = Measuring(
            TurnFold(silence_ms=options.vad_silence_ms),
            self._measured,
            observer.long_speech,
            observer.agent_heard,
        )
        self._talk = Conversing(
            send=self._link.send,
            is_open=lambda: self._link.takes_events,
            give_out=self._give_out,
            show=self._show,
            heed=self._measuring.openai_told,
            drop=self._drop,
            put=self._link.leg.play,
            used=observer.tool_used,
            instruct=self._told,
            last_words_s=last_words_s,
        )
        self._operator = OperatorTurn(
            source=self._link.leg.source,
            send=self._link.send,
            hush=self._talk.hush,
            tell=self._talk.go_on_knowing,
            listen=lambda answers: self._link.send(listening_update(options, answers=answers)),
            kept=self._kept,
        )
        self._instructions = ""
        self._is_unmuted = self._has_begun = False
        self._after_gap: dict[str, Any] | None = None
        """What to ask the next session for."""
        self._clock: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the leg is in the room."""
        return self._link.is_up

    @property
    def has_operator(self) -> bool:
        """Whether a person of the business speaks in the agent's place."""
        return self._operator.is_on

    @property
    def caller_speaks(self) -> bool:
        """Whether the caller does."""
        return self._talk.dialogue.speaks_since is not None

    @property
    def tape(self) -> Tape | None:
        """What can record the call."""
        return self._link.leg.tape

    @property
    def heard_at(self) -> float:
        """When the caller has begun to speak last; one who speaks with a person is there."""
        return time.time() if self._operator.is_on else self._talk.dialogue.last_speech_at

    @property
    def state(self) -> VoiceState | None:
        """What another process needs to go on with this call; `None` before it is up."""
        link = self._link.state() if self._link.is_up else None
        if link is None:
            return None
        return VoiceState(
            **link,
            is_unmuted=self._is_unmuted,
            has_begun=self._has_begun,
            released_at=self._talk.dialogue.released_at,
            given_out=tuple(self._talk.given_out),
            **self._measuring.state(),
            operator=self._operator.operator,
            operators_past=self._operator.past,
        )

    # --- up ---

    async def bring_up(
        self, instructions: str, tools: Sequence[Tool], choose: Callable[[], Awaitable[Models]]
    ) -> None:
        """Make the leg and OpenAI's call at the same time; nothing leaves yet. See `Voice`."""
        began = time.monotonic()
        self._equip(instructions, tools)
        await self._link.bring_up(choose, self._config, self._options.connect_timeout_s)
        _log.info(
            "OpenAI has confirmed the session.",
            extra={"action": "openai-up", "took_ms": round((time.monotonic() - began) * 1000)},
        )
        self._stand()

    async def resume(self, state: VoiceState, instructions: str, tools: Sequence[Tool]) -> None:
        """Go on with a call whose own process has died; it talks on meanwhile.

        Raises:
            RoomUnreachable: the leg, or its bridge, is gone.
        """
        self._equip(instructions, tools)
        self._is_unmuted, self._has_begun = state.is_unmuted, state.has_begun
        self._talk.resume(state.given_out, state.released_at)
        self._measuring.resume(state)
        self._operator.resume(state.operator, state.operators_past)
        await self._link.resume(state, self._config)
        self._stand()

    def _equip(self, instructions: str, tools: Sequence[Tool]) -> None:
        self._instructions, self._tools = instructions, tuple(tools)
        self._talk.tools.offer(self._tools)

    def _config(self, model: str) -> dict[str, Any]:
        self._measuring.speak_with(model)
        answers = not self._operator.is_on
        return session_config(
            self._options, model, self._instructions, self._tools, answers=answers
        )

    def _stand(self) -> None:
        self._clock = asyncio.create_task(self._renew_in_time(), name="session-clock")
        self._talk.look()
        self._kept()

    async def _renew_in_time(self) -> None:
        while True:
            await asyncio.sleep(_DUE_EACH_S)
            if self._link.is_due(time.time()) and self._talk.is_quiet:
                self._link.renew()

    # --- what the session wants ---

    def watch(self) -> None:
        """Tell of the caller from now on, beginning with what is there already."""
        self._caller.watch()

    def greet(self, instructions: str, words: str = "") -> None:
        """Have the greeting spoken, or played from a clip; the leg keeps it."""
        self._check()
        clip = self._clips.find(words) if words else None
        if clip is not None:
            self._talk.greet_with(clip)
        else:
            self._talk.greet(self._told(instructions))

    def unmute(self) -> None:
        """Let RTP flow: silence, until `begin`, or until the caller's first packet."""
        self._is_unmuted = True
        self._gate(Side.ROOM, Gate.HELD, release_within_s=_RELEASE_WITHIN_S)
        self._kept()

    def begin(self) -> None:
        """Play what was held back, and listen."""
        self._has_begun = True
        self._gate(Side.ROOM, Gate.OPEN)
        self._gate(Side.PEER, Gate.OPEN)
        self._talk.released(time.time())
        self._kept()

    def tell(self, sentence: str) -> None:
        """Tell the model something in writing; it answers once it has finished what it says."""
        if not self._link.is_up:
            raise CannotSpeak
        tell = self._operator.add if self._operator.is_on else self._talk.tell
        tell(sentence)

    def owes_answer(self, turn: Turn) -> bool:
        """Whether the model was told something that this turn is not the answer to."""
        return self._talk.teller.owes_answer(turn.reply)

    async def say(self, instructions: str) -> bool:
        """Have the model say something now, and call no tool; see `Voice`."""
        self._check()
        if self._operator.is_on:
            return False  # an operator is not spoken over
        parameters = self._told(instructions) | {"tool_choice": "none"}
        ask = self._talk.ask(Ask(parameters, waits=True, yields=True))
        await ask.wait_for_playout()
        error = ask.exception()
        if error is not None and not ask.interrupted:
            raise CannotSpeak from error
        return not ask.interrupted

    async def stand_in(self) -> None:
        """Be in the room without a session; see `Voice`."""
        await self._link.stand_in()
        # nobody is greeted
        self._talk.clips.break_off()
        self._talk.break_off()
        self._drop()

    def has_clip(self, words: str) -> bool:
        """Whether these words can be said without a model."""
        return self._clips.find(words) is not None

    async def play(self, words: str) -> bool:
        """Say something without a model, and wait until it was heard; see `Voice`."""
        clip = self._clips.find(words)
        if clip is None:
            return False
        # one that is being played is not cut off
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLIP_WITHIN_S):
                await self._talk.until(lambda _: not self._talk.clips.is_playing)
        return await self._talk.play(clip)

    async def last_words(self) -> None:
        """Have what was said last be told; bounded."""
        if self._link.has_session:
            await self._talk.last_words()
        self._measuring.finish()

    async def aclose(self) -> None:
        """Hang up at OpenAI, end the leg, and free everything; harmless when repeated."""
        await self._stop()
        await self._link.aclose()
        if self._own_client:
            await self._client.close()

    async def let_go(self) -> None:
        """Free everything here, and leave leg and OpenAI's call to another process."""
        await self._stop()
        await self._link.let_go()
        if self._own_client:
            await self._client.close()

    async def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            await asyncio.gather(self._clock, return_exceptions=True)
        await self._talk.aclose()

    def _check(self) -> None:
        if not self._link.takes_events:
            raise CannotSpeak

    def _told(self, instructions: str) -> dict[str, Any]:
        # those of a response take the place of the session's
        return {"instructions": f"{self._instructions}\n{instructions}"}

    def _gate(self, stream: Side, gate: Gate, *, release_within_s: float = 0) -> None:
        if self._link.leg.orders is not None:
            self._link.leg.orders.gate(stream, gate, release_within_s=release_within_s)

    def _drop(self) -> None:
        if self._link.leg.orders is not None:
            self._link.leg.orders.clear(Side.ROOM)

    def _show(self, state: str) -> None:
        if self._link.leg.orders is not None and self._link.is_up:
            self._link.leg.orders.show(state)

    # --- what the talk and the link tell ---

    def _give_out(self, message: ChatMessage) -> None:
        self._observer.item_added(message)
        self._kept()

    def _measured(self, measures: Measures) -> None:
        self._observer.turn_measured(measures)
        self._kept()

    def _kept(self) -> None:
        state = self.state
        if state is not None:
            self._keep(state)

    def openai_told(self, event: dict[str, Any], at: float) -> None:
        """Take an event of OpenAI's."""
        self._talk.take(event, at)

    def leg_told(self, event: LegEvent) -> None:
        """Take an event of the leg's."""
        if event.happening is Happening.RELEASED and event.text("stream") == Side.ROOM:
            self._talk.released(time.time())
        self._measuring.leg_told(event)
        self._talk.clips.leg_told(event, time.time())
        self._caller.leg_told(event)
        self._operator.leg_told(event)

    @property
    def is_quiet(self) -> bool:
        """Whether nobody speaks, and nothing is asked for."""
        return self._talk.is_quiet and not self._operator.is_on

    def session_lost(self, *, is_planned: bool) -> None:
        """End what was being said, and let the caller know that somebody is there."""
        owed = self._talk.break_off()
        self._measuring.break_off()
        # whoever was asked for a moment waits for something to follow
        is_heard = self._has_begun and not self._operator.is_on
        self._after_gap = {} if owed and is_heard else None
        clip = None if is_planned or not is_heard else self._clips.find(self._bridging)
        if clip is not None:
            self._after_gap = self._told(_AFTER_GAP)
            self._talk.clips.play(clip, time.time(), is_told=False)

    def items_to_replay(self, generation: int) -> list[dict[str, Any]]:
        """Return the conversation, for the new session."""
        return self._talk.items_to_replay(generation)

    def session_renewed(self) -> None:
        """Go on in it."""
        self._kept()
        self._talk.go_on(self._after_gap)

    def link_lost(self, reason: EndReason, cause: str) -> None:
        """Tell that there is nobody to talk with any more."""
        if not self._talk.clips.is_playing:
            self._talk.break_off()
            self._measuring.break_off()
        self._observer.lost(reason, cause)

    def room_closed(self) -> None:
        """Tell that the call's room is gone."""
        self._observer.room_closed()
