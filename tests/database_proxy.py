"""A way to the database that can be held up, as one does that stands still for some seconds."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Self

import aiohttp
from aiohttp import web

from tests.serving import serving

Which = Callable[[str, str, bytes], bool]
"""Whether a request is held up, by its method, path and body."""


class DatabaseProxy:
    """Passes requests on; those that are held up wait, and are carried out later, or get lost."""

    def __init__(self, target: str, http: aiohttp.ClientSession) -> None:
        self.url = ""
        self.held = 0
        """Requests that have had to wait."""
        self._target = target
        self._http = http
        self._which: Which = lambda _method, _path, _body: False
        self._free = asyncio.Event()
        self._free.set()
        self._gets_lost = False

    @classmethod
    @contextlib.asynccontextmanager
    async def before(cls, target: str, *routes: web.RouteDef) -> AsyncIterator[Self]:
        """Stand before the project; `routes` are answered here."""
        async with aiohttp.ClientSession(auto_decompress=False) as http:
            proxy = cls(target, http)
            async with serving(*routes, web.route("*", "/{path:.*}", proxy._handle)) as url:
                proxy.url = url
                try:
                    yield proxy
                finally:
                    proxy.release()

    def hold(self, which: Which = lambda _method, _path, _body: True) -> None:
        """From now on let such requests wait."""
        self._which = which
        self._gets_lost = False
        self._free.clear()

    def release(self) -> None:
        """Carry out what waits, and let everything pass."""
        self._free.set()

    def lose(self) -> None:
        """Forget what waits, as where the way itself was cut, and let everything else pass."""
        self._gets_lost = True
        self._free.set()

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not self._free.is_set() and self._which(request.method, request.path, body):
            self.held += 1
            await self._free.wait()
            if self._gets_lost:
                return web.Response(status=503)
        async with self._http.request(
            request.method,
            self._target + request.raw_path,
            headers={k: v for k, v in request.headers.items() if k.lower() != "host"},
            data=body,
        ) as answer:
            return web.Response(
                body=await answer.read(), status=answer.status, content_type="application/json"
            )
