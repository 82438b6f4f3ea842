"""The answer rate, in a sentence."""

import pytest

from controlplane.dashboard.rates import answer_rate


@pytest.mark.parametrize(
    ("answered", "rate", "words"),
    [
        ([], None, "No call has come in yet."),
        ([True], 1.0, "The last incoming call was answered."),
        ([False], 0.0, "The last incoming call was not answered."),
        ([True, True, False, True], 0.75, "Of the last 4 incoming calls, 3 were answered (75%)."),
    ],
)
def test_the_rate_is_told(answered: list[bool], rate: float | None, words: str) -> None:
    """As a number and for people."""
    told = answer_rate(answered)
    assert told["rate"] == rate
    assert told["calls"] == len(answered)
    assert str(told["sentence"]).startswith(words)
