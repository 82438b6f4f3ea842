"""What calls were like at their phones, and whether that was good enough. Pure data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from wacall.bench.figures import CostLevel, Distribution, Target, Usage

TO_ACCEPT = Target(percent=95, below=400.0)
TO_AUDIBLE = Target(percent=95, below=120.0)
TURN = Target(percent=95, below=60.0)
SILENCE = Target(percent=95, below=100.0)
AT_CALLS = 16
"""The number of calls that the targets of cost are of."""
OURS_CORES, OURS_MEMORY, ALL_CORES = 0.02, 4_000_000, 0.035
"""Per call: bridge and worker together, their memory, and everything of the stack."""
OURS = ("bridge", "worker")
ALL = ("SFU", "bridge", "worker", "control plane", "pipecat")
_LEAST_PACKETS_PER_S = 47.5
_MOST_GAPS_PER_MINUTE = 6.0


def is_carried(level: CostLevel) -> bool:
    """Whether the audio of so many calls is whole.

    Every phone gets as good as all of its 50 packets a second, and a call has no more than one gap
    over 60 ms in ten seconds.
    """
    if not level.calls or level.heard_per_s is None:
        return True
    gaps = level.gaps / level.calls / (level.window_s / 60)
    return level.heard_per_s >= _LEAST_PACKETS_PER_S and gaps <= _MOST_GAPS_PER_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneReport:
    """What a phone of the far ends tells of its call; moments are Unix seconds."""

    packets: int
    sent: int
    lost: int
    gaps: int
    """Times at which no packet came for more than 60 ms."""
    longest_gap_ms: float
    turns_ms: Sequence[float]
    """From its user's last sound to the first of the answer."""
    silences_ms: Sequence[float]
    """From the user's first sound over the agent to the agent's last."""
    unanswered: int
    """How often its user had to ask again."""
    listened_s: float
    """From the first packet to the last."""
    first_packet: float | None
    accepted_at: float | None
    audible_ms: float | None
    """From `accept` to the first packet that could be heard."""

    @classmethod
    def from_json(cls, told: Mapping[str, Any], *, accepted_at: float | None) -> "PhoneReport":
        """Read what the far ends tell of one phone."""
        first, last, audible = told["first_packet"], told["last_packet"], told["first_audible"]
        heard = accepted_at is not None and audible
        return cls(
            packets=told["packets"],
            sent=told["sent"],
            lost=told["lost"],
            gaps=told["gaps"],
            longest_gap_ms=told["longest_gap_ms"],
            turns_ms=told["turns_ms"] or (),
            silences_ms=told["silences_ms"] or (),
            unanswered=told["unanswered"],
            listened_s=last - first,
            first_packet=first or None,
            accepted_at=accepted_at,
            audible_ms=1000 * (audible - accepted_at) if heard and accepted_at else None,
        )

    @property
    def is_early(self) -> bool:
        """Whether a packet came before `accept` had returned."""
        at, first = self.accepted_at, self.first_packet
        return first is not None and (at is None or first < at)


@dataclass(slots=True, kw_only=True)
class MediaRun:
    """What one kind of the agent's media costs, and what calls are like with it."""

    media: str
    """As AGENT_MEDIA has it."""
    costs: list[CostLevel] = field(default_factory=list)
    to_accept: list[float] = field(default_factory=list)
    """From webhook to `accept`, milliseconds."""
    reports: list[PhoneReport] = field(default_factory=list)
    own_ms: float = 0.0
    """What OpenAI's stand-in takes of every turn by itself."""

    @property
    def gaps_per_hour(self) -> float:
        """How often an hour of call had no packet for more than 60 ms."""
        hours = sum(one.listened_s for one in self.reports) / 3600
        return sum(one.gaps for one in self.reports) / hours if hours else 0.0

    def distributions(self) -> list[Distribution]:
        """Return the times that were measured, with their targets."""
        audible = [one.audible_ms for one in self.reports if one.audible_ms is not None]
        turns = [turn - self.own_ms for one in self.reports for turn in one.turns_ms]
        silences = [silence for one in self.reports for silence in one.silences_ms]
        rows = (
            ("webhook -> accept", self.to_accept, TO_ACCEPT),
            ("accept -> first agent audio", audible, TO_AUDIBLE),
            ("caller's last sound -> agent's first, less OpenAI's own", turns, TURN),
            ("caller speaks over the agent -> silence", silences, SILENCE),
        )
        return [
            Distribution(name=name, values=values, target=target)
            for name, values, target in rows
            if values
        ]

    def per_call(self, parts: Sequence[str], level: CostLevel) -> Usage:
        """Add up what each call of a level costs in some parts; those that do not run cost none."""
        idle = self.costs[0]
        each = [level.per_call(part, idle) for part in parts if part in level.parts]
        return Usage(cores=sum(one.cores for one in each), memory=sum(one.memory for one in each))

    @property
    def most_carried(self) -> CostLevel | None:
        """The largest number of calls, of those tried, whose audio was whole."""
        carried = [level for level in self.costs if level.calls and is_carried(level)]
        return max(carried, key=lambda level: level.calls, default=None)

    @property
    def calls_per_core(self) -> float | None:
        """How many calls a core is enough for, by what one of the most carried takes."""
        level = self.most_carried
        cores = self.per_call(ALL, level).cores if level is not None else 0.0
        return 1 / cores if cores > 0 else None

    def to_json(self) -> dict[str, object]:
        """Write everything."""
        return {
            "media": self.media,
            "cost": [level.to_json() for level in self.costs],
            "distributions": [one.to_json() for one in self.distributions()],
            "gaps_per_hour": round(self.gaps_per_hour, 1),
            "longest_gap_ms": max((one.longest_gap_ms for one in self.reports), default=0.0),
            "lost": sum(one.lost for one in self.reports),
            "packets": sum(one.packets for one in self.reports),
            "unanswered": sum(one.unanswered for one in self.reports),
            "calls": len(self.reports),
            "most_carried": self.most_carried.calls if self.most_carried else None,
            "calls_per_core": self.calls_per_core,
        }
