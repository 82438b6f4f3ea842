"""Look whether Meta would let a line's calls through, before a customer finds out.

Every minute: the number, its calling settings, and what webhooks have told of the account, to
whichever replica; every hour the token itself, for its end. What is
wrong is a trouble: it has a name, and a sentence with what to do. Troubles stand in `/readyz`,
which stays 200 for them: no replica is better off than another one, and webhooks shall come in all
the same. They are logged when they begin and when they end.
"""

import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from controlplane.core.errors import GraphError
from controlplane.core.line_trouble import SENTENCES
from controlplane.ledger.line_troubles import LineTroubles
from controlplane.meta.account_codes import TOKEN_EXPIRED
from controlplane.meta.events import AccountUpdated
from controlplane.meta.graph_errors import GraphRefused
from controlplane.meta.line_settings import SETTINGS_FIELDS, number_troubles, settings_troubles
from controlplane.meta.lines import Line
from controlplane.meta.token import TokenInfo, token_troubles, why_refused
from controlplane.telemetry.metrics import Metrics
from shared.call.errors import StoreUnavailable

_log = logging.getLogger(__name__)

_TOKEN_EVERY = timedelta(hours=1)

Troubles = Mapping[str, str]


class LineWatch:
    """What one process knows of its line's troubles."""

    def __init__(
        self,
        line: Line,
        *,
        book: LineTroubles,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the line, what Meta has told (`book`), who counts, and what time it is."""
        self._line = line
        self._graph = line.graph
        self._variable = line.terms.token.variable
        self._book = book
        self._metrics = metrics
        self._clock = clock
        self._token: TokenInfo | None = None
        self._token_at: datetime | None = None
        self._settings: Troubles | None = None
        self._told: frozenset[str] = frozenset()
        self._seen: Troubles = {}
        self._troubles: Troubles = {}

    def problems(self) -> dict[str, str]:
        """Say what keeps calls from working, as of the last look."""
        return dict(self._troubles)

    async def look(self) -> None:
        """Look once. That a neighbour does not answer says nothing here, and is seen elsewhere."""
        with contextlib.suppress(GraphError):
            self._seen = await self._look_at_graph()
        await self._read_book()

    @property
    def line(self) -> Line:
        """What is looked at."""
        return self._line

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts that the token is limited to; empty: not known."""
        return self._token.accounts if self._token is not None else frozenset()

    async def told(self, event: AccountUpdated) -> None:
        """Write what Meta tells of the line's account or its settings, for all replicas.

        Raises:
            StoreUnavailable: it was not written, and has to be taken up again.
        """
        now = self._clock()
        for change in event.changes:
            await self._book.note(change, event.timestamp or now)
            if change.name in SETTINGS_FIELDS:
                # whatever was read of them before is older
                self._settings = None
        await self._read_book()

    async def _read_book(self) -> None:
        with contextlib.suppress(StoreUnavailable):
            self._told = await self._book.holding(self._clock())
        # what can be read of the settings themselves is newer than what was told of them
        over = SETTINGS_FIELDS.keys() if self._settings is not None else ()
        told = {
            name: SENTENCES[name]
            for name in sorted(self._told)
            if name in SENTENCES and name not in over
        }
        self._report({**told, **self._seen, **(self._settings or {})})

    async def _look_at_graph(self) -> Troubles:
        try:
            return await self._look_at_number()
        except GraphRefused as error:
            return self._refused(error)

    async def _look_at_number(self) -> Troubles:
        number = await self._graph.check_number()
        await self._look_at_settings()
        now = self._clock()
        return {
            **number_troubles(number.status),
            **await self._look_at_token(now),
        }

    async def _look_at_settings(self) -> None:
        # reading them takes a scope that calls do without; what was seen last stands
        with contextlib.suppress(GraphError):
            self._settings = settings_troubles(await self._graph.calling_settings())

    async def _look_at_token(self, now: datetime) -> Troubles:
        if self._token_at is None or now - self._token_at >= _TOKEN_EVERY:
            # a proxy may not let it through; the number's answer has shown that it is valid
            with contextlib.suppress(GraphError):
                self._token = await self._graph.check_token()
                self._token_at = now
                self._metrics.token_expires(self._line.number, self._token.expires_at)
        if self._token is None:
            return {}
        return token_troubles(self._token, now, self._variable)

    def _refused(self, error: GraphRefused) -> Troubles:
        # a new one comes with a restart only; should the old one come to life again, look anew
        self._token_at = None
        if error.known is TOKEN_EXPIRED:
            return {"token": why_refused(error.subcode, self._variable)}
        if error.known.pause is not None or error.known.is_retryable:
            return self._seen
        return {"graph": str(error)}

    def close(self) -> None:
        """Let its troubles be over: the line has gone, or is looked at anew."""
        self._metrics.token_expires(self._line.number, None)
        self._report({})

    def _report(self, found: Troubles) -> None:
        number = self._line.number
        for name in sorted(found.keys() - self._troubles.keys()):
            self._metrics.line_trouble(number, name, True)
            _log.error(
                "Meta does not let this line work; `advice` says what to do.",
                extra={
                    "action": "line-trouble",
                    "line": number,
                    "trouble": name,
                    "advice": found[name],
                },
            )
        for name in sorted(self._troubles.keys() - found.keys()):
            self._metrics.line_trouble(number, name, False)
            _log.info(
                "A trouble of this line is over.",
                extra={"action": "line-trouble-over", "line": number, "trouble": name},
            )
        self._troubles = dict(found)
