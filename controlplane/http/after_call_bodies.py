"""What operators are told of the work after a call, field by field; as `bodies`."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationError

from controlplane.http.body import Answer
from shared.call.jobs import JobState, JobStatus


class PromiseView(Answer):
    """Something that the agent said will be done after the call."""

    turn: int
    """Number of its turn in the transcript."""
    quote: str
    standing: str
    """`backed` (a tool's call or a follow-up takes care of it), `follow-up` (it became one that is
    done by itself) or `flagged` (a task for people)."""
    follow_up: str | None = None
    """Id of the follow-up that it became."""


class FindingsView(Answer):
    """What a model found in the conversation."""

    model: str
    summary: str
    outcome: str
    """As the model judges it; the call's own is what the agent logged, if it did."""
    sentiment: str
    """`positive`, `neutral`, `negative` or `mixed`."""
    missing: list[str] = Field([])
    """What the business would need of the customer, and does not know."""
    off_purpose_turns: list[int] = Field([])
    """Numbers of the customer's turns that asked for what the line is not for."""
    promises: list[PromiseView] = Field([])


class AfterCallView(Answer):
    """The work after a call."""

    status: JobStatus
    attempts: int
    last_error: str | None
    """Why the last attempt failed, or why it was skipped: a slug."""
    findings: FindingsView | None
    """Null until there are some."""


def after_call_view(job: JobState | None) -> AfterCallView | None:
    """Show how far the work after a call is; `None`: it has left none."""
    if job is None:
        return None
    return AfterCallView(
        status=job.status,
        attempts=job.attempts,
        last_error=job.last_error,
        findings=_findings(job.result),
    )


def _findings(result: Mapping[str, Any] | None) -> FindingsView | None:
    try:
        return FindingsView.model_validate(result)
    except ValidationError:
        # another release's words
        return None
