"""The worker of AGENT_MEDIA=bridge: LiveKit's jobs are threads that wait, their calls tasks.

livekit-agents gives each job a thread with a loop of its own; it hands its call to the process's
one loop (`agents.calls`) and waits there for the end. A thread that waits costs 0.1 MB and no
time, and a call begins without a process being started.
"""

import asyncio
import contextlib
import functools
import math
import os

from livekit.agents import AgentServer, JobContext, JobExecutorType, JobProcess

from agents.calls import Calls
from agents.dispatch import accept_calls, no_load
from agents.metrics import AgentMetrics
from agents.metrics_page import MeteredServer
from agents.settings import Settings
from agents.store_link import ConnectAgentStore
from shared.call.brief import CallBrief
from shared.process.signals import Signals

# Threads that wait for a job: so many calls may begin at the same instant without one being made.
_IDLE_THREADS = 24
# A job's thread ends with its call; what a call needs for its last words and its transcript.
_SHUTDOWN_TIMEOUT_S = 30.0


def build_bridge_server(settings: Settings, calls: Calls) -> AgentServer:
    """Make the server that LiveKit gives jobs to; `calls` has been begun."""
    os.environ["LIVEKIT_AGENTS_PRELOAD_LOCAL_INFERENCE"] = "0"
    # Watching a loop costs 0.005 of a core each, and those of the jobs' threads only wait.
    os.environ["LIVEKIT_AGENTS_LOOP_BLOCK_WARN_MS"] = "0"
    server = MeteredServer(
        job_executor_type=JobExecutorType.THREAD,
        ws_url=settings.livekit_url,
        api_key=settings.livekit_api_key,
        api_secret=settings.livekit_api_secret.get_secret_value(),
        host=settings.health_host,
        port=settings.health_port,
        num_idle_processes=_IDLE_THREADS,
        load_threshold=settings.load_threshold,
        load_fnc=no_load if math.isinf(settings.load_threshold) else None,
        drain_timeout=settings.drain_timeout_s,
        shutdown_process_timeout=_SHUTDOWN_TIMEOUT_S,
        setup_fnc=_nothing,
    )
    server.metrics = calls.metrics

    server.rtc_session(
        functools.partial(_wait_for_call, calls=calls),
        agent_name=settings.agent_name,
        on_request=accept_calls,
    )
    return server


def _nothing(_: JobProcess) -> None:
    """Prepare nothing: what calls share is there already."""


async def _wait_for_call(ctx: JobContext, *, calls: Calls) -> None:
    """Stand in a job's thread for as long as its call goes on."""
    brief = CallBrief.from_json(ctx.job.metadata)
    call = asyncio.run_coroutine_threadsafe(calls.run(brief), calls.loop)
    try:
        await asyncio.wrap_future(call)
    finally:
        ctx.shutdown("the call is over")


async def serve_calls(
    settings: Settings, connect_store: ConnectAgentStore, metrics: AgentMetrics | None = None
) -> None:
    """Run until SIGTERM or SIGINT, let running calls end, then stop; a second signal stops at once.

    Raises:
        RuntimeError: LiveKit could not be reached for several minutes.
    """
    signals = Signals()
    async with Calls(settings, connect_store, metrics) as calls:
        server = build_bridge_server(settings, calls)
        running = asyncio.create_task(server.run())
        if await signals.to_drain(or_end_of=running):
            # a drain that takes too long ends in a TimeoutError; the calls are then ended below
            with contextlib.suppress(TimeoutError):
                await signals.drain(_drain(server, calls, settings.drain_timeout_s))
            await calls.finish()
            await server.aclose()
        await running


async def _drain(server: AgentServer, calls: Calls, within_s: float) -> None:
    """Wait until no call is left: neither one with a job, nor one that was taken over."""
    await server.drain()
    async with asyncio.timeout(within_s):
        await calls.drain()
