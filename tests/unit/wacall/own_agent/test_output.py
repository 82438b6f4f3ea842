"""What was heard of an interrupted message."""

import pytest

from wacall.own_agent.output import SpokenText, heard

TEXT = "The small service costs forty-nine euros."


@pytest.mark.parametrize(
    ("played_s", "said"),
    [
        (0.0, ""),
        (0.1, "The"),
        (2.0, "The small service costs"),
        (4.0, TEXT),
        (9.0, TEXT),
    ],
)
def test_the_share_of_the_audio_is_the_share_of_the_text(played_s: float, said: str) -> None:
    """Of four seconds of speech, what was played is what is kept, in whole words."""
    assert heard(TEXT, played_s, 4.0) == said


def test_nothing_was_heard_of_nothing() -> None:
    """Without any audio no division by zero and no words."""
    assert heard(TEXT, 1.0, 0.0) == ""


async def test_each_message_begins_anew() -> None:
    """The text of a complete message stays until the next one begins."""
    spoken = SpokenText()
    await spoken.capture_text("Hello ")
    await spoken.capture_text("there.")
    spoken.flush()
    assert spoken.text == "Hello there."
    await spoken.capture_text("Yes?")
    assert spoken.text == "Yes?"
