"""Whose side an end was on, and what to do about it."""

import pytest

from controlplane.core.blame import VERDICTS, Blame, verdict_on
from shared.call.call import EndReason

BY_CODE = (Blame.CALLER, "Ask for permission.")


@pytest.mark.parametrize("reason", EndReason)
def test_every_reason_has_a_side_and_something_to_do(reason: EndReason) -> None:
    """Also where Meta has told no code."""
    whose, advice = VERDICTS[reason]
    assert whose in Blame
    assert advice.endswith(".")
    assert verdict_on(reason, None) == (whose, advice)


@pytest.mark.parametrize("reason", EndReason)
def test_a_code_of_metas_counts_where_meta_knows_better(reason: EndReason) -> None:
    """Of another end our own reason says more: a firewall's does not become Meta's."""
    knows = reason in (EndReason.GRAPH_REFUSED, EndReason.PEER_FAILED)
    assert verdict_on(reason, BY_CODE) == (BY_CODE if knows else VERDICTS[reason])


def test_a_call_that_goes_on_is_on_nobody() -> None:
    """Whatever Meta has said on the way."""
    assert verdict_on(None, BY_CODE) is None


@pytest.mark.parametrize(
    ("reason", "whose", "remedy"),
    [
        (EndReason.MEDIA_TIMEOUT, Blame.NETWORK, "UDP ports"),
        (EndReason.OPENAI_QUOTA, Blame.BUSINESS, "Add credit"),
    ],
)
def test_a_broken_path_and_an_empty_account_name_their_remedy(
    reason: EndReason, whose: Blame, remedy: str
) -> None:
    """In the sentence that operators read first."""
    assert VERDICTS[reason][0] is whose
    assert remedy in VERDICTS[reason][1]
