"""An operator's own server, which an action of the profile calls."""

import hashlib
import hmac
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.profiles.folder import SHIPPED

KEY = "shop-action-key-e2e-0123456"
_ACTION = """
actions:
  - name: findOrder
    description: Finds an order by its number.
    parameters:
      type: object
      properties:
        order: {{ type: string }}
      required: [order]
    url: {url}
    secret: SHOP_KEY
"""


class Shop:
    """Keeps what it was asked; refuses what is not signed."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}/orders"
        self.asked: list[tuple[str, str]] = []
        """The idempotency key and the body of each request."""

    def environment(self, folder: Path) -> dict[str, str]:
        """Write a profile that calls this server; return the variables that make it so."""
        folder.mkdir()
        shutil.copy(SHIPPED / "default.md", folder)
        profile = (SHIPPED / "default.yaml").read_text("utf-8") + _ACTION.format(url=self._url)
        (folder / "default.yaml").write_text(profile, "utf-8")
        return {
            "PROFILES_DIR": str(folder),
            "ACTION_PRIVATE_HOSTS": "127.0.0.1",
            "SHOP_KEY": KEY,
        }

    async def answer(self, request: web.Request) -> web.Response:
        """As docs/actions.md shows it."""
        body = await request.read()
        signed = request.headers["X-Wacall-Timestamp"].encode() + b"." + body
        digest = hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
        if request.headers["X-Wacall-Signature"] != f"sha256={digest}":
            return web.Response(status=401)
        self.asked.append((request.headers["Idempotency-Key"], body.decode()))
        return web.json_response({"state": "ready"})


@asynccontextmanager
async def open_shop() -> AsyncIterator[Shop]:
    """Run one."""
    app = web.Application()
    server = TestServer(app, host="127.0.0.1")
    shops: list[Shop] = []

    async def answer(request: web.Request) -> web.Response:
        return await shops[0].answer(request)

    app.router.add_post("/orders", answer)
    async with server:
        assert server.port is not None
        shops.append(Shop(server.port))
        yield shops[0]
