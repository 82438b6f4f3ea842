"""`wacall bench`: how fast calls are answered and what they cost, measured on this machine."""

import argparse
import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import aiohttp

from simulators.speech.process import SpeechFailed
from wacall.bench.burst import measure_burst
from wacall.bench.calls import measure_calls, warm_up
from wacall.bench.cost import measure_cost
from wacall.bench.far_ends import FarEndsFailed
from wacall.bench.figures import Findings
from wacall.bench.media import measure_media
from wacall.bench.outbound import measure_outbound
from wacall.bench.progress import Progress
from wacall.bench.rival import measure_pipecat
from wacall.bench.rtp import RtpWitness
from wacall.bench.stack import Bench, running
from wacall.bench.table import render
from wacall.bench.webhooks import measure_duplicates, measure_latency, measure_throughput
from wacall.environment import private_folder
from wacall.stack.database import DatabaseFailed
from wacall.stack.processes import ChildFailed
from wacall.stack.sfu import find_server

# in this order: the cost is measured before anything has made a part's memory grow
SECTIONS = ("media", "cost", "calls", "outbound", "burst", "webhooks", "load")
RESULTS = Path(".wacall/bench")
_BUSY_SHARE = 0.3
"""Load average per core before the run from which on its times say more of others than of us."""

_FOOTNOTES: Sequence[tuple[frozenset[str], str]] = (
    (
        frozenset(SECTIONS),
        "One run. A percentile is the nearest rank of its n values. All parts, both simulators, "
        "the phones and this program share the machine's cores.",
    ),
    (
        frozenset({"webhooks", "load"}),
        "Webhooks come over kept-alive connections; the latency is that of late `connect`s with "
        "their offer. /s/core: by the control plane's CPU time alone, with its work behind the "
        "200; /s here: all on this machine.",
    ),
    (
        frozenset({"calls"}),
        "Steps of webhook -> accept: `calls.timings`, each from the end of the one before, by the "
        "control plane's clock. WHIP: the POST and, beside it, a write to the call's row.",
    ),
    (
        frozenset({"burst"}),
        "Calls at the same instant, with far ends in Go: how many a control plane admits is "
        "learnt, so a later burst may fare better than an earlier one. The others are told "
        "`reject`, `busy`.",
    ),
    (
        frozenset({"calls", "outbound"}),
        "First agent audio: the first packet at the phone louder than -44 dBFS. The simulated "
        "OpenAI answers at once; a real model adds its own time.",
    ),
    (
        frozenset({"media"}),
        "Far ends in Go: ICE-lite phones that take turns and now and then speak over the agent, "
        "and an OpenAI that answers 540 ms after it has heard the caller's last sound, and stops "
        "when it has heard 60 ms of the caller. Cost: difference to no calls, divided by the "
        "calls; memory is PSS.",
    ),
    (
        frozenset({"cost"}),
        "Cost: both sides talk in turns, 50 packets/s each way; difference to no calls, divided by "
        "the calls. Memory is PSS: pages shared with other programs on this machine count less.",
    ),
    (
        frozenset({"cost", "calls"}),
        "RTP: the answer that each phone was given, and the one address that ICE then nominated, "
        "name only UDP ports of livekit-server's process; the control plane has none; "
        "and livekit-server's counters are near the phones' own "
        "(within 3 % and 50 packets a call; not compared where calls are too short for that).",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much to measure."""

    sections: tuple[str, ...] = SECTIONS
    calls: int = 20
    webhooks: int = 200
    webhooks_per_s: float = 10.0
    load_s: float = 6.0
    levels: tuple[int, ...] = (1, 2, 4)
    window_s: float = 9.0
    ringing_calls: int = 5
    bursts: tuple[int, ...] = (12, 16, 24)
    media_levels: tuple[int, ...] = (1, 4, 8, 16)
    media_window_s: float = 20.0
    with_pipecat: bool = False


QUICK = Plan(
    calls=3,
    webhooks=60,
    webhooks_per_s=20.0,
    load_s=1.5,
    levels=(1,),
    window_s=3.0,
    ringing_calls=1,
    bursts=(12,),
    media_levels=(1, 4),
    media_window_s=10.0,
)


def main(argv: list[str]) -> int:
    """Measure; 0 if everything could be measured and no RTP went through Python, else 1.

    A section that this machine cannot measure also makes it 1.
    """
    plan = parse(argv)
    progress = Progress()
    began = datetime.now(UTC)
    directory = RESULTS.absolute() / began.strftime("%Y%m%dT%H%M%SZ")
    load_before = os.getloadavg()
    findings = Findings()
    try:
        asyncio.run(_run(plan, directory, findings, progress))
    except (
        ChildFailed, DatabaseFailed, FarEndsFailed, SpeechFailed, aiohttp.ClientError,
    ) as error:  # fmt: skip
        progress.close()
        print(f"The benchmark could not go on: {error}", file=sys.stderr)
        print(f"The logs are in {directory / 'logs'}.", file=sys.stderr)
        return 1
    progress.close()
    result = directory.with_suffix(".json")
    private_folder(result.parent)
    facts = machine_facts() | {"load_before": load_before, "load_after": os.getloadavg()}
    result.write_text(
        json.dumps(
            {"at": began.isoformat(), "machine": facts, **findings.to_json()},
            indent=1,
        )
    )
    print(heading(facts))
    findings.notes[:0] = [text for of, text in _FOOTNOTES if of & set(plan.sections)]
    if load_before[0] > _BUSY_SHARE * len(os.sched_getaffinity(0)):
        findings.notes.append(
            f"The machine was busy before the run (load average {load_before[0]:.1f}): the times "
            "are longer than this stack's own. Run it again when nothing else runs."
        )
    print(render(findings))
    print(f"All values: {result}")
    for problem in findings.problems:
        print(problem, file=sys.stderr)
    if findings.problems:
        print(f"The logs are in {directory / 'logs'}.", file=sys.stderr)
        return 1
    shutil.rmtree(directory, ignore_errors=True)
    return 0


def parse(argv: list[str]) -> Plan:
    """Read the options."""
    parser = argparse.ArgumentParser(prog="wacall bench", description=__doc__)
    parser.add_argument("--calls", type=_positive, help=f"calls in a row ({Plan().calls})")
    parser.add_argument("--quick", action="store_true", help="about half a minute, few values")
    parser.add_argument(
        "--only", choices=SECTIONS, action="append", help="only this section; may be repeated"
    )
    parser.add_argument(
        "--with",
        choices=("pipecat",),
        dest="beside",
        help="measure another program in the section `media` as well; installs it the first time",
    )
    options = parser.parse_args(argv)
    base = QUICK if options.quick else Plan()
    chosen = options.only or SECTIONS
    return Plan(
        sections=tuple(section for section in SECTIONS if section in chosen),
        calls=options.calls or base.calls,
        webhooks=base.webhooks,
        webhooks_per_s=base.webhooks_per_s,
        load_s=base.load_s,
        levels=base.levels,
        window_s=base.window_s,
        ringing_calls=base.ringing_calls,
        bursts=base.bursts,
        media_levels=base.media_levels,
        media_window_s=base.media_window_s,
        with_pipecat=options.beside == "pipecat",
    )


def heading(facts: Mapping[str, object]) -> str:
    """Say on what was measured."""
    before, after = facts["load_before"], facts["load_after"]
    return (
        f"wacall {facts['wacall']}, {facts['livekit-server']}, livekit-agents "
        f"{facts['livekit-agents']}, Python {facts['python']}; {facts['cores']} cores "
        f"({facts['processor']}); load average {_one(before)} before, {_one(after)} after"
    )


def machine_facts() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "livekit-server": _sfu_version(),
        **{
            name: version(name)
            for name in ("wacall", "aiohttp", "livekit", "livekit-agents", "supabase")
        },
    }


async def _run(plan: Plan, directory: Path, findings: Findings, progress: Progress) -> None:
    if "media" in plan.sections:
        # stacks of its own, with nothing beside them
        await measure_media(
            directory, findings, progress, levels=plan.media_levels, window_s=plan.media_window_s
        )
        if plan.with_pipecat:
            await measure_pipecat(
                directory, findings, progress, levels=plan.media_levels,
                window_s=plan.media_window_s,
            )  # fmt: skip
    if "burst" in plan.sections:
        await measure_burst(directory, findings, progress, levels=plan.bursts)
    others = [section for section in plan.sections if section not in ("media", "burst")]
    if not others:
        return
    async with running(directory, lambda what: progress.tell(f"start: {what}")) as bench:
        for section in others:
            await _measure(section, plan, bench, findings, progress)
        progress.tell("stop")


async def _measure(
    section: str, plan: Plan, bench: Bench, findings: Findings, progress: Progress
) -> None:
    match section:
        case "cost" | "calls":
            await _with_calls(section, plan, bench, findings, progress)
        case "outbound":
            await measure_outbound(
                bench, findings, progress, count=plan.calls, ringing=plan.ringing_calls
            )
        case "webhooks":
            await measure_latency(
                bench, findings, progress, count=plan.webhooks, per_s=plan.webhooks_per_s
            )
        case "load":
            await measure_throughput(bench, findings, progress, for_s=plan.load_s)
            await measure_duplicates(bench, findings, progress)


async def _with_calls(
    section: str, plan: Plan, bench: Bench, findings: Findings, progress: Progress
) -> None:
    if not bench.whatsapp.calls:
        await warm_up(bench, findings, progress)
    witness = await RtpWitness.begin(bench)
    if section == "cost":
        await measure_cost(
            bench, findings, progress, witness, levels=plan.levels, window_s=plan.window_s
        )
    else:
        await measure_calls(bench, findings, progress, witness, count=plan.calls)
    progress.tell(f"{section}: waiting for the SFU's counters")
    findings.rtp[section] = await witness.account()


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(text)


def _one(load: object) -> str:
    return f"{load[0]:.1f}" if isinstance(load, tuple) else "?"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _sfu_version() -> str:
    try:
        program = find_server(os.environ)
        told = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=5, check=False
        )
    except (ChildFailed, OSError, subprocess.TimeoutExpired):
        return "livekit-server of an unknown version"
    return told.stdout.strip().replace(" version ", " ")
