"""What the tests of the HTTP surface ask of answers, and a door to shut before a neighbour."""

import asyncio

import aiohttp

from tests.component.bench import Bench


async def error_of(response: aiohttp.ClientResponse) -> str:
    """Read an error's code, and check that it has the shape that the contract promises."""
    assert response.content_type == "application/json"
    body = await response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["code"] == body["error"]["code"].lower().replace("_", "-")
    assert body["error"]["message"].endswith(".")
    return str(body["error"]["code"])


async def count_events(bench: Bench) -> int:
    return int(await bench.database.execute("select count(*) from call_events"))


class Door:
    """A TCP port in front of a server, which can be shut: connections break, new ones fail."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._server: asyncio.Server | None = None
        self._inside: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._enter, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in self._inside:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outward = await asyncio.open_connection("127.0.0.1", self._target)
        self._inside |= {writer, outward}
        for source, sink in ((reader, outward), (inner, writer)):
            task = asyncio.create_task(self._carry(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        except OSError:
            pass
        finally:
            self._inside.discard(sink)
            sink.close()
