"""One Realtime session: OpenAI's GA protocol as its clients meet it, over whatever carries it.

Event names, their order and the errors follow OpenAI's published event types; where the real
service was seen to differ from its own pages, the comment says so.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from simulators.openai.config import SessionConfig
from simulators.openai.conversation import Conversation, new_id
from simulators.openai.errors import RealtimeRefusal, error_by_code
from simulators.openai.faults import Faults
from simulators.openai.happening import Journal, Kind
from simulators.openai.items import Items
from simulators.openai.line import Line
from simulators.openai.listening import Listening
from simulators.openai.reply import Reply
from simulators.openai.script import Move, Script, after_tools
from simulators.openai.wire import Wire
from simulators.speech.process import SpeechFailed
from simulators.speech.voice import Voice

# how long the caller gets to go on after words that made no sense: a pause at a comma is shorter
_PATIENCE_S: Final = 0.7
_UNDERSTAND_TIMEOUT_S: Final = 20.0


class SocketDropped(Exception):
    """The fault that cuts the socket has struck."""


class SessionFailed(Exception):
    """The fault that ends the session with an error has struck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOptions:
    """What the server decides for its sessions."""

    voice: Voice
    # the speed of sound on the wire as a multiple of real time; 0: as fast as it goes
    pace: float
    max_session_s: float
    faults: Faults
    # this session's share of the counted faults
    strike_error: bool = False
    # asked at every reply
    strike_drop: Callable[[], bool] = lambda: False
    strike_reply: Callable[[], bool] = lambda: False


class RealtimeSession:
    """Speaks with one client until either side ends it."""

    def __init__(
        self,
        wire: Wire,
        *,
        config: SessionConfig,
        script: Script,
        options: SessionOptions,
        journal: Journal,
        cut: Callable[[], None],
        line: Line | None = None,
    ) -> None:
        """Take the wire for events, and the line for sound if it does not go as events."""
        self.id = new_id("sess")
        self._wire = wire
        self._line = line
        self._script = script
        self._options = options
        self._journal = journal
        # ends the connection without a word
        self._cut = cut
        self._clock = asyncio.get_running_loop()
        self._began = self._clock.time()
        self._config = config
        self._conversation = Conversation()
        self._items = Items(self._conversation, send=self._send, note=self._note)
        self._reply: tuple[Reply, asyncio.Task[None]] | None = None
        # the tools that were called, and the move that waits for their answers
        self._calling: tuple[frozenset[str], Move] | None = None
        self._has_spoken = False
        self.replies = self.tools_called = 0
        self._listening = Listening(
            conversation=self._conversation,
            script=script,
            send=self._send,
            note=self._note,
            on_speech=self._caller_speaks,
            on_turn=self._caller_spoke,
        )
        self._listening.configure(self._config)
        self._handlers: dict[str, Callable[[dict[str, Any]], Awaitable[None]]] = {
            "session.update": self._update_session,
            "input_audio_buffer.append": lambda event: self._listening.append(event.get("audio")),
            "input_audio_buffer.commit": lambda _: self._listening.commit(),
            "input_audio_buffer.clear": lambda _: self._listening.clear(),
            **self._items.handlers,
            "response.create": self._create_response,
            "response.cancel": self._cancel_response,
        }
        if line is not None:
            # refused over a WebSocket, where the client has the sound already
            self._handlers["output_audio_buffer.clear"] = lambda _: self._hush()

    async def run(self) -> None:
        """Serve the session until the client leaves, it expires, or a fault ends it."""
        self._note(Kind.SESSION_OPENED, model=self._config.model)
        limit = self._options.faults.expire_after_s or self._options.max_session_s
        try:
            async with asyncio.timeout(limit):
                await self._converse()
        except TimeoutError:
            self._note(Kind.FAULT, "session_expired")
            await self._send({"type": "error", "error": error_by_code("session_expired")})
            await self._wire.close()
        finally:
            if self._reply is not None:
                self._reply[1].cancel()
                await asyncio.wait([self._reply[1]])
            await self._listening.close()
            self._note(Kind.SESSION_CLOSED)

    async def introduce(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Tell somebody who has come later what session this is."""
        await send(self._named({"type": "session.created", "session": self._session_json()}))

    async def tell(self, event: dict[str, Any]) -> None:
        """Send an event of whoever carries the sound."""
        await self._send(event)

    async def hear(self, samples: NDArray[np.int16]) -> None:
        """Hear the next sound of a caller who does not send it as events: 24 kHz mono."""
        await self._listening.take(samples)

    async def hear_words(self, words: str) -> None:
        """Take words for what the caller has just said, as if they had been recognised.

        All of it is told as of speech that was heard, and what is being said is broken off.
        """
        await self._listening.hear_words(words)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is being said, made or waited for."""
        is_speaking = self._line is not None and self._line.is_speaking
        owes = self._listening.unanswered or self._calling is not None
        return self._reply is None and not is_speaking and not owes

    async def _converse(self) -> None:
        await self._send({"type": "session.created", "session": self._session_json()})
        if self._options.strike_error:
            code = self._options.faults.error_code
            self._note(Kind.FAULT, code)
            await self._send({"type": "error", "error": error_by_code(code)})
            await self._wire.close()
            return
        async for text in self._wire:
            await self._handle(text)

    async def _handle(self, text: str) -> None:
        event_id: str | None = None
        try:
            try:
                event = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise RealtimeRefusal(
                    "invalid_json", "We could not parse the JSON body of your event."
                ) from error
            kind = event.get("type") if isinstance(event, dict) else None
            if not isinstance(kind, str):
                raise RealtimeRefusal(
                    "missing_required_parameter",
                    "Missing required parameter: 'type'.",
                    param="type",
                )
            event_id = event.get("event_id")
            handler = self._handlers.get(kind)
            if handler is None:
                supported = ", ".join(f"'{name}'" for name in self._handlers)
                raise RealtimeRefusal(
                    "invalid_value",
                    f"Invalid value: '{kind}'. Supported values are: {supported}.",
                    param="type",
                )
            await handler(event)
        except RealtimeRefusal as refusal:
            self._note(Kind.REFUSED, refusal.message, code=refusal.code)
            await self._send({"type": "error", "error": refusal.to_json(event_id)})

    # --- the session

    async def _update_session(self, event: dict[str, Any]) -> None:
        self._config = self._config.updated(event.get("session"), has_spoken=self._has_spoken)
        self._listening.configure(self._config)
        self._note(Kind.SESSION_CONFIGURED)
        await self._send({"type": "session.updated", "session": self._session_json()})

    # --- turns

    async def _caller_speaks(self) -> None:
        detection = self._config.audio.input.turn_detection
        if detection is None or not detection.interrupt_response:
            return
        if self._reply is not None:
            await self._stop_reply("turn_detected")
        await self._hush()

    async def _hush(self) -> None:
        """Drop the sound that waits at the line, and what of its words was not heard."""
        cut = self._line.clear() if self._line is not None else None
        if cut is None:
            return
        await self._send({"type": "output_audio_buffer.cleared", "response_id": cut.response_id})
        # the server knows what has been played, and truncates by itself
        await self._items.truncate(cut.item_id, 0, cut.played_ms)

    async def _caller_spoke(self) -> None:
        detection = self._config.audio.input.turn_detection
        if detection is not None and detection.create_response and self._reply is None:
            self._start_reply({})

    async def _create_response(self, event: dict[str, Any]) -> None:
        params = event.get("response") or {}
        if not isinstance(params, dict):
            raise RealtimeRefusal(
                "invalid_type",
                "Invalid type for 'response': expected an object.",
                param="response",
            )
        if self._reply is not None:
            raise RealtimeRefusal(
                "conversation_already_has_active_response",
                "Conversation already has an active response in progress: "
                f"{self._reply[0].id}. Wait until the response is finished before creating a new "
                "one.",
            )
        self._start_reply(params)

    async def _cancel_response(self, event: dict[str, Any]) -> None:
        wanted = event.get("response_id")
        if self._reply is None or wanted not in (None, self._reply[0].id):
            raise RealtimeRefusal(
                "response_cancel_not_active", "Cancellation failed: no active response found"
            )
        await self._stop_reply("client_cancelled")

    def _start_reply(self, params: dict[str, Any]) -> None:
        config = self._config
        reply = Reply(
            conversation=self._conversation,
            config=config,
            send=self._send,
            metadata=params.get("metadata"),
            pace=self._options.pace,
            settings_letters=len(config.instructions)
            + sum(len(tool.model_dump_json()) for tool in config.tools),
        )
        self._reply = reply, asyncio.create_task(self._run_reply(reply, params))

    async def _stop_reply(self, reason: Literal["turn_detected", "client_cancelled"]) -> None:
        if self._reply is None:
            return
        reply, task = self._reply
        task.cancel()
        await asyncio.wait([task])
        if self._reply is None:  # it was just over
            return
        self._reply = None
        if reason == "turn_detected" and reply.spoken is not None:
            self._note(Kind.BARGE_IN, reply.spoken.text, sent_ms=reply.spoken.audio_ms)
        await reply.abandon(reason)

    async def _run_reply(self, reply: Reply, params: dict[str, Any]) -> None:
        try:
            await reply.begin()
            move = await self._next_move(params)
            if not move.understood:
                await asyncio.sleep(_PATIENCE_S)
            calls = self._offered(move, params)
            if calls:
                self._answering()
                items = [await reply.call(call) for call in calls]
                self._calling = frozenset(str(item.call_id) for item in items), move
                for call in calls:
                    self.tools_called += 1
                    self._note(Kind.TOOL_CALLED, call.tool, arguments=call.arguments)
            else:
                await self._say(reply, move)
            self._reply = None
            await reply.finish()
        except (SpeechFailed, TimeoutError) as error:
            self._reply = None
            await reply.fail("speech_failed", str(error) or "speech took too long")
        except SessionFailed:
            code = self._options.faults.error_code
            self._note(Kind.FAULT, code)
            await self._send({"type": "error", "error": error_by_code(code)})
            await self._wire.close()
        except SocketDropped:
            self._note(Kind.FAULT, "dropped the socket")
            self._cut()
        except ConnectionError:
            self._reply = None  # the client has gone; run() ends by itself

    def _answering(self) -> None:
        self._listening.unanswered.clear()
        if self._outputs():
            # else the call is still waited for: it may be spoken meanwhile
            self._calling = None

    def _outputs(self) -> list[str]:
        """What was answered of the calls that are waited for."""
        waiting = self._calling[0] if self._calling is not None else frozenset()
        outputs = {
            item.call_id: item.output
            for item in self._conversation.items
            if item.type == "function_call_output" and item.call_id in waiting
        }
        return list(outputs.values())

    async def _next_move(self, params: dict[str, Any]) -> Move:
        if self._listening.unanswered:
            async with asyncio.timeout(_UNDERSTAND_TIMEOUT_S):
                text = await asyncio.shield(self._listening.unanswered[-1].understood)
            if self._script.grammar is None:
                # pieces of a sentence, each in its own item
                before = [piece.item.text for piece in self._listening.unanswered[:-1]]
                text = " ".join(filter(None, [*before, text])).lower()
            return self._script.hear(text, self._tools(params))
        outputs = self._outputs()
        if self._calling is not None and outputs:
            return after_tools(self._calling[1], outputs)
        hint = str(params.get("instructions") or "").removeprefix(self._config.instructions)
        if any(item.role in ("user", "assistant") for item in self._conversation.items):
            return self._script.prompt(hint)
        return self._script.greet(hint)

    def _tools(self, params: dict[str, Any]) -> dict[str, set[str]]:
        if (params.get("tool_choice") or self._config.tool_choice) == "none":
            return {}
        sent = params.get("tools")
        tools = sent if isinstance(sent, list) else [t.model_dump() for t in self._config.tools]
        return {
            str(tool.get("name")): set((tool.get("parameters") or {}).get("properties") or ())
            for tool in tools
            if isinstance(tool, dict)
        }

    def _offered(self, move: Move, params: dict[str, Any]) -> list[Any]:
        offered = self._tools(params)
        for call in move.calls:
            if call.tool not in offered:
                self._note(Kind.TOOL_NOT_OFFERED, call.tool)
        return [call for call in move.calls if call.tool in offered]

    async def _say(self, reply: Reply, move: Move) -> None:
        if self._options.faults.first_audio_delay_s:
            await asyncio.sleep(self._options.faults.first_audio_delay_s)
        if self._config.output_modalities == ["text"]:
            self._answering()
            self._note(Kind.SAYS, move.say, turn=move.turn)
            await reply.write(move.say)
            return
        speed = self._config.audio.output.speed
        voice = replace(self._options.voice, length=self._options.voice.length / speed)
        samples, _ = await voice.speak(move.say)
        drops, fails = self._options.strike_drop(), self._options.strike_reply()

        def progress(at_ms: int) -> None:
            if fails and at_ms >= self._options.faults.drop_after_ms:
                raise SessionFailed
            if drops and at_ms >= self._options.faults.drop_after_ms:
                raise SocketDropped
            if at_ms == 0:
                # from its first sound on, what the caller said counts as answered
                self._answering()
                self._has_spoken = True
                self.replies += 1
                self._note(Kind.SAYS, move.say, turn=move.turn)

        await reply.say(move.say, samples, progress, self._line)
        self._note(Kind.SAID, move.say, turn=move.turn)

    # --- the wire

    async def _send(self, event: dict[str, Any]) -> None:
        await self._wire.send(self._named(event))

    @staticmethod
    def _named(event: dict[str, Any]) -> str:
        return json.dumps({"type": event["type"], "event_id": f"event_{uuid4().hex[:21]}", **event})

    def _session_json(self) -> dict[str, Any]:
        return {
            "object": "realtime.session",
            "id": self.id,
            **self._config.model_dump(mode="json"),
            "expires_at": int(time.time() + self._options.max_session_s),
        }

    def _note(self, kind: Kind, text: str = "", **details: Any) -> None:
        self._journal.note(kind, self.id, self._clock.time() - self._began, text, **details)
