"""Requests to an operator's server, over real sockets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.actions.answer import MAX_BYTES
from agents.actions.request import Request
from agents.actions.sending import Sender
from agents.media.tool import ToolProblem

HERE = "127.0.0.1"


def request_to(url: str, method: str = "POST") -> Request:
    return Request(method=method, url=url, body=b"{}", headers={"X-Key": "1"})


@asynccontextmanager
async def shop(*answers: Callable[[web.Request], Any]) -> AsyncIterator[tuple[str, list[str]]]:
    """A server that gives these answers one after the other, the last one for ever."""
    asked: list[str] = []

    async def serve(request: web.Request) -> Any:
        asked.append(f"{request.method} {request.path_qs} {request.headers['X-Key']}")
        answer = answers[min(len(asked), len(answers)) - 1](request)
        return await answer if asyncio.iscoroutine(answer) else answer

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", serve)
    async with TestServer(app, host=HERE) as server:
        yield f"http://{HERE}:{server.port}/orders?a=%2Fb", asked


def says(status: int, text: str = "") -> Callable[[web.Request], web.Response]:
    return lambda _: web.Response(status=status, text=text)


def hangs_up(request: web.Request) -> web.Response:
    assert request.transport is not None
    request.transport.close()
    return web.Response()


async def waits(_: web.Request) -> web.Response:
    await asyncio.sleep(30)
    return web.Response()


async def test_a_request_arrives_as_it_was_signed() -> None:
    """No byte of its query is written otherwise."""
    async with shop(says(200, "yes")) as (url, asked):
        answer = await Sender([HERE])(request_to(url), 5)
    assert (answer.status, answer.body) == (200, b"yes")
    assert asked == ["POST /orders?a=%2Fb 1"]


@pytest.mark.parametrize(
    ("method", "first", "tries"),
    [
        ("GET", says(503), 2),
        ("PUT", says(503), 2),
        ("GET", says(500), 1),
        ("POST", says(503), 1),
        ("GET", hangs_up, 2),
        ("PATCH", hangs_up, 1),
    ],
)
async def test_what_may_arrive_twice_is_tried_twice(
    method: str, first: Callable[[web.Request], Any], tries: int
) -> None:
    """And nothing else: an order must not be two."""
    async with shop(first, says(200)) as (url, asked):
        with contextlib.suppress(ToolProblem):
            answer = await Sender([HERE])(request_to(url, method), 5)
            assert tries == 1 or answer.status == 200
    assert len(asked) == tries


async def test_a_connection_that_never_stood_is_tried_again_whatever_was_to_be_sent() -> None:
    """Nothing of it has left."""
    with socket.socket() as place:
        place.bind((HERE, 0))
        port = place.getsockname()[1]
        sending = asyncio.create_task(Sender([HERE])(request_to(f"http://{HERE}:{port}/"), 5))
        # the first try is refused: bound, and not listening
        await asyncio.sleep(0.05)
        place.listen()
        answering = asyncio.create_task(_answer_once(place))
        assert (await sending).status == 200
        await answering


async def _answer_once(place: socket.socket) -> None:
    place.setblocking(False)
    loop = asyncio.get_running_loop()
    line, _ = await loop.sock_accept(place)
    with line:
        await loop.sock_recv(line, 65536)
        await loop.sock_sendall(line, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


async def test_nobody_is_waited_for_longer_than_the_profile_says() -> None:
    """The model is told that nobody knows whether it was done."""
    async with shop(waits) as (url, _):
        with pytest.raises(ToolProblem, match="not known") as caught:
            await Sender([HERE])(request_to(url), 0.2)
    assert caught.value.slug == "timeout"


async def test_an_answer_without_end_is_none() -> None:
    """It is hung up on."""
    async with shop(says(200, "x" * (MAX_BYTES + 1))) as (url, _):
        with pytest.raises(ToolProblem) as caught:
            await Sender([HERE])(request_to(url), 5)
    assert caught.value.slug == "too-large"


async def test_a_redirect_is_not_followed() -> None:
    """The profile names the host, and not who answers there."""

    def elsewhere(_: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": "http://169.254.169.254/"})

    async with shop(elsewhere) as (url, asked):
        answer = await Sender([HERE])(request_to(url), 5)
    assert answer.status == 307
    assert len(asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://{here}/",
        "https://{here}/",
        "https://localhost:{port}/",
        "https://0x7f000001:{port}/",
        "https://127.1:{port}/",
        "https://2130706433:{port}/",
        "https://[::1]:{port}/",
        "https://[::ffff:127.0.0.1]:{port}/",
        "http://localhost:{port}/",
    ],
)
async def test_nothing_goes_to_a_neighbour(url: str) -> None:
    """By whatever spelling; the server that stands there hears nothing."""
    async with shop(says(200)) as (place, asked):
        port = place.split(":")[2].split("/")[0]
        with pytest.raises(ToolProblem) as caught:
            await Sender()(request_to(url.format(here=f"{HERE}:{port}", port=port)), 5)
    assert caught.value.slug == "address-refused"
    assert asked == []


async def test_tls_asks_for_the_name_at_the_address_that_was_looked_at() -> None:
    """The name is looked up once; what answers there has to prove that it is the host."""
    heard = asyncio.Queue[bytes]()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.put_nowait(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(listen, HERE, 0)
    port = server.sockets[0].getsockname()[1]
    asked: list[str] = []

    async def lookup(host: str, _: int, **__: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (HERE, port))]

    async with server:
        sender = Sender(["shop.example"], lookup=lookup)
        with pytest.raises(ToolProblem) as caught:
            await sender(request_to(f"https://shop.example:{port}/"), 5)
    assert caught.value.slug == "unreachable"
    assert b"shop.example" in heard.get_nowait(), "the ClientHello has the host's name"
    # once for each of two connections
    assert asked == ["shop.example"] * 2
