"""How long rows are kept, and the deletion of what is older."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shared.database.tables import Tables

BATCH = 1000
"""Of each kind in one request, so that none takes long."""
LONGEST_DAYS = 36_500


class Kept(NamedTuple):
    """One kind of rows: for how many days it is kept."""

    least: int
    """What `purge_expired()` admits: the policy looks back over a day of calls and a week of
    requests."""
    days: int
    """Unless an operator says otherwise; schema.sql's own."""
    what: str


KINDS: Mapping[str, Kept] = {
    "call": Kept(1, 180, "days after its end that a call is kept, with its transcript"),
    "event": Kept(1, 30, "days that raw events are kept"),
    "request": Kept(7, 30, "days that requests for permission are kept"),
    "pause": Kept(0, 30, "days after their end that pauses are kept"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionDays:
    """For how many days each kind of rows is kept."""

    call: int = KINDS["call"].days
    event: int = KINDS["event"].days
    request: int = KINDS["request"].days
    pause: int = KINDS["pause"].days


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """What went, or would go."""

    counts: Mapping[str, int]
    """Rows, by table."""
    is_all: bool
    """Whether nothing is left that has expired."""


class Expiry(Tables):
    """Deletes what has expired, and settles which replica does it."""

    async def claim(self, chore: str, *, every_s: float, lease_s: float) -> bool:
        """Whether it is ours to do a chore now: due, and taken by nobody else within `lease_s`.

        By the database's clock. After a lost answer the repeated request says `False`; then the
        chore is taken up when the lease is over.
        """
        answer = await self._rest.rpc(
            "claim a chore", "claim_chore", chore=chore, every_s=every_s, lease_s=lease_s
        )
        return answer.data is True

    async def finish(self, chore: str) -> None:
        """Note that a chore was done, to the end."""
        await self._rest.rpc("finish a chore", "finish_chore", chore=chore)

    async def purge(self, days: RetentionDays, *, batches: int) -> Purged:
        """Delete what is older than that, in so many batches at most."""
        total: dict[str, int] = {}
        for _ in range(batches):
            counts = await self._purge(days, at_most=BATCH, dry_run=False)
            for table, count in counts.items():
                total[table] = total.get(table, 0) + count
            if max(counts.values()) < BATCH:
                return Purged(counts=total, is_all=True)
        return Purged(counts=total, is_all=False)

    async def count(self, days: RetentionDays) -> Purged:
        """Count what would go."""
        return Purged(counts=await self._purge(days, at_most=None, dry_run=True), is_all=True)

    async def _purge(
        self, days: RetentionDays, *, at_most: int | None, dry_run: bool
    ) -> dict[str, int]:
        answer = await self._rest.rpc(
            "purge what has expired",
            "purge_expired",
            call_days=days.call,
            event_days=days.event,
            request_days=days.request,
            pause_days=days.pause,
            at_most=at_most,
            dry_run=dry_run,
        )
        return {str(table): int(count) for table, count in dict(answer.data).items()}
