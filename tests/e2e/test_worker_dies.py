"""A worker process dies in mid-call: its calls talk on, and another one goes on with them."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from time import monotonic

import pytest

from shared.call.call import CallStatus, EndReason
from simulators.speech.ear import plain_words
from tests.e2e.conftest import Deployment, Person, answered, any_of
from tests.eventually import eventually
from wacall.environment import free_port
from wacall.stack.processes import Child
from wacall.stack.services import start_agent

pytestmark = pytest.mark.timeout(180)

AT_ONCE_S = 4.0
NAME_WISH = "My name is Martin and I would like to rent two bikes on Saturday."


@contextlib.asynccontextmanager
async def another_worker(deployment: Deployment) -> AsyncIterator[Child]:
    """A second worker of the same stack."""
    log = deployment.stack.log_of("agent").with_name("agent-2.log")
    environment = {**deployment.stack.environment, "AGENT_HEALTH_PORT": str(free_port())}
    child = await start_agent(environment, log=log, echo=None)
    try:
        yield child
    finally:
        await child.stop(grace_s=10)


async def worker_of(deployment: Deployment, person: Person) -> str:
    """Which worker has the call, as its row says."""
    row = await deployment.row(person.call)
    assert row is not None
    held = {held.call_id: held.worker for held in await deployment.store.seen_agents()}
    return held.get(row.id, "")


async def killed_in_mid_sentence(deployment: Deployment, *children: Child) -> Person:
    """Kill -9 the worker that has the call, while the agent speaks; return who listens."""
    call = await deployment.whatsapp.call()
    await call.accepted(30)
    person = Person(call=call)
    await call.phone.wait_agent_speaking(30)
    await deployment.until(call, lambda row: row.status is CallStatus.ACTIVE)
    await eventually(lambda: worker_of(deployment, person), 5)
    # which of several processes it is, their logs tell
    row = await deployment.row(call)
    assert row is not None
    (victim,) = [child for child in children if f"call={row.id}" in child.logged()]
    os.kill(victim.pid, signal.SIGKILL)
    assert call.phone.hears_speech
    return person


async def test_another_worker_goes_on_within_two_seconds(deployment: Deployment) -> None:
    """The caller hears the sentence out without a gap; words, a tool and the hang-up work on."""
    async with another_worker(deployment) as other:
        person = await killed_in_mid_sentence(deployment, deployment.stack.child("agent"), other)
        killed, dead = monotonic(), await worker_of(deployment, person)

        async def is_taken() -> bool:
            return await worker_of(deployment, person) not in ("", dead)

        await eventually(is_taken)
        taken_s = monotonic() - killed
        greeting = deployment.openai.script.greeting
        stop = await person.call.phone.wait_agent_quiet(800, 20)
        person.heard.append((0.0, stop))
        assert await person.understood(0, any_of([greeting])) == plain_words(greeting)

        await person.say(NAME_WISH)
        await person.listen()
        await person.say("Please end this call now.")
        await person.call.ended(30)
        row = await deployment.until(person.call, lambda row: row.released_at is not None)
        assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.AGENT_HANGUP)
        turns = await deployment.store.list_transcripts(row.id)
        assert [turn.sequence for turn in turns] == list(range(1, len(turns) + 1))
        assert [turn.speaker for turn in turns] == ["assistant", "user"] * 2 + ["assistant"]
        assert turns[0].text == greeting
        lead = await deployment.store.get_lead(row.id)
        assert lead is not None
        assert lead.name == "Martin"
        counts = person.call.phone.counts
        assert counts.largest_gap_s < 0.25, counts
        assert taken_s < 2.5
    await all_workers_back(deployment)


async def test_the_worker_that_was_started_anew_goes_on(deployment: Deployment) -> None:
    """Where there is but one, its successor takes the call before anybody gives it up."""
    person = await killed_in_mid_sentence(deployment, deployment.stack.child("agent"))
    dead = await worker_of(deployment, person)

    async def is_taken() -> bool:
        return await worker_of(deployment, person) not in ("", dead)

    await eventually(is_taken)
    await person.call.phone.wait_agent_quiet(800, 20)
    await person.say("Please end this call now.")
    await person.call.ended(30)
    row = await deployment.until(person.call, lambda row: row.released_at is not None)
    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.AGENT_HANGUP)
    await all_workers_back(deployment)


async def test_a_bridge_that_dies_ends_its_calls_at_once(deployment: Deployment) -> None:
    """Nothing can carry them on: one end, with the reason, not after LiveKit's twenty seconds."""
    person = await answered(deployment.whatsapp)
    bridge = deployment.stack.child("bridge")
    os.kill(bridge.pid, signal.SIGKILL)
    killed = monotonic()
    await person.call.ended(30)
    # a second or so where the machine has nothing else to do
    assert monotonic() - killed < AT_ONCE_S
    row = await deployment.until(person.call, lambda row: row.released_at is not None)
    assert (row.status, row.end_reason) == (CallStatus.FAILED, EndReason.BRIDGE_LOST)
    requests = [request.action for request in person.call.requests]
    assert requests == ["pre_accept", "accept", "terminate"]
    await eventually(lambda: deployment.stack.child("bridge").pid != bridge.pid, 20)


async def all_workers_back(deployment: Deployment) -> None:
    """Wait until the stack's own worker is registered again."""

    def is_back() -> bool:
        child = deployment.stack.child("agent")
        return child.returncode is None and "registered worker" in child.logged()

    await eventually(is_back, 60)
    await asyncio.sleep(0)
