"""OpenAI is not there when the phone rings, or goes away in mid-call."""

import contextlib
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from shared.call.call import CallStatus, EndReason
from shared.call.records import EventSource
from simulators.openai.faults import Faults
from tests.e2e.conftest import Deployment, SimulatedOpenAI, alarms, answered
from tests.eventually import eventually

pytestmark = pytest.mark.timeout(60)


@contextlib.asynccontextmanager
async def refusing(openai: SimulatedOpenAI):
    """Answer every connection with 503."""
    openai.simulator.faults = Faults(refuse_connections=-1, refuse_calls=-1)
    yield
    openai.simulator.faults = Faults()


Absence = Callable[[SimulatedOpenAI], AbstractAsyncContextManager[None]]


@pytest.mark.parametrize("absent", [refusing, SimulatedOpenAI.away], ids=["refusing", "away"])
async def test_a_call_without_openai_is_rejected(deployment: Deployment, absent: Absence) -> None:
    """Nobody picks up to say nothing: `reject` within some 3 s, and nothing is left."""
    async with absent(deployment.openai):
        call = await deployment.whatsapp.call()
        await call.ended(30)
    row = await deployment.until_nothing_is_left(call)

    assert (row.status, row.end_reason) == (CallStatus.FAILED, EndReason.OPENAI_UNREACHABLE)
    assert [request.action for request in call.requests] == ["reject"]
    assert call.timings.ended is not None
    assert call.timings.webhook_sent is not None
    # the agent tries twice, a second apart; the rest is room for a busy machine
    assert call.timings.ended - call.timings.webhook_sent < 4
    assert await deployment.reasons_of(call, EventSource.AGENT) == ["openai-unreachable"]


async def test_openai_dying_in_mid_call_ends_it(deployment: Deployment) -> None:
    """The session breaks in the middle of an answer and none is to be had again: `terminate`, and a
    text follows.
    """

    def texts() -> int:
        # Meta may refuse it: this person has not written for a day
        return sum(one.path.endswith("/messages") for one in deployment.whatsapp.requests)

    person = await answered(deployment.whatsapp)
    written = texts()
    call = person.call
    deployment.openai.simulator.faults = Faults(
        drop_replies=1, refuse_connections=-1, refuse_calls=-1
    )
    await person.say(deployment.openai.script.caller[0].say)
    await call.ended(30)
    row = await deployment.until_nothing_is_left(call)

    assert (row.status, row.end_reason) == (CallStatus.FAILED, EndReason.MODEL_LOST)
    assert row.answered_at is not None
    assert [request.action for request in call.requests] == ["pre_accept", "accept", "terminate"]
    assert call.violations == []
    await eventually(lambda: texts() == written + 1)


@pytest.mark.parametrize(
    ("status", "reason", "named"),
    [
        (401, EndReason.OPENAI_KEY_REFUSED, "OPENAI_API_KEY"),
        (429, EndReason.OPENAI_QUOTA, "quota"),
    ],
)
async def test_a_refusal_of_openais_is_one_line(
    deployment: Deployment, status: int, reason: EndReason, named: str
) -> None:
    """OpenAI was reached and said no: the worker's log says so once, in a sentence."""
    log = deployment.stack.log_of("agent")
    before = log.stat().st_size
    deployment.openai.simulator.faults = Faults(
        refuse_connections=-1, refuse_calls=-1, refuse_status=status
    )
    call = await deployment.whatsapp.call()
    await call.ended(30)
    row = await deployment.until_nothing_is_left(call)

    assert (row.status, row.end_reason) == (CallStatus.FAILED, reason)
    # a busy machine is told of as well
    (line,) = [line for line in alarms(log, before) if "agent-stood-still" not in line]
    assert "action=agent-gave-up" in line
    assert named in line
