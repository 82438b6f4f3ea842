"""What errors carry besides their sentence."""

import inspect

import pytest

from controlplane.core import errors
from controlplane.core.errors import AgentGaveUp, BadSdp
from shared.call.call import EndReason
from shared.call.errors import WacallError

SAID = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, WacallError) and kind is not AgentGaveUp
]


def test_an_agent_that_gave_up_ends_the_call_with_its_own_reason() -> None:
    """The reason that the agent wrote counts, and not the kind of the error."""
    error = AgentGaveUp(EndReason.OPENAI_UNREACHABLE)
    assert error.reason is EndReason.OPENAI_UNREACHABLE
    assert str(error).startswith("The agent joined and left again")


def test_an_error_without_a_sentence_says_its_kinds() -> None:
    """The docstring's first line is the message."""
    assert str(BadSdp()) == "The session description cannot be used."


@pytest.mark.parametrize("kind", SAID)
def test_each_error_says_a_whole_sentence(kind: type[WacallError]) -> None:
    """What a person reads is the docstring's first line; it must not go on in the second one."""
    assert str(kind()).endswith(".")
