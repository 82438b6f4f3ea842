"""Which jobs an agent of one's own takes."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from livekit.agents import JobRequest

from shared.call.brief import CallBrief
from shared.call.call import Direction
from shared.call.ids import CallId, PhoneNumberId
from wacall.own_agent.phone_call import read_brief, take_calls

BRIEF = CallBrief(
    call_id=CallId("c-1"),
    direction=Direction.OUTBOUND,
    phone_number_id=PhoneNumberId("106540352242922"),
    context={"order": 42},
)


class Request:
    """A job that is offered; notes what became of it."""

    def __init__(self, metadata: str) -> None:
        self.job = SimpleNamespace(metadata=metadata)
        self.answers: list[Any] = []

    async def accept(self, *, identity: str) -> None:
        self.answers.append(identity)

    async def reject(self) -> None:
        self.answers.append(None)


@pytest.mark.parametrize(
    ("metadata", "answer"),
    [
        (BRIEF.to_json(), "agent"),
        ("", None),
        ("doctor: no call", None),
        ("[1]", None),
        ('{"call_id": 7}', None),
        ("[" * 100_000, None),
    ],
)
async def test_calls_are_taken_as_agent_and_other_jobs_are_not(
    metadata: str, answer: str | None
) -> None:
    """The control plane's brief makes a job a call; the doctor's trial is none."""
    request = Request(metadata)
    await take_calls(cast(JobRequest, request))
    assert request.answers == [answer]


def test_the_brief_is_read_as_the_control_plane_writes_it() -> None:
    """The fields of docs/own-agent.md, and no others."""
    brief = read_brief(BRIEF.to_json())
    assert brief is not None
    assert (brief["v"], brief["call_id"], brief["direction"]) == (1, "c-1", "outbound")
    assert set(brief) == {
        "v", "call_id", "direction", "phone_number_id", "profile", "ready_within_s", "context",
        "origin",
    }  # fmt: skip
    assert brief["context"] == {"order": 42}
