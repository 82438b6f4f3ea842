"""Sees to it that all clips are there which calls may need, one look after the other."""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Protocol

from agents.clips.key import ClipKey
from agents.clips.maker import ClipsUnmade
from agents.clips.shelf import Shelf

_log = logging.getLogger(__name__)

# what failed may cost money, and will hardly be better in a moment
_AGAIN_S = 600.0


class Maker(Protocol):
    """Whoever makes clips."""

    def make(self, keys: Sequence[ClipKey]) -> AsyncIterator[tuple[ClipKey, bytes]]:
        """Make clips of one model and voice.

        Raises:
            ClipsUnmade: they could not be made.
        """


class Upkeep:
    """Makes what is missing, each at most every ten minutes."""

    def __init__(
        self,
        shelf: Shelf,
        maker: Maker,
        wanted: Callable[[], Awaitable[Sequence[ClipKey]]],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take where clips are kept, who makes them, and who knows which ones are wanted."""
        self._shelf, self._maker, self._wanted = shelf, maker, wanted
        self._monotonic = monotonic
        self._tried: dict[ClipKey, float] = {}

    async def look(self) -> None:
        """Load what is wanted, and make what is not there; never raises."""
        wanted = await self._wanted()
        missing = await asyncio.to_thread(self._shelf.load, wanted)
        now = self._monotonic()
        due = [key for key in missing if now - self._tried.get(key, -_AGAIN_S) >= _AGAIN_S]

        def voice(key: ClipKey) -> tuple[str, str, str]:
            return key.origin, key.model, key.voice

        for _, keys in itertools.groupby(sorted(due, key=voice), key=voice):
            await self._make(list(keys))

    async def _make(self, keys: Sequence[ClipKey]) -> None:
        self._tried |= dict.fromkeys(keys, self._monotonic())
        made = 0
        try:
            async for key, sound in self._maker.make(keys):
                await asyncio.to_thread(self._keep, key, sound)
                made += 1
        except ClipsUnmade as error:
            _log.warning(
                "Clips could not be made; it is tried again in ten minutes.",
                extra={"action": "clips-unmade", "cause": error.cause, "missing": len(keys) - made},
            )
        if made:
            _log.info(
                "Clips were made: words that can be said without a model.",
                extra={"action": "clips-made", "clips": made},
            )

    def _keep(self, key: ClipKey, sound: bytes) -> None:
        try:
            self._shelf.keep(key, sound)
        except (OSError, ValueError) as error:
            _log.warning(
                "A clip could not be kept.",
                extra={"action": "clip-unkept", "error": type(error).__name__},
            )
