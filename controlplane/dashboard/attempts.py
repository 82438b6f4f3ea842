"""How often somebody may guess at the operators' key; pure."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

WINDOW_S = 60.0
PER_ADDRESS = 5
"""Wrong keys from one address in a window."""
OVERALL = 60
"""Wrong keys from all addresses."""
ADDRESSES = 1024
"""Remembered; the one that was quiet for longest is forgotten."""


@dataclass(slots=True)
class Attempts:
    """The wrong keys of the last minute, of one process."""

    _of: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _all: deque[float] = field(default_factory=deque)

    def wait_s(self, address: str, now: float) -> float:
        """Return for how many seconds that address has to wait; 0: it may try."""
        own = self._of.get(address, deque())
        return max(_wait_s(own, PER_ADDRESS, now), _wait_s(self._all, OVERALL, now))

    def failed(self, address: str, now: float) -> None:
        """Count a wrong key; `now` is of a clock that never goes back."""
        own = self._of.setdefault(address, deque(maxlen=PER_ADDRESS))
        self._of.move_to_end(address)
        own.append(now)
        self._all.append(now)
        if len(self._all) > OVERALL:
            self._all.popleft()
        if len(self._of) > ADDRESSES:
            self._of.popitem(last=False)


def _wait_s(times: deque[float], most: int, now: float) -> float:
    recent = [at for at in times if at > now - WINDOW_S]
    return recent[-most] + WINDOW_S - now if len(recent) >= most else 0.0
