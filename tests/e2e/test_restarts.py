"""Processes that do not carry a call's media come and go; the call does not notice."""

import os
import signal

import pytest

from shared.call.call import CallStatus, EndReason
from simulators.meta.api.faults import Fault, FaultKind
from simulators.meta.calls.user_call import SimulatedCall
from simulators.openai.faults import Faults
from simulators.speech.ear import plain_words
from tests.e2e.conftest import Deployment, answered
from tests.eventually import eventually

pytestmark = pytest.mark.timeout(90)


async def test_a_call_survives_control_plane_and_database_api(deployment: Deployment) -> None:
    """SIGTERM to the one, SIGKILL to the other: the talk goes on, a new process ends the call."""
    lines = [line.say for line in deployment.openai.script.caller]
    database = deployment.stack.database
    assert database is not None
    person = await answered(deployment.whatsapp)
    call = person.call
    await deployment.until(call, lambda row: row.media_at is not None)

    assert await deployment.controlplane.end() == 0
    os.kill(database.pids["api"], signal.SIGKILL)
    await person.say(lines[0])
    await person.listen()
    assert (await deployment.until(call, lambda row: True)).status is CallStatus.ACTIVE
    await deployment.controlplane.start(LOG_FORMAT="json")
    await person.say(lines[3])
    await person.listen()
    call.hang_up()
    row = await deployment.until_nothing_is_left(call)

    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert [request.action for request in call.requests] == ["pre_accept", "accept"]
    turns = await deployment.store.list_transcripts(row.id)
    said = [plain_words(turn.text) for turn in turns if turn.speaker == "user"]
    assert said == [plain_words(lines[0]), plain_words(lines[3])]
    assert len(turns) == 5
    assert row.outcome == "lead"


async def while_the_agent_is_awaited(deployment: Deployment) -> SimulatedCall:
    deployment.openai.simulator.faults = Faults(mute_sessions=-1)
    call = await deployment.whatsapp.call()
    await deployment.until(call, lambda row: row.status is CallStatus.RINGING)
    await eventually(lambda: deployment.openai.simulator.open_sessions, 5)
    return call


async def while_meta_is_told(deployment: Deployment) -> SimulatedCall:
    deployment.whatsapp.fail(Fault(action="pre_accept", kind=FaultKind.HANG))
    call = await deployment.whatsapp.call()
    await deployment.until(call, lambda row: row.accept_sent_at is not None)
    return call


async def test_a_set_up_whose_process_is_killed_and_that_nobody_can_finish_ends_in_time(
    deployment: Deployment,
) -> None:
    """SIGKILL while the agent waits for OpenAI in vain: the next process ends it in time."""
    controlplane = deployment.controlplane
    await controlplane.end()
    await controlplane.start(SETUP_TIMEOUT_S="3.5")
    call = await while_the_agent_is_awaited(deployment)
    await controlplane.end(signal.SIGKILL)
    await controlplane.start(SETUP_TIMEOUT_S="3.5")
    end = await call.ended(30)
    row = await deployment.until_nothing_is_left(call)
    await controlplane.end()

    assert end.by == "business"
    assert (row.status, row.end_reason) == (CallStatus.FAILED, EndReason.SETUP_TIMEOUT)
    assert [request.action for request in call.requests] == ["reject"]


async def test_a_set_up_whose_process_is_killed_is_finished_by_the_next(
    deployment: Deployment,
) -> None:
    """SIGKILL while Meta is told: the next process answers, and the agent that waited speaks."""
    controlplane = deployment.controlplane
    call = await while_meta_is_told(deployment)
    await controlplane.end(signal.SIGKILL)
    await controlplane.start()
    await call.accepted(30)
    await call.phone.wait_agent_speaking(30)
    row = await deployment.until(call, lambda row: row.status is CallStatus.ACTIVE)
    assert row.setup_takes == 1
    call.hang_up()
    row = await deployment.until_nothing_is_left(call)

    assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
