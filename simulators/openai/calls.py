"""`/v1/realtime/calls`: WebRTC calls are made, watched from the side, and hung up.

OpenAI's guides "Realtime API with WebRTC" (unified interface) and "Webhooks and server-side
controls"; the shapes are those of the client library's `realtime.calls`.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from aiohttp import WSCloseCode, web

from simulators.openai.call import RealtimeCall
from simulators.openai.config import SessionConfig
from simulators.openai.errors import RealtimeRefusal, error_by_code, http_error
from simulators.openai.faults import Faults
from simulators.openai.happening import Journal, Kind
from simulators.openai.line import Line
from simulators.openai.script import Script
from simulators.openai.session import RealtimeSession, SessionOptions
from simulators.openai.wire import CallWire, SocketWire


class Calls:
    """The calls of one simulator."""

    def __init__(
        self,
        *,
        journal: Journal,
        faults: Callable[[], Faults],
        strikes: Callable[[str], bool],
        script: Callable[[], Script],
        options: Callable[[], SessionOptions],
        models: Callable[[], frozenset[str]],
        sends_in_silence: bool,
    ) -> None:
        self._journal = journal
        self._faults = faults
        self._strikes = strikes
        self._script = script
        self._options = options
        self._models = models
        self._sends_in_silence = sends_in_silence
        self._open: dict[str, RealtimeCall] = {}
        self._taken = 0
        self._sidebands: set[web.WebSocketResponse] = set()

    def __len__(self) -> int:
        return len(self._open)

    def find(self, call_id: str) -> RealtimeCall | None:
        """Return an open call by its id."""
        return self._open.get(call_id)

    async def create(self, request: web.Request) -> web.Response:
        """Answer an offer: 201, the answer as SDP, the call's address in `Location`."""
        after = self._faults().refuse_calls_after
        if self._strikes("refuse_calls") or (after is not None and self._taken >= after):
            self._journal.note(Kind.FAULT, "", 0.0, "refused a call")
            body = http_error("server_error", "The server is overloaded or not ready yet.")
            return web.json_response(body, status=self._faults().refuse_status)
        await asyncio.sleep(self._faults().answer_delay_s)
        try:
            sdp, session = await _read(request)
            config = self._configure(session)
        except RealtimeRefusal as refusal:
            return web.json_response({"error": refusal.to_json(None)}, status=400)
        call = RealtimeCall(
            lambda wire, line: self._session(config, wire, line),
            sends_in_silence=self._sends_in_silence,
            ended=self._forget,
        )
        try:
            answer = await call.answer(sdp)
        except Exception as error:  # aiortc names no errors of its own
            await call.close()
            body = http_error("invalid_offer", f"The SDP offer could not be used: {error}.")
            return web.json_response(body, status=400)
        self._open[call.id] = call
        self._taken += 1
        return web.Response(
            status=201,
            text=answer,
            content_type="application/sdp",
            headers={"Location": f"/v1/realtime/calls/{call.id}"},
        )

    async def hang_up(self, request: web.Request) -> web.Response:
        """End a call."""
        call = self._open.get(request.match_info["call_id"])
        if call is None:
            return _unknown()
        await call.hang_up()
        return web.Response(status=200)

    async def attach(self, request: web.Request, call_id: str) -> web.StreamResponse:
        """Let a sideband see and steer a call for as long as it likes."""
        call = self._open.get(call_id)
        if call is None:
            return _unknown()
        if self._strikes("refuse_sidebands"):
            self._journal.note(Kind.FAULT, "", 0.0, "refused a sideband")
            body = http_error("server_error", "The server is overloaded or not ready yet.")
            return web.json_response(body, status=503)
        socket = web.WebSocketResponse(heartbeat=30.0, max_msg_size=20 * 2**20)
        await socket.prepare(request)
        end = SocketWire(socket)
        await call.introduce(end)
        call.wire.attach(end)
        self._sidebands.add(socket)
        try:
            async for text in end:
                call.wire.take(text)
        finally:
            call.wire.detach(end)
            self._sidebands.discard(socket)
        return socket

    async def end(self, call_id: str) -> None:
        """End a call of which the client believes that it goes on."""
        await self._open[call_id].hang_up()

    async def break_sidebands(self) -> None:
        """Break all sidebands; the calls go on."""
        for socket in list(self._sidebands):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    async def close(self) -> None:
        """End all calls."""
        for call in list(self._open.values()):
            await call.hang_up()
            await call.close()

    def _forget(self, call: RealtimeCall) -> None:
        self._open.pop(call.id, None)

    def _configure(self, session: dict[str, Any]) -> SessionConfig:
        model = session.get("model")
        if model not in self._models() - self._faults().missing_models:
            error = error_by_code("model_not_found")
            raise RealtimeRefusal("model_not_found", str(error["message"]), param="session.model")
        config = SessionConfig(type="realtime", model=str(model))
        return config.updated(session, has_spoken=False)

    def _session(self, config: SessionConfig, wire: CallWire, line: Line) -> RealtimeSession:
        return RealtimeSession(
            wire,
            config=config,
            script=self._script(),
            options=self._options(),
            journal=self._journal,
            cut=wire.break_off,
            line=line,
        )


async def _read(request: web.Request) -> tuple[str, dict[str, Any]]:
    """Read offer and session: a multipart form, or the offer alone with the model in the query.

    Raises:
        RealtimeRefusal: a part is missing, or is not what it should be.
    """
    if request.content_type == "application/sdp":
        return await request.text(), {
            "type": "realtime",
            "model": request.query.get("model", ""),
        }
    if request.content_type != "multipart/form-data":
        raise RealtimeRefusal(
            "invalid_content_type",
            f"Unsupported content type: '{request.content_type}'. Use 'application/sdp' or "
            "'multipart/form-data'.",
        )
    form = await request.post()
    parts = {name: _text(form.get(name)) for name in ("sdp", "session")}
    for name, part in parts.items():
        if not part:
            raise RealtimeRefusal(
                "missing_required_parameter",
                f"Missing required parameter: '{name}'.",
                param=name,
            )
    try:
        session = json.loads(parts["session"])
    except (ValueError, RecursionError) as error:
        raise RealtimeRefusal(
            "invalid_json", "We could not parse the JSON of 'session'.", param="session"
        ) from error
    if not isinstance(session, dict):
        raise RealtimeRefusal(
            "invalid_type", "Invalid type for 'session': expected an object.", param="session"
        )
    return parts["sdp"], session


def _text(part: object) -> str:
    # what is not declared as text comes as bytes, and with a file's name as a file
    data = part.file.read() if isinstance(part, web.FileField) else part
    if isinstance(data, bytes | bytearray):
        return data.decode(errors="replace")
    return data if isinstance(data, str) else ""


def _unknown() -> web.Response:
    message = "No session found for the provided call_id."
    return web.json_response(http_error("call_id_not_found", message), status=404)
