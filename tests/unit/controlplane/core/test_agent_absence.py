"""What LiveKit shows of an agent that was not ready, and what is made of it."""

import pytest

from controlplane.core.agent_absence import AgentInRoom, AgentSeen, why_not_ready
from shared.call.call import EndReason

AGENT = AgentInRoom(identity="agent")
TONE = AgentInRoom(identity="agent", tracks=["tone"])
ANOTHER = AgentInRoom(identity="agent-AJ_x", tracks=["agent-audio"])


@pytest.mark.parametrize(
    ("seen", "code", "words"),
    [
        (AgentSeen(), "agent-no-worker", "AGENT_NAME"),
        (AgentSeen(taken_before=True), "agent-workers-busy", "AGENT_LOAD_THRESHOLD"),
        (AgentSeen(job_taken_as="agent"), "agent-not-joined", "log says why"),
        # its worker does not say under which identity it will come
        (AgentSeen(job_taken_as=""), "agent-not-joined", "log says why"),
        (AgentSeen(agents=[ANOTHER]), "agent-misnamed", "joined as agent-AJ_x, and `agent`"),
        (AgentSeen(agents=[ANOTHER], job_taken_as="agent-AJ_x"), "agent-misnamed", "agent-AJ_x"),
        # an agent of another dispatch, which takes notes, say: ours has not come
        (AgentSeen(agents=[ANOTHER], job_taken_as="agent"), "agent-not-joined", "log says why"),
        (AgentSeen(agents=[AGENT]), "agent-without-track", "(it has none)"),
        (AgentSeen(agents=[ANOTHER, TONE]), "agent-without-track", "(it has: tone)"),
    ],
)
def test_each_cause_has_its_code_and_its_advice(seen: AgentSeen, code: str, words: str) -> None:
    """All of them end the call as `agent-not-ready`."""
    error = why_not_ready(seen)
    assert (error.code, error.reason) == (code, EndReason.AGENT_NOT_READY)
    assert words in str(error)


def test_names_of_somebody_elses_program_are_kept_short() -> None:
    """Neither a hundred tracks nor a long or an empty or an unprintable name fill the log."""
    tracks = ["", "a\nb", "x" * 400, "tone", "fifth"]
    error = why_not_ready(AgentSeen(agents=[AgentInRoom(identity="agent", tracks=tracks)]))
    assert f"(it has: (no name), a?b, {'x' * 40}, tone, ...)" in str(error)
