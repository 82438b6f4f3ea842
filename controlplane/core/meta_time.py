"""What time it is at Meta, bounded by what Meta sends. Pure: every clock is an argument.

Two things bound how far Meta's clock (UNIX seconds, as its messages tell them) is ahead of a
local monotonic one (seconds since some moment of this machine's):

    a webhook       it is never from the future: Meta's clock has reached its timestamp when it
                    arrives. Bounds from below alone, for it may have been under way for long
    an HTTP answer  Meta's clock showed its `Date`, in whole seconds, at some moment between the
                    request and the answer (RFC 9110 section 6.6.1). Bounds both ways, as narrow
                    as the round trip and that second

Both are compared with a monotonic clock, so that a step of the wall clock, such as NTP's, changes
nothing in what is known of Meta's.
"""

from dataclasses import dataclass, replace

WORTH_CORRECTING_S = 2.0
"""What is less is noise: `Date` and timestamps are whole seconds."""
_KEPT_S = 900.0
"""Quartz drifts by less than 0.1 s in this time; what is older may be before a suspend."""
_SLICE_S = 60.0
_SLICES = int(_KEPT_S / _SLICE_S)
_LIKELY_S = 3600.0
"""A webhook alone that says more than this is rather wrong than the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """By how many seconds Meta's clock is ahead of the monotonic one: at least, at most."""

    low: float
    high: float

    def meet(self, other: "Lead") -> "Lead | None":
        """Both at once; `None` if they contradict each other."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Lead(low=low, high=high) if low <= high else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slice:
    """What one minute has shown."""

    number: int
    answered: Lead | None = None
    told: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """By how many seconds a wall clock of ours is ahead of Meta's; negative: behind."""

    seconds: float = 0.0
    """The best guess; 0 if nothing is known."""
    within_s: float | None = None
    """How far off the guess is at most; `None`: only that it is no less than this behind."""
    is_known: bool = False
    """Whether Meta's clock has been seen from both sides."""

    @property
    def matters(self) -> bool:
        """Whether it is more than noise."""
        return abs(self.seconds) > WORTH_CORRECTING_S


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaTime:
    """What is known of Meta's clock; grows by what is seen and forgets what is old."""

    slices: tuple[_Slice, ...] = ()

    def told(self, timestamp: float, at: float) -> "MetaTime":
        """Add a webhook with Meta's `timestamp` that arrived `at` this monotonic time."""
        now = self._slice(at)
        lead = timestamp - at
        told = lead if now.told is None else max(now.told, lead)
        return self._with(replace(now, told=told))

    def answered(self, date: float, sent: float, arrived: float) -> "MetaTime":
        """Add an answer's `Date`, with the monotonic times of its request and its arrival."""
        now = self._slice(arrived)
        lead = Lead(low=date - arrived, high=date + 1 - sent)
        both = lead.meet(now.answered) if now.answered is not None else lead
        # what contradicts the newest word was seen before a suspend, or of another machine
        return self._with(replace(now, answered=both or lead))

    def skew(self, wall: float, at: float) -> Skew:
        """Judge a wall clock that shows `wall` (UNIX seconds) `at` this monotonic time."""
        ahead = wall - at
        kept = [one for one in self.slices if self._is_kept(one, at)]
        lead: Lead | None = None
        for one in reversed(kept):
            if one.answered is None:
                continue
            both = one.answered if lead is None else lead.meet(one.answered)
            if both is None:
                break
            lead = both
        told = max((one.told for one in kept if one.told is not None), default=None)
        if lead is None:
            behind = 0.0 if told is None else min(0.0, ahead - told)
            return Skew(seconds=behind if -behind <= _LIKELY_S else 0.0)
        if told is not None:
            # an answer's Date is the stronger word; a webhook only makes it sharper
            lead = lead.meet(Lead(low=told, high=lead.high)) or lead
        return Skew(
            seconds=ahead - (lead.low + lead.high) / 2,
            within_s=(lead.high - lead.low) / 2,
            is_known=True,
        )

    def _slice(self, at: float) -> _Slice:
        number = int(at // _SLICE_S)
        last = self.slices[-1] if self.slices else None
        return last if last is not None and last.number >= number else _Slice(number=number)

    def _with(self, new: _Slice) -> "MetaTime":
        older = [one for one in self.slices if one.number < new.number]
        return MetaTime(slices=(*older, new)[-_SLICES:])

    @staticmethod
    def _is_kept(one: _Slice, at: float) -> bool:
        return at - one.number * _SLICE_S < _KEPT_S + _SLICE_S
