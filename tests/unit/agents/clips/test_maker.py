"""A clip has the right words, or there is none."""

import pytest

from agents.clips.maker import said_right

TEXT = "One moment, please."


@pytest.mark.parametrize(
    ("said", "sound", "times"),
    [
        (["One moment, please."], b"0", 1),
        (["Sure! One moment, please.", "one moment please"], b"1", 2),
        (["Hello!", "Of course.", "One moment, please."], None, 2),
    ],
)
async def test_what_is_said_wrong_is_said_once_more(
    said: list[str], sound: bytes | None, times: int
) -> None:
    """And not a third time: each costs money."""
    asked: list[str] = []

    async def say() -> tuple[str, bytes]:
        asked.append(said[len(asked)])
        return asked[-1], b"%d" % (len(asked) - 1)

    assert await said_right(TEXT, say) == sound
    assert len(asked) == times
