"""Ask Graph whether a person permits calls: seldom after a no, and never too often."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from controlplane.meta.graph import PermissionReport
from controlplane.meta.graph_errors import GraphRefused
from shared.call.denial import Denied, Reason
from shared.call.errors import CallDenied
from shared.call.person import Person

_log = logging.getLogger(__name__)

# A "no" is believed this long; a grant comes as a webhook anyway.
_NO_LASTS = timedelta(seconds=60)
_MAX_KEPT = 10_000
# The lower of the two limits that Meta documents for call_permissions.
_ASKS, _PERIOD = 5, timedelta(seconds=1)
_BACK_OFF = timedelta(seconds=60)


class PermissionLookup:
    """Graph's answers about people; what it keeps of them is who permitted nothing just now."""

    def __init__(
        self,
        ask: Callable[[Person], Awaitable[PermissionReport]],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        """Take `GraphClient.call_permissions`, and what time it is."""
        self._ask = ask
        self._clock = clock
        self._no_until: dict[str, datetime] = {}
        self._asked_at: deque[datetime] = deque(maxlen=_ASKS)
        self._silent_until: datetime | None = None

    async def permission_of(self, person: Person) -> PermissionReport | None:
        """Return what Graph says of somebody who permits calls; `None`: they permit none.

        Raises:
            CallDenied: Meta has been asked too often just now.
            GraphError: no answer.
        """
        now = self._clock()
        no_until = self._no_until.get(person.key)
        if no_until is not None and now < no_until:
            return None
        self._check_pace(now)
        self._asked_at.append(now)
        try:
            report = await self._ask(person)
        except GraphRefused as error:
            pause = error.known.pause
            if pause is not None and pause.is_rate:
                self._silent_until = now + (error.asked_wait or _BACK_OFF)
                raise _slow_down(self._silent_until) from None
            if error.known.stops_line:
                # says nothing about this person: somebody has to mend the token or the account
                raise
            # whom Graph says nothing about has not permitted calls
            _log.warning(
                "Graph does not tell about permissions.",
                extra={"action": "permissions-refused", "error": error.code},
            )
            return None
        if report.granted:
            return report
        if len(self._no_until) >= _MAX_KEPT:
            self._no_until.clear()
        self._no_until[person.key] = now + _NO_LASTS
        return None

    def forget(self, person: Person) -> None:
        """Keep nothing about a person."""
        self._no_until.pop(person.key, None)

    def _check_pace(self, now: datetime) -> None:
        soonest = now + _PERIOD
        if self._silent_until is not None and now < self._silent_until:
            raise _slow_down(max(self._silent_until, soonest))
        if len(self._asked_at) == _ASKS and now - self._asked_at[0] < _PERIOD:
            raise _slow_down(soonest)


def _slow_down(retry_at: datetime) -> CallDenied:
    return CallDenied(Denied(reason=Reason.RATE_LIMITED, retry_at=retry_at))
