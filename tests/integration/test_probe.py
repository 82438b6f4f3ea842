"""`wacall probe openai` against a simulated OpenAI whose habits differ: so do the answers."""

import asyncio
import os
import sys

import pytest

from simulators.openai.faults import Faults
from simulators.openai.server import OpenAISimulator
from tests.paths import ROOT
from wacall.environment import free_port

pytestmark = [pytest.mark.spoken, pytest.mark.timeout(180)]

KEY = "sk-probe-0123456789"
WITHIN_S = 150


async def probe(base_url: str) -> tuple[int, str, str]:
    """Run the command as an operator does; return its exit code, and what it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wacall.cli", "probe", "openai",
        env={**os.environ, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": base_url},
        cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(WITHIN_S):
        out, err = await process.communicate()
    assert KEY not in out.decode() + err.decode()
    return process.returncode or 0, out.decode(), err.decode()


@pytest.mark.parametrize(
    ("sends_in_silence", "said"),
    [(True, "the stream never stops"), (False, "the bridge fills each silence")],
    ids=["rtp-in-silence", "no-rtp-in-silence"],
)
async def test_each_question_is_answered(sends_in_silence: bool, said: str) -> None:
    """By what was truly seen; nothing is left at OpenAI's end."""
    async with OpenAISimulator(
        api_keys=frozenset({KEY}),
        sends_in_silence=sends_in_silence,
        faults=Faults(answer_delay_s=0 if sends_in_silence else 0.7),
    ) as simulator:
        code, out, err = await probe(simulator.base_url)
        assert (code, err) == (0, ""), out
        assert simulator.open_sessions == 0
    lines = {line[:28].strip(): line[28:].strip() for line in out.splitlines()[3:]}
    assert said in out
    posts = [float(part.split()[0]) for part in lines["time of the POST"].split(", ")]
    assert all(post > 700 for post in posts) is not sends_in_silence
    assert lines["packet time"] == "20 ms"
    assert lines["offer without data channel"] == "taken"
    assert lines["audio on the sideband"] == "none"
    assert lines["playback on the sideband"].startswith("yes")
    assert lines["truncates by itself"].startswith("yes, after ")
    assert lines["`cleared` and last packet"].endswith(" ms after speech was noticed")
    assert "neither is honoured" in out


async def test_a_refusal_is_a_sentence() -> None:
    """With what to do, and no traceback; whether there is an OpenAI at all or not."""
    async with OpenAISimulator(api_keys=frozenset({"sk-another"})) as simulator:
        for url in (simulator.base_url, f"http://127.0.0.1:{free_port()}/v1"):
            code, _, err = await probe(url)
            assert code == 1
            assert err.startswith("OpenAI did not take the call (")
            assert err.count("\n") == 1
