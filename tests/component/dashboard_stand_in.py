"""The dashboard's own door and files, with made-up rows behind it instead of a database."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from controlplane.dashboard.door import Door
from controlplane.dashboard.routes import dashboard_routes
from controlplane.http.middleware import (
    Handler,
    error_response,
    errors_as_json,
    operators_only,
)
from tests.component import dashboard_rows as rows
from tests.component.bench import OPERATOR_KEY


@dataclass
class StandIn:
    """Answers what it is given; keeps what it was asked to do."""

    livekit_url: str = "ws://127.0.0.1:7880"
    listener_token: str = ""
    operator_tokens: list[str] = field(default_factory=list)
    """For who takes over, the last one first."""
    live: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    is_broken: bool = False
    """Every route of the operators that reads fails."""
    has_stream: bool = True
    sound: bytes | None = None
    """Each side of the recording, as Ogg Opus; without it the call is not recorded."""
    heard: list[str] = field(default_factory=list)
    """Sides that were asked for."""
    url: str = ""
    _streams: set[asyncio.Queue[bool]] = field(default_factory=set)

    def show(self, *calls: dict[str, Any]) -> None:
        """Tell every page that these are the calls in progress."""
        self.live = list(calls)
        for stream in self._streams:
            stream.put_nowait(True)

    def hang_up_streams(self) -> None:
        """End every stream, as a restart does."""
        for stream in self._streams:
            stream.put_nowait(False)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Serve on a free port of loopback."""
        door = Door(OPERATOR_KEY)
        guard = operators_only(OPERATOR_KEY, door.refusal)
        app = web.Application(middlewares=[errors_as_json])
        app.add_routes(
            [
                *dashboard_routes(door, livekit_url=self.livekit_url, is_off=False),
                web.get("/dashboard/api/events", guard(self._events)),
                web.get("/dashboard/api/{name}", guard(self._if_whole(self._rows))),
                web.get(
                    "/{name:calls|consents|follow-ups|rooms}", guard(self._if_whole(self._rows))
                ),
                web.get("/calls/{call_id}", guard(self._if_whole(self._call))),
                web.get("/calls/{call_id}/recording/{side}", guard(self._sound)),
                web.post("/calls/{call_id}/{way:listen|takeover}", guard(self._let_in)),
                web.post("/{path:(?:calls|consents|follow-ups).*}", guard(self._act)),
            ]
        )
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield
        finally:
            self.hang_up_streams()
            await runner.cleanup()

    def _if_whole(self, handler: Handler) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            if self.is_broken:
                return error_response(503, "database-away", rows.AWAY)
            return await handler(request)

        return answer

    async def _events(self, request: web.Request) -> web.StreamResponse:
        if not self.has_stream:
            return error_response(503, "too-many-listeners", "Too many pages listen.")
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        stream: asyncio.Queue[bool] = asyncio.Queue()
        self._streams.add(stream)
        try:
            while True:
                data = json.dumps({"calls": self.live})
                await response.write(f"event: now\ndata: {data}\n\n".encode())
                if not await stream.get():
                    return response
        finally:
            self._streams.discard(stream)

    async def _rows(self, request: web.Request) -> web.Response:
        calls = [rows.ended_call(), *(rows.ended_call() | self._as_row(one) for one in self.live)]
        is_searched = request.query.get("q", "") not in ("", "Susan")
        found = {
            "calls": {"calls": [] if is_searched else calls},
            "rooms": rows.rooms(),
            "consents": rows.consents(),
            "follow-ups": {"follow_ups": [rows.follow_up().model_dump(mode="json")]},
            "outcomes": rows.outcomes(),
            "funnel": rows.funnel(),
            "costs": {"today_usd": 3.4, "cap_usd": 5.0, "unpriced": 2},
        }
        return web.json_response(found[request.match_info["name"]])

    @staticmethod
    def _as_row(live: dict[str, Any]) -> dict[str, Any]:
        return {"id": live["call_id"], "status": live["status"], "ended_at": None}

    async def _call(self, _: web.Request) -> web.Response:
        call = rows.ended_call()
        if self.sound is None:
            call["recording"] |= {"sides": [], "why_not": rows.NOT_RECORDED, "status": "declined"}
        return web.json_response(call)

    async def _sound(self, request: web.Request) -> web.Response:
        self.heard.append(request.match_info["side"])
        assert self.sound is not None
        part = request.http_range
        response = web.Response(body=self.sound[part], content_type="audio/ogg")
        response.headers["Accept-Ranges"] = "bytes"
        if part.start is not None:
            whole = len(self.sound)
            first = part.start
            response.set_status(206)
            response.headers["Content-Range"] = f"bytes {first}-{(part.stop or whole) - 1}/{whole}"
        return response

    async def _let_in(self, request: web.Request) -> web.Response:
        way = request.match_info["way"]
        token = self.listener_token if way == "listen" else self.operator_tokens.pop()
        return web.json_response(
            {"url": self.livekit_url, "token": token, "expires_in_s": 60}, status=201
        )

    async def _act(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, await request.json()))
        if request.path == "/calls":
            return error_response(409, "no-permission", rows.REFUSAL)
        return web.json_response({"erased": {"calls": 3, "consents": 1}})
