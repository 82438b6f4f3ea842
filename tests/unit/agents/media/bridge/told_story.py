"""Somebody whom a voice tells what happens, and who keeps it."""

from agents.media.measures import Measures
from agents.media.tool import ToolUse
from shared.call.call import EndReason


class ToldStory:
    """A `CallObserver` that does nothing but listen."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.items: list[object] = []
        self.measured: list[Measures] = []
        self.used: list[ToolUse] = []

    def caller_seen(self) -> None:
        self.told.append("seen")

    def media_up(self) -> None:
        self.told.append("media")

    def caller_left(self) -> None:
        self.told.append("left")

    def status_shown(self, status: str | None) -> None:
        self.told.append(f"status {status}")

    def key_pressed(self, key: str) -> None:
        self.told.append(f"key {key}")

    def item_added(self, item: object) -> None:
        self.items.append(item)

    def turn_measured(self, measures: Measures) -> None:
        self.measured.append(measures)

    def agent_heard(self, at: float) -> None:
        pass

    def long_speech(self, lasted_s: float) -> None:
        self.told.append("long speech")

    def tool_used(self, use: ToolUse) -> None:
        self.used.append(use)

    def lost(
        self, reason: EndReason = EndReason.OPENAI_UNREACHABLE, cause: str = "session-lost"
    ) -> None:
        self.told.append(f"lost {reason} {cause}")

    def room_closed(self) -> None:
        self.told.append("closed")
