"""The agent dies in mid-call: the caller is not left in silence."""

import os
import signal
from time import monotonic
from urllib.parse import urlsplit

import psutil
import pytest

from shared.call.call import Call, CallStatus, EndReason
from shared.call.records import EventSource
from simulators.meta.calls.user_call import SimulatedCall
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller, Json
from tests.e2e.conftest import Deployment, answered, job_processes
from tests.eventually import eventually

pytestmark = pytest.mark.timeout(120)


def talks_with_openai(deployment: Deployment) -> int:
    """The process of the one call that is on."""
    port = urlsplit(deployment.openai.base_url).port
    (pid,) = {
        pid
        for pid in job_processes(deployment.stack)
        for connection in psutil.Process(pid).net_connections("tcp")
        if connection.raddr and connection.raddr.port == port
    }
    return pid


async def talking(deployment: Deployment) -> SimulatedCall:
    """A call in which both sides are heard, of a person who can be written to."""
    caller = Caller()
    if (person := deployment.whatsapp.people.find(caller.user_id)) is None:
        person = deployment.whatsapp.people.add(Person(caller=caller))
    person.inbox.clear()
    call = (await answered(deployment.whatsapp, CallPlan(caller=person.caller))).call
    await deployment.until(call, lambda row: row.media_at is not None)
    return call


async def lost(deployment: Deployment, call: SimulatedCall, within_s: float) -> Call:
    """Wait until the far phone is hung up, and all the rest is done as well."""
    killed = monotonic()
    await call.ended(within_s + 5)
    assert monotonic() - killed < within_s
    row = await deployment.until(call, lambda row: row.released_at is not None)
    assert (row.status, row.end_reason) == (CallStatus.FAILED, EndReason.AGENT_LOST)
    assert [request.action for request in call.requests] == ["pre_accept", "accept", "terminate"]
    assert await deployment.reasons_of(call, EventSource.AGENT) == ["agent-lost"]
    # what writes it down is not what sends it
    await eventually(lambda: inbox(deployment, call))
    texts = [message["type"] for message in inbox(deployment, call)]
    assert texts == ["text"]
    return row


def inbox(deployment: Deployment, call: SimulatedCall) -> list[Json]:
    person = deployment.whatsapp.people.find(call.plan.caller.user_id)
    assert person is not None
    return person.inbox


@pytest.mark.media("worker")
async def test_a_killed_agent_ends_its_call_within_two_seconds(deployment: Deployment) -> None:
    """SIGKILL to the job process: `terminate`, the reason in the row, a text to the caller."""
    call = await talking(deployment)
    os.kill(talks_with_openai(deployment), signal.SIGKILL)
    await lost(deployment, call, within_s=2)


@pytest.mark.media("worker")
async def test_a_killed_worker_ends_its_calls_within_two_seconds(
    deployment: Deployment,
) -> None:
    """SIGKILL to the main process: its orphaned job processes tell before they go."""
    call = await talking(deployment)
    worker = deployment.stack.child("agent").pid
    os.kill(worker, signal.SIGKILL)
    await lost(deployment, call, within_s=2)

    def is_back() -> bool:
        stack = deployment.stack
        return stack.child("agent").pid != worker and len(job_processes(stack)) == deployment.idle

    await eventually(is_back, 60)
