"""The composition root: build the parts, wire the routes. The only module that knows everything."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
from aiohttp import web

from controlplane.core.callee import CallHours
from controlplane.core.deadlines import Bounds
from controlplane.core.policy import TEST_NUMBER_LIMITS, Limits
from controlplane.http.consents import ConsentRoutes
from controlplane.http.dial_routes import DialRoutes
from controlplane.http.middleware import access_log, errors_as_json, operators_only
from controlplane.http.operators import OperatorRoutes
from controlplane.http.probes import OpsRoutes
from controlplane.http.webhooks import MAX_BODY_BYTES, LiveKitWebhook, MetaWebhook
from controlplane.ledger.ledger import Ledger
from controlplane.livekit.rooms import RoomsClient
from controlplane.livekit.whip import WhipClient
from controlplane.meta.graph import GraphClient
from controlplane.rtpengine.hops import Hops
from controlplane.rtpengine.passage import HopInterfaces
from controlplane.settings import Settings
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.hanging_up import PeerHangup
from controlplane.use_cases.hop_watch import HopWatch, limits_of
from controlplane.use_cases.inbound import AnswerPolicy, CallAnswerer
from controlplane.use_cases.keys import REOPEN_S, KeyReporter
from controlplane.use_cases.linking import CallLinker
from controlplane.use_cases.outbound import CallPlacer, DialPolicy
from controlplane.use_cases.permissions import CallRules, Permissions
from controlplane.use_cases.room_watch import RoomWatch
from controlplane.use_cases.setup import CallSetup
from controlplane.use_cases.sweeper import Sweeper
from controlplane.use_cases.switchboard import Switchboard
from shared.call.call import EndReason
from shared.call.errors import StoreUnavailable, WacallError
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from shared.process.loops import Loops
from shared.process.observing import ObserveRequest
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

_DRAIN_POLL_S = 0.2
# aiohttp waits as long as it may for a connection that came in while it was closing and has sent
# nothing, as LiveKit's spare ones do; its default is a minute.
_CLOSE_TIMEOUT_S = 3.0


def _now() -> datetime:
    return datetime.now(UTC)


def make_rooms(
    settings: Settings, http: aiohttp.ClientSession, *, observe: ObserveRequest = lambda *_: None
) -> RoomsClient:
    """Return the way to LiveKit that the settings name."""
    return RoomsClient(
        http,
        url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
        agent_name=settings.agent_name,
        timeout_s=settings.livekit_timeout_s,
        observe=observe,
    )


def make_graph(
    settings: Settings, http: aiohttp.ClientSession, *, observe: ObserveRequest = lambda *_: None
) -> GraphClient:
    """Return the way to Meta that the settings name."""
    return GraphClient(
        http,
        base_url=settings.wa_graph_base_url,
        version=settings.wa_graph_version,
        phone_number_id=settings.wa_phone_number_id,
        token=settings.wa_access_token.get_secret_value(),
        timeout_s=settings.graph_timeout_s,
        on_request=lambda *done: observe("graph", *done),
    )


class ControlPlane:
    """One process's worth of control plane."""

    def __init__(self, settings: Settings, http: aiohttp.ClientSession, rest: RestClient) -> None:
        """Wire the parts; nothing is started yet."""
        self.settings = settings
        self.metrics = Metrics()
        self.loops = Loops(observe=self.metrics.loop_turned, expected=WacallError)
        self.store = store = SupabaseStore(rest)
        self.ledger = Ledger(rest)
        self.rooms = make_rooms(settings, http, observe=self.metrics.upstream_done)
        whip = WhipClient(
            http,
            url=settings.livekit_url,
            timeout_s=settings.whip_timeout_s,
            observe=self.metrics.upstream_done,
        )
        graph = make_graph(settings, http, observe=self.metrics.upstream_done)
        self.permissions = Permissions(
            ledger=self.ledger,
            graph=graph,
            rules=CallRules(
                phone_number_id=settings.wa_phone_number_id,
                hours=CallHours(settings.call_hours),
                limits=TEST_NUMBER_LIMITS if settings.wa_test_number else Limits(),
            ),
            clock=_now,
        )
        bounds = Bounds(
            setup_s=settings.setup_timeout_s,
            media_s=settings.media_timeout_s,
            duration_s=settings.max_call_duration_s,
            ring_s=settings.ring_timeout_s,
        )
        names = settings.hop_interfaces.split(",") if settings.hop_interfaces else None
        self.hops = Hops(
            http,
            settings.rtpengine_hops,
            timeout_s=settings.hop_timeout_s,
            interfaces=HopInterfaces(livekit=names[0], whatsapp=names[1]) if names else None,
            observe=self.metrics.upstream_done,
        )
        self.ender = CallEnder(
            store=store,
            graph=graph,
            rooms=self.rooms,
            hops=self.hops,
            metrics=self.metrics,
            clock=_now,
        )
        setup = CallSetup(store=store, ender=self.ender, clock=_now)
        answerer = CallAnswerer(
            store=store,
            rooms=self.rooms,
            whip=whip,
            graph=graph,
            hops=self.hops,
            ender=self.ender,
            setup=setup,
            metrics=self.metrics,
            policy=AnswerPolicy(
                profile=settings.agent_profile,
                pre_accept=settings.wa_pre_accept,
                rewrite_dtls_role=settings.wa_dtls_role_rewrite,
                agent_ready_s=settings.agent_ready_timeout_s,
                stale_offer_s=settings.stale_offer_s,
                bounds=bounds,
                via_hop=settings.wa_media == "hop",
            ),
            clock=_now,
        )
        tasks = Tasks()
        self.placer = CallPlacer(
            store=store,
            rooms=self.rooms,
            graph=graph,
            hops=self.hops,
            permissions=self.permissions,
            ender=self.ender,
            setup=setup,
            tasks=tasks,
            metrics=self.metrics,
            policy=DialPolicy(
                phone_number_id=settings.wa_phone_number_id,
                agent_ready_s=settings.agent_ready_timeout_s,
                bounds=bounds,
            ),
            clock=_now,
        )
        linker = CallLinker(
            store=store,
            rooms=self.rooms,
            whip=whip,
            graph=graph,
            hops=self.hops,
            permissions=self.permissions,
            ender=self.ender,
            setup=setup,
            metrics=self.metrics,
            bounds=bounds,
            clock=_now,
        )
        self.switchboard = Switchboard(
            store=store,
            answerer=answerer,
            linker=linker,
            hangup=PeerHangup(
                store=store,
                linker=linker,
                ender=self.ender,
                phone_number_id=settings.wa_phone_number_id,
                clock=_now,
            ),
            permissions=self.permissions,
            tasks=tasks,
            metrics=self.metrics,
            phone_number_id=settings.wa_phone_number_id,
            clock=_now,
        )
        self.watch = RoomWatch(store=store, rooms=self.rooms, ender=self.ender, clock=_now)
        self.sweeper = Sweeper(
            store=store,
            rooms=self.rooms,
            ender=self.ender,
            watch=self.watch,
            switchboard=self.switchboard,
            metrics=self.metrics,
            bounds=bounds,
            clock=_now,
        )
        self.keys = KeyReporter(store=store, rooms=self.rooms, clock=_now)
        self.hop_watch = HopWatch(
            store=store,
            hops=self.hops,
            linker=linker,
            ender=self.ender,
            limits=limits_of(dead_s=settings.media_dead_s, mute_s=settings.media_mute_s),
            interval_s=settings.hop_check_interval_s,
            clock=_now,
        )

    async def start_loops(self) -> None:
        """Begin everything that goes on in the background; `loops.close` ends it."""
        settings, every, sweeper = self.settings, self.loops.every, self.sweeper
        every(settings.sweep_interval_s, sweeper.end_overdue, name="sweep-overdue")
        every(settings.sweep_interval_s, sweeper.resume_events, name="sweep-pending")
        every(settings.reconcile_interval_s, sweeper.release_ended, name="sweep-unreleased")
        every(settings.reconcile_interval_s, sweeper.reconcile, name="sweep-reconcile")
        every(self.hop_watch.pause_s, self.hop_watch.look, name="hop-watch")
        # the first call is not to find out that a hop is well
        await self.hops.look()
        every(settings.hop_check_interval_s, self.hops.look, name="hops")
        if settings.hop_dtmf_listen is not None:
            listen = functools.partial(self.keys.listen, settings.hop_dtmf_listen)
            await listen()
            every(REOPEN_S, listen, name="keys")

    async def drain(self) -> None:
        """Take no new calls, finish set-ups; with `DRAIN_ENDS_CALLS` also see the others off."""
        settings = self.settings
        await self.switchboard.drain(settings.setup_timeout_s)
        if not settings.drain_ends_calls:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.drain_timeout_s):
                while live := await self.store.live_calls():
                    _log.info("Draining.", extra={"action": "draining", "calls": len(live)})
                    await asyncio.sleep(_DRAIN_POLL_S)
        await self.sweeper.end_all(EndReason.SHUTDOWN)


PARTS = web.AppKey("parts", ControlPlane)


def make_app(parts: ControlPlane) -> web.Application:
    """Lay out the routes over the wired parts."""
    settings = parts.settings
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[access_log, errors_as_json])
    app[PARTS] = parts
    meta = MetaWebhook(
        switchboard=parts.switchboard,
        metrics=parts.metrics,
        verify_token=settings.wa_verify_token.get_secret_value(),
        app_secret=settings.wa_app_secret.get_secret_value(),
    )
    livekit = LiveKitWebhook(receiver=parts.rooms.webhooks, watch=parts.watch)
    operators = OperatorRoutes(store=parts.store, ender=parts.ender)
    dialing = DialRoutes(placer=parts.placer, profile=settings.agent_profile)
    consents = ConsentRoutes(
        permissions=parts.permissions,
        ledger=parts.ledger,
        phone_number_id=settings.wa_phone_number_id,
    )
    key = settings.controlplane_api_key
    guard = operators_only(key.get_secret_value() if key is not None else None)
    ops = OpsRoutes(
        switchboard=parts.switchboard,
        loops=parts.loops,
        metrics=parts.metrics,
        checks={"database": parts.store.ping, "livekit": parts.rooms.rooms},
    )
    app.add_routes(
        [
            web.get("/wa/webhook", meta.handshake),
            web.post("/wa/webhook", meta.receive),
            web.post("/livekit/webhook", livekit.receive),
            web.get("/calls", guard(operators.list_calls)),
            web.post("/calls", guard(dialing.place)),
            web.get("/calls/{call_id}", guard(operators.show_call)),
            web.post("/calls/{call_id}/hangup", guard(operators.hang_up)),
            web.get("/consents", guard(consents.list_entries)),
            web.post("/consents/request", guard(consents.request)),
            web.post("/consents/import", guard(consents.import_entry)),
            web.post("/consents/withdraw", guard(consents.withdraw)),
            web.post("/consents/erase", guard(consents.erase)),
            web.get("/healthz", ops.healthz),
            web.get("/readyz", ops.readyz),
            web.get("/metrics", ops.metrics),
        ]
    )
    return app


def make_runner(app: web.Application) -> web.AppRunner:
    """Return a runner whose clean-up takes seconds at most, whatever is still connected."""
    return web.AppRunner(
        app, access_log=None, handle_signals=False, shutdown_timeout=_CLOSE_TIMEOUT_S
    )


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[web.Application]:
    """Connect the neighbours, sweep in the background, and take everything down again."""
    rest = await RestClient.connect(
        settings.supabase_url, settings.supabase_secret_key.get_secret_value()
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(rest.close)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        parts = ControlPlane(settings, http, rest)
        # the first request on a connection is the slow one; let it not be a webhook's
        with contextlib.suppress(StoreUnavailable):
            await parts.store.ping()
        if settings.wa_media == "hop" and not settings.rtpengine_hops:
            _log.error(
                "WA_MEDIA is `hop`, but RTPENGINE_URL is not set: every inbound call is rejected.",
                extra={"action": "no-hop"},
            )
        for close in (
            parts.hops.close,
            parts.switchboard.close,
            parts.keys.close,
            parts.loops.close,
        ):
            stack.push_async_callback(close)
        await parts.start_loops()
        yield make_app(parts)
