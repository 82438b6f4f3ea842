"""What a running call costs and is like, with each kind of the agent's media in the same run.

Phones and OpenAI are the far ends for load, so that what is measured is the stack's own.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from wacall.bench.far_ends import OWN_TIME_MS, FarEnds
from wacall.bench.figures import Findings
from wacall.bench.progress import Progress
from wacall.bench.stack import running
from wacall.bench.talk import MediaRun
from wacall.bench.talking import measure, talking

KINDS = ("worker", "bridge")
"""What AGENT_MEDIA may be, in the order in which they are measured."""
_WORKER_CORES = 0.16
"""What a decoding worker takes for one call: more calls than fit are not tried with it."""


async def measure_media(
    directory: Path,
    findings: Findings,
    progress: Progress,
    *,
    levels: Sequence[int],
    window_s: float,
) -> None:
    """Run the whole stack once with each kind, with each number of calls.

    Raises:
        ChildFailed: a part did not start.
    """
    for kind in KINDS:
        place = directory / kind
        async with (
            FarEnds.running(place) as far,
            running(place, _telling(progress, kind), far=far, settings=_settings(kind)) as bench,
        ):
            progress.tell(f"{kind}: the first call")
            # it is slower, and makes parts grow for good
            async with talking(bench.whatsapp, findings, MediaRun(media=kind), 1):
                legs = await bench.bridge_legs()
            if kind == "bridge" and not legs:
                findings.skipped.append(
                    "Not measured: calls with AGENT_MEDIA=bridge, for the bridge carried none."
                )
                continue
            run = MediaRun(media=kind, own_ms=OWN_TIME_MS)
            findings.media.append(run)
            for calls in (0, *(one for one in levels if _fits(kind, one))):
                progress.tell(f"{kind}: {calls} calls")
                await bench.settle()
                async with talking(bench.whatsapp, findings, run, calls) as talks:
                    if len(talks) == calls:
                        run.costs.append(await measure(bench.roots, talks, window_s))
    left_out = [one for one in levels if not _fits("worker", one)]
    if left_out:
        findings.notes.append(
            f"A worker that decodes was not tried with {_in_words(left_out)} calls: they would "
            f"take more than this machine's {_cores()} cores."
        )


def _settings(kind: str) -> dict[str, str]:
    # a busy worker would refuse the calls whose cost is to be measured
    return {"AGENT_MEDIA": kind, "AGENT_LOAD_THRESHOLD": "inf"}


def _fits(kind: str, calls: int) -> bool:
    return kind != "worker" or calls * _WORKER_CORES < _cores()


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _in_words(numbers: Sequence[int]) -> str:
    return " or ".join(map(str, numbers))


def _telling(progress: Progress, kind: str) -> Callable[[str], None]:
    return lambda what: progress.tell(f"{kind}: start {what}")
