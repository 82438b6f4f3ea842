"""The leg of a call as its voice sees it: orders in order, and what is known of the caller."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from agents.media.voice import CallObserver
from shared.bridge.client import BridgeClient
from shared.bridge.errors import BridgeRefused, BridgeUnreachable, LegUnknown
from shared.bridge.events import Happening, LegEvent
from shared.bridge.legs import Gate, Side
from shared.call.room import ATTRIBUTE_CALL_STATUS, CALLER_IDENTITY, KEY_TOPIC, KeyMessage

_log = logging.getLogger(__name__)

ATTRIBUTE_AGENT_STATE = "lk.agent.state"
_TRIES = 3
_AGAIN_S = 0.2


class LegOrders:
    """Orders to a leg, one after the other, each tried a few times; giving one never waits."""

    def __init__(self, client: BridgeClient, leg: str) -> None:
        """Take the way to the leg."""
        self._client, self._leg = client, leg
        self._orders: asyncio.Queue[Callable[[], Awaitable[object]]] = asyncio.Queue()
        self._state = self._shown = ""
        self._task = asyncio.create_task(self._run(), name="leg-orders")

    def gate(self, stream: Side, gate: Gate, *, release_within_s: float = 0) -> None:
        """Decide what may leave to one side."""
        self._orders.put_nowait(
            lambda: self._client.gate(self._leg, stream, gate, release_within_s=release_within_s)
        )

    def clear(self, stream: Side) -> None:
        """Drop what waits to leave to one side."""
        self._orders.put_nowait(lambda: self._client.clear(self._leg, stream))

    def source(self, participant: str) -> None:
        """Let a participant speak in the model's place; `""`: the model again."""
        self._orders.put_nowait(lambda: self._client.source(self._leg, participant))

    def show(self, state: str) -> None:
        """Show what the agent does, as LiveKit's front ends know it."""
        if state != self._state:
            self._state = state
            self._orders.put_nowait(self._show)

    async def aclose(self) -> None:
        """Give no orders any more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _show(self) -> None:
        # of several changes that wait, the newest is shown
        if self._shown != self._state:
            state = self._state
            await self._client.attributes(self._leg, {ATTRIBUTE_AGENT_STATE: state})
            self._shown = state

    async def _run(self) -> None:
        while True:
            await self._obey(await self._orders.get())

    async def _obey(self, order: Callable[[], Awaitable[object]]) -> None:
        for left in reversed(range(_TRIES)):
            try:
                await order()
            except LegUnknown:
                return  # its end is told elsewhere
            except (BridgeUnreachable, BridgeRefused) as error:
                if left:
                    await asyncio.sleep(_AGAIN_S)
                    continue
                _log.warning(
                    "The media bridge did not take an order.",
                    extra={"action": "leg-order-failed", "why": error.code},
                )
            return


class Caller:
    """What is known of the caller's leg; told to the observer once it watches."""

    def __init__(self, observer: CallObserver) -> None:
        """Take who is told."""
        self._observer = observer
        self._watched = False
        self._is_there = False
        self._has_spoken = False
        self._attributes: Mapping[str, str] = {}

    def watch(self) -> None:
        """Tell from now on, beginning with what is known."""
        self._watched = True
        if self._is_there:
            self._tell_leg()

    def leg_told(self, event: LegEvent) -> None:
        """Take an event of the agent's own leg."""
        match event.happening:
            case Happening.JOINED if event.text("identity") == CALLER_IDENTITY:
                self._is_there = True
                self._tell_leg()
            case Happening.ATTRIBUTES if event.text("identity") == CALLER_IDENTITY:
                self._is_there = True
                self._attributes = event.words("attributes")
                self._tell_leg()
            case Happening.FIRST_PACKET if event.text("from") == Side.ROOM:
                self._is_there = self._has_spoken = True
                self._tell_leg()
            case Happening.LEFT if event.text("identity") == CALLER_IDENTITY:
                self._is_there = self._has_spoken = False
                self._attributes = {}
                if self._watched:
                    self._observer.caller_left()
            case Happening.DATA if self._watched:
                key = read_key(event)
                if key is not None:
                    self._observer.key_pressed(key)

    def _tell_leg(self) -> None:
        if not self._watched:
            return
        self._observer.caller_seen()
        if self._has_spoken:
            self._observer.media_up()
        self._observer.status_shown(self._attributes.get(ATTRIBUTE_CALL_STATUS))


def read_key(event: LegEvent) -> str | None:
    """Read a key out of a data message; `None` for every other message.

    Only the server is believed: a participant could press keys in the customer's name.
    """
    if event.text("topic") != KEY_TOPIC or event.text("from"):
        return None
    message = KeyMessage.read(event.text("text").encode())
    return message.key if message is not None else None
