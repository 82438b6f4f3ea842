"""A bucket of the Supabase project's storage: files that are nobody's but ours.

What is small goes by the `supabase` client, and is repeated as `RestClient.send` says. Sound comes
and goes by URLs that the storage signs for a minute: the client would hold all of it in memory.
"""

import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from shared.call.errors import StoreUnavailable
from shared.call.recording import SOUND_STATUSES, Sound
from shared.database.faults import StorageRefused
from shared.database.rest import RestClient
from shared.process.observing import ObserveRequest

SERVICE = "storage"
_SIGNED_FOR_S = 60
_TIMEOUT = aiohttp.ClientTimeout(sock_connect=5, sock_read=30)
_CHUNK = 64 * 1024
_AWAY = "The project's storage does not answer; check SUPABASE_URL and that the project is running."


@dataclass(frozen=True, slots=True)
class _Stored:
    """What the storage answered, as `RestClient.send` wants it."""

    data: Any


@dataclass(frozen=True, slots=True)
class _Asking:
    """A request to the storage; executing it again sends it again."""

    ask: Callable[[], Awaitable[Any]]

    async def execute(self) -> _Stored:
        """Send it."""
        return _Stored(await self.ask())


class Bucket:
    """One bucket. Everything raises `StoreUnavailable`; what refuses, `StorageRefused`."""

    def __init__(
        self,
        rest: RestClient,
        http: aiohttp.ClientSession,
        name: str,
        *,
        observe: ObserveRequest = lambda *_: None,
    ) -> None:
        """Take the project's client, a session for sound, and the bucket's name."""
        self._rest, self._http, self.name, self._observe = rest, http, name, observe

    async def is_public(self) -> bool | None:
        """Whether strangers may read it; `None`: there is no such bucket."""
        try:
            found = await self._send(
                "look at a bucket", lambda: self._rest.storage.get_bucket(self.name)
            )
        except StorageRefused as error:
            if error.is_missing:
                return None
            raise
        return bool(found.public)

    async def size_of(self, path: str) -> int | None:
        """Return how many bytes a file has; `None`: it is not there."""
        try:
            found = await self._send("look at a stored file", lambda: self._files.info(path))
        except StorageRefused as error:
            if error.is_missing:
                return None
            raise
        return int(found["size"])

    async def put(self, path: str, chunks: AsyncIterator[bytes], length: int) -> None:
        """Store a file of so many bytes, in the place of what was there."""
        await self.remove([path])
        signed = await self._send(
            "open a way to store a file", lambda: self._files.create_signed_upload_url(path)
        )
        headers = {"Content-Type": "audio/ogg", "Content-Length": str(length)}
        began, outcome = time.monotonic(), "error"
        try:
            async with self._http.put(
                signed["signed_url"], data=chunks, headers=headers, timeout=_TIMEOUT
            ) as answer:
                outcome = f"http-{answer.status}"
                if answer.status != 200:
                    raise StorageRefused("store a file", outcome)
                outcome = "ok"
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StoreUnavailable(_AWAY) from error
        finally:
            self._observe(SERVICE, "store_a_file", outcome, time.monotonic() - began)

    @contextlib.asynccontextmanager
    async def sound(self, path: str, part: str | None) -> AsyncIterator[Sound]:
        """Open a file, or a part of it, as HTTP's `Range` writes that."""
        signed = await self._send(
            "open a way to a stored file",
            lambda: self._files.create_signed_url(path, _SIGNED_FOR_S),
        )
        headers = {"Accept-Encoding": "identity"} | ({"Range": part} if part else {})
        began, outcome = time.monotonic(), "error"
        try:
            async with self._http.get(
                signed["signedURL"], headers=headers, timeout=_TIMEOUT
            ) as answer:
                outcome = f"http-{answer.status}"
                if answer.status not in SOUND_STATUSES:
                    raise StorageRefused("read a stored file", outcome)
                outcome = "ok"
                chunks = answer.content.iter_chunked(_CHUNK)
                yield Sound.of(answer.status, answer.headers, chunks)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise StoreUnavailable(_AWAY) from error
        finally:
            self._observe(SERVICE, "read_a_stored_file", outcome, time.monotonic() - began)

    async def remove(self, paths: Sequence[str]) -> None:
        """Delete files; harmless when repeated, or where the bucket itself is gone."""
        try:
            await self._send("delete stored files", lambda: self._files.remove(list(paths)))
        except StorageRefused as error:
            if not error.is_missing:
                raise

    @property
    def _files(self) -> Any:
        return self._rest.storage.from_(self.name)

    async def _send(self, what: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        return (await self._rest.send(what, _Asking(ask))).data
