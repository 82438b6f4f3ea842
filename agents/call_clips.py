"""Which words a worker has spoken beforehand: the phrases of its profiles, and their greetings."""

from collections.abc import Awaitable, Callable, Sequence

from agents.clips.key import ClipKey, origin_of
from agents.clips.shelf import Shelf, ShelfVoice
from agents.clips.upkeep import Maker, Upkeep
from agents.media.voice import Models
from agents.settings import Settings
from shared.call.call import Direction
from shared.profiles.profile import Profile

LOOK_EACH_S = 30.0
"""A change of a profile is seen after so long."""


def words_to_greet(profile: Profile, direction: Direction) -> str:
    """Return the exact words that may be played instead of spoken; `""`: the model chooses them.

    Whoever calls is greeted alike. Whom we call is told why, which only the model knows; and
    where the greeting is an instruction, or tells of a recording, nobody but the model has it.
    """
    may_be_played = not profile.opening and profile.recording is None
    return profile.greeting if may_be_played and direction is Direction.INBOUND else ""


def texts_of(profile: Profile) -> list[str]:
    """Return all words of a profile that are said without a model."""
    spoken = profile.spoken()
    greeting = words_to_greet(profile, Direction.INBOUND)
    return [spoken.bridging, spoken.farewell, spoken.apology, *([greeting] if greeting else ())]


class CallClips:
    """The clips of one worker's calls."""

    def __init__(
        self,
        settings: Settings,
        *,
        maker: Maker,
        profiles: Callable[[], Sequence[Profile]],
        model_of: Callable[[Profile], Awaitable[str]],
    ) -> None:
        """Take who makes clips, which profiles there are, and which model one talks with."""
        self._settings = settings
        self._profiles, self._model_of = profiles, model_of
        self._shelf = Shelf(settings.clips_folder())
        self._upkeep = Upkeep(self._shelf, maker, self._wanted)
        self._used: set[str] = set()

    def of(self, profile: Profile) -> ShelfVoice:
        """Return the clips in a profile's voice; it is one that calls are led by."""
        self._used.add(profile.name)
        return self._in_voice(profile, profile.models.realtime or self._settings.realtime_models)

    async def look(self) -> None:
        """See to it that all of them are there; a turn of a loop."""
        if self._shelf.keeps:
            await self._upkeep.look()

    async def _wanted(self) -> list[ClipKey]:
        wanted: list[ClipKey] = []
        for profile in self._profiles():
            # an example that nobody uses is not to cost anything
            is_default = profile.name == self._settings.agent_profile
            if not (profile.numbers or is_default or profile.name in self._used):
                continue
            voice = self._in_voice(profile, (await self._model_of(profile),))
            wanted += [key for text in texts_of(profile) for key in voice.keys(text)]
        return wanted

    def _in_voice(self, profile: Profile, models: Models) -> ShelfVoice:
        return ShelfVoice(
            self._shelf,
            origin=origin_of(self._settings.openai_base_url),
            models=models,
            voice=self._settings.speech(profile).voice,
        )
