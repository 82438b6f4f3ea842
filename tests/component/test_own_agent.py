"""The example of an agent of one's own: an ordinary livekit-agents program takes and is placed
calls, and no rule of Meta's is broken.
"""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from shared.call.call import CallStatus, EndReason
from simulators.openai.scenario import load_scenario
from simulators.openai.server import OpenAISimulator
from simulators.speech import ear, voice
from tests import paths
from tests.component.agent_program import running_program
from tests.component.bench import Bench, MakeBench, actions, ended_as
from tests.component.outbound import Place, make_person, over, released, until
from wacall.environment import free_port
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

pytestmark = [pytest.mark.spoken, pytest.mark.timeout(120)]

NAME = "own-agent"
SCRIPT = paths.ROOT / "examples" / "own_agent" / "agent.py"
PATIENCE_S = 20.0


@pytest_asyncio.fixture(scope="module")
async def openai() -> AsyncIterator[OpenAISimulator]:
    """OpenAI, with a scenario that knows no tools."""
    scenario = load_scenario(paths.DATA / "scenarios" / "own-agent.yaml")
    async with OpenAISimulator(scenario=scenario) as simulator:
        yield simulator
    ear.close()
    voice.close()


@pytest_asyncio.fixture(scope="module")
async def script(
    sfu_with_webhook: EmbeddedSfu,
    openai: OpenAISimulator,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[None]:
    """The example, registered."""
    async with running_program(
        SCRIPT,
        name=NAME,
        sfu=sfu_with_webhook,
        log=tmp_path_factory.mktemp(NAME) / "own-agent.log",
        OPENAI_API_KEY="sk-test",
        OPENAI_BASE_URL=openai.base_url,
        AGENT_HEALTH_PORT=str(free_port()),
    ):
        yield


@pytest_asyncio.fixture
async def bench(make_bench: MakeBench, bridge: EmbeddedBridge, script: None) -> Bench:
    """The bench with the script for an agent."""
    bench = await make_bench(AGENT_NAME=NAME, **over(bridge), AGENT_READY_TIMEOUT_S="10")
    bench.agents.stay_away()
    return bench


async def test_it_greets_and_answers(bench: Bench, openai: OpenAISimulator) -> None:
    """A person calls, hears the greeting, asks, hears the answer, and hangs up."""
    call = await bench.whatsapp.call()
    await call.accepted(30)
    phone = call.phone
    await phone.wait_agent_speaking(PATIENCE_S)
    await phone.wait_agent_quiet(900, PATIENCE_S)
    assert await phone.say(
        *await voice.CALLER.speak("Hello I have a question about renting a bike.", rate=16_000)
    )
    start = await phone.wait_agent_speaking(PATIENCE_S)
    stop = await phone.wait_agent_quiet(900, PATIENCE_S)
    answer = phone.heard.read_at(16_000, start - 0.3, stop + 0.3)
    said = "of course what would you like to know"
    heard = await ear.hear(answer, 16_000, grammar=ear.Grammar.of_sentences([said]), free=False)
    assert heard.text == said
    call.hang_up()

    ended_as(await bench.until_released(call, 30), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert actions(call) == ["pre_accept", "accept"]
    assert call.violations == []


async def test_it_is_not_heard_before_somebody_picks_up(
    bench: Bench, bridge: EmbeddedBridge, place: Place
) -> None:
    """It is ready while the phone rings for seconds, and speaks after the pick-up."""
    person = make_person(bench, after_s=3)

    status, body = await place(person)
    assert status == 202
    call = await bench.whatsapp.next_outbound_call(30)
    await call.accepted(30)
    await call.phone.wait_agent_speaking(PATIENCE_S)
    await until(bench, body["call_id"], lambda row: row.status is CallStatus.ACTIVE)
    call.hang_up()
    row = await released(bench, bridge, body["call_id"], 20)

    ended_as(row, CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert call.violations == []
