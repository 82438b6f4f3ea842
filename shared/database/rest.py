"""One request to the database's REST API (PostgREST): bounded, repeated, measured.

Nobody else repeats: who asks the store gets an answer or one of our errors within the client's
`within_s`, all attempts and pauses counted.

    an attempt         at most 5 s (2 s to connect)
    the next one       after a transport error, a 5xx or a 429, a pause of 0.2 to 1.3 s between
                       them, or what a 429's Retry-After asks for if that is longer, if it can
                       begin within the first 4 s; at most three
    all of it          at most `within_s`: 9 s, or what whoever connects allows

If its connection was lost, the HTTP client may send what HTTP calls idempotent once more within
an attempt: a read or a deletion, never an insert, an update or a function (RFC 9110, 9.2.2).

Every fault of the client becomes one of our errors, and the original is dropped (see `faults`).
"""

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol, Self

import aiohttp
import httpx
from httpx_aiohttp import HttpxAiohttpClient
from postgrest import AsyncRequestBuilder
from postgrest.types import ReturnMethod
from supabase import ASupabaseStorageClient, AsyncClient, AsyncClientOptions, acreate_client
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential,
    wait_random,
)

from shared.call.errors import StoreUnavailable, WacallError
from shared.database.faults import (
    FAULTS,
    NotTheDatabase,
    Refused,
    ServerFailed,
    Throttled,
    error_of,
    outcome_of,
    raise_by_status,
)
from shared.process.observing import ObserveRequest

Rows = list[dict[str, Any]]

PAGE = 1000
"""A Supabase project returns at most 1000 rows for a request (its `max_rows`)."""

_TIMEOUT = httpx.Timeout(5.0, connect=2.0)  # seconds; the client's own default is 120
MAX_CONNECTIONS = 50
_ATTEMPTS = 3
_UNIQUE_VIOLATION = "23505"
_GIVE_UP_AFTER_S = 4.0
WITHIN_S = 9.0
"""How long a request may take with all of its attempts, unless whoever connects says otherwise."""


class Query(Protocol):
    """A built request of the client's; executing it again sends it again."""

    async def execute(self) -> Any:
        """Send it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    data: Any
    attempts: int
    """More than one: an earlier attempt may have done its work before its answer got lost."""

    @property
    def rows(self) -> Rows:
        """The rows of a table's answer."""
        rows: Rows = self.data
        return rows


_OWN_PAUSE = wait_exponential(multiplier=0.2, max=1.0) + wait_random(0, 0.3)


def _pause(state: RetryCallState) -> float:
    """Return the seconds until the next attempt; too many of them end the request."""
    fault = state.outcome.exception() if state.outcome is not None else None
    asked = fault.wait_s if isinstance(fault, Throttled) else 0.0
    return max(_OWN_PAUSE(state), asked)


class RestClient:
    """The `supabase` client, of which tables, functions and the storage are used."""

    def __init__(
        self,
        client: AsyncClient,
        http: httpx.AsyncClient,
        *,
        within_s: float,
        observe: ObserveRequest,
    ) -> None:
        """Take an open client; use `connect`."""
        self._client = client
        self._http = http
        self._within_s = within_s
        self._observe = observe

    @classmethod
    async def connect(
        cls,
        url: str,
        key: str,
        *,
        within_s: float = WITHIN_S,
        observe: ObserveRequest = lambda *_: None,
    ) -> Self:
        """Prepare the client; nothing is sent yet.

        Args:
            url: the project's.
            key: the project's secret key.
            within_s: bounds each request, all of its attempts together.
            observe: told of each attempt, with what was tried as its action ("read_a_call").

        Raises:
            StoreUnavailable: the URL is none, or the key is empty.
        """
        # aiohttp's connections: httpcore's pool loses a slot when a request is cancelled at the
        # wrong await (encode/httpcore#1093), until none is left. Proxies and certificates are
        # still taken from the environment as httpx documents it.
        http = HttpxAiohttpClient(
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS, keepalive_expiry=30),
            event_hooks={"response": [raise_by_status]},
        )
        options = AsyncClientOptions(
            httpx_client=http,
            # ours covers writes as well
            postgrest_client_retry=False,
            auto_refresh_token=False,
            persist_session=False,
        )
        try:
            client = await acreate_client(url, key, options)
        except Exception:
            await http.aclose()
            raise StoreUnavailable(
                "SUPABASE_URL or SUPABASE_SECRET_KEY is malformed; "
                "the URL looks like https://<project>.supabase.co"
            ) from None
        return cls(client, http, within_s=within_s, observe=observe)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def table(self, name: str) -> AsyncRequestBuilder:
        """Start a request to a table."""
        return self._client.table(name)

    @property
    def storage(self) -> ASupabaseStorageClient:
        """The project's storage: what is asked of it goes through `send` as well."""
        return self._client.storage

    async def rpc(self, what: str, function: str, **arguments: Any) -> Answer:
        """Call a function of the database; see `send`."""
        return await self.send(what, self._client.rpc(function, arguments))

    async def send(self, what: str, query: Query) -> Answer:
        """Send a request that may be repeated: up to three times, see above after what.

        Over within the client's `within_s`; an attempt that is cut off by it may have done its
        work, as one whose answer got lost may have.

        Args:
            what: what is tried, for the error's sentence and the metric ("read a call"): a
                constant, without anything of the row.
            query: the request.

        Raises:
            CallNotFound: a row refers to a call that does not exist.
            Refused: the database refused; repeating would not help.
            AccessDenied: the key is not the secret key.
            StoreUnavailable: the database did not answer.
        """
        repeating = AsyncRetrying(
            stop=stop_after_attempt(_ATTEMPTS) | stop_before_delay(_GIVE_UP_AFTER_S),
            wait=_pause,
            retry=retry_if_exception_type(
                (httpx.TransportError, aiohttp.ClientError, ServerFailed, Throttled)
            ),
            reraise=True,
        )
        failure: WacallError = StoreUnavailable()
        try:
            async with asyncio.timeout(self._within_s):
                data: Any = await repeating(self._attempt, what.replace(" ", "_"), query)
            return Answer(data=data, attempts=repeating.statistics["attempt_number"])
        except FAULTS as fault:
            failure = error_of(fault, what)
        except TimeoutError:
            failure = StoreUnavailable(
                f"Could not {what}: the database does not answer within {self._within_s:g} s; "
                "check SUPABASE_URL and that the project is running."
            )
        # outside of the handler, so that the client's error does not even hang on as the context
        raise failure

    async def _attempt(self, action: str, query: Query) -> Any:
        started, outcome = time.monotonic(), "cancelled"
        try:
            data = (await query.execute()).data
            if isinstance(data, str):
                # what is no JSON comes back as text; no table and no function of ours returns any
                raise NotTheDatabase(200)
            outcome = "ok"
        except FAULTS as fault:
            outcome = outcome_of(fault)
            raise
        finally:
            self._observe("database", action, outcome, time.monotonic() - started)
        return data

    async def rows(self, what: str, query: Query) -> Rows:
        """Send a request and return its rows; see `send`."""
        return (await self.send(what, query)).rows

    async def first(
        self, what: str, table: str, columns: Collection[str], column: str, value: str
    ) -> dict[str, Any] | None:
        """Read the row whose unique column has this value."""
        query = self.table(table).select(*columns).eq(column, value).limit(1)
        found = await self.rows(what, query)
        return found[0] if found else None

    async def all_rows(self, what: str, page: Callable[[int, int], Query]) -> Rows:
        """Read page after page; `page` takes the first and the last row's number."""
        found: Rows = []
        while True:
            some = await self.rows(what, page(len(found), len(found) + PAGE - 1))
            found += some
            if len(some) < PAGE:
                return found

    async def all_of(
        self,
        what: str,
        table: str,
        columns: Collection[str],
        column: str,
        value: str,
        order: Collection[str],
    ) -> Rows:
        """Read all rows whose column has this value, in order."""

        def page(first: int, last: int) -> Query:
            query = self.table(table).select(*columns).eq(column, value)
            for name in order:
                query = query.order(name)
            return query.range(first, last)

        return await self.all_rows(what, page)

    async def append(self, what: str, table: str, rows: Rows, key: str) -> None:
        """Insert rows in one request; those whose key is taken stay as they are."""
        if not rows:
            return
        query = self.table(table).upsert(
            rows, returning=ReturnMethod.minimal, on_conflict=key, ignore_duplicates=True
        )
        try:
            await self.send(what, query)
        except Refused as error:
            # only the key that is named lets a row be passed over: the same rows at the same moment
            # may meet at another one (their id) first, and by then they are there
            if error.sqlstate != _UNIQUE_VIOLATION:
                raise
            await self.send(what, query)
