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

    def session_lost(self) -> None:
        """OpenAI's session is over, or will be in a moment; another one is made."""

    def items_to_replay(self) -> list[dict[str, Any]]:
        """Return what the new session is to know."""

    def session_renewed(self) -> None:
        """It stands."""

    def link_lost(self, reason: EndReason, cause: str) -> None:
        """There is no session any more, or no leg, and will be none."""

    def room_closed(self) -> None:
        """The leg was sent out of the room, or the room is gone."""
