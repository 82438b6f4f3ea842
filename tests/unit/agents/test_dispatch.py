"""Which jobs a worker takes."""

import logging

import pytest
from livekit import protocol
from livekit.agents.job import JobAcceptArguments, JobRequest

from agents.dispatch import accept_calls
from shared.call.brief import PROBE


@pytest.mark.parametrize(
    ("metadata", "level"), [(PROBE, logging.INFO), ("", logging.WARNING), ("{}", logging.WARNING)]
)
async def test_who_only_asks_whether_anybody_is_there_frightens_nobody(
    caplog: pytest.LogCaptureFixture, metadata: str, level: int
) -> None:
    """The doctor's job is turned away like every other that is no call, without a warning."""
    caplog.set_level(logging.INFO)
    done: list[object] = []

    async def reject(terminate: bool) -> None:
        done.append("rejected")

    async def accept(arguments: JobAcceptArguments) -> None:
        done.append(arguments)

    job = protocol.agent.Job(id="AJ_1", metadata=metadata)
    await accept_calls(JobRequest(job=job, on_reject=reject, on_accept=accept))
    assert done == ["rejected"]
    assert [one.levelno for one in caplog.records] == [level]
