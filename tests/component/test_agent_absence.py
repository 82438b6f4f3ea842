"""Why no agent was ready: timeline and log say what LiveKit shows, and what to do."""

import logging

import pytest

from shared.call.call import CallStatus, EndReason
from shared.call.records import EventSource
from simulators.meta.calls.user_call import SimulatedCall
from tests.component.bench import Bench, MakeBench, actions, ended_as
from tests.component.job_worker import JobWorker
from wacall.stack.sfu import EmbeddedSfu

# LiveKit shows a job that was taken after some 5 s
_LONG_S = "7"


async def told(bench: Bench, call: SimulatedCall, caplog: pytest.LogCaptureFixture) -> str:
    """What the timeline says, which is what the log says; the call has ended as it should."""
    row = await bench.until_released(call, 30)
    ended_as(row, CallStatus.FAILED, EndReason.AGENT_NOT_READY)
    assert actions(call) == ["reject"]
    events = await bench.store.list_events(row.id)
    (noted,) = [
        event.payload
        for event in events
        if event.source is EventSource.CONTROLPLANE and event.kind == "error"
    ]
    (line,) = [
        record.__dict__
        for record in caplog.records
        if record.__dict__.get("action") == "setup-failed"
    ]
    assert (line["error"], line["why"]) == (noted["code"], noted["message"])
    assert line["levelno"] == logging.WARNING
    return f"{noted['code']}: {noted['message']}"


def worker_under(name: str, sfu: EmbeddedSfu) -> JobWorker:
    """Make a worker that takes jobs and brings no agent."""
    keys = sfu.keys
    return JobWorker(url=sfu.http_url, api_key=keys.key, api_secret=keys.secret, name=name)


async def test_nobody_under_the_name(
    make_bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    """No worker is registered, and none has taken a job since the control plane began."""
    bench = await make_bench(AGENT_READY_TIMEOUT_S="0.5", AGENT_NAME="nobody")
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    what = await told(bench, call, caplog)
    assert what.startswith("agent-no-worker: No worker took the call's job; start one under AGENT_")


async def test_workers_that_are_full(
    make_bench: MakeBench, sfu_with_webhook: EmbeddedSfu, caplog: pytest.LogCaptureFixture
) -> None:
    """A job was taken before, and this one is not."""
    bench = await make_bench(AGENT_READY_TIMEOUT_S="3", AGENT_NAME="full")
    first = await bench.whatsapp.call()
    await first.accepted(30)
    first.hang_up()
    await bench.until_released(first)
    bench.agents.stay_away()
    async with worker_under("full", sfu_with_webhook) as worker:
        await worker.be_full()
        call = await bench.whatsapp.call()
        what = await told(bench, call, caplog)
        assert worker.taken == []
    assert what.startswith("agent-workers-busy: No worker took the call's job, though an earlier")


async def test_a_job_that_was_taken_by_nobody_who_joins(
    make_bench: MakeBench, sfu_with_webhook: EmbeddedSfu, caplog: pytest.LogCaptureFixture
) -> None:
    """The worker took it, and its process died or cannot reach the room."""
    bench = await make_bench(AGENT_READY_TIMEOUT_S=_LONG_S, AGENT_NAME="absent")
    bench.agents.stay_away()
    async with worker_under("absent", sfu_with_webhook) as worker:
        call = await bench.whatsapp.call()
        what = await told(bench, call, caplog)
        assert len(worker.taken) == 1
    assert what.startswith("agent-not-joined: A worker took the call's job, but no agent came")


@pytest.mark.parametrize(
    ("appearance", "expected"),
    [
        (
            {"identity": "agent-AJ_7"},
            "agent-misnamed: An agent joined as agent-AJ_7, and `agent` is awaited; accept the job "
            'with identity="agent".',
        ),
        (
            {"track": "tone"},
            "agent-without-track: The agent is in the room without a track `agent-audio` (it has: "
            "tone); publish it before the caller is there, as docs/own-agent.md shows.",
        ),
    ],
)
async def test_an_agent_that_is_not_what_is_awaited(
    make_bench: MakeBench,
    caplog: pytest.LogCaptureFixture,
    appearance: dict[str, str],
    expected: str,
) -> None:
    """Its identity or its track has another name."""
    bench = await make_bench(AGENT_READY_TIMEOUT_S="2")
    bench.agents.be(**appearance)
    call = await bench.whatsapp.call()
    assert await told(bench, call, caplog) == expected


async def test_an_agent_without_any_track(
    make_bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    """An ordinary session, which waits for the caller before it publishes."""
    bench = await make_bench(AGENT_READY_TIMEOUT_S="2")
    bench.agents.publish_nothing()
    call = await bench.whatsapp.call()
    what = await told(bench, call, caplog)
    assert what.startswith("agent-without-track: The agent is in the room without a track")
    assert "(it has none)" in what
