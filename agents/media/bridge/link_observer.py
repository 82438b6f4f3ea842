"""The seam between a call's link to OpenAI and what is talked over it."""

from typing import Any, Protocol

from shared.bridge.events import LegEvent
from shared.call.call import EndReason


class LinkObserver(Protocol):
    """Who is told of a link; nothing here may block or raise."""

    def openai_told(self, event: dict[str, Any], at: float) -> None:
        """OpenAI has sent an event; it may come twice."""

    def leg_told(self, event: LegEvent) -> None:
        """Something has happened to the leg."""

    @property
    def is_quiet(self) -> bool:
        """Whether nobody speaks, and nothing is asked for."""

    def session_lost(self, *, is_planned: bool) -> None:
        """OpenAI's session is over; another one is made, or, if it was planned, is there."""

    def items_to_replay(self, generation: int) -> list[dict[str, Any]]:
        """Return what the new session is to know, which the leg's connection of this number has."""

    def session_renewed(self) -> None:
        """It stands."""

    def link_lost(self, reason: EndReason, cause: str) -> None:
        """There is no session any more, or no leg, and will be none."""

    def room_closed(self) -> None:
        """The leg was sent out of the room, or the room is gone."""
