"""`wacall call`, `calls` and `inspect` against a control plane: what an operator reads."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest_asyncio

from simulators.meta.api.faults import Fault, FaultKind
from tests.component.bench import OPERATOR_KEY, Bench, MakeBench
from tests.component.outbound import make_person, over
from tests.paths import ROOT
from wacall.stack.bridge import EmbeddedBridge


@pytest_asyncio.fixture
async def bench(make_bench: MakeBench, bridge: EmbeddedBridge) -> Bench:
    """The bench with a media bridge."""
    return await make_bench(**over(bridge), RING_TIMEOUT_S="4")


async def wacall(port: int, directory: Path, *words: str) -> tuple[int | None, str, str]:
    """Run a command in a directory without a `.env`; return its code and what it wrote."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wacall.cli", *words,
        cwd=directory,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "CONTROLPLANE_URL": f"http://127.0.0.1:{port}",
            "CONTROLPLANE_API_KEY": OPERATOR_KEY,
        },
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(40):
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_a_call_that_meta_refuses_says_why(
    bench: Bench, controlplane_port: int, tmp_path: Path
) -> None:
    """Meta's reason and what to do, behind the slug; the same on the call's page, with its row."""
    person = make_person(bench)
    refusal = {"message": "(#138012) Limit", "code": 138012, "error_data": {"details": "At noon."}}
    bench.whatsapp.fail(
        Fault(action="connect", kind=FaultKind.REPLY, status=400, body={"error": refusal})
    )
    number = f"+{person.caller.phone}"
    code, out, _ = await wacall(controlplane_port, tmp_path, "call", number)
    assert code == 1
    lines = out.splitlines()
    assert lines[-2] == "failed: graph refused"
    assert "code 138012" in lines[-1]
    assert "called too often" in lines[-1]
    assert lines[-1].endswith("Meta says: (#138012) Limit: At noon.")

    call_id = lines[0].removeprefix("call ")
    code, out, _ = await wacall(controlplane_port, tmp_path, "calls")
    assert code == 0
    assert call_id in out
    assert "failed: graph refused" in out

    code, out, _ = await wacall(controlplane_port, tmp_path, "inspect", call_id)
    assert code == 0
    assert out.startswith(f"call {call_id}\noutbound, failed: graph refused\n{lines[-1]}\n")
    # what to do has been said already
    assert "whose side: meta.\n" in out
    for part in (
        number,
        "what happened",
        "FAULT: meta",
        "timeline",
        "transcript",
        "nothing was written down",
    ):
        assert part in out

    by_its_beginning = await wacall(controlplane_port, tmp_path, "inspect", call_id[:8])
    assert by_its_beginning[1].startswith(f"call {call_id}\n")
    code, out, _ = await wacall(controlplane_port, tmp_path, "inspect", f"wa-{call_id}", "--json")
    assert json.loads(out)["why"] == lines[-1]
    code, out, _ = await wacall(controlplane_port, tmp_path, "calls", "--limit", "1", "--json")
    assert json.loads(out)["calls"][0]["id"] == call_id


async def test_what_is_not_there_is_a_sentence(
    bench: Bench, controlplane_port: int, tmp_path: Path
) -> None:
    """No traceback: an unknown call, a path for an id, a limit out of bounds."""
    unknown = "5f6e2b1c-7f7e-4a55-8f0e-3a1f0d6c9b11"
    for words in (
        ("inspect", unknown),
        ("inspect", "../consents?"),
        ("calls", "--limit", "999"),
        ("inspect", "0f0f0f0f"),
        ("inspect", ""),
        ("export", "x" * 9000),
    ):
        code, out, err = await wacall(controlplane_port, tmp_path, *words)
        assert (code, out) == (1, "")
        assert err.strip().endswith(".")
        assert "Traceback" not in err
