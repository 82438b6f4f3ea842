"""Follow what a media bridge tells, across broken connections, and learn of its death at once."""

import asyncio
import logging
from collections.abc import Callable

from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeGone, BridgeRefused, BridgeUnreachable
from shared.bridge.events import LegEvent

_log = logging.getLogger(__name__)

# behind whatever happens
_NEVER = 2**62
AGAIN_S = 0.25
"""Between tries: after a killed bridge, whose stream ends at once, well under a second."""


class BridgeFeed:
    """The events of one bridge, each once and in order, for as long as `run` runs.

    A connection that breaks is made anew, and nothing is missed. When nobody listens at the
    address any more, or another instance does, every leg there was is gone: `on_lost` is called,
    once per instance. A bridge that is merely out of reach may carry its calls on; nothing is told.
    """

    def __init__(
        self,
        client: BridgeClient,
        *,
        on_event: Callable[[LegEvent], None],
        on_lost: Callable[[], None],
        from_now: bool = False,
    ) -> None:
        """Take who is told; neither may block or raise.

        `from_now`: what happened before we came is nothing to us.
        """
        self._client = client
        self._on_event, self._on_lost = on_event, on_lost
        self._instance, self._seen = "", _NEVER if from_now else 0
        self.is_up = asyncio.Event()
        """Whether we are listening."""

    @property
    def instance(self) -> str:
        """Whose events they are: another one after each start of the bridge; `""`: unknown."""
        return self._instance

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            try:
                await self.listen()
            except BridgeGone:
                self._lose()
            except BridgeUnreachable:
                pass
            except BridgeRefused as error:
                _log.warning(
                    "A media bridge refuses to tell what happens.",
                    extra={"action": "bridge-mute", "why": str(error)},
                )
            await asyncio.sleep(AGAIN_S)

    async def listen(self) -> None:
        """Listen once, until the stream ends.

        Raises:
            BridgeUnreachable: it cannot be reached, or said nothing for too long.
            BridgeRefused: it does not let us.
        """
        try:
            async with self._client.events(instance=self._instance, after=self._seen) as stream:
                if stream.instance != self._instance:
                    # losing one, we begin anew with the next
                    self._lose()
                    self._instance = stream.instance
                self.is_up.set()
                async for event in stream:
                    self._seen = event.seq
                    self._on_event(event)
        finally:
            self.is_up.clear()

    def _lose(self) -> None:
        """Tell that the instance that we knew is gone."""
        if self._instance:
            _log.error(
                "A media bridge has died, and its calls with it.",
                extra={"action": "bridge-lost", "bridge": str(self._client.address)},
            )
            self._instance, self._seen = "", 0
            self._on_lost()
