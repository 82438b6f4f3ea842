"""The doctor at a running stack: it finds the registered worker, and misses one that is not."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import SECRETS, Deployment, job_processes, rooms
from wacall.doctor.examine import examine
from wacall.environment import to_env_file

pytestmark = pytest.mark.timeout(60)


async def test_a_running_stack_is_found_healthy(deployment: Deployment) -> None:
    """Nothing fails; these addresses are not public, and the model that reads is switched off soon.

    So is it at OpenAI itself: `gpt-5` is the first one of OPENAI_RESPONSES_MODEL.
    """
    processes = job_processes(deployment.stack)
    asked = [request for request in deployment.whatsapp.requests if request.wacid]
    findings = [finding async for finding in examine(deployment.stack.environment)]

    troubles = [finding for finding in findings if finding.status != "ok"]
    assert [(finding.status, finding.about) for finding in troubles] == [
        ("warn", "media"), ("warn", "openai"),
    ]  # fmt: skip
    looked_at = {finding.about for finding in findings}
    assert looked_at == {
        "settings",
        "profile",
        "livekit",
        "agent",
        "media",
        "bridge",
        "database",
        "graph",
        "clock",
        "token",
        "calling",
        "webhook",
        "template",
        "openai",
    }
    # looking is no call: nobody was bothered, nothing stays
    assert job_processes(deployment.stack) == processes
    assert [name for name in await rooms(deployment.stack) if "doctor" in name] == []
    assert [request for request in deployment.whatsapp.requests if request.wacid] == asked


async def test_a_worker_under_another_name_is_missed(deployment: Deployment) -> None:
    """A worker that waits for other dispatches is none for us."""
    environ = {**deployment.stack.environment, "AGENT_NAME": "somebody-else"}
    findings = [finding async for finding in examine(environ)]

    (missing,) = [finding for finding in findings if finding.status == "fail"]
    assert missing.about == "agent"
    assert "somebody-else" in missing.message
    assert "AGENT_NAME" in missing.fix


async def test_the_command_tells_and_exits(deployment: Deployment, tmp_path: Path) -> None:
    """`wacall doctor --env FILE` prints a line a finding, no secret, and exits 0."""
    environ = deployment.stack.environment
    names = [
        name for name in environ if name.startswith(("WA_", "LIVEKIT_", "SUPABASE_", "OPENAI_"))
    ]
    names += ["CONTROLPLANE_API_KEY", "PORT"]
    file = tmp_path / "stack.env"
    file.write_text(to_env_file({name: environ[name] for name in names}))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wacall.cli", "doctor", "--env", file,
        cwd=tmp_path, env={name: environ[name] for name in ("PATH", "PYTHONPATH")},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(30):
        output = (await process.communicate())[0].decode()
    assert process.returncode == 0, output
    assert "FAIL" not in output
    assert "Calls can be taken." in output
    secrets = [*SECRETS.values(), environ["LIVEKIT_API_SECRET"], environ["SUPABASE_SECRET_KEY"]]
    assert [secret for secret in secrets if secret in output] == []
