"""What the command line makes of the control plane's sentences."""

import pytest

from wacall.operators.client import as_typed


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("to is neither a phone number nor an id.", "NUMBER is neither a phone number nor an id."),
        ("to is malformed: it is empty.", "NUMBER is malformed: it is empty."),
        ("from is no line of ours.", "--from is no line of ours."),
        ("context is malformed: too deep.", "--context is malformed: too deep."),
        ("profile must be one of default.", "--profile must be one of default."),
        ("to call them now would break a rule.", "to call them now would break a rule."),
        ("The person is in a call.", "The person is in a call."),
        ("to", "to"),
        ("", ""),
    ],
)
def test_a_field_is_named_as_it_was_typed(sentence: str, said: str) -> None:
    """Nobody who types `wacall call NUMBER` has seen a field `to`."""
    assert as_typed(sentence) == said
