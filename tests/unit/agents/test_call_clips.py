"""Which words a worker has spoken beforehand."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agents.call_clips import CallClips, texts_of, words_to_greet
from agents.clips.key import ClipKey
from agents.settings import Settings
from shared.call.call import Direction
from shared.profiles.profile import Line, Models, Profile, Recording

PROFILE = Profile(
    name="bakery",
    instructions="You answer the telephone of a bakery.",
    business="Bakery",
    purpose="Orders of bread.",
    languages=("de",),
    greeting="Guten Tag, hier ist die Bäckerei.",
    voice="marin",
    models=Models(realtime=("b", "a")),
    numbers=(Line(id="106540352242922"),),
)
UNUSED = PROFILE.model_copy(update={"name": "example", "voice": "cedar", "numbers": ()})


@pytest.mark.parametrize(
    ("profile", "direction", "words"),
    [
        (PROFILE, Direction.INBOUND, PROFILE.greeting),
        (PROFILE, Direction.OUTBOUND, ""),
        (PROFILE.model_copy(update={"opening": "Greet them."}), Direction.INBOUND, ""),
        (
            PROFILE.model_copy(update={"recording": Recording(announcement="We record.")}),
            Direction.INBOUND,
            "",
        ),
    ],
)
def test_a_greeting_is_played_only_where_its_words_are_exact(
    profile: Profile, direction: Direction, words: str
) -> None:
    """Whom we call is told why; an instruction is nothing to read aloud."""
    assert words_to_greet(profile, direction) == words
    assert (profile.greeting in texts_of(profile)) is bool(
        words_to_greet(profile, Direction.INBOUND)
    )


class Making:
    """A maker that notes what it is asked for, and makes nothing."""

    def __init__(self) -> None:
        self.asked: list[ClipKey] = []

    async def make(self, keys: Sequence[ClipKey]) -> AsyncIterator[tuple[ClipKey, bytes]]:
        self.asked.extend(keys)
        for _ in ():
            yield keys[0], b""


def clips_with(folder: str, making: Making) -> CallClips:
    settings = Settings.from_env(
        {
            "LIVEKIT_URL": "ws://127.0.0.1:9",
            "LIVEKIT_API_KEY": "key",
            "LIVEKIT_API_SECRET": "secret",
            "SUPABASE_URL": "http://127.0.0.1:9",
            "SUPABASE_SECRET_KEY": "secret",
            "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
            "AGENT_MEDIA": "worker",
            "CLIPS_DIR": folder,
        }
    )

    async def model_of(_: Profile) -> str:
        return "a"

    return CallClips(settings, maker=making, profiles=lambda: [PROFILE, UNUSED], model_of=model_of)


async def test_the_words_of_each_profile_are_made_in_its_own_voice(tmp_path: Path) -> None:
    """By the model that its calls have; found by whichever of its models they were said."""
    making = Making()
    clips = clips_with(str(tmp_path), making)
    await clips.look()
    assert [key.text for key in making.asked] == texts_of(PROFILE)
    assert {(key.origin, key.model, key.voice) for key in making.asked} == {
        ("loopback", "a", "marin")
    }
    found = clips.of(PROFILE).keys("Einen Moment bitte.")
    assert found[1] == replace(making.asked[0], text="Einen Moment bitte.")
    assert [key.model for key in found] == ["b", "a"]


async def test_an_example_that_nobody_uses_costs_nothing(tmp_path: Path) -> None:
    """Its words are made once a call is led by it, or if it is the default."""
    making = Making()
    clips = clips_with(str(tmp_path), making)
    await clips.look()
    assert {key.voice for key in making.asked} == {"marin"}
    clips.of(UNUSED)
    await clips.look()
    assert [key.text for key in making.asked if key.voice == "cedar"] == texts_of(UNUSED)


async def test_without_a_folder_nothing_is_made() -> None:
    """`CLIPS_DIR=none`: nothing is paid for."""
    making = Making()
    await clips_with("none", making).look()
    assert not making.asked
