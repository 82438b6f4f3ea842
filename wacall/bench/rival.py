"""The same calls with Pipecat's WhatsApp transport: a tone back, without any model.

Not part of the default run: the first one installs 800 MB.
"""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from simulators.meta.people.call_plan import Timing
from simulators.meta.whatsapp import WhatsAppSimulator
from wacall.bench.far_ends import FarEnds
from wacall.bench.figures import Findings
from wacall.bench.progress import Progress
from wacall.bench.talk import MediaRun, is_carried
from wacall.bench.talking import measure, talking
from wacall.environment import TOOLS
from wacall.stack.processes import Child

PACKAGE = "pipecat-ai[webrtc]==1.14.0"
NAME = "pipecat"
_PLACE = TOOLS.parent / "pipecat"
_INSTALL_S = 1200.0
_READY_S = 120.0
_STOP_S = 2.0
_SECRET = "bench-only-and-on-loopback-only-0123456789"
_HOURS_S = 3600.0
_PROGRAM = Path(__file__).with_name("pipecat_tone.py")


async def measure_pipecat(
    directory: Path,
    findings: Findings,
    progress: Progress,
    *,
    levels: Sequence[int],
    window_s: float,
) -> None:
    """Run it with each number of calls, until its audio breaks.

    Raises:
        ChildFailed: it does not start.
    """
    progress.tell(f"{NAME}: install")
    if (problem := await _install(directory / "pipecat-install.log")) is not None:
        findings.skipped.append(f"Not measured: Pipecat. {problem}")
        return
    async with (
        FarEnds.running(directory / NAME) as far,
        WhatsAppSimulator(
            app_secret=_SECRET,
            access_token=_SECRET,
            timing=Timing(linger_s=0.5, first_media_s=_HOURS_S, mid_call_media_s=_HOURS_S),
            make_phone=far.make_phone,
        ) as whatsapp,
        _running(whatsapp, directory / "pipecat.log") as child,
    ):
        progress.tell(f"{NAME}: the first call")
        async with talking(whatsapp, findings, MediaRun(media=NAME), 1):
            pass
        run = MediaRun(media=NAME)
        findings.media.append(run)
        for calls in (0, *levels):
            progress.tell(f"{NAME}: {calls} calls")
            async with talking(whatsapp, findings, run, calls) as talks:
                if len(talks) == calls:
                    run.costs.append(await measure({NAME: (child.pid,)}, talks, window_s))
            # two in a row: one may have been another program's doing
            if len(run.costs) > 2 and not any(is_carried(level) for level in run.costs[-2:]):
                break


async def _install(log: Path) -> str | None:
    """Install it, unless it is there; say what went wrong."""
    stamp = _PLACE / ".stamp"
    if stamp.is_file() and stamp.read_text() == PACKAGE:
        return None
    for command in (
        (sys.executable, "-m", "venv", _PLACE),
        (_PLACE / "bin" / "pip", "install", "-q", PACKAGE),
    ):
        child = await Child.start("pip", command, env=os.environ, log=log)
        try:
            async with asyncio.timeout(_INSTALL_S):
                await child.wait()
        except TimeoutError:
            await child.stop(grace_s=0)
            return f"{PACKAGE} could not be installed within {_INSTALL_S:.0f} s."
        if child.returncode:
            return f"{PACKAGE} could not be installed; {log} says why."
    stamp.write_text(PACKAGE)
    return None


@contextlib.asynccontextmanager
async def _running(whatsapp: WhatsAppSimulator, log: Path) -> AsyncIterator[Child]:
    url: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def take(_: str, line: str) -> None:
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            if isinstance(told, dict) and told.get("kind") == "ready" and not url.done():
                url.set_result(str(told["url"]))

    async def is_ready() -> bool:
        return url.done()

    child = await Child.start(
        NAME,
        [
            _PLACE / "bin" / "python", "-P", _PROGRAM, "--graph-url", whatsapp.graph_url,
            "--token", _SECRET, "--secret", _SECRET,
            "--phone-number-id", whatsapp.line.phone_number_id,
        ],
        env={"PATH": os.defpath, "HOME": os.fspath(_PLACE), "PYTHONUNBUFFERED": "1"},
        log=log,
        echo=take,
    )  # fmt: skip
    try:
        await child.wait_until(is_ready, timeout_s=_READY_S)
        whatsapp.webhook_url = f"{url.result()}/wa/webhook"
        yield child
    finally:
        await child.stop(grace_s=_STOP_S)
