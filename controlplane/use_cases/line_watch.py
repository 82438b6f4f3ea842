"""Look whether Meta would let calls through, before a customer finds out.

Every minute: the number, its calling settings; every hour the token itself, for its end. What is
wrong is a trouble: it has a name, and a sentence with what to do. Troubles stand in `/readyz`,
which stays 200 for them: no replica is better off than another one, and webhooks shall come in all
the same. They are logged when they begin and when they end.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from controlplane.core.errors import GraphError
from controlplane.meta.account_codes import TOKEN_EXPIRED
from controlplane.meta.graph import GraphClient
from controlplane.meta.graph_errors import GraphRefused
from controlplane.meta.line_settings import number_troubles, settings_troubles
from controlplane.meta.token import TokenInfo, token_troubles, why_refused
from controlplane.telemetry.metrics import Metrics

_log = logging.getLogger(__name__)

_TOKEN_EVERY = timedelta(hours=1)

Troubles = Mapping[str, str]


class LineWatch:
    """What one process knows of its line's troubles."""

    def __init__(
        self, graph: GraphClient, *, metrics: Metrics, clock: Callable[[], datetime]
    ) -> None:
        """Take Graph, who counts, and what time it is."""
        self._graph = graph
        self._metrics = metrics
        self._clock = clock
        self._token: TokenInfo | None = None
        self._token_at: datetime | None = None
        self._settings: Troubles = {}
        self._troubles: Troubles = {}

    def problems(self) -> dict[str, str]:
        """Say what keeps calls from working, as of the last look."""
        return dict(self._troubles)

    async def look(self) -> None:
        """Look once. That Graph does not answer says nothing, and is seen elsewhere."""
        try:
            found = await self._look_at_number()
        except GraphRefused as error:
            found = self._refused(error)
        except GraphError:
            return
        self._report(found)

    async def _look_at_number(self) -> Troubles:
        number = await self._graph.check_number()
        now = self._clock()
        return {
            **number_troubles(number.status),
            **await self._look_at_settings(),
            **await self._look_at_token(now),
        }

    async def _look_at_settings(self) -> Troubles:
        try:
            self._settings = settings_troubles(await self._graph.calling_settings())
        except GraphError:
            # reading them takes a scope that calls do without; what was seen last stands
            pass
        return self._settings

    async def _look_at_token(self, now: datetime) -> Troubles:
        if self._token_at is None or now - self._token_at >= _TOKEN_EVERY:
            try:
                self._token = await self._graph.check_token()
                self._token_at = now
            except GraphError:
                # a proxy may not let it through; the number's answer has shown that it is valid
                pass
        return token_troubles(self._token, now) if self._token is not None else {}

    def _refused(self, error: GraphRefused) -> Troubles:
        # a new one comes with a restart only; should the old one come to life again, look anew
        self._token_at = None
        if error.known is TOKEN_EXPIRED:
            return {"token": why_refused(error.subcode)}
        if error.known.pause is not None or error.known.is_retryable:
            return self._troubles
        return {"graph": str(error)}

    def _report(self, found: Troubles) -> None:
        for name in sorted(found.keys() - self._troubles.keys()):
            self._metrics.line_trouble(name, True)
            _log.error(
                "Meta does not let this line work; `advice` says what to do.",
                extra={"action": "line-trouble", "trouble": name, "advice": found[name]},
            )
        for name in sorted(self._troubles.keys() - found.keys()):
            self._metrics.line_trouble(name, False)
            _log.info(
                "A trouble of this line is over.",
                extra={"action": "line-trouble-over", "trouble": name},
            )
        self._troubles = dict(found)
