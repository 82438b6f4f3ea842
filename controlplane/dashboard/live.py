"""The calls that go on, as the dashboard shows them; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from controlplane.core.live_rooms import LiveRoom
from shared.call.call import LIVE_STATUSES
from shared.call.looking import LISTENER_PREFIX

COLUMNS = (
    "id", "direction", "status", "profile", "created_at", "updated_at", "answered_at",
    "caller_phone", "cost_usd",
)  # fmt: skip
_LIVE = {status.value for status in LIVE_STATUSES}
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomNow:
    """What a call's room tells; what nobody tells is `None`."""

    agent: str | None = None
    """The agent's state: `listening`, `thinking`, `speaking` or what it calls it."""
    user: float | None = None
    """How much of the last second the caller spoke, 0 to 1."""
    assistant: float | None = None
    listeners: int | None = None
    taken_over: bool | None = None
    wants_human: bool | None = None


_UNSEEN = RoomNow()


def room_now(room: LiveRoom, *, wants_human: bool) -> RoomNow:
    """Read what a room tells; how much the caller speaks, none does."""
    state = room.agent_state
    people = room.people
    return RoomNow(
        agent=state,
        assistant=None if state is None else float(state == "speaking"),
        listeners=None
        if people is None
        else sum(one.identity.startswith(LISTENER_PREFIX) for one in people),
        taken_over=None if people is None else room.is_taken_over,
        wants_human=wants_human,
    )


def now_calls(
    rows: Sequence[Row], rooms: Mapping[str, RoomNow], now: datetime
) -> list[dict[str, Any]]:
    """Show the live calls among the rows, oldest first."""
    live = [row for row in rows if row["status"] in _LIVE]
    live.sort(key=lambda row: (row["created_at"], row["id"]))
    return [_now_call(row, rooms.get(row["id"], _UNSEEN), now) for row in live]


def is_same_list(before: Sequence[Row], after: Sequence[Row]) -> bool:
    """Whether nothing but the calls' age differs, which the pages count themselves."""
    return [{**one, "age_s": 0} for one in before] == [{**one, "age_s": 0} for one in after]


def changed(before: Mapping[str, str], rows: Sequence[Row]) -> list[str]:
    """Return the ids of calls that are new or were written since; `before`: id -> updated_at."""
    return [row["id"] for row in rows if before.get(row["id"]) != row["updated_at"]]


def masked(phone: str | None) -> str | None:
    """Show the last two digits of a number: enough to tell two people apart on one screen."""
    return f"…{phone[-2:]}" if phone else None


def _now_call(row: Row, room: RoomNow, now: datetime) -> dict[str, Any]:
    began = datetime.fromisoformat(row["created_at"])
    return {
        "call_id": row["id"],
        "direction": row["direction"],
        "status": row["status"],
        "profile": row["profile"],
        "began_at": row["created_at"],
        "answered_at": row["answered_at"],
        "age_s": round(max(0.0, (now - began).total_seconds()), 1),
        "agent": room.agent,
        "person": masked(row["caller_phone"]),
        "cost_usd": float(row["cost_usd"]) if row["cost_usd"] is not None else None,
        "talk": {"user": room.user, "assistant": room.assistant},
        "listeners": room.listeners,
        "taken_over": room.taken_over,
        "wants_human": room.wants_human,
    }
