"""What happens now, told to all open pages: one look a second for all of them, none for nobody."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web

from controlplane.core.errors import RoomsUnseen
from controlplane.dashboard.live import RoomNow, Row, changed, is_same_list, now_calls
from controlplane.http.middleware import error_response
from shared.call.errors import WacallError

_log = logging.getLogger(__name__)

LISTENERS = 64
"""Pages that listen to one replica."""
_LOOK_EVERY_S = 1.0
# each costs LiveKit a request for every room
_ROOMS_EVERY_S = 3.0
_HEARTBEAT_S = 15.0
# A page comes again by itself, and then with a session that still has to hold.
_LASTS_S = 600.0
# How long calls that are over are looked at: summaries and releases come after the end.
_AFTER_S = 120.0
_MOST_OVER = 200

ReadCalls = Callable[[Sequence[str]], Awaitable[Sequence[Row]]]
"""Reads the rows of all live calls, and of those with the given ids."""
LookIntoRooms = Callable[[], Awaitable[Mapping[str, RoomNow]]]


class _Listener:
    """One page, and what it has not been told yet; a slow one holds nobody up."""

    def __init__(self, calls: list[dict[str, Any]] | None) -> None:
        self.calls = calls
        self.changed: dict[str, None] = {}
        self.woken = asyncio.Event()
        if calls is not None:
            self.woken.set()

    def take(self) -> bytes:
        """Return what there is to tell, as server-sent events (WHATWG HTML, section 9.2)."""
        self.woken.clear()
        calls, self.calls = self.calls, None
        ids, self.changed = list(self.changed), {}
        told = [_event("call", {"call_id": one}) for one in ids]
        if calls is not None:
            told.insert(0, _event("now", {"calls": calls}))
        return b"".join(told)


class LiveStream:
    """`GET /dashboard/api/events`."""

    def __init__(
        self,
        read: ReadCalls,
        clock: Callable[[], datetime],
        look: LookIntoRooms | None = None,
        every_s: float = _LOOK_EVERY_S,
    ) -> None:
        """Take who reads the calls and looks into the rooms."""
        self._read, self._clock, self._rooms = read, clock, look
        self._every_s = every_s
        self._listeners: set[_Listener] = set()
        self._task: asyncio.Task[None] | None = None
        self._calls: list[dict[str, Any]] | None = None
        self._written: dict[str, str] = {}
        self._over: dict[str, float] = {}
        self._seen: Mapping[str, RoomNow] = {}
        self._rooms_due = 0.0
        self._closing = False
        self._is_silent = False

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Tell a page until it goes, ten minutes are over, or the process ends."""
        if self._closing or len(self._listeners) >= LISTENERS:
            response = error_response(
                503, "too-many-listeners", "Too many pages are open; close some, and reload."
            )
            response.headers["Retry-After"] = "5"
            return response
        listener = _Listener(self._calls)
        self._listeners.add(listener)
        try:
            if self._task is None:
                self._task = asyncio.create_task(self._look_on())
            stream = web.StreamResponse(
                headers={
                    "Content-Type": "text/event-stream; charset=utf-8",
                    "Cache-Control": "no-store",
                    # nginx would keep the events back until its buffer is full
                    "X-Accel-Buffering": "no",
                }
            )
            await stream.prepare(request)
            await stream.write(b"retry: 2000\n\n")
            await self._tell(listener, stream)
            return stream
        finally:
            self._listeners.discard(listener)

    async def close(self, _: web.Application | None = None) -> None:
        """Let all pages go, at once."""
        self._closing = True
        for listener in self._listeners:
            listener.woken.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _tell(self, listener: _Listener, stream: web.StreamResponse) -> None:
        ends_at = time.monotonic() + _LASTS_S
        # whoever has gone is seen when something is written
        with contextlib.suppress(ConnectionError):
            while not self._closing and time.monotonic() < ends_at:
                try:
                    async with asyncio.timeout(_HEARTBEAT_S):
                        await listener.woken.wait()
                except TimeoutError:
                    await stream.write(b": here\n\n")
                    continue
                await stream.write(listener.take())

    async def _look_on(self) -> None:
        try:
            while self._listeners:
                began = time.monotonic()
                await self._look()
                await asyncio.sleep(max(0.0, began + self._every_s - time.monotonic()))
        finally:
            self._task, self._calls = None, None
            self._written, self._over = {}, {}

    async def _look(self) -> None:
        now = time.monotonic()
        self._over = {one: until for one, until in self._over.items() if until > now}
        try:
            rows = await self._read(list(self._over))
            if self._rooms is not None and now >= self._rooms_due and rows:
                self._rooms_due = now + _ROOMS_EVERY_S
                # a silent LiveKit hides no call
                with contextlib.suppress(RoomsUnseen):
                    self._seen = await self._rooms()
        except WacallError:
            if not self._is_silent:
                _log.warning(
                    "The dashboard cannot be told of the calls that go on; it is tried on.",
                    extra={"action": "live-calls-unread"},
                )
            self._is_silent = True
            return
        self._is_silent = False
        calls = now_calls(rows, self._seen, self._clock())
        live = {one["call_id"] for one in calls}
        gone = [one["call_id"] for one in self._calls or () if one["call_id"] not in live]
        for call_id in gone[: max(0, _MOST_OVER - len(self._over))]:
            self._over[call_id] = now + _AFTER_S
        # of the first look everything is new, and the list tells it
        ids = [] if self._calls is None else [*changed(self._written, rows), *gone]
        is_new = self._calls is None or not is_same_list(self._calls, calls)
        self._written = {row["id"]: row["updated_at"] for row in rows}
        self._calls = calls
        for listener in self._listeners:
            if is_new:
                listener.calls = calls
            listener.changed.update(dict.fromkeys(ids))
            if is_new or ids:
                listener.woken.set()


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n".encode()
