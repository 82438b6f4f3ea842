"""What the model gives a tool, read."""

import pytest

from agents.media.tool import ToolProblem
from agents.tools.arguments import parse_arguments
from agents.tools.lead import LeadArguments


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "ada at example"}, "email: is not an e-mail address"),
        ({"phone": "soon"}, "phone: is not a telephone number"),
        ({"name": ""}, "name: "),
    ],
)
def test_arguments_that_make_no_sense_come_back_with_a_hint(
    given: dict[str, object], said: str
) -> None:
    """The sentence names the argument and what to do, and does not repeat the value."""
    with pytest.raises(ToolProblem) as caught:
        parse_arguments(LeadArguments, given)
    assert said in caught.value.message
    assert caught.value.slug == "bad-arguments"
    assert all(str(value) not in caught.value.message for value in given.values() if value)


def test_arguments_that_nobody_asked_for_do_no_harm() -> None:
    """A model that says more than was asked is understood."""
    assert parse_arguments(LeadArguments, {"name": "Ada", "mood": "sunny"}).name == "Ada"
