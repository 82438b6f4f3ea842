"""`scheduleFollowUp`."""

from datetime import UTC, datetime
from typing import Any

import pytest

from agents.media.tool import ToolProblem
from agents.tools.arguments import parse_arguments
from agents.tools.follow_up import FollowUpArguments, schedule_follow_up
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, desk_with


def follow_up(**given: Any) -> FollowUpArguments:
    return parse_arguments(
        FollowUpArguments,
        {"due_at": "2026-11-24T10:00", "channel": "call", "purpose": "Call back.", **given},
    )


async def test_a_time_without_offset_is_the_business_time() -> None:
    """Ten o'clock is ten o'clock at the shop."""
    store = MemoryNotes(CALL)
    said = await schedule_follow_up(desk_with(store), follow_up())
    (stored,) = store.follow_ups.values()
    assert stored.due_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert stored.time_zone == "Europe/Amsterdam"
    assert (stored.kind, stored.source, stored.channel) == ("follow-up", "agent", "call")
    assert said == "Scheduled for Tuesday 2026-11-24 10:00 (Europe/Amsterdam)."


async def test_a_customer_may_mean_their_own_clock() -> None:
    """The row keeps in which zone it was agreed."""
    store = MemoryNotes(CALL)
    said = await schedule_follow_up(desk_with(store), follow_up(time_zone="America/New_York"))
    (stored,) = store.follow_ups.values()
    assert stored.due_at == datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
    assert stored.time_zone == "America/New_York"
    assert said.endswith("10:00 (America/New_York).")


async def test_the_same_follow_up_twice_is_one() -> None:
    """A repeated call, even with other spacing or another zone, is the same follow-up."""
    store = MemoryNotes(CALL)
    desk = desk_with(store)
    await schedule_follow_up(desk, follow_up())
    again = follow_up(due_at="2026-11-24T09:00:00Z", purpose=" call  back. ")
    await schedule_follow_up(desk, again)
    await schedule_follow_up(desk, follow_up(due_at="2026-11-25T10:00"))
    assert len(store.follow_ups) == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"due_at": "2026-11-23T14:00"}, "in the past.*2026-11-23"),
        ({"due_at": "2036-11-24T10:00"}, "more than a year.*2026-11-23"),
        ({"due_at": "2027-03-28T02:30"}, "skip this time"),
        ({"channel": "message"}, "message: it is missing"),
    ],
)
async def test_what_cannot_be_is_explained(given: dict[str, Any], said: str) -> None:
    """The past and the far future together with the time that it is now."""
    store = MemoryNotes(CALL)
    with pytest.raises(ToolProblem, match=said):
        await schedule_follow_up(desk_with(store), follow_up(**given))
    assert store.writes == 0


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../etc/passwd", "x" * 150])
def test_a_zone_that_there_is_not_is_told(zone: str) -> None:
    """With one as it is spelled."""
    with pytest.raises(ToolProblem, match="time_zone: is no time zone"):
        follow_up(time_zone=zone)


@pytest.mark.parametrize(
    ("channel", "kept", "body"),
    [("call", "call", None), ("message", "message", "The list."), ("email", "task", None)],
)
async def test_each_channel_keeps_what_it_needs(channel: str, kept: str, body: str | None) -> None:
    """Words are kept of a message alone; an e-mail is a task of people."""
    store = MemoryNotes(CALL)
    given = follow_up(channel=channel, message="The list.")
    await schedule_follow_up(desk_with(store), given)
    (stored,) = store.follow_ups.values()
    assert (stored.channel, stored.body) == (kept, body)
