"""The agent's tools: what the model may change in the world, and nothing else.

Every effect may be repeated: a model calls twice, a reconnect replays. Problems go back to the
model as a sentence that it can act on.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from agents.media.tool import Tool, ToolProblem, Turn
from shared.call.ids import CallId
from shared.call.records import FollowUp, Lead
from shared.database.store import CallNotes

_log = logging.getLogger(__name__)

_NAMESPACE = UUID("6d1f7c1e-0f0a-5a0e-9d53-2a8b3c6f4e11")
# How long somebody on the telephone waits for an answer; within it the database's client repeats.
_WRITE_WITHIN_S = 5.0
_FURTHEST = timedelta(days=366)
# A clock read at the beginning of the call; "now" may be said and come out a little in the past.
_PAST_TOLERANCE = timedelta(minutes=2)


def _email(value: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+", value):
        raise ValueError("is not an e-mail address; ask the customer to spell it")
    return value.lower()


def _phone(value: str) -> str:
    digits = re.sub(r"[\s()./-]", "", value)
    if not re.fullmatch(r"\+?\d{6,15}", digits):
        raise ValueError("is not a telephone number; ask for it with the country code")
    return digits


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class _Arguments(BaseModel):
    # a model that says more than was asked is no reason to lose what was asked
    model_config = ConfigDict(extra="ignore", frozen=True)


class LeadArguments(_Arguments):
    """Only what the customer said; leave out what is not known."""

    name: Line | None = Field(None, description="The customer's name as they said it.")
    phone: Annotated[Line, AfterValidator(_phone)] | None = Field(
        None, description="Another telephone number than the one that is calling, if they give one."
    )
    email: Annotated[Line, AfterValidator(_email)] | None = Field(
        None, description="E-mail address, spelled back to the customer before."
    )
    interest: Text | None = Field(None, description="What the customer wants, in one sentence.")
    notes: Text | None = Field(None, description="Anything else that helps whoever follows up.")


class Channel(StrEnum):
    """How the customer will be reached."""

    CALL = "call"
    MESSAGE = "message"
    EMAIL = "email"


class FollowUpArguments(_Arguments):
    """Something that a person of the business does later."""

    due_at: datetime = Field(
        description="When, as ISO 8601 such as 2030-05-17T15:00; without an offset it is the "
        "business's own time."
    )
    channel: Channel = Field(Channel.CALL, description="How the customer wants to be reached.")
    purpose: Text = Field(description="What shall be done, in one sentence.")


class OutcomeArguments(_Arguments):
    """What came of the call."""

    outcome: Line = Field(
        description="One of resolved, lead, follow_up, not_interested, off_topic, wrong_number; "
        "or a word of your own if none fits."
    )
    summary: Text | None = Field(None, description="One or two sentences about the call.")


class NoArguments(_Arguments):
    """Nothing to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What the tools work on: one call's records."""

    call_id: CallId
    store: Callable[[], Awaitable[CallNotes]]
    zone: ZoneInfo
    clock: Callable[[], datetime]

    async def upsert_lead(self, given: LeadArguments) -> str:
        """Write down who the customer is and what they want."""
        values = given.model_dump(exclude_none=True)
        if not values:
            raise ToolProblem("Nothing was given; call again with at least one of the fields.")
        lead = Lead(call_id=self.call_id, **values)
        await self._write(lambda store: store.upsert_lead(lead))
        return "Written down."

    async def schedule_follow_up(self, given: FollowUpArguments) -> str:
        """Schedule something for after the call."""
        due_at = given.due_at
        if due_at.tzinfo is None:
            due_at = due_at.replace(tzinfo=self.zone)
        due_at = due_at.astimezone(UTC)
        now = self.clock()
        local_now = now.astimezone(self.zone)
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
        purpose = " ".join(given.purpose.split())
        # the same wish at the same time is the same follow-up, however often it is called
        content = f"{self.call_id}|{due_at.isoformat()}|{given.channel}|{purpose.casefold()}"
        follow_up = FollowUp(
            id=str(uuid5(_NAMESPACE, content)),
            call_id=self.call_id,
            due_at=due_at,
            channel=given.channel.value,
            purpose=purpose,
        )
        await self._write(lambda store: store.add_follow_up(follow_up))
        return f"Scheduled for {due_at.astimezone(self.zone):%A %Y-%m-%d %H:%M}."

    async def log_outcome(self, given: OutcomeArguments) -> str:
        """Write down what came of the call."""
        await self._write(
            lambda store: store.log_outcome(self.call_id, given.outcome, given.summary or "")
        )
        return "Logged."

    async def do_not_call(self, _: NoArguments) -> str:
        """Write down that the customer does not want to be called again."""
        await self._write(lambda store: store.do_not_call(self.call_id))
        return "Written down: the customer will not be called again. Confirm it to them."

    async def _write(self, write: Callable[[CallNotes], Awaitable[object]]) -> None:
        try:
            async with asyncio.timeout(_WRITE_WITHIN_S):
                await write(await self.store())
        except Exception as error:
            _log.warning(
                "A tool's write failed.",
                extra={"action": "tool-write-failed", "error": type(error).__name__},
            )
            raise ToolProblem(
                "It could not be written down just now. Apologise, go on without it, and try once "
                "more before the end of the call."
            ) from None


_LEAD = "Write down the customer's name, contact or wish. Call again with what is new or corrected."
_FOLLOW_UP = "Schedule something that a person of the business does after the call."
_OUTCOME = "Record what came of the call. Once, near its end."
_DO_NOT_CALL = (
    "Record that the customer does not want to be called again. At once when they say so, in "
    "whatever words; do not argue and do not ask why."
)
_HANG_UP = (
    "End the call. Say goodbye first, in the same turn; nothing can be said afterwards. If the "
    "customer speaks meanwhile, the call goes on."
)


_SCHEMAS: dict[type[_Arguments], dict[str, Any]] = {
    model: model.model_json_schema()
    for model in (LeadArguments, FollowUpArguments, OutcomeArguments, NoArguments)
}


def build_tools(desk: Desk, hang_up: Callable[[Turn], Awaitable[str]]) -> list[Tool]:
    """Make the tools as the model sees them; what `hang_up` returns is told to the model."""

    return [
        _tool("upsertLead", _LEAD, LeadArguments, lambda given, _: desk.upsert_lead(given)),
        _tool(
            "scheduleFollowUp",
            _FOLLOW_UP,
            FollowUpArguments,
            lambda given, _: desk.schedule_follow_up(given),
        ),
        _tool("logOutcome", _OUTCOME, OutcomeArguments, lambda given, _: desk.log_outcome(given)),
        _tool("doNotCall", _DO_NOT_CALL, NoArguments, lambda given, _: desk.do_not_call(given)),
        _tool("hangUp", _HANG_UP, NoArguments, lambda _, turn: hang_up(turn)),
    ]


def _tool(
    name: str,
    description: str,
    arguments: type[_Arguments],
    act: Callable[[Any, Turn], Awaitable[str]],
) -> Tool:
    async def run(raw: dict[str, object], turn: Turn) -> str:
        return await act(parse_arguments(arguments, raw), turn)

    return Tool(name=name, description=description, parameters=_SCHEMAS[arguments], run=run)


def parse_arguments(model: type[_Arguments], raw: dict[str, object]) -> Any:
    """Read a tool's arguments.

    Raises:
        ToolProblem: names each argument and what is wrong with it, without repeating its value.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc']) or 'arguments'}: "
            f"{problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors(include_input=False, include_url=False)
        )
        raise ToolProblem(f"Not done. {problems}. Correct it and call again.") from None
