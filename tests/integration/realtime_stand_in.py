"""A Realtime server that does what a test tells it: no speech, no ears, only the protocol.

The simulated OpenAI speaks and listens for itself; these tests place single events of the protocol
at moments of their choice (a late transcript, speech that begins under a tool call). What
the agent asks of its session is judged by the simulator's own strict rules.
"""

import asyncio
import base64
import json
import math
import struct
from typing import Any, Self
from uuid import uuid4

from aiohttp import WSMsgType, web

from simulators.openai.config import SessionConfig

RATE = 24_000
TONE_HZ = 440


def tone(seconds: float) -> bytes:
    """16-bit samples of a tone that nobody mistakes for silence."""
    return b"".join(
        struct.pack("<h", round(9000 * math.sin(2 * math.pi * TONE_HZ * n / RATE)))
        for n in range(round(seconds * RATE))
    )


class RealtimeStandIn:
    """Serves `/v1/models` and `/v1/realtime`; `events` is what the agent has sent."""

    def __init__(self) -> None:
        self.base_url = ""
        self.models = ["gpt-realtime"]
        self.refuse_with: int | None = None
        self.greeting_s = 1.0
        self.session_delay_s = 0.0
        self.events: list[dict[str, Any]] = []
        self.audio_received = 0
        self.sessions_opened = 0
        self.asked_for_model = ""
        self._changed = asyncio.Event()
        self._ws: web.WebSocketResponse | None = None
        self._response: str | None = None
        self._tone = tone(10)
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(
            [web.get("/v1/models", self._models), web.get("/v1/realtime", self._realtime)]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def begin(self) -> None:
        """Forget what an earlier test did."""
        self.events.clear()
        self._response = None
        self._ws = None  # what an earlier agent still sends is not this test's
        self.refuse_with, self.greeting_s, self.session_delay_s = None, 1.0, 0.0
        self.audio_received, self.sessions_opened = 0, 0

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == kind]

    async def received(self, kind: str, count: int = 1, timeout_s: float = 10) -> dict[str, Any]:
        """Wait for the agent's nth event of a kind."""
        async with asyncio.timeout(timeout_s):
            while len(self.of(kind)) < count:
                self._changed.clear()
                await self._changed.wait()
        return self.of(kind)[count - 1]

    async def drop(self) -> None:
        """Lose the connection."""
        if self._ws is not None:
            await self._ws.close()

    async def send(self, **event: Any) -> None:
        assert self._ws is not None
        await self._ws.send_str(json.dumps({"event_id": uuid4().hex, **event}))

    async def hear(self, text: str, *, answer_s: float | None = None, words: str = "") -> None:
        """Behave as if the caller had said this, and answer it."""
        item = await self.hear_beginning()
        await self.hear_end(item)
        await self.transcribe(item, text)
        if answer_s is not None:
            await self.speak(words, answer_s)

    async def hear_beginning(self) -> str:
        item = f"item_{uuid4().hex[:12]}"
        if self._response is not None:
            self._response = None
        await self.send(type="input_audio_buffer.speech_started", item_id=item, audio_start_ms=0)
        return item

    async def hear_end(self, item: str) -> None:
        await self.send(type="input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=500)
        await self.send(type="input_audio_buffer.committed", item_id=item, previous_item_id=None)
        await self.send(
            type="conversation.item.added",
            previous_item_id=None,
            item={
                "id": item,
                "type": "message",
                "role": "user",
                "status": "completed",
                "content": [{"type": "input_audio", "transcript": None}],
            },
        )

    async def transcribe(self, item: str, text: str) -> None:
        await self.send(
            type="conversation.item.input_audio_transcription.completed",
            item_id=item,
            content_index=0,
            transcript=text,
            usage={"type": "duration", "seconds": 1},
        )

    async def speak(
        self, words: str, seconds: float, metadata: dict[str, str] | None = None
    ) -> None:
        """Answer with a tone of this length, faster than real time."""
        response, item = await self._begin_response(metadata)
        await self._end_response(response, await self._say(response, item, words, seconds))

    async def speak_and_call(self, words: str, seconds: float, tool: str) -> None:
        """Answer, and call a tool without arguments in the same turn."""
        response, item = await self._begin_response(None)
        said = await self._say(response, item, words, seconds)
        await self.send(
            type="response.output_item.done", response_id=response, output_index=0, item=said
        )
        await self._call(response, f"item_{uuid4().hex[:12]}", tool, {})

    def keep_busy(self) -> None:
        """Be about to make a response of its own: until it speaks, no other is taken."""
        self._response = "resp_not_created_yet"

    async def _say(self, response: str, item: str, words: str, seconds: float) -> dict[str, Any]:
        message: dict[str, Any] = {
            "id": item, "type": "message", "role": "assistant", "content": [],
        }  # fmt: skip
        await self.send(
            type="response.output_item.added", response_id=response, output_index=0, item=message
        )
        await self.send(type="conversation.item.added", previous_item_id=None, item=message)
        where = {"response_id": response, "item_id": item, "output_index": 0, "content_index": 0}
        await self.send(
            type="response.content_part.added", part={"type": "audio", "transcript": ""}, **where
        )
        await self.send(type="response.output_audio_transcript.delta", delta=words, **where)
        samples = self._tone[: round(seconds * RATE) * 2]
        for start in range(0, len(samples), RATE // 5):
            if self._response != response:
                break
            piece = base64.b64encode(samples[start : start + RATE // 5]).decode()
            await self.send(type="response.output_audio.delta", delta=piece, **where)
        await self.send(type="response.output_audio.done", **where)
        return message

    async def call_tool(self, name: str, /, **arguments: Any) -> None:
        response, item = await self._begin_response(None)
        await self._call(response, item, name, arguments)

    async def _call(self, response: str, item: str, name: str, arguments: dict[str, Any]) -> None:
        call = {
            "id": item,
            "type": "function_call",
            "call_id": f"call_{uuid4().hex[:12]}",
            "name": name,
            "arguments": json.dumps(arguments),
            "status": "completed",
        }
        await self.send(
            type="response.output_item.added", response_id=response, output_index=0, item=call
        )
        await self.send(type="conversation.item.added", previous_item_id=None, item=call)
        await self._end_response(response, call)

    async def _begin_response(self, metadata: dict[str, str] | None) -> tuple[str, str]:
        response = f"resp_{uuid4().hex[:12]}"
        self._response = response
        await self.send(
            type="response.created",
            response={
                "id": response,
                "object": "realtime.response",
                "status": "in_progress",
                "output": [],
                "metadata": metadata,
            },
        )
        return response, f"item_{uuid4().hex[:12]}"

    async def _end_response(self, response: str, item: dict[str, Any]) -> None:
        status = "completed" if self._response == response else "cancelled"
        await self.send(
            type="response.output_item.done", response_id=response, output_index=0, item=item
        )
        await self.send(
            type="response.done",
            response={
                "id": response,
                "object": "realtime.response",
                "status": status,
                "output": [],
            },
        )
        self._response = None

    async def _models(self, _: web.Request) -> web.Response:
        if self.refuse_with is not None:
            raise web.HTTPUnauthorized
        data = [{"id": name, "object": "model"} for name in self.models]
        return web.json_response({"object": "list", "data": data})

    async def _realtime(self, request: web.Request) -> web.WebSocketResponse:
        if self.refuse_with is not None:
            return web.Response(status=self.refuse_with)  # type: ignore[return-value]
        self.asked_for_model = request.query["model"]
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        self._ws = ws
        self.sessions_opened += 1
        await self.send(type="session.created", session={"type": "realtime"})
        async for message in ws:
            if message.type is WSMsgType.TEXT and ws is self._ws:
                await self._take(json.loads(message.data))
        return ws

    async def _take(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        if kind == "input_audio_buffer.append":
            self.audio_received += len(event["audio"])
            return
        self.events.append(event)
        self._changed.set()
        if kind == "session.update":
            # raises what OpenAI would refuse
            asked = SessionConfig(type="realtime", model=self.asked_for_model)
            asked.updated(event["session"], has_spoken=False)
            await asyncio.sleep(self.session_delay_s)
            await self.send(type="session.updated", session=event["session"])
        elif kind == "response.cancel":
            self._response = None
        elif kind == "response.create" and self._response is not None:
            code = "conversation_already_has_active_response"
            error = {"type": "invalid_request_error", "code": code, "message": "Wait for it."}
            await self.send(type="error", error={**error, "event_id": event["event_id"]})
        elif kind == "response.create":
            metadata = (event.get("response") or {}).get("metadata")
            words = "Hello, this is the shop." if len(self.of(kind)) == 1 else "It is done."
            task = asyncio.create_task(self.speak(words, self.greeting_s, metadata))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        elif kind == "conversation.item.create":
            item = event["item"]
            await self.send(type="conversation.item.added", previous_item_id=None, item=item)
        elif kind in ("conversation.item.delete", "conversation.item.truncate"):
            past = {"delete": "deleted", "truncate": "truncated"}[kind.rpartition(".")[2]]
            await self.send(type=f"conversation.item.{past}", item_id=event["item_id"])
