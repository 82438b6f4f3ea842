"""The three broken calls that people try first, replayed: the product says why each failed."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests import paths

WHY = {
    "bad-udp-path.json": "the phone's media never came up; check the SFU's UDP ports",
    "openai-quota.json": "the account's quota or rate limit is used up",
    "meta-138006.json": "The person has not permitted calls; send a call permission request first.",
}


@pytest.mark.timeout(180)
async def test_each_broken_call_fails_again_and_says_why(tmp_path: Path) -> None:
    """As in the files, one after the other on one stack, and each cause is one sentence."""
    files = [paths.ROOT / "examples" / "broken-calls" / name for name in WHY]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wacall.cli", "replay", *files, "--data-dir", tmp_path / "replay",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=paths.ROOT,
    )  # fmt: skip
    output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    told = output.split("went as it had gone")
    assert len(told) == 4, output
    for part, (name, why) in zip(told[1:], WHY.items(), strict=True):
        assert why in part, name
