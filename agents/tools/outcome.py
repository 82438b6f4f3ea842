"""`logOutcome`: what came of the call, in the profile's words."""

from pydantic import Field

from agents.media.tool import ToolProblem
from agents.tools.arguments import Arguments, Line, Text
from agents.tools.desk import Desk

DESCRIPTION = "Record what came of the call. Once, near its end."


class OutcomeArguments(Arguments):
    """What came of the call."""

    outcome: Line = Field(description="One of those that are listed.")
    summary: Text | None = Field(None, description="One or two sentences about the call.")


async def log_outcome(desk: Desk, given: OutcomeArguments) -> str:
    """Write down what came of the call; the last word counts."""
    known = desk.profile.outcomes
    outcome = given.outcome.lower().replace(" ", "_")
    found = next((one for one in known if outcome in (one, one.replace("-", "_"))), None)
    if found is None:
        raise ToolProblem(f"outcome: it must be one of {', '.join(known)}. Call again with one.")
    await desk.write(lambda store: store.log_outcome(desk.call_id, found, given.summary or ""))
    return "Logged."
