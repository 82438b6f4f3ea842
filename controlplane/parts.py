"""Build the parts from the settings: the ways to the neighbours, then the use cases over them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from controlplane.core.admission import SetupLimit
from controlplane.core.callee import CallHours
from controlplane.core.caller_leg import LegFleet
from controlplane.core.deadlines import Bounds
from controlplane.core.line import LinePlan, LineTerms
from controlplane.errand_parts import make_errand_runner, make_outbox, make_people
from controlplane.errands.tables import ErrandRows
from controlplane.ledger.ledger import Ledger
from controlplane.livekit.rooms import RoomsClient
from controlplane.livekit.whip import WhipClient
from controlplane.meta.graph import GraphClient, RequestTemplate
from controlplane.meta.graph_http import SeenDate
from controlplane.meta.lines import Lines
from controlplane.settings import Settings
from controlplane.telemetry.metrics import Metrics
from controlplane.telemetry.vitals import VitalSigns
from controlplane.use_cases.activation import Activation
from controlplane.use_cases.admission import Admission
from controlplane.use_cases.agent_watch import AgentWatch
from controlplane.use_cases.breakers import Breakers
from controlplane.use_cases.budget import Budget
from controlplane.use_cases.caller_legs import LegPolicy
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.errands import ErrandRunner
from controlplane.use_cases.hanging_up import PeerHangup
from controlplane.use_cases.inbound import AnswerPolicy, CallAnswerer
from controlplane.use_cases.keys import KeyReporter
from controlplane.use_cases.leases import SetupLeases
from controlplane.use_cases.line_watches import LineWatches
from controlplane.use_cases.linking import CallLinker
from controlplane.use_cases.lost_calls import LostCalls
from controlplane.use_cases.media_watch import MediaWatch, mute_limit
from controlplane.use_cases.meta_clock import MetaClock, WallClock, wall_clock
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.outbound import CallPlacer, DialPolicy
from controlplane.use_cases.papers import Papers
from controlplane.use_cases.permissions import CallRules, Permissions
from controlplane.use_cases.releasing import Releaser
from controlplane.use_cases.retention import Retention
from controlplane.use_cases.room_watch import RoomWatch
from controlplane.use_cases.setup import CallSetup
from controlplane.use_cases.sweeper import Sweeper
from controlplane.use_cases.switchboard import Switchboard
from controlplane.use_cases.takeover import SetupTakeover
from controlplane.use_cases.wishes import Wishes
from shared.call.ceilings import Ceilings
from shared.database.costs import Costs
from shared.database.rest import RestClient
from shared.database.retention import Expiry, RetentionDays
from shared.database.supabase import SupabaseStore
from shared.prices.price_file import prices_of
from shared.process.observing import ObserveRequest
from shared.process.tasks import Tasks

if TYPE_CHECKING:
    from controlplane.openai.stop_reader import ModelStopReader

# --- neighbours ---


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
    settings: Settings,
    http: aiohttp.ClientSession,
    line: LineTerms,
    *,
    observe: ObserveRequest = lambda *_: None,
    dated: SeenDate = lambda *_: None,
) -> GraphClient:
    """Return the way to Meta of one line."""
    return GraphClient(
        http,
        base_url=settings.wa_graph_base_url,
        version=settings.wa_graph_version,
        phone_number_id=line.phone_number_id,
        token=line.token.value,
        timeout_s=settings.graph_timeout_s,
        observe=observe,
        dated=dated,
    )


def make_neighbours(
    settings: Settings,
    http: aiohttp.ClientSession,
    rest: RestClient,
    *,
    legs: LegFleet,
    metrics: Metrics,
    read_lines: Callable[[], LinePlan],
    wall: WallClock = wall_clock,
) -> Neighbours:
    """Return the ways to all neighbours; every request on them is counted.

    Raises:
        LinesUnfit: the business numbers cannot be served as they are configured.
    """
    meta_clock = MetaClock(metrics, wall=wall)
    breakers = Breakers(metrics)
    observe = breakers.observe
    return Neighbours(
        store=SupabaseStore(rest),
        rooms=make_rooms(settings, http, observe=observe),
        whip=WhipClient(
            http, url=settings.livekit_url, timeout_s=settings.whip_timeout_s, observe=observe
        ),
        lines=Lines(
            read_lines,
            lambda line: make_graph(
                settings, http, line, observe=observe, dated=meta_clock.answered
            ),
        ),
        legs=legs,
        metrics=metrics,
        breakers=breakers,
        meta_clock=meta_clock,
    )


def make_stop_reader(settings: Settings, *, observe: ObserveRequest) -> "ModelStopReader | None":
    """Return who asks a model what a message means; `None` if none is configured."""
    key = settings.openai_api_key
    if key is None or not settings.openai_responses_models:
        return None
    # OpenAI's client takes as long to import as all the rest, and is of no use to others
    from controlplane.openai.stop_reader import ModelStopReader

    return ModelStopReader(
        api_key=key.get_secret_value(),
        base_url=settings.openai_base_url,
        models=settings.openai_responses_models,
        timeout_s=settings.stop_read_timeout_s,
        observe=observe,
    )


# --- use cases ---


@dataclass(frozen=True, slots=True, kw_only=True)
class UseCases:
    """The stories that somebody outside begins: a request, a webhook, a loop."""

    permissions: Permissions
    wishes: Wishes
    stop_reader: "ModelStopReader | None"
    """Who has connections to close."""
    papers: Papers
    vitals: VitalSigns
    budget: Budget
    admission: Admission
    ender: CallEnder
    lost_calls: LostCalls
    placer: CallPlacer
    errands: ErrandRunner
    switchboard: Switchboard
    room_watch: RoomWatch
    media_watch: MediaWatch
    sweeper: Sweeper
    retention: Retention
    takeover: SetupTakeover
    agent_watch: AgentWatch
    keys: KeyReporter
    line_watch: LineWatches


def make_use_cases(
    settings: Settings,
    near: Neighbours,
    ledger: Ledger,
    rest: RestClient,
    http: aiohttp.ClientSession,
) -> UseCases:
    """Tie the stories together, each with the policy that it follows."""
    bounds, tasks = _bounds(settings), Tasks()
    budget = Budget(
        Costs(rest), cap_usd=settings.daily_cost_cap_usd, metrics=near.metrics, clock=near.clock
    )
    permissions = Permissions(
        ledger=ledger,
        lines=near.lines,
        rules=_rules(settings),
        budget=budget,
        clock=near.clock,
    )
    errand_rows = ErrandRows.over(rest)
    lost_calls = LostCalls(messages=errand_rows.messages, text=settings.lost_call_text)
    releaser = Releaser(near, lost_calls=lost_calls, tasks=tasks)
    ender = CallEnder(near, releaser=releaser)
    setup, leases = CallSetup(near, ender=ender), SetupLeases(near)
    activation = Activation(near, bounds=bounds)
    vitals = VitalSigns()
    admission = Admission(
        near,
        releaser=releaser,
        vitals=vitals,
        ceilings=_ceilings(settings),
        limit=SetupLimit(may_take_s=settings.agent_ready_timeout_s),
    )
    linker = CallLinker(
        near,
        permissions=permissions,
        ender=ender,
        setup=setup,
        leases=leases,
        activation=activation,
        bounds=bounds,
    )
    line_watch = LineWatches(near.lines, rest, metrics=near.metrics, clock=near.clock)
    stop_reader = make_stop_reader(settings, observe=near.metrics.upstream_done)
    wishes = Wishes(
        ledger=ledger,
        reader=stop_reader,
        lines=near.lines,
        clock=near.clock,
    )
    outbox = make_outbox(settings, near, errand_rows, ledger)
    switchboard = Switchboard(
        near,
        answerer=CallAnswerer(
            near,
            admission=admission,
            ender=ender,
            setup=setup,
            leases=leases,
            activation=activation,
            policy=_answer_policy(settings, bounds),
            tasks=tasks,
        ),
        linker=linker,
        hangup=PeerHangup(near, linker=linker, ender=ender),
        permissions=permissions,
        line_watch=line_watch,
        wishes=wishes,
        outbox=outbox,
        tasks=tasks,
    )
    room_watch = RoomWatch(near, ender=ender, activation=activation)
    keys = KeyReporter(near)
    placer = CallPlacer(
        near,
        permissions=permissions,
        ender=ender,
        setup=setup,
        leases=leases,
        tasks=tasks,
        policy=_dial_policy(settings, bounds),
    )
    return UseCases(
        vitals=vitals,
        budget=budget,
        admission=admission,
        permissions=permissions,
        wishes=wishes,
        stop_reader=stop_reader,
        papers=Papers(ledger=ledger, clock=near.clock),
        ender=ender,
        lost_calls=lost_calls,
        placer=placer,
        errands=make_errand_runner(
            settings,
            near,
            errand_rows,
            outbox=outbox,
            placer=placer,
            people=make_people(settings, http, observe=near.metrics.upstream_done),
            is_draining=lambda: switchboard.draining,
        ),
        switchboard=switchboard,
        room_watch=room_watch,
        media_watch=MediaWatch(
            near,
            linker=linker,
            activation=activation,
            room_watch=room_watch,
            ender=ender,
            keys=keys,
            mute=mute_limit(settings.media_mute_s),
            interval_s=settings.media_check_interval_s,
        ),
        sweeper=Sweeper(
            near,
            ender=ender,
            releaser=releaser,
            watch=room_watch,
            switchboard=switchboard,
            bounds=bounds,
        ),
        retention=Retention(Expiry(rest), _retention_days(settings)),
        takeover=SetupTakeover(
            near, leases=leases, switchboard=switchboard, ender=ender, tasks=tasks
        ),
        agent_watch=AgentWatch(near, ender=ender),
        keys=keys,
        line_watch=line_watch,
    )


def _bounds(settings: Settings) -> Bounds:
    return Bounds(
        setup_s=settings.setup_timeout_s,
        media_s=settings.media_timeout_s,
        duration_s=settings.max_call_duration_s,
        ring_s=settings.ring_timeout_s,
    )


def _retention_days(settings: Settings) -> RetentionDays:
    return RetentionDays(
        call=settings.retention_call_days,
        event=settings.retention_event_days,
        request=settings.retention_request_days,
        pause=settings.retention_pause_days,
    )


def _ceilings(settings: Settings) -> Ceilings:
    return Ceilings(
        calls=settings.max_concurrent_calls,
        per_caller=settings.max_calls_per_caller,
        per_caller_per_hour=settings.max_calls_per_caller_per_hour,
    )


def _rules(settings: Settings) -> CallRules:
    return CallRules(
        hours=CallHours(settings.call_hours),
        template=_template(settings.wa_permission_template),
    )


def _template(named: str | None) -> RequestTemplate | None:
    if named is None:
        return None
    name, _, language = named.partition(":")
    return RequestTemplate(name=name, language=language or "en_US")


def _answer_policy(settings: Settings, bounds: Bounds) -> AnswerPolicy:
    return AnswerPolicy(
        pre_accept=settings.wa_pre_accept,
        legs=LegPolicy(
            via_bridge=settings.wa_media == "bridge",
            rewrite_dtls_role=settings.wa_dtls_role_rewrite,
            pick_up_wait_s=settings.pick_up_wait_s,
        ),
        agent_ready_s=settings.agent_ready_timeout_s,
        stale_offer_s=settings.stale_offer_s,
        bounds=bounds,
    )


def _dial_policy(settings: Settings, bounds: Bounds) -> DialPolicy:
    return DialPolicy(
        agent_ready_s=settings.agent_ready_timeout_s,
        bounds=bounds,
        max_calls=settings.max_concurrent_calls,
        usd_per_minute=prices_of(settings.prices_file).meta_per_minute,
    )
