"""The worker: registers under AGENT_NAME, keeps processes warm, gives each call one of them.

So with AGENT_MEDIA=worker: each process decodes its call's sound. With `bridge` none has to, and
`agents.bridge_worker` takes its place.
"""

import asyncio
import contextlib
import functools
import math
import os
import sys
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from livekit.agents import AgentServer, JobContext, JobProcess

from agents.call_trace import SERVICE, CallTrace
from agents.dispatch import accept_calls, no_load
from agents.logs import quieten
from agents.metrics import AgentMetrics
from agents.models import ModelChoosers
from agents.profile_choice import ProfileChoice
from agents.reasons import turn_away
from agents.settings import Settings
from agents.store_link import ConnectStore, StoreLink
from agents.supervision import Guard, Losses, SupervisingServer
from agents.traced_metrics import TracedAgentMetrics
from shared.call.brief import CallBrief
from shared.database.store import AgentStore
from shared.process.env_file import read_env_file
from shared.process.logs import configure
from shared.process.observing import ObserveRequest
from shared.process.of_call import work_for
from shared.process.signals import Signals
from shared.tracing.starting import start_spans

if TYPE_CHECKING:
    # a second of imports that only the job processes need; they get it by `preload_modules`
    from agents.session import CallSession

# After the drain: what a call needs to close its session and to write its transcript.
_SHUTDOWN_TIMEOUT_S = 30.0
# While a tool writes, retries included, the caller waits in silence; less than the 5 s that a tool
# allows, in which it may have to wait for the connection too.
_STORE_WITHIN_S = 4.5
_MODELS = "models"
_PROFILES = "profiles"
_CALL = "call"
_GUARD = "guard"
_TRACE = "trace"


async def connect_supabase(
    settings: Settings, observe: ObserveRequest = lambda *_: None
) -> AgentStore:
    """Connect the database that the settings name."""
    from shared.database.supabase import SupabaseStore

    return await SupabaseStore.connect(
        settings.supabase_url,
        settings.supabase_secret_key.get_secret_value(),
        within_s=_STORE_WITHIN_S,
        observe=observe,
    )


def build_server(
    settings: Settings,
    connect_store: ConnectStore = connect_supabase,
    metrics: AgentMetrics | None = None,
) -> AgentServer:
    """Make the worker. `connect_store` must be a module's function: job processes import it."""
    # The framework would load 250 MB of turn detection models; OpenAI detects the turns.
    os.environ["LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"] = "0"
    server = SupervisingServer(
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
        host=settings.health_host,
        port=settings.health_port,
        num_idle_processes=settings.idle_processes,
        load_threshold=settings.load_threshold,
        load_fnc=no_load if math.isinf(settings.load_threshold) else None,
        drain_timeout=settings.drain_timeout_s,
        shutdown_process_timeout=_SHUTDOWN_TIMEOUT_S,
        setup_fnc=functools.partial(prewarm, settings=settings),
        # imported once, before the job processes are forked: they start faster and share memory
        preload_modules=[
            "agents.session",
            "agents.media.decoding.decoding_voice",
            "agents.worker",
            "agents.warm",
            "shared.database.supabase",
        ],
    )
    server.rtc_session(
        functools.partial(answer, settings=settings, connect_store=connect_store),
        agent_name=settings.agent_name,
        on_request=accept_calls,
        on_session_end=finish,
    )
    server.metrics = metrics
    server.supervise(settings, connect_store)
    return server


def prewarm(process: JobProcess, *, settings: Settings) -> None:
    """Do in an idle process what no caller should wait for."""
    choosers = ModelChoosers(
        base_url=settings.openai_base_url,
        api_key=settings.openai_key(),
        preferred=settings.realtime_models,
    )
    asyncio.run(choosers.of().choose())
    process.userdata[_TRACE] = CallTrace.begin(settings)
    process.userdata[_MODELS] = choosers
    process.userdata[_PROFILES] = ProfileChoice(settings)


async def answer(ctx: JobContext, *, settings: Settings, connect_store: ConnectStore) -> None:
    """Take one call; returns when the agent is ready, the call goes on in the background."""
    from agents.media.decoding.decoding_voice import DecodingVoice
    from agents.session import CallSession

    brief = CallBrief.from_json(ctx.job.metadata)
    ctx.log_context_fields = {"call": brief.call_id}
    work_for(brief.call_id)
    trace: CallTrace = ctx.proc.userdata[_TRACE]
    trace.enter(brief.call_id)
    profiles: ProfileChoice = ctx.proc.userdata[_PROFILES]
    link = StoreLink(connect_store, settings)
    try:
        profile = profiles.for_call(brief.profile, brief.phone_number_id)
    except ValueError as error:
        await turn_away(link, brief.call_id, error)
        await link.close()
        ctx.shutdown("no profile")
        return
    call = CallSession(
        brief=brief,
        profile=profile,
        settings=settings,
        link=link,
        make_voice=functools.partial(DecodingVoice, ctx, settings.speech(profile)),
        leave=ctx.shutdown,
        metrics=trace.metrics,
    )
    ctx.proc.userdata[_CALL] = call
    ctx.proc.userdata[_GUARD] = Guard(brief.call_id, Losses(settings, connect_store))
    choosers: ModelChoosers = ctx.proc.userdata[_MODELS]
    await call.set_up(choosers.of(profile.models.realtime))


async def finish(ctx: JobContext) -> None:
    """Write and close what the call has left."""
    guard: Guard | None = ctx.proc.userdata.get(_GUARD)
    if guard is not None:
        guard.stand_down()
    call: CallSession | None = ctx.proc.userdata.get(_CALL)
    if call is not None:
        await call.finish()
    trace: CallTrace = ctx.proc.userdata[_TRACE]
    await trace.close()


async def serve(server: AgentServer) -> None:
    """Run until SIGTERM or SIGINT, let running calls end, then stop; a second signal stops at once.

    Raises:
        RuntimeError: LiveKit could not be reached for several minutes.
    """
    signals = Signals()
    running = asyncio.create_task(server.run())
    if await signals.to_drain(or_end_of=running):
        # a drain that takes too long ends in a TimeoutError; the calls are then closed below
        with contextlib.suppress(TimeoutError):
            await signals.drain(server.drain())
        await server.aclose()
    await running


def main() -> int:
    """Run one worker with the settings of the environment."""
    try:
        file = Path.cwd() / ".env"
        written = read_env_file(file) if file.is_file() else {}
        settings = Settings.from_env(written | dict(os.environ))
        profiles = ProfileChoice(settings)
        profiles.check()
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure(settings.log_level, settings.log_format)
    quieten(settings.log_level)
    spans = start_spans(settings.otel_endpoint, SERVICE, written)
    metrics = TracedAgentMetrics(spans) if spans is not None else AgentMetrics()
    from agents.after_calls import connect_after_call_store, work_after_calls

    if settings.media == "bridge":
        from agents.bridge_worker import serve_calls

        connect = functools.partial(connect_supabase, observe=metrics.upstream_done)
        serving = serve_calls(settings, connect, metrics)
    else:
        serving = serve(build_server(settings, metrics=metrics))
    beside = work_after_calls(
        settings,
        profiles,
        functools.partial(connect_after_call_store, observe=metrics.upstream_done),
        observe=metrics.loop_turned,
        asked=metrics.upstream_done,
    )
    try:
        asyncio.run(_beside(beside, serving))
    finally:
        if spans is not None:
            spans.close()
    return 0


async def _beside(work: AbstractAsyncContextManager[object], serving: Awaitable[None]) -> None:
    """Serve calls, and do the work after them: one a worker, however many processes calls have."""
    async with work:
        await serving
