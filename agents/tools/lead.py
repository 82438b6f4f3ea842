"""`upsertLead`: who the customer is, what they want, and what they agreed to."""

from typing import Annotated

from pydantic import AfterValidator, Field

from agents.media.tool import ToolProblem
from agents.tools.arguments import Arguments, Line, Text, as_email, as_phone
from agents.tools.desk import Desk
from shared.call.records import Lead

DESCRIPTION = (
    "Write down the customer's name, contact or wish, or what they agreed to. Call again with what "
    "is new or corrected."
)


class LeadArguments(Arguments):
    """Only what the customer said; leave out what is not known."""

    name: Line | None = Field(None, description="The customer's name as they said it.")
    phone: Annotated[Line, AfterValidator(as_phone)] | None = Field(
        None, description="Another telephone number than the one that is calling, if they give one."
    )
    email: Annotated[Line, AfterValidator(as_email)] | None = Field(
        None, description="E-mail address, spelled back to the customer before."
    )
    interest: Text | None = Field(None, description="What the customer wants, in one sentence.")
    notes: Text | None = Field(None, description="Anything else that helps whoever follows up.")
    may_follow_up: bool | None = Field(
        None,
        description="Whether the business may contact them about this wish. Only if you asked and "
        "they answered; never guess.",
    )
    may_market: bool | None = Field(
        None,
        description="Whether the business may tell them of other offers. Only if you asked and "
        "they answered; never guess.",
    )


async def upsert_lead(desk: Desk, given: LeadArguments) -> str:
    """Write into the one lead that this person has with this business."""
    values = given.model_dump(exclude_none=True)
    if not values:
        raise ToolProblem("Nothing was given; call again with at least one of the fields.")
    lead = Lead(call_id=desk.call_id, **values)
    await desk.write(lambda store: store.upsert_lead(lead))
    return "Written down."
