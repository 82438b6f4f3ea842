"""The set-up of a call as a lease: when a silent owner may be relieved. Pure.

The owner writes a later `setup_until` into the row several times a second. The others do not
compare that time with their own clocks, which may differ: they look whether it changes, as the
leader election of Kubernetes does, and wait by their own monotonic clock.

A database that is slow keeps the owner from writing as it keeps the others from reading. So only
looks that were answered promptly, one soon after the other, count; after any other one the wait
begins anew, and the owner gets the time to write again. What decides in the end is the
compare-and-set on what was seen.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.call.call import Call
from shared.call.ids import CallId

RENEW_S = 0.4
"""The owner writes so often."""
LOOK_S = 0.3
"""The others look so often."""
SILENCE_S = 1.1
"""An owner that has not written for so long, by prompt looks, is gone."""
PROMPT_S = 0.5
"""A look that takes longer says that the database is slow."""
GAP_S = LOOK_S + 2 * PROMPT_S
"""Looks that are further apart have not seen what was between them."""
HOLD = timedelta(seconds=5)
"""For so long the row names its owner as alive, for those who do not look often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What was seen of one set-up, and since when it has been the same."""

    owner: str | None
    until: datetime | None
    since_s: float
    """Monotonic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What has to be remembered between two looks at all set-ups."""

    looked_s: float | None = None
    """When the last look began, monotonic; `None`: there was none."""
    seen: Mapping[CallId, Sighting]

    @classmethod
    def begin(cls) -> "Watch":
        """Begin without having seen anything."""
        return cls(seen={})

    def then(self, calls: Iterable[Call], *, began_s: float, ended_s: float) -> "Watch":
        """Add a look that found these calls being set up."""
        is_prompt = (
            self.looked_s is not None
            and began_s - self.looked_s <= GAP_S
            and ended_s - began_s <= PROMPT_S
        )
        seen = {}
        for call in calls:
            before = self.seen.get(call.id)
            same = (
                is_prompt
                and before is not None
                and (before.owner, before.until) == (call.setup_owner, call.setup_until)
            )
            seen[call.id] = (
                before
                if same and before is not None
                else Sighting(owner=call.setup_owner, until=call.setup_until, since_s=ended_s)
            )
        return Watch(looked_s=began_s, seen=seen)

    def is_silent(self, call: Call, now_s: float) -> bool:
        """Whether the owner of this set-up has been silent for too long."""
        seen = self.seen.get(call.id)
        return seen is not None and now_s - seen.since_s >= SILENCE_S


MAX_TAKES = 2
"""Whoever takes a set-up over may die of it: an offer that kills is not handed round for ever."""


def may_go_on(call: Call) -> bool:
    """Whether a set-up that was just taken over may be gone on with, rather than given up."""
    return call.setup_takes <= MAX_TAKES


def is_held(call: Call, now: datetime) -> bool:
    """Whether the row says that somebody works on the set-up, or did seconds ago."""
    return call.setup_owner is not None and call.setup_until is not None and now < call.setup_until
