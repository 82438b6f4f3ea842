"""What the media bridges tell of their legs, brought to whoever follows one.

A process listens once to each bridge, however many calls it has there.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Protocol

from shared.bridge.address import BridgeAddress
from shared.bridge.events import Happening, LegEvent
from shared.bridge.feed import BridgeFeed
from shared.bridge.fleet import Bridges
from shared.process.of_call import working_for

# of a leg that nobody follows yet: whoever takes a running call over learns what it was told
_KEPT = 1000


class LegListener(Protocol):
    """Who follows a leg; nothing here may block or raise."""

    def leg_told(self, event: LegEvent) -> None:
        """Something has happened to it; told in order, from the beginning as far as it is known."""

    def bridge_lost(self) -> None:
        """Its bridge has died, and the leg with it."""


class LegEvents(Protocol):
    """The events of every bridge."""

    def follow(self, bridge: BridgeAddress, leg: str, listener: LegListener) -> Callable[[], None]:
        """Tell somebody of a leg from now on, and of what it did before; return how to stop."""


class LegFeeds:
    """`LegEvents` by one `BridgeFeed` per bridge, each begun with its first leg."""

    def __init__(self, bridges: Bridges) -> None:
        """Take the ways to the bridges."""
        self._bridges = bridges
        self._feeds: dict[BridgeAddress, _Feed] = {}

    def listen(self, bridge: BridgeAddress) -> None:
        """Listen to a bridge before anybody follows a leg of it."""
        if bridge not in self._feeds:
            # it outlives the call that is its first one
            with working_for(None):
                self._feeds[bridge] = _Feed(self._bridges, bridge)

    def follow(self, bridge: BridgeAddress, leg: str, listener: LegListener) -> Callable[[], None]:
        """Follow a leg; see `LegEvents`."""
        self.listen(bridge)
        return self._feeds[bridge].follow(leg, listener)

    async def aclose(self) -> None:
        """Listen no more."""
        for feed in self._feeds.values():
            await feed.aclose()


class _Feed:
    """One bridge's events."""

    def __init__(self, bridges: Bridges, bridge: BridgeAddress) -> None:
        # with the context of whoever follows: a log line of theirs is of their call
        self._listeners: dict[str, tuple[LegListener, Context]] = {}
        self._before: dict[str, deque[LegEvent]] = {}
        feed = BridgeFeed(bridges.client(bridge), on_event=self._take, on_lost=self._lose)
        self._task = asyncio.create_task(feed.run(), name="leg-events")

    def follow(self, leg: str, listener: LegListener) -> Callable[[], None]:
        self._listeners[leg] = listener, copy_context()
        for event in self._before.pop(leg, ()):
            listener.leg_told(event)

        def stop() -> None:
            if leg in self._listeners and self._listeners[leg][0] is listener:
                del self._listeners[leg]

        return stop

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _take(self, event: LegEvent) -> None:
        followed = self._listeners.get(event.leg)
        if followed is not None:
            listener, context = followed
            context.run(listener.leg_told, event)
        elif event.happening is Happening.CLOSED:
            self._before.pop(event.leg, None)
        else:
            self._before.setdefault(event.leg, deque(maxlen=_KEPT)).append(event)

    def _lose(self) -> None:
        self._before.clear()
        for listener, context in list(self._listeners.values()):
            context.run(listener.bridge_lost)
