"""Follow-ups in a terminal."""

from typing import Any

from wacall.operators.follow_ups import lines_of


def follow_up(**fields: Any) -> dict[str, Any]:
    return {
        "id": "22222222-2222-2222-2222-222222222222",
        "call_id": "9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e",
        "due_at": "2026-03-03T10:00:00+00:00",
        "channel": "call",
        "kind": "follow-up",
        "purpose": "tell the\nprice",
        "body": None,
        "is_for_people": False,
        "status": "open",
        "next_at": None,
        "last_error": None,
        "placed_call_id": None,
        **fields,
    }


def test_it_says_when_how_and_what() -> None:
    """On one line, and beneath it what the other commands ask for."""
    assert lines_of(follow_up()) == [
        "2026-03-03 10:00:00 UTC  open  call: tell the price",
        "    22222222-2222-2222-2222-222222222222  agreed in call "
        "9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e",
    ]


def test_it_says_who_has_to_do_it() -> None:
    """A request for a person is not done by itself."""
    (first, *_) = lines_of(follow_up(channel="task", kind="human-request", is_for_people=True))
    assert (
        first == "2026-03-03 10:00:00 UTC  open  task (human-request), for people: tell the price"
    )


def test_it_says_why_it_is_not_done_and_when_it_is_tried_again() -> None:
    """What is over is not tried again, whatever its last time was."""
    trouble = {"last_error": "It is late.", "next_at": "2026-03-04T09:00:00+00:00"}
    tried = lines_of(follow_up(**trouble, body="the list", placed_call_id="p"))
    assert tried[2:] == [
        "    text: the list",
        "    called: p",
        "    It is late.; next try 2026-03-04 09:00:00 UTC",
    ]
    assert lines_of(follow_up(**trouble, status="failed"))[-1] == "    It is late."
