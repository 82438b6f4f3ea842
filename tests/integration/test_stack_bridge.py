"""The stack's media bridge: started where it can be, told in one line where it cannot."""

import os
import signal
from pathlib import Path

import aiohttp
import pytest

from agents.settings import Settings as AgentSettings
from shared.bridge.settings import BridgeSettings
from tests.data.environment import LEAST
from tests.eventually import eventually
from wacall.doctor.bridges import look_at_bridges
from wacall.stack.bridge import HOW_TO_GET_IT, EmbeddedBridge
from wacall.stack.stack import Stack, StackPlan


async def test_without_the_program_the_stack_says_so_once(tmp_path: Path) -> None:
    """It goes on: the worker can decode by itself."""
    told: list[str] = []
    stack = Stack(
        StackPlan(environment={"PATH": str(tmp_path)}, data_dir=tmp_path, report=told.append)
    )
    await stack._start_bridge()
    assert told == [HOW_TO_GET_IT]
    assert stack.bridge is None
    await stack.stop()


async def test_a_bridge_elsewhere_is_used(tmp_path: Path) -> None:
    """BRIDGE_URL set: nothing is started, and the token is the operator's."""
    configured = {"BRIDGE_URL": "http://10.0.0.5:7890", "BRIDGE_TOKEN": "theirs"}
    stack = Stack(StackPlan(environment=configured, data_dir=tmp_path))
    await stack._start_bridge()
    assert stack.bridge is None
    assert stack.environment["BRIDGE_TOKEN"] == "theirs"


async def test_the_stack_starts_one_that_is_found_again_after_its_death(tmp_path: Path) -> None:
    """Both services are told where and with what; a successor listens there, with the token."""
    plan = StackPlan(
        environment=dict(os.environ), data_dir=tmp_path, restarts=True, report=lambda _: None
    )
    stack = Stack(plan)
    try:
        await stack._start_bridge()
        assert stack.bridge is not None
        first = stack.child("bridge")
        settings = AgentSettings.from_env({**stack.environment, **LEAST, "OPENAI_API_KEY": "sk"})
        assert [str(one) for one in settings.bridge_urls] == [stack.bridge.url]
        async with aiohttp.ClientSession() as http:
            assert await _statuses(settings, http) == ["ok"]
            first.signal(signal.SIGKILL)

            async def is_back() -> bool:
                return stack.child("bridge") is not first and await _statuses(settings, http) == [
                    "ok"
                ]

            await eventually(is_back)
    finally:
        await stack.stop()
    assert stack.child("bridge").returncode is not None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"BRIDGE_TOKEN": "another"}, "BRIDGE_TOKEN"),
        ({"BRIDGE_URL": "http://127.0.0.1:9"}, "BRIDGE_URL"),
    ],
)
async def test_the_doctor_names_what_is_wrong_with_a_bridge(
    bridge: EmbeddedBridge, changed: dict[str, str], named: str
) -> None:
    """Somebody else's token, and nobody there."""
    told = {"BRIDGE_URL": bridge.url, "BRIDGE_TOKEN": bridge.token}
    settings = BridgeSettings.from_env({**LEAST, **told, **changed})
    async with aiohttp.ClientSession() as http:
        (finding,) = [one async for one in look_at_bridges(settings, http)]
    assert finding.status == "fail"
    assert named in finding.fix
    assert bridge.token not in str(finding)


async def _statuses(settings: BridgeSettings, http: aiohttp.ClientSession) -> list[str]:
    return [finding.status async for finding in look_at_bridges(settings, http)]
