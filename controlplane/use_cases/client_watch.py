"""See that the database's client died while the database lives, for whoever restarts processes."""

import logging
import time
from collections.abc import Awaitable, Callable

from controlplane.core.client_health import ClientHealth, ClientLimits
from shared.call.errors import WacallError

_log = logging.getLogger(__name__)

LOOK_TIMEOUT_S = 5.0
"""How long a look may take; as long as an attempt of the client's."""

PROBLEM = (
    "The database answers a fresh connection, but nothing on this process's client; "
    "restart the process."
)


class ClientWatch:
    """Told of every attempt of the client's; looks for itself once they stay unanswered."""

    def __init__(self, look: Callable[[], Awaitable[object]], *, limits: ClientLimits) -> None:
        """Take a way to ask the database anything on a connection that is not the client's."""
        self._look = look
        self._limits = limits
        self._health = ClientHealth()
        self._is_dead = False

    def attempted(self, service: str, action: str, outcome: str, seconds: float) -> None:
        """Take note of an attempt (an `ObserveRequest`)."""
        self._health = self._health.attempted(outcome, time.monotonic())

    async def look(self) -> None:
        """Look at the database on a fresh connection, if that is called for; a loop's turn."""
        if self._health.wants_look(time.monotonic(), self._limits):
            try:
                await self._look()
                is_answered = True
            except WacallError:
                is_answered = False
            now = time.monotonic()
            # an answer that came meanwhile has settled it
            if self._health.wants_look(now, self._limits):
                self._health = self._health.looked(is_answered=is_answered, now=now)
        self._tell()

    def problems(self) -> dict[str, str]:
        """Say that the client is dead; empty if it is not."""
        is_dead = self._health.is_dead(time.monotonic(), self._limits)
        return {"database-client": PROBLEM} if is_dead else {}

    def _tell(self) -> None:
        is_dead = bool(self.problems())
        if is_dead and not self._is_dead:
            _log.critical(
                "The database's client is dead although the database lives; the process needs a "
                "restart.",
                extra={"action": "database-client-dead"},
            )
        self._is_dead = is_dead
