"""The table of what calls cost and are like, one kind of media beside the other. Pure."""

from collections.abc import Sequence
from itertools import chain

from wacall.bench.figures import CostLevel, Usage
from wacall.bench.talk import ALL, ALL_CORES, AT_CALLS, OURS, OURS_CORES, OURS_MEMORY, MediaRun

_MB = 1_000_000


def cost_rows(runs: Sequence[MediaRun]) -> list[list[str]]:
    """Draw what each call costs, one column for each kind and number of calls."""
    columns = [(run, level) for run in runs for level in run.costs[1:]]
    parts = dict.fromkeys(chain.from_iterable(level.parts for _, level in columns))
    rows = [
        [
            "per running call, far ends in Go",
            *(f"{run.media} {level.calls}" for run, level in columns),
            "target",
        ]
    ]
    for part in parts:
        rows += _used(columns, part, (part,), "", "")
    return [
        *rows,
        *_used(
            columns,
            "bridge + worker",
            OURS,
            _verdict(runs, OURS, OURS_CORES, "cores"),
            _verdict(runs, OURS, OURS_MEMORY, "memory"),
        ),
        *_used(columns, "all of it", ALL, _verdict(runs, ALL, ALL_CORES, "cores"), ""),
        [
            "whole machine busy, cores, in all",
            *(f"{level.machine_cores:.2f}" for _, level in columns),
            "",
        ],
        [
            "gaps over 60 ms, per call and minute",
            *(f"{level.gaps / level.calls / (level.window_s / 60):.1f}" for _, level in columns),
            "",
        ],
        [
            "packets/s that the worst phone heard",
            *(
                "" if level.heard_per_s is None else f"{level.heard_per_s:.1f}"
                for _, level in columns
            ),
            "",
        ],
    ]


def _used(
    columns: Sequence[tuple[MediaRun, CostLevel]],
    name: str,
    parts: Sequence[str],
    cores_target: str,
    memory_target: str,
) -> list[list[str]]:
    """Draw what some parts use together; nothing where none of them runs."""
    used = [
        run.per_call(parts, level) if set(parts) & level.parts.keys() else None
        for run, level in columns
    ]
    cores = ["" if one is None else f"{one.cores:.4f}" for one in used]
    memory = ["" if one is None else f"{one.memory / _MB:.1f}" for one in used]
    return [
        [f"{name}: CPU, cores", *cores, cores_target],
        [f"{name}: memory, MB", *memory, memory_target],
    ]


def talk_rows(runs: Sequence[MediaRun]) -> list[list[str]]:
    """Draw what calls are like, with a verdict for each target."""
    rows = [["at the phone, ms", "n", "p50", "p95", "max", "target"]]
    for run in runs:
        for one in run.distributions():
            target = one.target
            verdict = ""
            if target is not None:
                word = "met" if target.is_met(one.values) else "MISSED"
                verdict = f"p{target.percent} < {target.below:g}: {word}"
            rows.append(
                [
                    f"{run.media}: {one.name}", str(len(one.values)), f"{one.at(50):.0f}",
                    f"{one.at(95):.0f}", f"{max(one.values):.0f}", verdict,
                ]
            )  # fmt: skip
        rows.append(
            [
                f"{run.media}: gaps over 60 ms in an hour of call",
                str(sum(one.gaps for one in run.reports)),
                f"{run.gaps_per_hour:.0f}",
                "",
                f"{max((one.longest_gap_ms for one in run.reports), default=0.0):.0f}",
                "",
            ]
        )
        if (most := run.most_carried) is not None and run.calls_per_core is not None:
            rows.append(
                [
                    f"{run.media}: most calls tried with whole audio; calls a core",
                    str(most.calls), f"{run.calls_per_core:.1f}", "", "", "",
                ]
            )  # fmt: skip
        lost = sum(one.lost for one in run.reports)
        heard = sum(one.packets for one in run.reports)
        rows.append([f"{run.media}: packets lost, of how many", str(lost), str(heard), "", "", ""])
    return rows


def _verdict(runs: Sequence[MediaRun], parts: Sequence[str], limit: float, what: str) -> str:
    """Judge the bridge at the number of calls that the target is of."""
    shown = f"<= {limit / _MB:g}" if what == "memory" else f"<= {limit:g}"
    for run in runs:
        level = _at_target(run)
        if run.media == "bridge" and level is not None:
            used: Usage = run.per_call(parts, level)
            value = used.memory if what == "memory" else used.cores
            return f"{shown} at {AT_CALLS}: {'met' if value <= limit else 'MISSED'}"
    return f"{shown} at {AT_CALLS}: not measured"


def _at_target(run: MediaRun) -> CostLevel | None:
    return next((level for level in run.costs[1:] if level.calls == AT_CALLS), None)
