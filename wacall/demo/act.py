"""One act of the demo, by its differences: who calls whom, and how it is told."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.user_call import SimulatedCall
from simulators.phone.recording import Pcm
from wacall.demo.narration import Screen
from wacall.demo.screenplay import Screenplay

PlacedCall = SimulatedCall | OutboundCall
"""A call of either direction."""


class Narrator:
    """Tells what happens, in seconds since the act began, and notes what went wrong."""

    def __init__(self, screen: Screen) -> None:
        """Take the screen; the act begins with `begin`."""
        self._screen = screen
        self._zero = time.monotonic()
        self.troubles: list[str] = []

    def begin(self, heading: str) -> None:
        """Count from here."""
        self._screen.heading(heading)
        self._zero = time.monotonic()

    def tell(self, who: str, what: str) -> None:
        """Tell of one thing."""
        self._screen.tell(time.monotonic() - self._zero, who, what)

    def trouble(self, sentence: str) -> None:
        """Tell of something that should not be, and note it."""
        self.troubles.append(sentence)
        self.tell("trouble", sentence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A call to be shown."""

    heading: str
    who: str
    """What whoever is at the phone is called on the screen."""
    screenplay: Screenplay
    voices: Sequence[tuple[Pcm, int]]
    """The person's lines as sound, with their rates."""
    accepted_s: float
    """How long it may take until the call is accepted."""
    place: Callable[[Narrator], Awaitable[PlacedCall | None]]
    """Has the call placed; gives `None`, and has told why, if it could not be."""
