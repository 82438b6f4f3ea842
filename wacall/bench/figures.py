"""The figures of a benchmark: distributions with their targets, costs, counts. Pure data."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from wacall.bench.burst_level import BurstLevel
from wacall.bench.percentile import percentile

if TYPE_CHECKING:
    # which is made of what is defined here
    from wacall.bench.talk import MediaRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a figure should stay under."""

    percent: int
    below: float

    def is_met(self, values: Sequence[float]) -> bool:
        """Whether measured values meet it."""
        return percentile(values, self.percent) < self.below


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One thing, measured many times, in milliseconds."""

    name: str
    values: Sequence[float]
    target: Target | None = None
    is_part: bool = False
    """A part of the distribution before it."""

    def at(self, percent: int) -> float:
        """Return a percentile."""
        return percentile(self.values, percent)

    def to_json(self) -> dict[str, object]:
        """Write it with every value, in the order in which they were measured."""
        return {
            "name": self.name,
            "unit": "ms",
            "n": len(self.values),
            **{f"p{percent}": self.at(percent) for percent in (50, 95, 99)},
            "max": max(self.values),
            "target": self.target and {f"p{self.target.percent}_below": self.target.below},
            "met": self.target and self.target.is_met(self.values),
            "values": [round(value, 2) for value in self.values],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """Signed webhooks, one after the other as fast as they are taken."""

    name: str
    webhooks: int
    wall_s: float
    cpu_s: float
    """Of the control plane alone, with what it does after its 200."""
    target_per_core: float | None = None
    """How many one core should be enough for."""

    @property
    def is_met(self) -> bool:
        """Whether its target is met; nothing is missed without one."""
        return self.target_per_core is None or self.per_core >= self.target_per_core

    @property
    def per_core(self) -> float:
        """Webhooks per second that one core is enough for."""
        return self.webhooks / self.cpu_s if self.cpu_s > 0 else 0.0

    def to_json(self) -> dict[str, object]:
        """Write it."""
        return {
            "name": self.name,
            "webhooks": self.webhooks,
            "wall_s": round(self.wall_s, 3),
            "cpu_s": round(self.cpu_s, 3),
            "per_s_per_core": round(self.per_core, 1),
            "per_s_measured": round(self.webhooks / self.wall_s, 1),
            "target_per_s_per_core": self.target_per_core,
            "met": self.is_met if self.target_per_core is not None else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one part used while a number of calls ran."""

    cores: float
    memory: int
    """Bytes of PSS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLevel:
    """What all parts used while `calls` calls ran."""

    calls: int
    window_s: float
    parts: Mapping[str, Usage]
    machine_cores: float
    """How many processors the whole machine kept busy, simulators included."""
    heard_per_s: float | None = None
    """Packets that each phone got per second; none without calls."""
    gaps: int = 0
    """Times at which a phone got none for more than 60 ms, where they were counted."""

    def per_call(self, part: str, idle: "CostLevel") -> Usage:
        """Return what each call added to what the part uses without calls."""
        now, then = self.parts[part], idle.parts[part]
        return Usage(
            cores=(now.cores - then.cores) / self.calls,
            memory=round((now.memory - then.memory) / self.calls),
        )

    def to_json(self) -> dict[str, object]:
        """Write it."""
        return {
            "calls": self.calls,
            "window_s": round(self.window_s, 2),
            "parts": {
                name: {"cores": round(usage.cores, 4), "pss_bytes": usage.memory}
                for name, usage in self.parts.items()
            },
            "machine_cores": round(self.machine_cores, 3),
            "packets_heard_per_s_and_call": self.heard_per_s,
            "gaps_over_60_ms": self.gaps,
        }


_SHARE_APART = 0.03
_PACKETS_APART = 50
"""For each call, whatever its length: measured, the SFU counts 15 to 40 more than the phones."""
_WORTH_COMPARING = 0.15
"""Share of what is due above which that allowance would let everything pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RtpAccount:
    """Where the packets between phones and agents went during one section."""

    calls: int
    phones_sent: int
    phones_heard: int
    before_media: int
    """The agents' packets that no phone could hear: from `accept` until its media was up."""
    sfu_received: int
    sfu_sent: int
    outside_sfu: int
    """Of the phones' packets: those of calls whose far end was no socket of the SFU's process."""
    controlplane_udp_ports: Sequence[int]
    looks: int
    """How often the sockets were looked at while calls ran."""

    @property
    def by_python(self) -> int:
        """Packets of the WhatsApp leg that went, or may have gone, through Python."""
        if self.controlplane_udp_ports:
            return self.phones_sent + self.phones_heard
        return self.outside_sfu

    @property
    def expected(self) -> int:
        """What the SFU must have received, and must have sent.

        Every packet of a phone goes in once and out once, to the agent; every packet of the agent
        in once and out once, to a phone.
        """
        return self.phones_sent + self.phones_heard + self.before_media

    @property
    def counters_agree(self) -> bool | None:
        """Whether the SFU's counters hold what the phones sent and heard.

        `None` if the calls were too short to tell: the allowance would be most of the count.
        """
        apart = _SHARE_APART * self.expected + _PACKETS_APART * self.calls
        if apart > _WORTH_COMPARING * self.expected:
            return None
        return all(
            abs(counted - self.expected) <= apart for counted in (self.sfu_received, self.sfu_sent)
        )

    @property
    def is_proven(self) -> bool:
        """Whether the sockets show that no packet went through Python, and no counter objects."""
        return (
            self.looks > 0
            and self.phones_heard > 0
            and not self.by_python
            and self.counters_agree is not False
        )

    def to_json(self) -> dict[str, object]:
        """Write it."""
        return {
            "handled_by_python": self.by_python,
            "proven": self.is_proven,
            "counters_agree": self.counters_agree,
            **asdict(self),
            "expected_at_sfu": self.expected,
        }


@dataclass(slots=True, kw_only=True)
class Findings:
    """Everything that one run of the benchmark has found."""

    distributions: list[Distribution] = field(default_factory=list)
    throughputs: list[Throughput] = field(default_factory=list)
    costs: list[CostLevel] = field(default_factory=list)
    media: "list[MediaRun]" = field(default_factory=list)
    bursts: list[BurstLevel] = field(default_factory=list)
    rtp: dict[str, RtpAccount] = field(default_factory=dict)
    """Section -> its account."""
    attempted: int = 0
    """Calls that were placed."""
    failures: list[str] = field(default_factory=list)
    """A sentence for each call or webhook that went wrong."""
    skipped: list[str] = field(default_factory=list)
    """A sentence for each section that this machine cannot measure."""
    notes: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What makes the run fail, in sentences; empty if it is good."""
        found = []
        if self.failures:
            found.append(
                f"{len(self.failures)} things went wrong, so the figures are not to be trusted; "
                f"the first: {self.failures[0]}"
            )
        for section, rtp in self.rtp.items():
            if rtp.by_python:
                found.append(
                    f"{rtp.by_python} RTP packets may have gone through Python ({section}); "
                    "it must be 0."
                )
            elif not rtp.is_proven:
                found.append(
                    f"That no RTP packet went through Python is not proven ({section}): the SFU "
                    f"counted {rtp.sfu_received} in and {rtp.sfu_sent} out; {rtp.expected} were "
                    "due each way."
                )
        found += [problem for level in self.bursts if (problem := level.problem) is not None]
        found += self.skipped
        measured = (
            self.distributions, self.throughputs, self.costs, self.media, self.bursts,
        )  # fmt: skip
        if not any(measured) and not self.skipped:
            found.append("Nothing was measured.")
        return found

    def to_json(self) -> dict[str, object]:
        """Write everything."""
        return {
            "distributions": [one.to_json() for one in self.distributions],
            "throughput": [one.to_json() for one in self.throughputs],
            "cost": [one.to_json() for one in self.costs],
            "media": [run.to_json() for run in self.media],
            "burst": [level.to_json() for level in self.bursts],
            "rtp": {section: rtp.to_json() for section, rtp in self.rtp.items()},
            "calls_attempted": self.attempted,
            "failures": self.failures,
            "skipped": self.skipped,
            "notes": self.notes,
            "problems": self.problems,
        }
