"""What all media bridges tell of callers' legs, handed on in the words of the seam."""

import uuid

from controlplane.core.caller_leg import KeyPressed, LegListener
from shared.bridge.events import Happening, LegEvent
from shared.bridge.feed import BridgeFeed
from shared.bridge.fleet import Bridges
from shared.bridge.legs import Side, call_of_leg
from shared.call.ids import CallId
from shared.call.room import CALLER_IDENTITY, KEYS
from shared.process.tasks import Tasks

# every replica hears of a press, and gives it the same name
_PRESSES = uuid.UUID("3d0c8a55-6f1b-4b19-9d6a-7c1f4f0f9b52")


def read_key(event: LegEvent, call_id: CallId, instance: str) -> KeyPressed | None:
    """Read a press of the phone's; `None` if it is of no key that we know. Pure."""
    key = event.text("key")
    if len(key) != 1 or key not in KEYS:
        return None
    return KeyPressed(
        id=str(uuid.uuid5(_PRESSES, f"{instance}|{event.seq}")),
        call_id=call_id,
        key=key,
        duration_ms=event.duration_ms,
        at=event.at,
    )


class BridgeListening:
    """One process's ears on all bridges of the configuration."""

    def __init__(self, bridges: Bridges, listener: LegListener) -> None:
        """Take who is told."""
        self._bridges = bridges
        self._listener = listener
        self._tasks = Tasks()

    def start(self) -> None:
        """Begin to listen."""
        for address in self._bridges.addresses:
            self._tasks.spawn(self._listen_to(str(address)))

    async def close(self) -> None:
        """Stop listening."""
        await self._tasks.close()

    async def _listen_to(self, address: str) -> None:
        feed = BridgeFeed(
            self._bridges.client(address),
            on_event=lambda event: self._hand_on(event, feed.instance),
            on_lost=lambda: self._listener.carrier_lost(address),
            # a process that has just come looks at what there is
            from_now=True,
        )
        await feed.run()

    def _hand_on(self, event: LegEvent, instance: str) -> None:
        named = call_of_leg(event.leg)
        if named is None or named[1] != CALLER_IDENTITY:
            return
        call_id = named[0]
        match event.happening:
            case Happening.DIGIT:
                key = read_key(event, call_id, instance)
                if key is not None:
                    self._listener.key_pressed(key)
            case Happening.FIRST_PACKET if event.text("from") == Side.PEER:
                self._listener.phone_heard(call_id)
            case Happening.PEER_LOST:
                self._listener.phone_lost(call_id)
            case Happening.CLOSED:
                self._listener.leg_ended(call_id)
            case _:
                pass
