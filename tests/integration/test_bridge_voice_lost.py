"""The agent's voice over a media bridge when a session, a sideband, a leg or a process is lost."""

import json
from pathlib import Path

import pytest

from agents.media.bridge.voice_state import VoiceState
from agents.media.voice import CannotSpeak, OpenAIUnreachable, RoomUnreachable
from shared.call.call import EndReason
from simulators.openai.faults import Faults
from simulators.openai.happening import Kind
from simulators.openai.server import OpenAISimulator
from tests.eventually import eventually
from tests.integration.voice_call import INSTRUCTIONS, VoiceCall, voice_call
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.sfu import EmbeddedSfu

pytestmark = pytest.mark.spoken


async def test_a_session_that_is_over_is_renewed_under_the_call(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """The phone sees one stream without a pause; the new session knows what was said."""
    await call.begin()
    first = call.voice.state
    assert first is not None
    call.phone.counts.largest_gap_s = 0
    await openai.calls.end(first.openai_call)
    await eventually(lambda: call.voice.state and call.voice.state.openai_call != first.openai_call)
    created = await openai.journal.wait_for(Kind.ITEM_CREATED)
    assert [(one.text, one.details["role"]) for one in created] == [("Hello there.", "assistant")]
    await call.say("I would like to book a table")
    texts = await call.until_turns(3)
    assert [role for role, _ in texts] == ["assistant", "user", "assistant"]
    assert len(call.phone.counts.ssrcs) == 1
    assert call.phone.counts.largest_gap_s < 0.3
    assert openai.open_sessions == 1
    assert not call.story.ends


async def test_a_session_is_renewed_before_its_time_is_over(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge
) -> None:
    """In a pause of the talk; nobody notices."""
    async with (
        OpenAISimulator(max_session_s=16) as openai,
        voice_call(sfu, bridge, openai) as call,
    ):
        await call.begin()
        await openai.journal.wait_for(Kind.SESSION_OPENED, count=2, timeout_s=16)
        await openai.journal.wait_for(Kind.SESSION_CLOSED)
        await call.say("I would like to book a table")
        assert len(await call.until_turns(3)) == 3
        assert not [one for one in openai.happenings if one.text == "session_expired"]


async def test_a_session_that_cannot_be_renewed_ends_the_call_in_words(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """Once, with the reason; nothing can be said any more."""
    await call.begin()
    openai.faults = Faults(refuse_calls=-1)
    state = call.voice.state
    assert state is not None
    await openai.calls.end(state.openai_call)
    await eventually(lambda: call.story.ends)
    assert call.story.ends == [(EndReason.OPENAI_UNREACHABLE, "http-503")]
    with pytest.raises(CannotSpeak):
        call.voice.tell("Anything.")


async def test_a_broken_sideband_costs_no_word(call: VoiceCall, openai: OpenAISimulator) -> None:
    """The talk goes on without it; it is attached again, and nothing is missing or twice."""
    await call.begin()
    openai.faults = Faults(refuse_sidebands=4)
    await openai.calls.break_sidebands()
    await call.say("I would like to book a table")
    texts = await call.until_turns(3)
    assert [role for role, _ in texts] == ["assistant", "user", "assistant"]
    await eventually(lambda: openai.faults.refuse_sidebands == 0)
    assert await call.voice.say('Say "I am still here."')
    assert call.story.texts[3:] == [("assistant", "I am still here.")]
    assert openai.journal.counts[Kind.SESSION_OPENED] == 1


@pytest.mark.parametrize(
    ("faults", "keys", "cause"),
    [
        (Faults(refuse_calls=-1), None, "http-503"),
        (Faults(answer_delay_s=9), None, "timeout"),
        (Faults(), frozenset({"sk-other"}), "invalid_api_key"),
    ],
)
async def test_an_openai_that_gives_no_call_is_told_as_what_it_is(
    sfu: EmbeddedSfu,
    bridge: EmbeddedBridge,
    faults: Faults,
    keys: frozenset[str] | None,
    cause: str,
) -> None:
    """Nobody is answered, and no leg is left behind."""
    async with (
        OpenAISimulator(faults=faults, api_keys=keys) as openai,
        voice_call(sfu, bridge, openai) as call,
    ):
        await call.voice.aclose()
        call.voice = call.make_voice(connect_timeout_s=1)
        with pytest.raises(OpenAIUnreachable) as refused:
            await call.bring_up()
        assert refused.value.cause == cause
        await call.voice.aclose()
        assert not await call.legs()


async def test_a_short_failure_of_openai_s_is_outlived(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """The first offer is refused, the second one taken."""
    openai.faults = Faults(refuse_calls=1)
    await call.bring_up()
    assert call.voice.is_connected


async def test_a_room_that_does_not_exist_is_told(
    sfu: EmbeddedSfu, bridge: EmbeddedBridge, openai: OpenAISimulator
) -> None:
    """A leg that cannot join ends the setting up."""
    async with voice_call(sfu, bridge, openai) as call:
        call.voice_room_url = "ws://127.0.0.1:9"
        await call.voice.aclose()
        call.voice = call.make_voice()
        with pytest.raises(RoomUnreachable):
            await call.bring_up()


async def test_a_leg_that_is_closed_under_us_ends_the_call(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """The room is deleted: told once; OpenAI's call is hung up with us."""
    await call.begin()
    await call.close_room()
    await eventually(lambda: "closed" in call.story.told)
    await call.voice.aclose()
    await call.voice.aclose()
    await eventually(lambda: openai.open_sessions == 0)
    assert not await call.legs()
    assert call.story.told.count("closed") == 1


async def test_a_bridge_that_dies_is_told_at_once(
    sfu: EmbeddedSfu, openai: OpenAISimulator, tmp_path: Path
) -> None:
    """Within a second, with the true reason."""
    bridge = EmbeddedBridge(data_dir=tmp_path)
    await bridge.start()
    try:
        async with voice_call(sfu, bridge, openai) as call:
            await call.begin()
            bridge.child.kill()
            await eventually(lambda: call.story.ends, 3)
            assert call.story.ends == [(EndReason.BRIDGE_LOST, "bridge-lost")]
    finally:
        await bridge.stop()


async def test_another_process_goes_on_with_the_call(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """Leg and OpenAI talk on; whoever comes is told what was missed, and nothing twice."""
    await call.begin()
    state = VoiceState.read(json.loads(json.dumps(call.states[-1].to_json())))
    await call.voice.let_go()
    await call.events.aclose()
    await call.say("I would like to book a table")
    await call.phone.wait_agent_speaking(30)
    first = call.story
    call.begin_anew()
    await call.voice.resume(state, INSTRUCTIONS, [])
    call.voice.watch()
    texts = await call.until_turns(2)
    assert [role for role, _ in texts] == ["user", "assistant"]
    assert len(first.turns) == 1
    assert "status active" in call.story.told
    assert "media" in call.story.told
    assert await call.voice.say('Say "I am still here."')
    assert openai.journal.counts[Kind.SESSION_OPENED] == 1
