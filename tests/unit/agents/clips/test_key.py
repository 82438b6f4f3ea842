"""A clip's name follows from what it is made of."""

from dataclasses import replace

import pytest

from agents.clips.key import ClipKey, origin_of

KEY = ClipKey(origin="api.openai.com", model="gpt-realtime-2.1", voice="verse", text="One moment.")


def test_a_name_is_of_everything_that_is_heard() -> None:
    """Another model, voice or word is another file; the same is the same one anywhere."""
    others = [
        replace(KEY, origin="loopback"),
        replace(KEY, model="gpt-realtime-2"),
        replace(KEY, voice="marin"),
        replace(KEY, text="One moment!"),
        replace(KEY, model="gpt-realtime-2.1verse", voice=""),
    ]
    assert len({KEY.name, *(key.name for key in others)}) == len(others) + 1
    assert KEY.name == replace(KEY).name
    assert len(KEY.name) <= 100, "a bridge takes no longer names"
    assert KEY.name.removesuffix(".opus").isalnum()


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.openai.com/v1", "api.openai.com"),
        ("http://127.0.0.1:4567/v1", "loopback"),
        ("http://localhost/v1", "loopback"),
        ("http://[::1]:1/v1", "loopback"),
        ("http://10.0.0.7:8000/v1", "10.0.0.7"),
        ("nonsense", ""),
    ],
)
def test_a_stand_in_is_not_openai(url: str, origin: str) -> None:
    """Its voice must never be taken for the real one's; its port means nothing."""
    assert origin_of(url) == origin
