"""`requestHuman`."""

import re
from datetime import datetime
from typing import Any

import pytest

from agents.tools.human import HumanArguments, request_human, what_is_next
from shared.profiles.hours import Hours
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, NOW, desk_with

HOURS = {"monday": "09:00-12:00, 14:00-18:00", "tuesday": "09:00-18:00", "friday": "10:00-16:00"}


async def test_the_business_is_told_at_once_and_once() -> None:
    """A task that is due now, of a kind of its own; asked for twice it is one."""
    store = MemoryNotes(CALL)
    desk = desk_with(store, hours=HOURS)
    said = await request_human(desk, HumanArguments(reason="A  complaint."))
    await request_human(desk, HumanArguments(reason="He insists."))
    (request,) = store.follow_ups.values()
    assert (request.kind, request.channel, request.due_at) == ("human-request", "task", NOW)
    assert request.purpose.endswith("A complaint.")
    assert "open until 18:00 today" in said


@pytest.mark.parametrize(
    ("hours", "local", "said"),
    [
        (None, "2026-11-23T15:00", "as soon as somebody is free; name no time"),
        (HOURS, "2026-11-23T11:59", "open until 12:00 today"),
        (HOURS, "2026-11-23T12:00", "closed now.*after it opens today at 14:00"),
        (HOURS, "2026-11-23T18:00", "after it opens tomorrow at 09:00"),
        (HOURS, "2026-11-24T20:00", r"after it opens on Friday, 2026-11-27, at 10:00"),
        ({}, "2026-11-24T20:00", "closed for now. Name no time"),
    ],
)
def test_the_customer_is_told_what_happens_next(
    hours: dict[str, Any] | None, local: str, said: str
) -> None:
    """By the business's hours: a promise that is kept."""
    read = Hours.model_validate(hours) if hours is not None else None
    words = what_is_next(read, datetime.fromisoformat(local))
    assert re.search(said, words)
    assert words.count("WhatsApp number") == 1
