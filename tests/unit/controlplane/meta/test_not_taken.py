"""What a refused, lost or undelivered text means: a table over Meta's codes."""

from datetime import timedelta

import pytest

from controlplane.core.errors import GraphError
from controlplane.core.message import NotTaken
from controlplane.meta.graph_errors import (
    GraphNotReached,
    GraphRefused,
    GraphUnreachable,
    UnreadableReply,
)
from controlplane.meta.not_taken import not_delivered, not_taken

UNKNOWN, AGAIN, NEVER, TEMPLATE = "unknown", "again", "never", "template"


def meaning(answer: NotTaken) -> str:
    assert answer.why
    if answer.is_unknown:
        return UNKNOWN
    if answer.needs_template:
        return TEMPLATE
    return AGAIN if answer.may_repeat else NEVER


def refused(code: int | None, status: int = 400, **more: timedelta) -> GraphRefused:
    return GraphRefused(http_status=status, meta_code=code, asked_wait=more.get("asked_wait"))


@pytest.mark.parametrize(
    ("error", "means"),
    [
        # the request may have arrived
        (GraphUnreachable(), UNKNOWN),
        (refused(None, 502), UNKNOWN),
        (UnreadableReply(http_status=504), UNKNOWN),
        (UnreadableReply(http_status=200), UNKNOWN),
        # it has not, and time or an operator helps
        (GraphNotReached(), AGAIN),
        (refused(131000, 500), AGAIN),
        (refused(131016, 503), AGAIN),
        (refused(130429, 429), AGAIN),
        (refused(131056), AGAIN),
        (refused(131048), AGAIN),
        (refused(80007), AGAIN),
        (refused(None, 429), AGAIN),
        (refused(190, 401), AGAIN),
        (refused(131042), AGAIN),
        (refused(135000), AGAIN),
        (UnreadableReply(http_status=403), AGAIN),
        # only a template reaches the person
        (refused(131047), TEMPLATE),
        # nothing helps
        (refused(131026), NEVER),
        (refused(131050), NEVER),
        (refused(131049), NEVER),
        (refused(132001, 404), NEVER),
        (refused(132018), NEVER),
        (refused(100), NEVER),
        (refused(999_999), NEVER),
        (GraphError(), NEVER),
    ],
    ids=str,
)
def test_an_error_means_one_thing(error: GraphError, means: str) -> None:
    """Whether to send again hangs on whether Meta may have taken it, then on the code."""
    assert meaning(not_taken(error)) == means


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (refused(130429), 5),
        (refused(130429, asked_wait=timedelta(seconds=90)), 90),
        (refused(131056), 60),
    ],
)
def test_whoever_is_asked_to_slow_down_does(error: GraphRefused, seconds: int) -> None:
    """As long as Meta asks for, else as long as the table says."""
    assert not_taken(error).wait == timedelta(seconds=seconds)


def test_other_errors_ask_for_no_wait() -> None:
    """The outbox has pauses of its own."""
    assert not_taken(refused(131000, 500)).wait is None


@pytest.mark.parametrize(
    ("code", "means", "says"),
    [
        (131047, TEMPLATE, "131047"),
        (131026, NEVER, "131026"),
        (999_999, NEVER, "999999"),
        (None, NEVER, "no code"),
    ],
)
def test_an_undelivered_text_says_why(code: int | None, means: str, says: str) -> None:
    """In a sentence, whatever Meta's code is."""
    answer = not_delivered(code)
    assert meaning(answer) == means
    assert says in answer.why
