"""One process's control plane: its routes, its loops, how it starts and how it ends."""

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator, Mapping

import aiohttp
from aiohttp import web

from controlplane.bridge.leg_looks import BridgeLooks
from controlplane.bridge.listening import BridgeListening
from controlplane.carriers import make_bridges, make_legs, make_recordings
from controlplane.core.quality import LOOK_S as QUALITY_LOOK_S
from controlplane.dashboard.costs import CostRoutes
from controlplane.dashboard.door import Door
from controlplane.dashboard.live import RoomNow, room_now
from controlplane.dashboard.routes import dashboard_routes, page_routes
from controlplane.dashboard.stream import LiveStream
from controlplane.dashboard.views import Views
from controlplane.database_way import client_limits, connect_database, make_client_watch
from controlplane.errands.tables import ErrandRows
from controlplane.http.arrivals import Arrivals
from controlplane.http.callees import Callees
from controlplane.http.calls import CallRoutes
from controlplane.http.consents import ConsentRoutes
from controlplane.http.door import DoorLimits
from controlplane.http.follow_ups import FollowUpRoutes
from controlplane.http.middleware import access_log, errors_as_json, operators_only
from controlplane.http.probes import OpsRoutes
from controlplane.http.readiness import Readiness
from controlplane.http.recordings import RecordingRoutes
from controlplane.http.rooms import RoomRoutes
from controlplane.http.webhooks import MAX_BODY_BYTES, LiveKitWebhook, MetaWebhook
from controlplane.ledger.ledger import Ledger
from controlplane.line_plan import Environ, LinePlans
from controlplane.livekit.room_looks import RoomLooks
from controlplane.parts import make_neighbours, make_use_cases
from controlplane.settings import Settings
from controlplane.telemetry.metrics import Metrics
from controlplane.telemetry.traced import TracedMetrics
from controlplane.telemetry.vitals import MEASURE_S
from controlplane.use_cases.agent_watch import AGENT_LOOK_S
from controlplane.use_cases.budget import LOOK_S as BUDGET_LOOK_S
from controlplane.use_cases.client_watch import ClientWatch
from controlplane.use_cases.errands import LOOK_S as ERRANDS_LOOK_S
from controlplane.use_cases.meta_clock import WallClock, wall_clock
from controlplane.use_cases.quality_watch import QualityWatch
from controlplane.use_cases.recordings import LOOK_EVERY_S as RECORDINGS_EVERY_S
from controlplane.use_cases.retention import LOOK_EVERY_S
from controlplane.use_cases.room_look import RoomLook
from shared.call.call import EndReason
from shared.call.errors import StoreUnavailable, WacallError
from shared.call.silence import LOOK_S
from shared.database.recordings import Recordings
from shared.database.rest import RestClient
from shared.process.loops import Loops
from shared.tracing.starting import start_spans

_log = logging.getLogger(__name__)

_LINES_EVERY_S = 1.0
_DRAIN_POLL_S = 0.2
_DRAIN_SAYS_EVERY_S = 10.0
# aiohttp waits as long as it may for a connection that came in while it was closing and has sent
# nothing, as LiveKit's spare ones do; its default is a minute.
_CLOSE_TIMEOUT_S = 3.0


class ControlPlane:
    """The parts, wired, and what goes on in the background."""

    def __init__(
        self,
        settings: Settings,
        http: aiohttp.ClientSession,
        rest: RestClient,
        *,
        metrics: Metrics,
        client_watch: ClientWatch,
        environ: Environ = lambda: os.environ,
        wall: WallClock = wall_clock,
    ) -> None:
        """Wire the parts; nothing is started yet.

        Raises:
            LinesUnfit: the business numbers cannot be served as they are configured.
        """
        plans = LinePlans(settings, environ)
        plans.check()
        self.settings = settings
        self.bridges = make_bridges(settings, http, observe=metrics.upstream_done)
        self.near = make_neighbours(
            settings,
            http,
            rest,
            legs=make_legs(settings, self.bridges),
            metrics=metrics,
            read_lines=plans.read,
            wall=wall,
        )
        self.arrivals = Arrivals(self.near.clock)
        self.ledger = Ledger(rest)
        self.errand_rows = ErrandRows.over(rest)
        self.use_cases = make_use_cases(settings, self.near, self.ledger, rest, http)
        self.views = Views(rest, self.near.clock)
        self.stream = LiveStream(self.views.live_rows, self.near.clock, self._rooms_now)
        self.listening = BridgeListening(self.bridges, self.use_cases.media_watch)
        self.loops = Loops(observe=metrics.loop_turned, expected=WacallError)
        self.client_watch = client_watch
        self.recordings = Recordings(rest)
        self.recording_files, self.recording_care = make_recordings(
            settings,
            rest,
            http,
            bridges=self.bridges,
            store=self.near.store,
            clock=self.near.clock,
            observe=metrics.upstream_done,
        )
        looks = BridgeLooks(self.bridges)
        self.quality_watch = QualityWatch(looks, self.near.store, self.near.clock)
        self.room_look = RoomLook(
            RoomLooks(
                self.near.rooms,
                api_key=settings.livekit_api_key,
                api_secret=settings.livekit_api_secret.get_secret_value(),
            ),
            self.near.rooms,
            self.near.store,
            self.errand_rows.follow_ups,
            looks,
            public_url=settings.livekit_public_url or settings.livekit_url,
            clock=self.near.clock,
        )
        self.readiness = Readiness(
            {"database": self.near.store.ping, "livekit": self.near.rooms.rooms}
        )

    async def _rooms_now(self) -> Mapping[str, RoomNow]:
        look = await self.room_look.look()
        return {
            room.call_id: room_now(room, wants_human=room.call_id in look.wants_human)
            for room in look.rooms
            if room.call_id is not None
        }

    async def start(self) -> None:
        """Begin everything that goes on in the background."""
        settings, every = self.settings, self.loops.every
        stories = self.use_cases
        every(MEASURE_S, stories.vitals.look, name="vitals")
        every(settings.sweep_interval_s, stories.sweeper.end_overdue, name="sweep-overdue")
        every(settings.sweep_interval_s, stories.sweeper.resume_events, name="sweep-pending")
        every(LOOK_S, stories.takeover.look, name="setup-takeover")
        every(AGENT_LOOK_S, stories.agent_watch.look, name="agent-watch")
        every(settings.reconcile_interval_s, stories.sweeper.release_ended, name="sweep-unreleased")
        every(settings.reconcile_interval_s, stories.sweeper.reconcile, name="sweep-reconcile")
        apart_s = client_limits(settings).apart_s
        every(apart_s, self.client_watch.look, name="database-client")
        every(QUALITY_LOOK_S, self.quality_watch.look, name="quality")
        every(BUDGET_LOOK_S, stories.budget.look, name="budget")
        every(ERRANDS_LOOK_S, stories.errands.look, name="errands")
        every(RECORDINGS_EVERY_S, self.recording_care.look_if_due, name="recordings")
        every(LOOK_EVERY_S, stories.retention.purge_if_due, name="retention")
        every(stories.media_watch.pause_s, stories.media_watch.look, name="media-watch")
        self.listening.start()
        # the first call is to find the clock set right, and operators a dead token
        await stories.line_watch.look()
        every(settings.line_check_interval_s, stories.line_watch.look, name="line-watch")
        every(_LINES_EVERY_S, self.near.lines.look, name="lines")

    async def drain(self) -> None:
        """Take no new calls, finish set-ups; with `DRAIN_ENDS_CALLS` also see the others off."""
        settings = self.settings
        await self.use_cases.switchboard.drain(settings.setup_timeout_s)
        if not settings.drain_ends_calls:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.drain_timeout_s):
                began, says_at = time.monotonic(), 0.0
                while live := await self.near.store.live_calls():
                    passed_s = time.monotonic() - began
                    if passed_s >= says_at:
                        says_at = passed_s + _DRAIN_SAYS_EVERY_S
                        left_s = round(settings.drain_timeout_s - passed_s)
                        _log.info(
                            "Draining: calls that go on are waited for, then ended.",
                            extra={"action": "draining", "calls": len(live), "left_s": left_s},
                        )
                    await asyncio.sleep(_DRAIN_POLL_S)
        await self.use_cases.sweeper.end_all(EndReason.SHUTDOWN)

    async def close(self) -> None:
        """Stop what goes on in the background, then what was being worked on."""
        await self.loops.close()
        await self.use_cases.errands.close()
        await self.readiness.close()
        await self.listening.close()
        await self.use_cases.media_watch.close()
        await self.use_cases.keys.close()
        await self.use_cases.switchboard.close()
        if self.use_cases.stop_reader is not None:
            await self.use_cases.stop_reader.close()
        await self.bridges.close()


PARTS = web.AppKey("parts", ControlPlane)


def make_app(plane: ControlPlane) -> web.Application:
    """Lay out the routes of PORT: the webhooks, and all others unless these have OPERATOR_PORT."""
    app = _empty_app(plane)
    app[PARTS] = plane
    app.add_routes(_webhook_routes(plane))
    if plane.settings.operator_port is None:
        app.add_routes(_operator_routes(plane))
    return app


def make_operator_app(plane: ControlPlane) -> web.Application:
    """Lay out the routes of OPERATOR_PORT: operators, probes, metrics."""
    app = _empty_app(plane)
    app.add_routes(_operator_routes(plane))
    return app


def _empty_app(plane: ControlPlane) -> web.Application:
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[access_log, errors_as_json])
    # before open requests are waited for: these would not end by themselves
    app.on_shutdown.append(plane.stream.close)
    return app


def _webhook_routes(plane: ControlPlane) -> list[web.RouteDef]:
    """Return what others post to us; each is signed."""
    settings, near, stories = plane.settings, plane.near, plane.use_cases
    meta = MetaWebhook(
        switchboard=stories.switchboard,
        metrics=near.metrics,
        arrivals=plane.arrivals,
        verify_token=settings.wa_verify_token.get_secret_value(),
        lines=near.lines,
    )
    livekit = LiveKitWebhook(
        watch=stories.room_watch,
        arrivals=plane.arrivals,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
    )
    return [
        web.get("/wa/webhook", meta.handshake),
        web.post("/wa/webhook", meta.receive),
        web.post("/livekit/webhook", livekit.receive),
    ]


def _operator_routes(plane: ControlPlane) -> list[web.RouteDef]:
    """Return what is the operator's alone: with the key, or harmless and still nobody else's."""
    settings, near, stories = plane.settings, plane.near, plane.use_cases
    calls = CallRoutes(
        store=near.store,
        placer=stories.placer,
        ender=stories.ender,
        callees=Callees(plane.ledger.spelling_of),
        errands=plane.errand_rows,
        recordings=plane.recordings,
        clock=near.clock,
    )
    heard = RecordingRoutes(
        plane.recordings, near.store, plane.recording_files, calls.find, near.clock
    )
    rooms = RoomRoutes(plane.room_look, calls.find)
    follow_ups = FollowUpRoutes(rows=plane.errand_rows, clock=near.clock)
    consents = ConsentRoutes(
        permissions=stories.permissions,
        papers=stories.papers,
        wishes=stories.wishes,
        ledger=plane.ledger,
        lines=near.lines,
    )
    key = settings.controlplane_api_key
    secret = key.get_secret_value() if key is not None else None
    door = Door(secret)
    guard = operators_only(secret, door.refusal)
    ops = OpsRoutes(
        switchboard=stories.switchboard,
        loops=plane.loops,
        metrics=near.metrics,
        ills=plane.client_watch.problems,
        readiness=plane.readiness,
        shared_problems=lambda: (
            near.breakers.problems()
            | near.meta_clock.problems()
            | plane.use_cases.line_watch.problems()
            | stories.admission.problems()
            | stories.errands.problems()
        ),
    )
    return [
        web.get("/calls", guard(calls.list_calls)),
        web.post("/calls", guard(calls.place)),
        web.get("/calls/{call_id}", guard(calls.show_call)),
        web.post("/calls/{call_id}/hangup", guard(calls.hang_up)),
        # a HEAD is a question about a file, and would read all of it
        web.get("/calls/{call_id}/recording/{side}", guard(heard.hear), allow_head=False),
        web.get("/rooms", guard(rooms.list_rooms)),
        web.post("/calls/{call_id}/listen", guard(rooms.listen)),
        web.post("/calls/{call_id}/takeover", guard(rooms.take_over)),
        web.post("/calls/{call_id}/whisper", guard(rooms.whisper)),
        web.post("/calls/{call_id}/handback", guard(rooms.hand_back)),
        web.get("/follow-ups", guard(follow_ups.list_newest)),
        web.post("/follow-ups/{follow_up_id}/cancel", guard(follow_ups.cancel)),
        web.post("/follow-ups/{follow_up_id}/done", guard(follow_ups.done)),
        web.get("/consents", guard(consents.list_entries)),
        web.post("/consents/request", guard(consents.request)),
        web.post("/consents/import", guard(consents.import_entry)),
        web.post("/consents/withdraw", guard(consents.withdraw)),
        web.post("/consents/decide", guard(consents.decide)),
        web.post("/consents/erase", guard(consents.erase)),
        web.get("/status", guard(plane.arrivals.show)),
        web.get("/healthz", ops.healthz),
        web.get("/readyz", ops.readyz),
        web.get("/metrics", ops.metrics),
        *page_routes(guard, plane.stream, plane.views, CostRoutes(stories.budget)),
        *dashboard_routes(
            door,
            livekit_url=settings.livekit_public_url or settings.livekit_url,
            is_off=secret is None,
        ),
    ]


def make_runner(app: web.Application) -> web.AppRunner:
    """Return a runner whose clean-up takes seconds at most, whatever is still connected."""
    return web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=_CLOSE_TIMEOUT_S
    )


def door_limits(settings: Settings) -> DoorLimits:
    """Return what the settings let strangers take."""
    return DoorLimits(
        connections=settings.max_connections,
        connections_per_client=settings.max_connections_per_client,
    )


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    *,
    environ: Environ = lambda: os.environ,
    wall: WallClock = wall_clock,
) -> AsyncIterator[web.Application]:
    """Connect the neighbours, begin the background work, and take everything down again.

    `environ` holds what the profiles' numbers name; `wall` is this machine's clock.

    Raises:
        LinesUnfit: the business numbers cannot be served as they are configured.
    """
    spans = start_spans(settings.otel_endpoint, "wacall-controlplane", environ())
    metrics = TracedMetrics(spans) if spans is not None else Metrics()
    watch = make_client_watch(settings)

    def observe(service: str, action: str, outcome: str, seconds: float) -> None:
        metrics.upstream_done(service, action, outcome, seconds)
        watch.attempted(service, action, outcome, seconds)

    rest = await connect_database(settings, observe=observe)
    async with contextlib.AsyncExitStack() as stack:
        if spans is not None:
            stack.push_async_callback(asyncio.to_thread, spans.close)
        stack.push_async_callback(rest.close)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        plane = ControlPlane(
            settings,
            http,
            rest,
            metrics=metrics,
            client_watch=watch,
            environ=environ,
            wall=wall,
        )
        # the first request on a connection is the slow one; let it not be a webhook's
        with contextlib.suppress(StoreUnavailable):
            await plane.near.store.ping()
        if settings.wa_media == "bridge" and not settings.bridge_urls:
            _log.error(
                "WA_MEDIA is `bridge`, but BRIDGE_URL is not set: every inbound call is rejected.",
                extra={"action": "no-bridge"},
            )
        stack.push_async_callback(plane.close)
        await plane.start()
        yield make_app(plane)
