"""The talk of one call: events in; turns, tools, replies and the agent's state out."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from livekit.agents.llm import ChatMessage

from agents.media.bridge.asks import Ask, Asks
from agents.media.bridge.clip_turns import ClipTurns
from agents.media.bridge.dialogue import Dialogue
from agents.media.bridge.session_config import replayed, system_item, user_item
from agents.media.bridge.tool_calls import ToolCalls
from agents.media.bridge.utterances import Call, Response, Said
from agents.media.bridge.voice_state import KEPT_ITEMS
from agents.media.clip import Clip
from agents.media.teller import Teller
from agents.media.tool import ToolUse
from agents.media.tool_runner import ToolRunner
from agents.media.voice import CannotSpeak

_log = logging.getLogger(__name__)

# While something is being said, what comes by the clock alone is looked at so often.
_LOOK_EACH_S = 0.1
# Transcription follows the last word by a few hundred milliseconds.
LAST_WORDS_S = 2.0


class Conversing:
    """Holds a call's dialogue and does what it asks for."""

    def __init__(
        self,
        *,
        send: Callable[[dict[str, Any]], None],
        is_open: Callable[[], bool],
        give_out: Callable[[ChatMessage], None],
        show: Callable[[str], None],
        drop: Callable[[], None],
        put: Callable[[Clip], Awaitable[bool]],
        heed: Callable[[dict[str, Any], float], None] = lambda *_: None,
        used: Callable[[ToolUse], None] = lambda _: None,
        instruct: Callable[[str], dict[str, Any]] = lambda text: {"instructions": text},
        last_words_s: float = LAST_WORDS_S,
    ) -> None:
        """Take the way to OpenAI and whether it is open, and who is told of turns, state, tools.

        `put` has the caller hear a clip next; `False`: it cannot. `drop` has the leg drop what
        waits there. `heed` takes each event of OpenAI's once, with its time. `instruct` writes the
        parameters of a response that follows instructions.
        """
        self._is_open = is_open
        self._send, self._give_out, self._show, self._heed = send, give_out, show, heed
        self._drop, self._instruct = drop, instruct
        self._last_words_s = last_words_s
        self.dialogue = Dialogue()
        self.asks = Asks(self.dialogue, send)
        self.teller = Teller(self._ask_to_answer)
        self.tools = ToolCalls(
            self.dialogue,
            runner=ToolRunner(used),
            turn_of=lambda call, response: BridgeTurn(self, response, call),
            send=send,
            reply=lambda params: self._quietly_ask(params),
        )
        self.clips = ClipTurns(self.dialogue, take=self._take_own, send=send, put=put)
        self.given_out: deque[str] = deque(maxlen=KEPT_ITEMS)
        self._untold: list[str] = []
        """Sentences for the next session."""
        self._greeting: dict[str, Any] | None = None
        self._has_greeted = False
        self._timer: asyncio.TimerHandle | None = None
        self._waiters: list[asyncio.Future[None]] = []
        self._is_closed = False

    def resume(self, given_out: Sequence[str], released_at: float | None) -> None:
        """Go on after these turns."""
        self.given_out.extend(given_out)
        self.dialogue.released_at = released_at
        self._has_greeted = bool(given_out)

    # --- what comes ---

    def take(self, event: dict[str, Any], at: float) -> None:
        """Take one of OpenAI's events."""
        if self._is_closed or not self.dialogue.take(event, at):
            return
        self._heed(event, at)
        kind = event.get("type")
        if kind == "error":
            self._take_error(event)
        elif kind in ("conversation.item.added", "conversation.item.done"):
            self._take_item(event.get("item"))
        elif kind == "input_audio_buffer.speech_started":
            self.tools.customer_spoke()
            self.clips.customer_spoke(at)
        self.look()

    def _take_own(self, event: dict[str, Any], at: float) -> None:
        """Take what is told of a clip: no event of OpenAI's, so nobody measures it."""
        if not self._is_closed:
            self.dialogue.take(event, at)
            self.look()

    def _take_error(self, event: dict[str, Any]) -> None:
        error = event.get("error")
        error = error if isinstance(error, dict) else {}
        code = str(error.get("code") or error.get("type") or "")
        if not self.asks.refused(str(error.get("event_id") or ""), code, time.time()):
            _log.warning("OpenAI reports an error.", extra={"action": "openai-error", "code": code})

    def _take_item(self, item: object) -> None:
        if not isinstance(item, dict) or item.get("role") != "user":
            return
        for part in item.get("content") or ():
            if isinstance(part, dict) and part.get("type") == "input_text":
                self.teller.item_added(str(part.get("text") or ""))
                self.tools.customer_spoke()

    def look(self) -> None:
        """Do what is to be done now."""
        if self._is_closed:
            return
        now = time.time()
        for item, ms in self.dialogue.untold_cuts():
            self._send(
                {
                    "type": "conversation.item.truncate",
                    "item_id": item,
                    "content_index": 0,
                    "audio_end_ms": ms,
                }
            )
        for said in self.dialogue.settle(now):
            self._tell(said)
        self.tools.look()
        self.asks.look(now)
        self._show(self.state(now))
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._look_again()

    def state(self, now: float) -> str:
        """Name what the agent does, as LiveKit's front ends know it."""
        if self.dialogue.speaking(now):
            return "speaking"
        if self.dialogue.active is not None or self.dialogue.is_understanding:
            return "thinking"
        return "listening"

    @property
    def is_quiet(self) -> bool:
        """Whether nobody speaks, and nothing is asked for."""
        return (
            self.state(time.time()) == "listening"
            and self.dialogue.speaks_since is None
            and self.asks.is_idle
            and not self.tools.is_busy
        )

    def _tell(self, said: Said) -> None:
        if said.role == "assistant":
            self._has_greeted = True
        if said.item in self.given_out:
            return  # by the process before this one
        self.given_out.append(said.item)
        role: Any = said.role
        self._give_out(
            ChatMessage(
                id=said.item,
                role=role,
                content=[said.text],
                interrupted=said.interrupted,
                created_at=said.at,
            )
        )

    def _look_again(self) -> None:
        is_pending = self.dialogue.is_pending or not self.asks.is_idle or bool(self._waiters)
        if self._timer is None and is_pending:
            self._timer = asyncio.get_running_loop().call_later(_LOOK_EACH_S, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self.look()

    async def until(self, holds: Callable[[float], bool]) -> None:
        """Wait until something holds, which is asked of the time whenever something happens."""
        while not self._is_closed and not holds(time.time()):
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.append(waiter)
            self._look_again()
            await waiter

    def hush(self) -> None:
        """Stop what is being said: the making of it, and what is on its way."""
        if self.clips.is_playing:
            self._drop()
            self.clips.customer_spoke(time.time())
            return
        if self.dialogue.active is not None:
            self._send({"type": "response.cancel"})
        if self.dialogue.speaking(time.time()):
            # OpenAI answers `cleared`, at which the leg drops what it holds
            self._send({"type": "output_audio_buffer.clear"})

    def fill(self, instructions: str) -> None:
        """Have something short said while a tool takes its time, unless somebody speaks."""
        is_silent = self.state(time.time()) == "listening" and self.dialogue.speaks_since is None
        if is_silent and self.asks.is_idle and self._is_open():
            parameters = self._instruct(instructions) | {"tool_choice": "none"}
            self.ask(Ask(parameters, waits=False, yields=True))

    # --- what is asked for ---

    def greet(self, parameters: dict[str, Any]) -> None:
        """Ask for the greeting; it is asked for again should the session be lost before it."""
        self._greeting = parameters
        self.ask(Ask(parameters, waits=False, yields=False))

    def greet_with(self, clip: Clip) -> None:
        """Have the greeting be a clip: it waits in the leg, whatever becomes of the session."""
        self.clips.play(clip, time.time(), is_told=True)

    def ask(self, ask: Ask) -> Ask:
        """Ask for a reply."""
        self.asks.ask(ask, time.time())
        self._look_again()
        return ask

    def tell(self, sentence: str) -> None:
        """Tell the model something; if its session is being renewed, then as soon as it is."""
        if self._is_open():
            self.teller.tell(sentence)
        else:
            self._untold.append(sentence)

    def go_on_knowing(self, sentence: str) -> None:
        """Have the model speak, knowing something that nobody has said."""
        if self._is_open():
            self._send({"type": "conversation.item.create", "item": system_item(sentence)})
            self.ask(Ask({}, waits=True, yields=True))
        else:
            self._untold.append(sentence)

    def _ask_to_answer(self, sentence: str | None) -> Ask:
        if not self._is_open():
            raise CannotSpeak
        if sentence is not None:
            self._send({"type": "conversation.item.create", "item": user_item(sentence)})
        return self.ask(Ask({}, waits=True, yields=True))

    def _quietly_ask(self, parameters: dict[str, Any]) -> None:
        if not self._is_closed:
            self.ask(Ask(parameters, waits=False, yields=True))

    def released(self, at: float) -> None:
        """Learn that the caller hears what was held back, and all that follows."""
        if self.dialogue.released_at is None:
            self.dialogue.released_at = at
            self.clips.released(at)
            self.look()

    async def play(self, clip: Clip) -> bool:
        """Have a clip be heard, and wait until it was; `False`: it was not, or not whole."""
        turn = self.clips.play(clip, time.time(), is_told=self._is_open())
        response = self.dialogue.responses[turn]
        await self.until(lambda now: self.dialogue.is_over(response, now))
        return not (response.was_cut or response.failed)

    # --- other sessions, and the end ---

    def break_off(self) -> bool:
        """Have everything end that is under way; return whether somebody is owed an answer."""
        now, waiting = time.time(), self.clips.waiting
        owed = self.dialogue.break_off(now) or not self.asks.is_idle
        self.asks.break_off()
        self.clips.break_off()
        if waiting is not None:
            # what nobody has heard yet needs no session to be heard
            self.clips.play(waiting, now, is_told=False)
        self.look()
        return owed and waiting is None

    def items_to_replay(self, generation: int) -> list[dict[str, Any]]:
        """Return what another session is to know."""
        self.dialogue.session = generation
        return replayed(self.dialogue.history(), generation)

    def go_on(self, parameters: dict[str, Any] | None) -> None:
        """Go on in another session: with a reply, if parameters are given for one."""
        if self._greeting is not None and not self._has_greeted:
            self.ask(Ask(self._greeting, waits=False, yields=False))
        elif parameters is not None and not self._untold:
            self.ask(Ask(parameters, waits=True, yields=True))
        untold, self._untold = self._untold, []
        for sentence in untold:
            self.teller.tell(sentence)
        self.look()

    async def last_words(self) -> None:
        """Have what was said last be written down, though nobody listens any more; bounded."""
        self.dialogue.cut_off(time.time())
        if self.dialogue.speaks_since is not None:
            # the caller left in the middle of a word: no silence will end this turn
            self._send({"type": "input_audio_buffer.commit"})
        self.look()
        try:
            async with asyncio.timeout(self._last_words_s):
                await self.until(lambda _: not self.dialogue.is_hearing)
        except TimeoutError:
            pass
        self.dialogue.break_off(time.time())
        self.look()

    async def aclose(self) -> None:
        """Stop."""
        self._is_closed = True
        if self._timer is not None:
            self._timer.cancel()
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self.asks.break_off()
        await self.clips.aclose()
        await self.teller.aclose()
        await self.tools.aclose()


class BridgeTurn:
    """A `Turn` of a voice without sound."""

    def __init__(
        self, conversing: Conversing, response: Response | None, call: Call | None = None
    ) -> None:
        """Take the response in which the tool was called, and the call itself."""
        self._conversing, self._response, self._call = conversing, response, call

    @property
    def call_id(self) -> str:
        """OpenAI's id of the tool's call."""
        return self._call.call_id if self._call is not None else ""

    @property
    def reply(self) -> object:
        """The request that it answers, or the response itself."""
        if self._response is None:
            return None
        return self._conversing.asks.of(self._response) or self._response

    async def heard(self) -> None:
        """Wait until what was said before the tool was called has been heard, or cut off."""
        response = self._response
        if response is not None:
            dialogue = self._conversing.dialogue
            await self._conversing.until(lambda now: dialogue.is_over(response, now))

    @property
    def has_words(self) -> bool:
        """Whether anything was said in it."""
        return self._response is not None and self._conversing.dialogue.has_words(self._response)

    @property
    def was_cut(self) -> bool:
        """Whether the customer spoke over it, or has begun to since it was heard."""
        response = self._response
        if response is None:
            return False
        spoken_at = self._conversing.dialogue.last_speech_at
        return response.was_cut or spoken_at > response.created_at

    def hush(self) -> None:
        """Stop what is being said."""
        self._conversing.hush()

    def fill(self, instructions: str) -> None:
        """Have the model say something short, unless somebody speaks."""
        self._conversing.fill(instructions)
