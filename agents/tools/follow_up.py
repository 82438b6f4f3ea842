"""`scheduleFollowUp`: something that is done after the call."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from agents.media.tool import ToolProblem
from agents.tools.arguments import Arguments, Line, Text
from agents.tools.desk import Desk
from shared.call.records import FollowUp

DESCRIPTION = (
    "Schedule what is done after the call: the customer is called, sent a message, or a person of "
    "the business does something. Agree on day and time first."
)

_FURTHEST = timedelta(days=366)
# A clock read at the beginning of the call; "now" may be said and come out a little in the past.
_PAST_TOLERANCE = timedelta(minutes=2)


class Channel(StrEnum):
    """How it is done; an e-mail is written by people, so that it is a task."""

    CALL = "call"
    MESSAGE = "message"
    TASK = "task"


def _channel(value: object) -> object:
    return Channel.TASK if value == "email" else value


def _zone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no time zone; give one such as Europe/Madrid, or none") from None


class FollowUpArguments(Arguments):
    """What was agreed."""

    due_at: datetime = Field(
        description="When, as ISO 8601 such as 2030-05-17T15:00; without an offset it is the "
        "clock of time_zone."
    )
    time_zone: Annotated[Line, AfterValidator(_zone)] | None = Field(
        None,
        description="The customer's time zone such as Europe/Madrid, if they mean their own clock; "
        "otherwise leave it out: it is the business's.",
    )
    channel: Annotated[Channel, BeforeValidator(_channel)] = Field(
        Channel.CALL,
        description="call: the customer is called. message: `message` is sent to them in this "
        "WhatsApp chat. task: a person of the business does it, such as writing an e-mail.",
    )
    purpose: Text = Field(description="What shall be done and why, in one sentence, for the staff.")
    message: Text | None = Field(
        None, description="Of channel message: the words to send, as the customer will read them."
    )


async def schedule_follow_up(desk: Desk, given: FollowUpArguments) -> str:
    """Schedule it; the same wish at the same time is the same one, however often it is called."""
    zone = ZoneInfo(given.time_zone) if given.time_zone is not None else desk.zone
    due_at = _moment(given.due_at, zone)
    now = desk.clock()
    local_now = now.astimezone(zone)
    if due_at < now - _PAST_TOLERANCE:
        raise ToolProblem(
            f"due_at is in the past; it is {local_now:%A %Y-%m-%d %H:%M} now. "
            "Agree on a later time with the customer."
        )
    if due_at > now + _FURTHEST:
        raise ToolProblem(
            f"due_at is more than a year away; it is {local_now:%Y-%m-%d} now. "
            "Check the year, or agree on an earlier day."
        )
    if given.channel is Channel.MESSAGE and given.message is None:
        raise ToolProblem("message: it is missing; write the words that shall be sent.")
    purpose = " ".join(given.purpose.split())
    follow_up = FollowUp(
        id=desk.id_of(due_at.isoformat(), given.channel, purpose.casefold()),
        call_id=desk.call_id,
        due_at=due_at,
        channel=given.channel.value,
        purpose=purpose,
        time_zone=zone.key,
        source=desk.source,
        body=given.message if given.channel is Channel.MESSAGE else None,
    )
    await desk.write(lambda store: store.add_follow_up(follow_up))
    return f"Scheduled for {due_at.astimezone(zone):%A %Y-%m-%d %H:%M} ({zone.key})."


def _moment(due_at: datetime, zone: ZoneInfo) -> datetime:
    """Read a time in a zone.

    Raises:
        ToolProblem: its clocks skip it, when summer time begins.
    """
    if due_at.tzinfo is not None:
        return due_at.astimezone(UTC)
    moment = due_at.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != due_at:
        raise ToolProblem(
            f"due_at: the clocks of {zone.key} go forward then and skip this time. Agree on "
            "another one."
        )
    return moment
