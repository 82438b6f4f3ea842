"""What the model is told of an answer."""

import pytest

from agents.actions.answer import Answer
from agents.media.tool import ToolProblem


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (200, b'{ "free": [ "10:00" ] }', '{"free":["10:00"]}'),
        (201, "Größe 12".encode(), "Größe 12"),
        (204, b"", "Done."),
        (200, b"\xff\xfe", "\ufffd\ufffd"),
        (200, b"[" * 50_000, "[" * 4000 + " (and more)"),
    ],
)
def test_a_success_is_told_as_it_is(status: int, body: bytes, told: str) -> None:
    """JSON without its spaces, and not without end."""
    assert Answer(status=status, body=body).told() == told


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (
            409,
            b'{"message": "No table is\\n free at eight."}',
            "Not done: No table is free at eight.",
        ),
        (404, b"<html>secret</html>", r"the service refused \(404\)"),
        (422, b'{"message": 5}', r"refused \(422\)"),
        (400, b"[" * 50_000, r"refused \(400\)"),
        (302, b"", "has moved"),
        (500, b'{"message": "stack trace"}', r"has a problem \(500\)"),
    ],
)
def test_a_failure_is_told_in_words(status: int, body: bytes, said: str) -> None:
    """A refusal's own message, for it is made for people; nothing else of what a server says."""
    with pytest.raises(ToolProblem, match=said) as caught:
        Answer(status=status, body=body).told()
    assert caught.value.slug == f"http-{status}"
    assert "secret" not in caught.value.message
    assert "stack" not in caught.value.message


@pytest.mark.parametrize(
    ("status", "may"), [(200, False), (400, False), (429, True), (500, False), (503, True)]
)
def test_what_another_try_may_find_gone(status: int, may: bool) -> None:
    """An overloaded server, and none that says no."""
    assert Answer(status=status, body=b"").may_pass is may
