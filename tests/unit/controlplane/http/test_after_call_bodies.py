from typing import Any

import pytest

from controlplane.http.after_call_bodies import after_call_view
from shared.call.jobs import JobState, JobStatus

RESULT: dict[str, Any] = {
    "model": "gpt-5",
    "summary": "They want a bike.",
    "outcome": "lead",
    "sentiment": "positive",
    "promises": [
        {"turn": 3, "quote": "I will.", "standing": "flagged", "follow_up": "f1", "backed_by": None}
    ],
    "leads": [{"call_id": "c", "name": "Martin"}],
}


def test_what_was_found_is_shown_without_what_was_written_elsewhere() -> None:
    """The lead, the follow-ups and the tools' calls have views of their own."""
    view = after_call_view(JobState(status=JobStatus.DONE, attempts=1, result=RESULT))
    assert view is not None
    assert view.findings is not None
    assert view.findings.promises[0].follow_up == "f1"
    assert "Martin" not in view.model_dump_json()


@pytest.mark.parametrize("result", [None, {}, {"summary": 1}])
def test_without_findings_there_is_still_a_status(result: Any) -> None:
    """Of work that is open, failed, or another release's."""
    view = after_call_view(
        JobState(status=JobStatus.FAILED, attempts=6, last_error="http-500", result=result)
    )
    assert view is not None
    assert (view.status, view.last_error, view.findings) == (JobStatus.FAILED, "http-500", None)


def test_a_call_that_left_no_work_has_no_view() -> None:
    """Nobody answered it, or it goes on."""
    assert after_call_view(None) is None
