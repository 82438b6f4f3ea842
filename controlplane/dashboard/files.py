"""The files of the dashboard: pages of ours, and what the set-up installed from npm."""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from controlplane.http.middleware import error_response

HERE = Path(__file__).parent
PAGES, VENDOR = HERE / "pages", HERE / "vendor"
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# no path leads out of a folder that has no sub-folders
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_NOT_INSTALLED = (
    "The dashboard's files from npm are not installed: run make setup, or take the image that has "
    "them, and reload."
)


class Files:
    """`/dashboard/`, `/dashboard/static/...`, `/dashboard/vendor/...`."""

    def __init__(self, headers: Mapping[str, str], *, off: str | None) -> None:
        """Take the headers of every answer, and a sentence why there is no dashboard, if so."""
        self._headers = headers
        self._off = off

    async def moved(self, request: web.Request) -> web.Response:
        """`GET /dashboard`: to the page."""
        return web.Response(status=308, headers={"Location": "/dashboard/", **self._headers})

    async def index(self, request: web.Request) -> web.Response:
        """`GET /dashboard/`: the one page."""
        if self._off is not None:
            return web.Response(
                text=f"{self._off}\n", status=403, headers=self._headers, content_type="text/plain"
            )
        return await self._send(request, PAGES, "index.html")

    async def static(self, request: web.Request) -> web.Response:
        """`GET /dashboard/static/{name}`: a script or style of ours."""
        return await self._send(request, PAGES, request.match_info["name"])

    async def vendor(self, request: web.Request) -> web.Response:
        """`GET /dashboard/vendor/{name}`: a file from npm."""
        return await self._send(request, VENDOR, request.match_info["name"])

    async def _send(self, request: web.Request, folder: Path, name: str) -> web.Response:
        path = folder / name
        kind = _TYPES.get(path.suffix)
        if kind is None or not _NAME.fullmatch(name):
            return self._missing("There is no such file.")
        try:
            body = await asyncio.to_thread(path.read_bytes)
        except OSError:
            return self._missing(_NOT_INSTALLED if folder is VENDOR else "There is no such file.")
        tag = hashlib.sha256(body).hexdigest()[:32]
        # names carry no version: the browser asks each time whether it still has the same
        headers = {**self._headers, "ETag": f'"{tag}"', "Cache-Control": "no-cache"}
        if any(known.value in (tag, "*") for known in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        charset = None if kind == "image/png" else "utf-8"
        return web.Response(body=body, headers=headers, content_type=kind, charset=charset)

    def _missing(self, sentence: str) -> web.Response:
        response = error_response(404, "no-such-file", sentence)
        response.headers.update(self._headers)
        return response
