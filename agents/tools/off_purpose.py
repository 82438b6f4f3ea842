"""`offPurpose`: the model reports what the line is not for, and learns how often that was.

The row's count comes with the report itself: the database counts the stored calls of this tool
(`count_off_purpose`), each once, whoever writes it again. The work after the call judges as well.
"""

from pydantic import Field

from agents.media.tool import Tool, Turn
from agents.tools.arguments import Arguments, Line, parse_arguments
from agents.tools.desk import Desk

THE_LAST = 3
"""The third time the customer is not led back any more."""
_DESCRIPTION = (
    "Report that the customer has asked for something that this line is not for. Each time, in the "
    "turn in which you decline it."
)


class OffPurposeArguments(Arguments):
    """What was asked for."""

    request: Line = Field(description="What the customer asked for, in a few words.")


class OffPurpose:
    """Counts for one call."""

    def __init__(self, desk: Desk) -> None:
        """Take the call's records, which know what a worker before this one has counted."""
        self._desk = desk
        self._before: int | None = None
        self._reports: set[str] = set()

    def tool(self) -> Tool:
        """Make the tool that the model calls."""
        return Tool(
            name="offPurpose",
            description=_DESCRIPTION,
            parameters=OffPurposeArguments.model_json_schema(),
            run=self._report,
        )

    async def _report(self, given: dict[str, object], turn: Turn) -> str:
        parse_arguments(OffPurposeArguments, given)
        if self._before is None:
            # what this report is told must not wait for a database that is away
            self._before = await self._desk.read(
                lambda store: store.off_purpose_turns(self._desk.call_id), otherwise=0
            )
        self._reports.add(turn.call_id)
        return told(self._before + len(self._reports))


def told(times: int) -> str:
    """Say how often it was, and what to do now."""
    if times < THE_LAST:
        return (
            f"Noted: {times} of {THE_LAST}. Decline in one friendly sentence, and lead back to "
            "what this line is for."
        )
    return (
        f"Noted: {times} times. Do not lead back again. Offer that a person gets in touch "
        "(requestHuman); if they do not want that, say goodbye politely and call endCall."
    )
