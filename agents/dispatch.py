"""Which of LiveKit's jobs a worker takes, and what it says of its load."""

import logging

from livekit.agents import JobRequest

from shared.call.brief import PROBE, CallBrief
from shared.call.room import AGENT_IDENTITY

_log = logging.getLogger(__name__)


def no_load() -> float:
    """Report an idle machine.

    A worker that shall take every call must say so: above a load of 0.7 livekit-server gives jobs
    to nobody, whatever the worker's own threshold (service/agentservice.go, JobRequestAffinity).
    """
    return 0.0


async def accept_calls(request: JobRequest) -> None:
    """Take the jobs that are calls; refuse all others."""
    if request.job.metadata == PROBE:
        _log.info(
            "Somebody asked whether this worker is there.",
            extra={"action": "job-probe", "room": request.room.name},
        )
        await request.reject()
        return
    try:
        CallBrief.from_json(request.job.metadata)
    except ValueError:
        _log.warning(
            "A job was refused: its metadata is not a call brief. Dispatch this agent through the "
            "control plane.",
            extra={"action": "job-refused", "room": request.room.name},
        )
        await request.reject()
        return
    await request.accept(identity=AGENT_IDENTITY)
