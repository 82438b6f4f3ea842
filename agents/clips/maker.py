"""Makes clips: OpenAI says the words on a leg of a media bridge, which keeps them as they come.

No sound is decoded on the way. Whether it said what it was to say, OpenAI's own transcript tells.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

import aiohttp
from livekit import api

from agents.clips.clip_room import ClipRooms
from agents.clips.key import ClipKey
from agents.clips.reading_aloud import ReadingAloud
from agents.clips.words import are_same_words
from agents.media.bridge.leg_events import LegEvents
from agents.media.bridge.openai_calls import OpenAICalls
from agents.media.bridge.openai_session import Sessions
from agents.media.bridge.room_leg import RoomLeg
from agents.media.bridge.session_config import session_config
from agents.media.voice import OpenAIUnreachable, SpeechOptions
from shared.bridge.errors import BridgeRefused, BridgeUnreachable
from shared.bridge.fleet import Bridges
from shared.bridge.legs import Gate, Side

_log = logging.getLogger(__name__)

_INSTRUCTIONS = (
    "You lend your voice to the announcements of a telephone line. Say what you are asked to say "
    "word by word, calmly and kindly, and nothing else."
)
_STANDS_WITHIN_S = 15.0
_SAID_WITHIN_S = 40.0
# the last packets come by another way than the news that they were sent
_SETTLES_S = 0.3
# a model that says something else once will say it right the next time, or never
_TRIES = 2


class ClipsUnmade(Exception):
    """No clips could be made."""

    def __init__(self, cause: str) -> None:
        """Take a slug."""
        super().__init__((type(self).__doc__ or "").partition("\n")[0])
        self.cause = cause


class ClipMaker:
    """Makes the clips of one worker, a session for each voice."""

    def __init__(
        self,
        *,
        rooms: ClipRooms,
        bridges: Bridges,
        events: LegEvents,
        calls: OpenAICalls,
        options: SpeechOptions,
    ) -> None:
        """Take the ways to LiveKit, the bridges and OpenAI; the voice of `options` is not used."""
        self._rooms, self._bridges, self._events = rooms, bridges, events
        self._calls, self._options = calls, options

    async def make(self, keys: Sequence[ClipKey]) -> AsyncIterator[tuple[ClipKey, bytes]]:
        """Make clips of one model and voice, in one session; those that fail are left out.

        Raises:
            ClipsUnmade: nothing (more) could be made.
        """
        try:
            async with self._rooms.room() as (name, access):
                leg = RoomLeg(name, room=access, bridges=self._bridges, events=self._events)
                reading = ReadingAloud(leg.told)
                sessions = Sessions(
                    leg,
                    self._calls,
                    on_event=reading.openai_told,
                    on_gone=lambda _: reading.fail("session-lost"),
                )
                try:
                    async for made in self._read(keys, leg, sessions, reading):
                        yield made
                finally:
                    await sessions.aclose()
                    await leg.let_go()
                    await leg.end()
        except OpenAIUnreachable as error:
            raise ClipsUnmade(error.cause) from error
        except (BridgeUnreachable, BridgeRefused) as error:
            raise ClipsUnmade(error.code) from error
        except (aiohttp.ClientError, api.TwirpError, TimeoutError) as error:
            raise ClipsUnmade(type(error).__name__) from error

    async def _read(
        self, keys: Sequence[ClipKey], leg: RoomLeg, sessions: Sessions, reading: ReadingAloud
    ) -> AsyncIterator[tuple[ClipKey, bytes]]:
        options = replace(self._options, voice=keys[0].voice)
        async with asyncio.timeout(_STANDS_WITHIN_S):
            session = await sessions.make(
                await leg.make(reading),
                1,
                models=[keys[0].model],
                config=lambda model: session_config(options, model, _INSTRUCTIONS, []),
                within_s=self._options.connect_timeout_s,
            )
        try:
            await leg.client.gate(leg.name, Side.ROOM, Gate.OPEN)
            for key in keys:

                async def say(text: str = key.text) -> tuple[str, bytes]:
                    await leg.client.capture(leg.name, Side.ROOM)
                    session.sideband.send(reading.ask(text))
                    async with asyncio.timeout(_SAID_WITHIN_S):
                        words = await reading.said()
                    await asyncio.sleep(_SETTLES_S)
                    return words, await leg.client.captured(leg.name, Side.ROOM)

                sound = await said_right(key.text, say)
                if sound is not None:
                    yield key, sound
        finally:
            await sessions.end(session)


async def said_right(text: str, say: Callable[[], Awaitable[tuple[str, bytes]]]) -> bytes | None:
    """Have a text be said until the words are right, twice at most; `None`: they never are.

    `say` returns what OpenAI has said by its own transcript, and the sound of it.
    """
    for _ in range(_TRIES):
        words, sound = await say()
        if are_same_words(text, words):
            return sound
    _log.warning(
        "The model does not say what it was asked to; there is no clip of it.",
        extra={"action": "clip-misspoken"},
    )
    return None
