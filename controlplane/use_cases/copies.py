"""Copies of an event whose first one is under way in this process: each is a row, and no work.

Meta sends an event again until it is acknowledged, and sometimes although it was. What is decided
here is only whether a copy is worked on; it is acknowledged once its own row is stored, as ever.

    the first is being stored     its copies wait for that; what it could not be stored for is the
                                  answer to them as well
    it is being worked on         they are stored as duplicates. Should this process die, the
                                  first one's row is open still, and somebody takes it up
    neither                       nobody is a copy: the database knows what has been done
"""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence

from controlplane.meta.events import OfferReceived, Unrecognized, WebhookEvent
from shared.call.errors import StoreUnavailable

_Key = tuple[str, str]


class Copies:
    """The events under way, by what makes two of them copies."""

    def __init__(self) -> None:
        """Begin with nothing under way."""
        self._storing: dict[_Key, asyncio.Future[StoreUnavailable | None]] = {}
        self._working: Counter[_Key] = Counter()

    async def wait(self, events: Sequence[WebhookEvent]) -> None:
        """Let those be stored of which one of these is a copy; they share what becomes of them.

        Raises:
            StoreUnavailable: the first one could not be stored.
        """
        for key in map(_key, events):
            while key is not None and (stored := self._storing.get(key)) is not None:
                if (error := await asyncio.shield(stored)) is not None:
                    raise error

    @contextlib.contextmanager
    def storing(self, events: Sequence[WebhookEvent]) -> Iterator[None]:
        """Say that these are being stored; their copies go on when the block is left."""
        keys = {key for event in events if (key := _key(event)) is not None} - self._storing.keys()
        stored: asyncio.Future[StoreUnavailable | None]
        stored = asyncio.get_running_loop().create_future()
        self._storing.update(dict.fromkeys(keys, stored))
        failure = None
        try:
            yield
        except StoreUnavailable as error:
            failure = error
            raise
        finally:
            for key in keys:
                del self._storing[key]
            stored.set_result(failure)

    def begin(self, event: WebhookEvent) -> None:
        """Note that a stored event is worked on from now on."""
        if (key := _key(event)) is not None:
            self._working[key] += 1

    def end(self, event: WebhookEvent) -> None:
        """Note that it is not any more."""
        if (key := _key(event)) is not None:
            self._working[key] -= 1
            if not self._working[key]:
                del self._working[key]

    def has_first(self, event: WebhookEvent) -> bool:
        """Whether a copy of this event is being worked on."""
        return _key(event) in self._working


def _key(event: WebhookEvent) -> _Key | None:
    """Return what all copies of an event share; `None` for what nobody works on."""
    if isinstance(event, Unrecognized):
        return None
    if isinstance(event, OfferReceived):
        # there is one row for each id, whatever else is told of the call
        return event.kind, event.wacid
    return event.kind, json.dumps(event.raw)
