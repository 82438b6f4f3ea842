"""What is done when nobody says anything: the agent asks once, then the call ends. Pure.

Times are seconds of one clock. Whoever looks does so every second or so.
"""

from enum import StrEnum


class Step(StrEnum):
    """What is due."""

    NOTHING = "nothing"
    ASK = "ask"
    END = "end"


class Silence:
    """The silence of one call."""

    def __init__(self, *, ask_after_s: float, end_after_s: float) -> None:
        """Take how long it may be, and how long again once the agent has asked."""
        self._ask_after_s, self._end_after_s = ask_after_s, end_after_s
        self._since: float | None = None
        self._heard_at = self._asked_at = float("-inf")

    def heard(self, at: float) -> None:
        """Learn that the caller was there at that moment: spoke, or pressed a key."""
        self._heard_at = max(self._heard_at, at)

    def look(self, now: float, *, is_quiet: bool) -> Step:
        """Say what is due. `is_quiet`: nobody speaks, and nothing is about to be said or done.

        Each question is due once; the caller's next word makes another one possible.
        """
        if not is_quiet:
            self._since = None
            return Step.NOTHING
        # who has spoken meanwhile, however shortly, begins the silence anew
        if self._since is None or self._heard_at > self._since:
            self._since = now
        quiet_s = now - self._since
        if self._asked_at > self._heard_at:
            return Step.END if quiet_s >= self._end_after_s else Step.NOTHING
        if quiet_s < self._ask_after_s:
            return Step.NOTHING
        self._asked_at, self._since = now, None
        return Step.ASK
