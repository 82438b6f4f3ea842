"""Whether somebody who holds something in the database has fallen silent. Pure.

Who holds it writes a later time into a row several times a second. The others do not compare that
time with their own clocks, which may differ: they look whether it changes, as the leader election
of Kubernetes does, and wait by their own monotonic clock.

A database that is slow keeps the holder from writing as it keeps the others from reading. So only
looks that were answered promptly, one soon after the other, count; after any other one the wait
begins anew, and the holder gets the time to write again. What decides in the end is the
compare-and-set on what was seen.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from shared.call.ids import CallId

RENEW_S = 0.4
"""The holder writes so often."""
LOOK_S = 0.3
"""The others look so often."""
SILENCE_S = 1.1
"""A holder that has not written for so long, by prompt looks, is gone."""
PROMPT_S = 0.5
"""A look that takes longer says that the database is slow."""
GAP_S = LOOK_S + 2 * PROMPT_S
"""Looks that are further apart have not seen what was between them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What was seen of one call, and since when it has been the same."""

    stamp: Hashable
    since_s: float
    """Monotonic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What has to be remembered between two looks at all that is held."""

    looked_s: float | None = None
    """When the last look began, monotonic; `None`: there was none."""
    seen: Mapping[CallId, Sighting]

    @classmethod
    def begin(cls) -> "Watch":
        """Begin without having seen anything."""
        return cls(seen={})

    def then(self, stamps: Mapping[CallId, Hashable], *, began_s: float, ended_s: float) -> "Watch":
        """Add a look that found these calls held; a stamp is by whom, and until when."""
        is_prompt = (
            self.looked_s is not None
            and began_s - self.looked_s <= GAP_S
            and ended_s - began_s <= PROMPT_S
        )
        seen = {}
        for call_id, stamp in stamps.items():
            before = self.seen.get(call_id)
            same = is_prompt and before is not None and before.stamp == stamp
            seen[call_id] = (
                before if same and before is not None else Sighting(stamp=stamp, since_s=ended_s)
            )
        return Watch(looked_s=began_s, seen=seen)

    def is_silent(self, call_id: CallId, now_s: float, *, after_s: float = SILENCE_S) -> bool:
        """Whether the holder has been silent for so long."""
        seen = self.seen.get(call_id)
        return seen is not None and now_s - seen.since_s >= after_s
