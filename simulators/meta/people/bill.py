"""What Meta bills for business-initiated calls: answered ones, in pulses of six seconds. Pure."""

import math
from dataclasses import dataclass, field

PULSE_S = 6
"""Meta, calling pricing: per 6-second pulse, rounded up; 56 s are 10 pulses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One answered call."""

    wacid: str = field(repr=False)
    country: str
    """The user's, of which the price depends."""
    duration_s: float
    """As the `terminate` webhook tells it."""

    @property
    def pulses(self) -> int:
        """Pulses begun; a call that was answered at all is one."""
        return max(1, math.ceil(self.duration_s / PULSE_S))


class Bill:
    """All charges of one business number."""

    def __init__(self) -> None:
        self.charges: list[Charge] = []

    def charge(self, *, wacid: str, country: str, duration_s: float) -> None:
        """Add an answered call."""
        self.charges.append(Charge(wacid=wacid, country=country, duration_s=duration_s))

    @property
    def pulses(self) -> int:
        """Pulses of all calls."""
        return sum(charge.pulses for charge in self.charges)
