"""How calls went, from the views of the database: outcomes, the way of leads, the answer rate."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from aiohttp import web

from controlplane.core.errors import BadRequest
from controlplane.dashboard.live import COLUMNS
from controlplane.dashboard.rates import answer_rate
from shared.call.call import LIVE_STATUSES
from shared.database.rest import Query, RestClient, Rows

_LIVE = [status.value for status in LIVE_STATUSES]
_DAY = ("day", "profile", "direction", "outcome", "status", "reason")
_OUTCOMES = (
    *_DAY, "n", "answered",
    "setup_p50_ms", "setup_p95_ms", "turn_p50_ms", "turn_p95_ms", "barge_ins", "cost_usd",
    "meta_cost_usd",
)  # fmt: skip
_WEEK = ("week", "profile")
_FUNNEL = (*_WEEK, "calls", "answered", "qualified", "follow_up", "won")
_NO_STORE = {"Cache-Control": "no-store"}
_LAST_CALLS = 100


class Views:
    """`/dashboard/api/outcomes`, `/dashboard/api/funnel`, and the rows of live calls."""

    def __init__(self, rest: RestClient, clock: Callable[[], datetime]) -> None:
        """Take the database and the clock."""
        self._rest, self._clock = rest, clock

    async def outcomes(self, request: web.Request) -> web.Response:
        """`GET /dashboard/api/outcomes?days=30`: of each day how calls went; the answer rate."""
        days = _whole(request, "days", 30, 366)
        first = self._clock().date() - timedelta(days=days - 1)
        found = await self._since("call_outcomes", _OUTCOMES, _DAY, first)
        last = await self._rest.rows(
            "read the last calls",
            self._rest.table("calls").select("answered_at").eq("direction", "inbound")
            .not_.in_("status", _LIVE).order("created_at", desc=True).limit(_LAST_CALLS),
        )  # fmt: skip
        answered = [row["answered_at"] is not None for row in last]
        return _answer({"days": found, "answer_rate": answer_rate(answered)})

    async def funnel(self, request: web.Request) -> web.Response:
        """`GET /dashboard/api/funnel?weeks=12`: how many calls became leads, and customers."""
        today = self._clock().date()
        first = today - timedelta(days=today.weekday(), weeks=_whole(request, "weeks", 12, 104) - 1)
        return _answer({"weeks": await self._since("lead_funnel", _FUNNEL, _WEEK, first)})

    async def live_rows(self, others: Sequence[str]) -> Rows:
        """Read what the stream tells of live calls, and of others that have just ended."""

        def page(first: int, last: int) -> Query:
            query = self._rest.table("calls").select(*COLUMNS)
            live = f"status.in.({','.join(_LIVE)})"
            query = query.or_(f"{live},id.in.({','.join(others)})" if others else live)
            return query.order("created_at").order("id").range(first, last)

        return await self._rest.all_rows("read the live calls", page)

    async def _since(
        self, view: str, columns: Sequence[str], key: Sequence[str], first: date
    ) -> Rows:
        """Read a view's rows of that day and later; `key` names a row, its day first."""

        def page(start: int, last: int) -> Query:
            query = self._rest.table(view).select(*columns).gte(key[0], first.isoformat())
            for name in key:
                query = query.order(name)
            return query.range(start, last)

        return await self._rest.all_rows("read how calls went", page)


def _whole(request: web.Request, name: str, otherwise: int, most: int) -> int:
    text = request.query.get(name, str(otherwise))
    if not re.fullmatch(r"[0-9]{1,4}", text) or not 1 <= int(text) <= most:
        raise BadRequest(f"{name} must be a whole number from 1 to {most}.")
    return int(text)


def _answer(body: Mapping[str, Any]) -> web.Response:
    return web.json_response(dict(body), headers=_NO_STORE)
