"""What errors carry besides their sentence."""

from controlplane.core.errors import AgentGaveUp, BadSdp
from shared.call.call import EndReason


def test_an_agent_that_gave_up_ends_the_call_with_its_own_reason() -> None:
    """The reason that the agent wrote counts, and not the kind of the error."""
    error = AgentGaveUp(EndReason.OPENAI_UNREACHABLE)
    assert error.reason is EndReason.OPENAI_UNREACHABLE
    assert str(error).startswith("The agent joined and left again")


def test_an_error_without_a_sentence_says_its_kinds() -> None:
    """The docstring's first line is the message."""
    assert str(BadSdp()) == "The session description cannot be used."
