"""One request to the database: its bounds and its measurement, against a scripted server."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic

import pytest
import pytest_asyncio
from aiohttp import web

from shared.call.errors import StoreUnavailable
from shared.database.faults import AccessDenied, Refused
from shared.database.rest import MAX_CONNECTIONS, RestClient
from tests.serving import serving

Reply = Callable[[web.Request], Awaitable[web.Response]]


async def rows(_: web.Request) -> web.Response:
    return web.json_response([{"id": "1"}])


async def restarting(_: web.Request) -> web.Response:
    return web.json_response({"code": "PGRST002", "message": "restarting"}, status=503)


async def denied(_: web.Request) -> web.Response:
    return web.json_response({"message": "no key"}, status=401)


async def refused(_: web.Request) -> web.Response:
    return web.json_response({"code": "23514", "message": "of a row"}, status=400)


def busy(retry_after: str | None = None) -> Reply:
    async def reply(_: web.Request) -> web.Response:
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return web.json_response({"message": "slow down"}, status=429, headers=headers)

    return reply


def page(text: str, content_type: str = "text/html") -> Reply:
    async def reply(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type=content_type)

    return reply


async def lost(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


class Asked:
    """A client of a database that answers with one reply after the other, the last for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.replies: list[Reply] = [rows]
        self.requests = 0
        self.seen: list[tuple[str, str, str, float]] = []
        self.arrived, self.over = asyncio.Event(), asyncio.Event()

    async def silent(self, _: web.Request) -> web.Response:
        await self.over.wait()
        return web.Response()

    async def handle(self, request: web.Request) -> web.Response:
        self.requests += 1
        self.arrived.set()
        return await self.replies[min(self.requests, len(self.replies)) - 1](request)

    async def read(self, *replies: Reply, within_s: float = 9.0) -> None:
        self.replies = list(replies)
        rest = await RestClient.connect(
            self.url,
            "sb_secret_x",
            within_s=within_s,
            observe=lambda *done: self.seen.append(done),
        )
        try:
            await rest.rows("read a call", rest.table("calls").select("id"))
        finally:
            await rest.close()

    @property
    def outcomes(self) -> list[str]:
        return [outcome for _, _, outcome, _ in self.seen]


@pytest_asyncio.fixture
async def asked() -> AsyncIterator[Asked]:
    client = Asked()
    async with serving(web.route("*", "/{path:.*}", client.handle)) as url:
        client.url = url
        yield client
        client.over.set()


async def test_each_attempt_is_measured(asked: Asked) -> None:
    """What was tried is the action; how each attempt ended is its outcome.

    The attempt that is lost was lost twice: the HTTP client repeats a read at once.
    """
    await asked.read(restarting, lost, lost, rows)
    assert asked.outcomes == ["failed", "unreachable", "ok"]
    assert {(service, action) for service, action, _, _ in asked.seen} == {
        ("database", "read_a_call")
    }
    assert all(0 < seconds < 5 for *_, seconds in asked.seen)


@pytest.mark.parametrize(
    ("reply", "error", "outcome"), [(denied, AccessDenied, "denied"), (refused, Refused, "refused")]
)
async def test_what_is_wrong_is_measured_once(
    asked: Asked, reply: Reply, error: type[Exception], outcome: str
) -> None:
    """It is not repeated, and not an outage."""
    with pytest.raises(error):
        await asked.read(reply)
    assert asked.outcomes == [outcome]


async def test_a_busy_gateway_is_asked_again(asked: Asked) -> None:
    """429 says that nothing was done: what is short of patience becomes no outage."""
    await asked.read(busy(), busy("soon"), rows)
    assert asked.outcomes == ["throttled", "throttled", "ok"]


async def test_the_gateway_says_how_long_it_wants_to_rest(asked: Asked) -> None:
    """Its Retry-After is longer than our own pause, and is kept to."""
    began = monotonic()
    await asked.read(busy("2"), rows)
    assert 2 <= monotonic() - began < 5
    assert asked.outcomes == ["throttled", "ok"]


@pytest.mark.parametrize("retry_after", ["60", "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_who_wants_too_long_a_rest_is_left_alone(asked: Asked, retry_after: str) -> None:
    """A caller waits behind the request: it fails at once, with a sentence that says why."""
    began = monotonic()
    with pytest.raises(StoreUnavailable, match=r"takes no more requests for now \(HTTP 429\)"):
        await asked.read(busy(retry_after), rows)
    assert monotonic() - began < 2
    assert asked.outcomes == ["throttled"]


@pytest.mark.parametrize(
    "reply",
    [
        page("<!doctype html><title>Project paused</title>"),
        page("<html>", "application/json"),
        page("paused", "text/plain"),
        page('[{"id": "1"', "application/json"),
        page('"paused"', "application/json"),
    ],
    ids=["html", "html-as-json", "text", "cut-off", "string"],
)
async def test_a_success_that_is_not_the_databases_is_an_error(asked: Asked, reply: Reply) -> None:
    """A proxy, a captive portal, a paused project: read as rows it would be a bug's traceback."""
    with pytest.raises(StoreUnavailable, match="something else than the database's JSON"):
        await asked.read(reply)
    assert asked.outcomes == ["failed"]


async def test_a_request_is_over_within_the_time_that_its_client_allows(asked: Asked) -> None:
    """A database that says nothing costs no more, and the error tells of the bound."""
    began = monotonic()
    with pytest.raises(StoreUnavailable, match=r"does not answer within 0\.4 s"):
        await asked.read(asked.silent, within_s=0.4)
    assert 0.4 <= monotonic() - began < 5
    assert asked.outcomes == ["cancelled"]


async def test_the_bound_holds_for_all_attempts_together(asked: Asked) -> None:
    """The pauses count as well: a second attempt is cut off, a third never begins."""
    began = monotonic()
    with pytest.raises(StoreUnavailable, match="does not answer within 2 s"):
        await asked.read(restarting, asked.silent, within_s=2.0)
    assert 2 <= monotonic() - began < 5
    assert asked.outcomes == ["failed", "cancelled"]


async def test_who_stops_waiting_earlier_leaves_nothing_behind(asked: Asked) -> None:
    """A cancelled caller stays cancelled, and the request goes with them."""
    reading = asyncio.create_task(asked.read(asked.silent))
    await asked.arrived.wait()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert asked.outcomes == ["cancelled"]
    assert asked.requests == 1


async def test_no_cancellation_costs_a_connection() -> None:
    """Thousands of requests cancelled, one at every await; then all connections serve at once."""
    under_way, together = 0, asyncio.Event()
    is_slow = False

    async def answer(_: web.Request) -> web.Response:
        nonlocal under_way
        if not is_slow:
            await asyncio.sleep(0.005)
            return web.json_response([])
        under_way += 1
        if under_way == MAX_CONNECTIONS:
            together.set()
        await together.wait()
        return web.json_response([])

    async with serving(web.route("*", "/{path:.*}", answer)) as url:
        rest = await RestClient.connect(url, "sb_secret_x")

        async def read() -> list[dict[str, object]]:
            return await rest.rows("read a call", rest.table("calls").select("id"))

        async def cancel_after(turns: int) -> None:
            reading = asyncio.create_task(read())
            for _ in range(turns):
                await asyncio.sleep(0)
            reading.cancel()
            await asyncio.wait([reading])

        try:
            for _ in range(4):
                await asyncio.gather(*(cancel_after(turns) for turns in range(600)))
            is_slow = True
            async with asyncio.timeout(8):
                answers = await asyncio.gather(*(read() for _ in range(MAX_CONNECTIONS)))
        finally:
            together.set()
            await rest.close()
    assert answers == [[]] * MAX_CONNECTIONS


async def test_closing_leaves_no_connection_open(asked: Asked) -> None:
    """The loop is told of every session and connector that nobody closed; of none here."""
    told: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
    await asked.read(rows)
    gc.collect()
    assert told == []


async def test_a_refused_connection_is_unreachable_and_no_timeout(unused_tcp_port: int) -> None:
    """The outcome and the sentence say what happened, whatever the transport calls it."""
    outcomes: list[str] = []
    rest = await RestClient.connect(
        f"http://127.0.0.1:{unused_tcp_port}",
        "sb_secret_x",
        observe=lambda *done: outcomes.append(done[2]),
    )
    try:
        with pytest.raises(StoreUnavailable, match="ClientConnectorError"):
            await rest.rows("read a call", rest.table("calls").select("id"))
    finally:
        await rest.close()
    assert outcomes == ["unreachable"] * 3
