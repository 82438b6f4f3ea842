"""What a caller hears when the model breaks: clips of its own voice, made and played for real."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from time import monotonic

import numpy as np
import pytest
import pytest_asyncio

from agents.clips.clip_room import ClipRooms
from agents.clips.key import origin_of
from agents.clips.maker import ClipMaker
from agents.clips.shelf import Shelf, ShelfVoice
from agents.media.bridge.openai_calls import OpenAICalls, openai_client
from agents.media.voice import OpenAIUnreachable
from shared.call.call import EndReason
from simulators.openai.faults import Faults
from simulators.openai.happening import Happening, Kind
from simulators.openai.server import OpenAISimulator
from tests.eventually import eventually
from tests.integration.voice_call import MODEL, VoiceCall, voice_call
from tests.words import share_heard
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

pytestmark = pytest.mark.spoken

BRIDGING = "One moment, please."
FAREWELL = "We have to stop here. One two three four five."
GREETING = "Good morning, one two three four five six seven eight nine ten eleven twelve."


@pytest_asyncio.fixture(scope="module")
async def clips(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ShelfVoice]:
    """The clips, made as a worker makes them; nothing of it is left but they."""
    folder = tmp_path_factory.mktemp("clips")
    shelf = Shelf(folder)
    async with OpenAISimulator() as openai, voice_call(sfu, bridge, openai) as call:
        origin = origin_of(openai.base_url)
        voice = ShelfVoice(shelf, origin=origin, models=(MODEL,), voice="verse")
        async with openai_client(call.options) as client:
            maker = ClipMaker(
                rooms=ClipRooms(sfu.http_url, sfu.keys.key, sfu.keys.secret),
                bridges=call.bridges,
                events=call.events,
                calls=OpenAICalls(client),
                options=call.options,
            )
            wanted = [key for text in (BRIDGING, FAREWELL, GREETING) for key in voice.keys(text)]
            async for key, sound in maker.make(wanted):
                shelf.keep(key, sound)
        await eventually(lambda: openai.open_sessions == 0)
        (address,) = call.bridges.addresses
        legs = await call.bridges.client(address).legs()
        assert not [leg for leg in legs if leg.startswith("clips-")]
    assert len(list(folder.iterdir())) == 3
    yield voice


@pytest_asyncio.fixture
async def call(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, openai: OpenAISimulator, clips: ShelfVoice
) -> AsyncIterator[VoiceCall]:
    async with voice_call(sfu, bridge, openai) as call:
        await call.voice.aclose()
        call.voice = call.make_voice(clips=clips, bridging=BRIDGING)
        yield call


def longest_pause(call: VoiceCall, happening: Happening) -> float:
    """The longest time without a sound in the second after something at OpenAI, in s."""
    ago_s = (datetime.now(UTC) - happening.at).total_seconds()
    since = call.phone.axis(monotonic()) - ago_s
    heard = call.phone.heard
    sound = np.asarray(heard.read(since, since + 1), np.float64)
    assert len(sound) == heard.rate
    frame = heard.rate // 50
    frames = sound[: len(sound) // frame * frame].reshape(-1, frame)
    longest = quiet = 0
    for is_loud in np.sqrt((frames**2).mean(axis=1)) > 300:
        quiet = 0 if is_loud else quiet + 1
        longest = max(longest, quiet)
    return longest * 0.02


async def test_a_lost_model_is_bridged_and_a_refused_one_parted_from(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """Lost in mid-sentence: words within 300 ms, then the next session goes on. Without quota:
    no other session is tried, and the farewell needs none.
    """
    # of each session as it is when it begins: half a second of a reply is heard
    openai.faults = Faults(drop_after_ms=2800)
    await call.begin()
    sentence = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen."
    openai.faults = Faults(drop_replies=1, drop_after_ms=2800)
    saying = asyncio.create_task(call.voice.say(f'Say "{sentence}"'))
    (dropped,) = await openai.journal.wait_for(Kind.FAULT)
    await openai.journal.wait_for(Kind.SESSION_OPENED, count=2)
    texts = await call.until_turns(4)
    (unsaid,) = await asyncio.gather(saying, return_exceptions=True)
    assert unsaid is not True
    assert [role for role, _ in texts] == ["assistant"] * 4
    assert texts[1][1].startswith("One two")
    assert sentence.startswith(texts[1][1])
    assert texts[2:] == [("assistant", BRIDGING), ("assistant", "Are you still there?")]
    assert longest_pause(call, dropped) <= 0.3
    told = [one.text for one in openai.happenings if one.kind is Kind.ITEM_CREATED]
    assert told == ["Hello there.", f"{texts[1][1]} [cut off here]".strip(), BRIDGING]
    assert len(call.phone.counts.ssrcs) == 1

    openai.faults = Faults(error_replies=1)
    saying = asyncio.create_task(call.voice.say(f'Say "{sentence}"'))
    await eventually(lambda: call.story.ends)
    assert call.story.ends == [(EndReason.OPENAI_QUOTA, "insufficient_quota")]
    assert await call.voice.play(FAREWELL)
    assert call.story.texts[-1] == ("assistant", FAREWELL)
    await asyncio.gather(saying, return_exceptions=True)
    assert openai.journal.counts[Kind.SESSION_OPENED] == 2, "no second try"
    heard = await call.heard()
    assert share_heard(f"{BRIDGING} {FAREWELL}", heard) > 0.7, heard


async def test_a_greeting_of_a_clip_is_known_to_the_model_as_far_as_it_was_heard(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """No model is asked for it; who speaks over it stops it within two packets, and is answered."""
    await call.bring_up()
    call.voice.greet("Greet.", GREETING)
    await call.ring()
    assert call.phone.counts.packets == 0
    await call.answer()
    began = call.phone.monotonic(await call.phone.wait_agent_speaking(3))
    await eventually(lambda: monotonic() - began > 1.2)
    await call.say("wait wait please")
    (started,) = await openai.journal.wait_for(Kind.SPEECH_STARTED)
    quiet_at = call.phone.monotonic(await call.phone.wait_agent_quiet(300, 5))
    stopped_s = quiet_at - monotonic() + (datetime.now(UTC) - started.at).total_seconds()
    assert stopped_s < 0.25, "two packets, and a busy machine"
    texts = await call.until_turns(3)
    assert [role for role, _ in texts] == ["assistant", "user", "assistant"]
    greeting = texts[0][1]
    assert call.story.turns[0].interrupted
    assert greeting.startswith("Good morning")
    assert GREETING.startswith(greeting)
    assert greeting != GREETING
    created = [one.text for one in openai.happenings if one.kind is Kind.ITEM_CREATED]
    assert created == [GREETING, f"{greeting} [cut off here]"]
    heard = await call.heard()
    assert 0.1 < share_heard(GREETING, heard) < 0.7, heard


async def test_an_apology_needs_no_model(call: VoiceCall, openai: OpenAISimulator) -> None:
    """The first model is unknown, the second refused: in the room all the same, and heard."""
    call.models = ("gpt-realtime-9", MODEL)
    openai.faults = Faults(missing_models=frozenset({"gpt-realtime-9"}), refuse_calls_after=0)
    with pytest.raises(OpenAIUnreachable) as refused:
        await call.bring_up()
    assert refused.value.cause == "http-503"
    await call.voice.stand_in()
    assert (await call.agent()).tracks
    assert call.voice.has_clip(FAREWELL)
    assert not call.voice.has_clip("Something else.")
    call.voice.watch()
    await call.ring()
    await call.answer()
    assert await call.voice.play(FAREWELL)
    heard = await call.heard()
    assert share_heard(FAREWELL, heard) > 0.7, heard
    assert call.story.texts == [("assistant", FAREWELL)]
