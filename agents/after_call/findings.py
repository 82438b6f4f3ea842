"""What a model finds in a conversation: the answer that it is asked for, and its schema; pure.

The schema keeps to what OpenAI admits for strict structured outputs (docs, "Supported schemas",
2026): every field is required, lengths cannot be bounded there, so they are cut here.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

LEAD_FIELDS = ("name", "phone", "email", "interest")


class Unfit(ValueError):
    """The answer is not what was asked for."""


def _cut(limit: int) -> AfterValidator:
    return AfterValidator(lambda text: " ".join(text.split())[:limit].strip())


_Line = Annotated[str, _cut(300)]
_Text = Annotated[str, _cut(2000)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FoundPromise(_Answer):
    """Something that the agent said will be done after the call."""

    turn: int = Field(description="Number of the agent's turn in the transcript.")
    quote: str = Field(description="The words of the promise, literally as they stand there.")
    backed_by: int | None = Field(
        description="Number of the tool call that takes care of it; null if none does."
    )
    remedy: Literal["message", "call", "task"] = Field(
        description="How it would be kept: message: a text that can be written now, from what "
        "stands in this document alone; call: the business calls the customer; task: a person of "
        "the business has to do it."
    )
    due_at: str | None = Field(
        description="When, as ISO 8601 such as 2030-05-17T15:00 in the business's own time; null "
        "if no time was named."
    )
    purpose: _Text = Field(description="What has to be done, in one sentence for the business.")
    message: _Text | None = Field(
        description="For a message: its text to the customer, whole, in the customer's language."
    )


class Findings(_Answer):
    """What there is to say of a conversation."""

    summary: _Text = Field(description="The conversation in two or three sentences.")
    outcome: str = Field(description="What came of it.")
    sentiment: Literal["positive", "neutral", "negative", "mixed"] = Field(
        description="How the customer left the conversation."
    )
    missing: tuple[Literal["name", "phone", "email", "interest"], ...] = Field(
        description="What the business would need of the customer, and does not know."
    )
    off_purpose_turns: tuple[int, ...] = Field(
        description="Numbers of the customer's turns that ask for what the line is not for."
    )
    promises: tuple[FoundPromise, ...] = Field(
        description="All that the agent promised to be done after the call."
    )


def answer_format(outcomes: Sequence[str]) -> dict[str, Any]:
    """Make `text.format` of a request; the outcome is one of the business's own."""
    schema = Findings.model_json_schema()
    schema["properties"]["outcome"]["enum"] = list(outcomes)
    return {"type": "json_schema", "name": "findings", "strict": True, "schema": schema}


def read_findings(text: str, outcomes: Sequence[str]) -> Findings:
    """Read an answer.

    Raises:
        Unfit: it is no JSON, lacks something, or names an outcome that there is none of.
    """
    try:
        findings = Findings.model_validate(json.loads(text))
    except (ValidationError, ValueError, RecursionError):
        # the error's text may quote the answer
        raise Unfit("the answer does not follow its schema") from None
    if not findings.summary or findings.outcome not in outcomes:
        raise Unfit("the answer has no summary, or an outcome of its own")
    return findings
