"""The benchmark's table: findings in, aligned text out. Pure."""

from collections.abc import Callable, Mapping, Sequence

from wacall.bench.burst_level import burst_rows
from wacall.bench.figures import (
    CostLevel,
    Distribution,
    Findings,
    RtpAccount,
    Throughput,
)
from wacall.bench.talk_table import cost_rows, talk_rows

_MIN_FOR_P99 = 100
"""Under so many values the 99th percentile by nearest rank is the maximum."""
_MB = 1_000_000

Rows = Sequence[Sequence[str]]


def render(findings: Findings) -> str:
    """Draw the whole table."""
    blocks: list[Rows] = []
    if findings.distributions:
        blocks.append(_times(findings.distributions))
    if findings.media:
        blocks += [cost_rows(findings.media), talk_rows(findings.media)]
    if findings.bursts:
        blocks.append(burst_rows(findings.bursts))
    if findings.throughputs:
        blocks.append(_throughputs(findings.throughputs))
    if len(findings.costs) > 1:
        blocks.append(_costs(findings.costs))
    if findings.rtp:
        blocks.append(_rtp(findings.rtp))
    first = max((len(row[0]) for block in blocks for row in block), default=0)
    drawn = [_draw(block, first) for block in blocks]
    width = max((len(line) for block in drawn for line in block), default=0)
    rule = "-" * width
    lines: list[str] = []
    for heading, *body in drawn:
        lines += [rule, heading, rule, *body]
    lines.append(rule)
    if findings.attempted:
        failed = len(findings.failures)
        lines.append(f"{findings.attempted} calls placed; {failed} failures.")
    lines += [f"FAILED: {sentence}" for sentence in findings.failures]
    lines += [f"SKIPPED: {sentence}" for sentence in findings.skipped]
    lines += [f"- {note}" for note in findings.notes]
    return "\n".join(lines)


def _times(distributions: Sequence[Distribution]) -> Rows:
    rows = [["milliseconds", "n", "p50", "p95", "p99", "max", "target"]]
    for one in distributions:
        count = len(one.values)
        rows.append(
            [
                f"  {one.name}" if one.is_part else one.name,
                str(count),
                _ms(one.at(50)),
                _ms(one.at(95)),
                _ms(one.at(99)) if count >= _MIN_FOR_P99 else "",
                _ms(max(one.values)),
                _verdict(one),
            ]
        )
    return rows


def _verdict(one: Distribution) -> str:
    if one.target is None:
        return ""
    word = "met" if one.target.is_met(one.values) else "MISSED"
    return f"p{one.target.percent} < {one.target.below:g}: {word}"


def _throughputs(throughputs: Sequence[Throughput]) -> Rows:
    rows = [["signed webhooks", "n", "/s/core", "CPU ms each", "/s here", "target"]]
    rows += [
        [
            one.name,
            str(one.webhooks),
            f"{one.per_core:.0f}",
            f"{1000 * one.cpu_s / one.webhooks:.2f}" if one.webhooks else "",
            f"{one.webhooks / one.wall_s:.0f}",
            _per_core_verdict(one),
        ]
        for one in throughputs
    ]
    return rows


def _per_core_verdict(one: Throughput) -> str:
    if one.target_per_core is None:
        return ""
    return f"{one.target_per_core:g} /s/core: {'met' if one.is_met else 'MISSED'}"


def _costs(levels: Sequence[CostLevel]) -> Rows:
    idle, *loaded = levels
    rows = [
        ["cost of running calls", "without", *(f"per call at {level.calls}" for level in loaded)]
    ]
    for part, usage in idle.parts.items():
        added = [level.per_call(part, idle) for level in loaded]
        rows.append(
            [f"{part}: CPU, cores", f"{usage.cores:.3f}", *(f"{one.cores:.3f}" for one in added)]
        )
        rows.append(
            [
                f"{part}: memory, MB",
                f"{usage.memory / _MB:.0f}",
                *(f"{one.memory / _MB:.1f}" for one in added),
            ]
        )
    rows.append(
        [
            "whole machine busy, cores, in all",
            f"{idle.machine_cores:.2f}",
            *(f"{level.machine_cores:.2f}" for level in loaded),
        ]
    )
    return rows


def _rtp(accounts: Mapping[str, RtpAccount]) -> Rows:
    rows = [["RTP packets, WhatsApp leg", *accounts, ""]]
    figures: Sequence[tuple[str, Callable[[RtpAccount], object], str]] = (
        ("phones sent", lambda rtp: rtp.phones_sent, ""),
        ("phones heard", lambda rtp: rtp.phones_heard, ""),
        ("agents sent before a phone's media was up", lambda rtp: rtp.before_media, ""),
        ("due at the SFU, each way", lambda rtp: rtp.expected, "the sum"),
        ("SFU received, by its own counter", lambda rtp: rtp.sfu_received, ""),
        ("SFU sent, by its own counter", lambda rtp: rtp.sfu_sent, ""),
        ("counters and phones", _agreement, ""),
        ("of calls whose far end is not the SFU", lambda rtp: rtp.outside_sfu, "must be 0"),
        (
            "UDP sockets of the control plane",
            lambda rtp: len(rtp.controlplane_udp_ports),
            f"must be 0, in {sum(rtp.looks for rtp in accounts.values())} looks",
        ),
        ("handled by Python", lambda rtp: rtp.by_python, _proof(accounts)),
    )
    rows += [
        [name, *(str(figure(rtp)) for rtp in accounts.values()), remark]
        for name, figure, remark in figures
    ]
    return rows


def _agreement(rtp: RtpAccount) -> str:
    if rtp.counters_agree is None:
        return "too few to tell"
    return "agree" if rtp.counters_agree else "DISAGREE"


def _proof(accounts: Mapping[str, RtpAccount]) -> str:
    proven = all(rtp.is_proven for rtp in accounts.values())
    return f"must be 0: {'met' if proven else 'MISSED'}"


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _draw(rows: Rows, first: int) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    widths[0] = first
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
