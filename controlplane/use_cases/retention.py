"""Delete what is older than people may expect, once a day, by one of the replicas."""

import logging

from shared.database.retention import Expiry, RetentionDays

_log = logging.getLogger(__name__)

LOOK_EVERY_S = 300.0
"""How often each replica asks whether the purge is its own to do."""

_CHORE = "purge"
_EVERY_S = 24 * 3600.0
# of one turn; what is left goes with the next one. A loop's turn may take 300 s, a request 9.
_BATCHES = 20
# more than a turn takes: whoever claims again after that finds nobody at it
_LEASE_S = 270.0


class Retention:
    """The daily purge."""

    def __init__(self, expiry: Expiry, days: RetentionDays) -> None:
        """Take the way to the database, and for how long rows are kept."""
        self._expiry = expiry
        self._days = days

    async def purge_if_due(self) -> None:
        """Purge if a day has passed since somebody did, and nobody is at it."""
        if not await self._expiry.claim(_CHORE, every_s=_EVERY_S, lease_s=_LEASE_S):
            return
        purged = await self._expiry.purge(self._days, batches=_BATCHES)
        _log.info(
            "What has expired was deleted.", extra={"action": "purged", **dict(purged.counts)}
        )
        if purged.is_all:
            await self._expiry.finish(_CHORE)
