"""`requestHuman`: the clear path to a person that WhatsApp's policy demands of automated agents.

(WhatsApp Business Messaging Policy: "prompt, clear, and direct escalation paths".)
"""

from datetime import datetime, timedelta

from pydantic import Field

from agents.tools.arguments import Arguments, Text
from agents.tools.desk import Desk
from shared.call.records import FollowUp
from shared.profiles.hours import Hours

DESCRIPTION = (
    "Record that the customer wants a person, or needs one. At once when they ask, in whatever "
    "words; do not argue."
)


class HumanArguments(Arguments):
    """What the person is needed for."""

    reason: Text = Field(description="What the customer wants from a person, in one sentence.")


async def request_human(desk: Desk, given: HumanArguments) -> str:
    """Have the business told at once; asked for twice in a call, it is one request."""
    now = desk.clock()
    request = FollowUp(
        id=desk.id_of("human-request"),
        call_id=desk.call_id,
        due_at=now,
        channel="task",
        purpose=f"The customer wants to speak with a person: {' '.join(given.reason.split())}",
        time_zone=desk.zone.key,
        source=desk.source,
        kind="human-request",
    )
    await desk.write(lambda store: store.add_follow_up(request))
    return (
        f"The business is being told now. {what_is_next(desk.profile.hours, desk.local_now())} You "
        "cannot put the call through. Ask whether you may help with anything meanwhile."
    )


def what_is_next(hours: Hours | None, local: datetime) -> str:
    """Say what the customer is to be told, by the business's hours and its clock."""
    tell = "Tell the customer that a person gets back to them on this WhatsApp number"
    if hours is None:
        return f"{tell} as soon as somebody is free; name no time."
    closes = hours.closes_at(local)
    if closes is not None:
        return (
            f"{tell} as soon as somebody is free; the business is open until {closes:%H:%M} today. "
            "Promise no exact time."
        )
    opens = hours.opens_at(local)
    if opens is None:
        return f"{tell} once the business is open again; it is closed for now. Name no time."
    return (
        f"The business is closed now. {tell} after it opens {_day(local, opens)} at {opens:%H:%M}."
    )


def _day(local: datetime, opens: datetime) -> str:
    if opens.date() == local.date():
        return "today"
    if opens.date() == (local + timedelta(days=1)).date():
        return "tomorrow"
    return f"on {opens:%A}, {opens:%Y-%m-%d},"
