"""The simulated OpenAI: Realtime and its calls, Responses, the models; `/sim/...` to steer it."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web
from pydantic import ValidationError

from simulators.openai.calls import Calls
from simulators.openai.config import SessionConfig
from simulators.openai.errors import error_by_code, http_error
from simulators.openai.faults import Faults
from simulators.openai.happening import Happening, Journal, Kind
from simulators.openai.responses import Responses
from simulators.openai.scenario import BadScenario, Scenario
from simulators.openai.script import FreeTalk, ScenarioScript, Script
from simulators.openai.session import RealtimeSession, SessionOptions
from simulators.openai.wire import SocketWire
from simulators.speech import ear
from simulators.speech.voice import AGENT, Voice

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# OpenAI's list and its announced last days, November 2026
MODELS: Final[dict[str, str | None]] = {
    "gpt-realtime-2.1": None,
    "gpt-realtime-2.1-mini": None,
    "gpt-realtime-2": None,
    "gpt-realtime-1.5": None,
    "gpt-realtime": "2027-01-20",
    "gpt-realtime-mini": "2027-01-20",
    "gpt-transcribe": None,
    "gpt-4o-mini-transcribe": "2027-02-26",
    "gpt-5": "2026-12-11",
    "gpt-5-mini": "2026-12-11",
    "gpt-5.4": None,
    "gpt-5.5": None,
}
MAX_SESSION_S: Final = 60 * 60
# the real service sends speech several times faster than it is spoken
PACE: Final = 4.0


class OpenAISimulator:
    """Serves on 127.0.0.1 from `async with` on; `port` 0 takes a free one."""

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        scenario: Scenario | None = None,
        pace: float = PACE,
        faults: Faults | None = None,
        models: dict[str, str | None] | None = None,
        api_keys: frozenset[str] | None = None,
        voice: Voice = AGENT,
        max_session_s: float = MAX_SESSION_S,
        sends_in_silence: bool = True,
    ) -> None:
        """Take what is to be simulated.

        Whether the real service sends RTP while it is silent is not documented: try both.
        """
        self._host, self._port = host, port
        self._scenario = scenario
        self._pace = pace
        self.faults = faults or (scenario.faults if scenario else Faults())
        self._models = MODELS if models is None else models
        # None: any key is good
        self._api_keys = api_keys
        self._voice = voice
        self._max_session_s = max_session_s
        self.journal = Journal()
        self._sockets: set[web.WebSocketResponse] = set()
        self.calls = Calls(
            journal=self.journal,
            faults=lambda: self.faults,
            strikes=self._strikes,
            script=self._script,
            options=self._options,
            models=lambda: frozenset(self._models),
            sends_in_silence=sends_in_silence,
        )
        self._responses = Responses(
            journal=self.journal,
            models=lambda: frozenset(self._models),
            faults=lambda: self.faults,
            strikes=self._strikes,
            texts=scenario.promised if scenario is not None else {},
        )
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """What a client takes as OPENAI_BASE_URL."""
        return f"http://{self._host}:{self._port}/v1"

    @property
    def happenings(self) -> list[Happening]:
        """What has happened so far, oldest first."""
        return list(self.journal.happenings)

    @property
    def open_sessions(self) -> int:
        """Number of sessions that are open now, over WebSockets and in calls."""
        return len(self._sockets) + len(self.calls)

    async def __aenter__(self) -> Self:
        """Get the words ready, then listen."""
        await self._prepare()
        app = web.Application()
        app.add_routes(
            [
                web.get("/v1/models", self._list_models),
                web.get("/v1/models/{model}", self._get_model),
                web.get("/v1/realtime", self._realtime),
                web.post("/v1/realtime/calls", self._with_key(self.calls.create)),
                web.post("/v1/realtime/calls/{call_id}/hangup", self._with_key(self.calls.hang_up)),
                web.post("/v1/responses", self._with_key(self._responses.create)),
                web.get("/sim/counters", self._show_counters),
                web.get("/sim/happenings", self._show_happenings),
                web.get("/sim/faults", self._show_faults),
                web.post("/sim/faults", self._arm_faults),
                web.delete("/sim/faults", self._disarm_faults),
            ]
        )
        app.on_shutdown.append(self._hang_up)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close every session and the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _prepare(self) -> None:
        """Load the recogniser and speak all lines that are known beforehand into the cache."""
        scenario = self._scenario
        if scenario is None:
            await asyncio.gather(ear.warm_up(None), self._voice.speak(FreeTalk().greet("").say))
            return
        if unknown := await ear.unknown_words(scenario.words()):
            raise BadScenario(
                f"scenario {scenario.name}: the recogniser does not know "
                f"{', '.join(sorted(unknown))}; use other words or list them under pronunciations"
            )
        script = ScenarioScript(scenario)
        lines = scenario.fixed_lines()
        lines += [script.hear(line.say, {}).say for line in scenario.caller]
        await asyncio.gather(
            ear.warm_up(scenario.grammar()),
            *(self._voice.speak(line) for line in dict.fromkeys(lines)),
        )

    def _script(self) -> Script:
        return FreeTalk() if self._scenario is None else ScenarioScript(self._scenario)

    def _strikes(self, name: str) -> bool:
        struck, self.faults = self.faults.taken(name)
        return struck

    def _with_key(self, serve: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.StreamResponse:
            return self._refusal(request) or await serve(request)

        return guarded

    def _refusal(self, request: web.Request) -> web.Response | None:
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            message = (
                "You didn't provide an API key. You need to provide your API key in an "
                "Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
            )
            return web.json_response(http_error("missing_api_key", message), status=401)
        if self._api_keys is not None and key not in self._api_keys:
            message = "Incorrect API key provided."
            return web.json_response(http_error("invalid_api_key", message), status=401)
        return None

    async def _list_models(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if self.faults.models_status is not None:
            body = http_error("server_error", "The server had an error processing your request.")
            return web.json_response(body, status=self.faults.models_status)
        data = [self._model_json(name) for name in self._models]
        return web.json_response({"object": "list", "data": data})

    async def _get_model(self, request: web.Request) -> web.Response:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        name = request.match_info["model"]
        if name not in self._models:
            message = f"The model '{name}' does not exist"
            return web.json_response(http_error("model_not_found", message), status=404)
        return web.json_response(self._model_json(name))

    def _model_json(self, name: str) -> dict[str, Any]:
        model = {"id": name, "object": "model", "created": 1_756_000_000, "owned_by": "system"}
        shutdown = self._models[name]
        return model | ({"shutdown_date": shutdown} if shutdown else {})

    async def _realtime(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        if (call_id := request.query.get("call_id")) is not None:
            return await self.calls.attach(request, call_id)
        if self._strikes("refuse_connections"):
            self.journal.note(Kind.FAULT, "", 0.0, "refused a connection")
            body = http_error("server_error", "The server is overloaded or not ready yet.")
            return web.json_response(body, status=self.faults.refuse_status)
        mute = self._strikes("mute_sessions")
        socket = web.WebSocketResponse(heartbeat=30.0, max_msg_size=20 * 2**20)
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            if mute:
                self.journal.note(Kind.FAULT, "", 0.0, "said nothing on a session")
                async for _ in socket:
                    continue
                return socket
            await self._serve(request, socket)
        finally:
            self._sockets.discard(socket)
        return socket

    async def _serve(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        model = request.query.get("model", "")
        if model not in self._models:
            error = error_by_code("model_not_found")
            error["message"] = (
                f"The model `{model}` does not exist or you do not have access to it."
            )
            await socket.send_json({"type": "error", "event_id": "event_0", "error": error})
            await socket.close()
            return
        session = RealtimeSession(
            SocketWire(socket),
            config=SessionConfig(type="realtime", model=model),
            script=self._script(),
            options=self._options(),
            journal=self.journal,
            # no close frame: the connection just ends, as when a machine dies
            cut=lambda: request.transport.abort() if request.transport else None,
        )
        await session.run()

    def _options(self) -> SessionOptions:
        return SessionOptions(
            voice=self._voice,
            pace=self._pace,
            max_session_s=self._max_session_s,
            faults=self.faults,
            strike_error=self._strikes("error_sessions"),
            strike_drop=lambda: self._strikes("drop_replies"),
            strike_reply=lambda: self._strikes("error_replies"),
        )

    async def _hang_up(self, _: web.Application) -> None:
        for socket in list(self._sockets):
            await socket.close(code=1001, message=b"going away")
        await self.calls.close()

    async def _show_counters(self, _: web.Request) -> web.Response:
        return web.json_response(
            {"open_sessions": self.open_sessions, "happenings": dict(self.journal.counts)}
        )

    async def _show_happenings(self, _: web.Request) -> web.Response:
        return web.json_response([happening.to_json() for happening in self.happenings])

    async def _show_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self.faults.model_dump(mode="json"))

    async def _arm_faults(self, request: web.Request) -> web.Response:
        try:
            sent = await request.json()
            self.faults = Faults.model_validate(self.faults.model_dump() | sent)
        except (ValidationError, ValueError, TypeError, RecursionError) as error:
            return web.json_response(http_error("invalid_fault", str(error)), status=400)
        return await self._show_faults(request)

    async def _disarm_faults(self, request: web.Request) -> web.Response:
        self.faults = Faults()
        return await self._show_faults(request)
