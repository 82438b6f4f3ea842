"""The far ends for load with the real SFU: a phone that is driven from here, and its OpenAI."""

import shutil
import subprocess
from pathlib import Path

import aiohttp
import pytest

from tests.caller import join_as_caller
from tests.eventually import eventually
from tests.integration.bridge_call import MODEL_HZ, bridge_call
from wacall.bench.far_ends import FarEnds, FarEndsFailed
from wacall.bootstrap.go_programs import LOAD_SOURCE, find_go, go_environment
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

# the first build with the race detector, on a busy machine
GO_TESTS_S = 300


@pytest.mark.timeout(GO_TESTS_S + 10)
def test_the_far_ends_own_tests_pass() -> None:
    """In Go, with the race detector."""
    go = find_go()
    if go is None or shutil.which("cc") is None:
        pytest.fail("The race detector needs Go and a C compiler: install gcc.", pytrace=False)
    for arguments in (["vet", "."], ["test", "-race", "-timeout", f"{GO_TESTS_S}s", "."]):
        done = subprocess.run(
            [go, *arguments],
            cwd=LOAD_SOURCE,
            env=go_environment() | {"CGO_ENABLED": "1"},
            capture_output=True,
            text=True,
            timeout=GO_TESTS_S,
        )
        assert done.returncode == 0, done.stdout + done.stderr


async def test_a_phone_of_the_far_ends_hears_and_is_heard(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, tmp_path: Path
) -> None:
    """Its offer has Meta's shape, it connects as the lite end, talks, and reports at the end."""
    async with FarEnds.running(tmp_path) as far, bridge_call(sfu, bridge) as call:
        await call.open()
        phone = far.make_phone()
        offer = await phone.open()
        assert "a=ice-lite" in offer
        phone.apply_answer(await join_as_caller(sfu, call.room, offer))
        phone.allow_media()
        phone.answered()
        for stream in ("room", "peer"):
            await call.gate(stream, "open")
        call.model.sing(MODEL_HZ)

        async def hears() -> bool:
            return (await phone.look()).audible_ms is not None

        await eventually(hears)
        await eventually(lambda: call.model.counts.packets > 25, 5)
        await phone.close()
        report = await phone.look()
        assert report.sent > 25
        assert report.lost == 0
        assert not report.is_early


async def test_what_the_far_ends_refuse_is_said(tmp_path: Path) -> None:
    """An answer that is none comes back in words; a program that is gone, too."""
    async with FarEnds.running(tmp_path) as far:
        phone = far.make_phone()
        await phone.open()
        phone.apply_answer("no")

        async def is_told() -> bool:
            try:
                await phone.look()
            except FarEndsFailed as error:
                return "refused" in str(error)
            return False

        await eventually(is_told, 5)
        await phone.close()
        far.child.kill()
        with pytest.raises(FarEndsFailed, match="do not answer"):
            await far.ask("POST", "/phones")


async def test_openai_of_the_far_ends_lists_its_model(tmp_path: Path) -> None:
    """As OPENAI_BASE_URL is used."""
    async with (
        FarEnds.running(tmp_path) as far,
        aiohttp.ClientSession() as http,
        http.get(f"{far.openai_url}/models") as response,
    ):
        listed = await response.json()
    assert [model["id"] for model in listed["data"]] == ["gpt-realtime"]
