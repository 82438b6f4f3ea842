"""A LiveKit agent that knows nothing of wacall takes calls that come by a media bridge."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.call.call import CallStatus, EndReason
from simulators.phone.phone import Phone
from tests.component.agent_program import running_program
from tests.component.bench import MakeBench, actions, ended_as
from tests.component.outbound import Place, make_person, over, released
from tests.eventually import eventually
from tests.tones import strongest_hz
from wacall.environment import free_port
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

pytestmark = [pytest.mark.spoken, pytest.mark.timeout(120)]

NAME = "plain-agent"
SCRIPT = Path(__file__).with_name("plain_agent_main.py")
TONE_HZ = 660


@pytest_asyncio.fixture(scope="module")
async def agent(
    sfu_with_webhook: EmbeddedSfu, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    """The program, registered."""
    async with running_program(
        SCRIPT,
        name=NAME,
        sfu=sfu_with_webhook,
        log=tmp_path_factory.mktemp(NAME) / "agent.log",
        HEALTH_PORT=str(free_port()),
    ):
        yield


async def hears_the_tone(phone: Phone) -> None:
    """Wait until the phone does."""

    def hears() -> bool:
        end = phone.heard.duration_s
        heard = strongest_hz(phone.heard.read(max(0, end - 0.3), end), phone.heard.rate)
        return abs(heard - TONE_HZ) < 20

    await eventually(hears, 40)


@pytest.mark.usefixtures("agent")
async def test_it_is_heard_by_who_calls(make_bench: MakeBench, bridge: EmbeddedBridge) -> None:
    """It publishes only once it sees a caller: the leg subscribes to what comes later."""
    bench = await make_bench(
        **over(bridge), WA_MEDIA="bridge", AGENT_NAME=NAME, AGENT_READY_TIMEOUT_S="15"
    )
    bench.agents.stay_away()
    call = await bench.whatsapp.call()
    await call.accepted(30)
    await hears_the_tone(call.phone)
    call.hang_up()

    ended_as(await bench.until_released(call, 30), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert actions(call) == ["pre_accept", "accept"]
    assert call.violations == []


@pytest.mark.usefixtures("agent")
async def test_it_is_heard_by_who_is_called(
    make_bench: MakeBench, bridge: EmbeddedBridge, place: Place
) -> None:
    """It greets a phone that rings; what it says is kept until somebody picks up."""
    bench = await make_bench(**over(bridge), AGENT_NAME=NAME, AGENT_READY_TIMEOUT_S="15")
    bench.agents.stay_away()
    _, body = await place(make_person(bench, after_s=2))
    call = await bench.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await hears_the_tone(call.phone)
    call.hang_up()

    row = await released(bench, bridge, body["call_id"], 20)
    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []
