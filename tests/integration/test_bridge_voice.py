"""The voice without audio, with real bridge and SFU, a simulated OpenAI and a simulated phone."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic

import numpy as np
import pytest
from livekit import api

from agents.media.tool import Tool, ToolProblem, Turn
from shared.call.room import AGENT_TRACK
from simulators.openai.happening import Kind
from simulators.openai.server import OpenAISimulator
from simulators.speech.voice import CALLER
from tests.eventually import eventually, stays
from tests.integration.voice_call import RATE, VoiceCall
from tests.words import share_heard

pytestmark = pytest.mark.spoken


async def test_the_agent_is_listed_before_anything_is_sent(call: VoiceCall) -> None:
    """The track that the control plane waits for appears; a greeting waits for the answer."""
    await call.bring_up()
    agent = await call.agent()
    assert agent.kind == api.ParticipantInfo.Kind.AGENT
    (track,) = agent.tracks
    assert track.name == AGENT_TRACK
    assert track.disable_dtx
    await eventually(lambda: call.agent_state())
    await call.ring()
    call.voice.greet('Say "One two three four five."')
    await eventually(lambda: "status ringing" in call.story.told)
    await stays(lambda: call.phone.counts.packets == 0, 1.5, "OpenAI speaks after half a second")
    await call.answer()
    texts = await call.until_turns(1)
    assert texts == [("assistant", "One two three four five.")]
    assert not call.story.turns[0].interrupted
    heard = await call.heard()
    assert share_heard("One two three four five.", heard) > 0.7, heard


async def test_both_sides_talk_and_are_written_in_order(call: VoiceCall) -> None:
    """Words are recognised at both ends, and told as turns in their order."""
    await call.begin()
    await call.say("I would like to book a table")
    texts = await call.until_turns(3)
    assert [role for role, _ in texts] == ["assistant", "user", "assistant"]
    assert "book" in texts[1][1] or "table" in texts[1][1]
    assert texts[2][1].startswith("I heard you say")
    assert share_heard("I heard you say", await call.heard()) > 0
    assert not any(turn.interrupted for turn in call.story.turns)
    await call.voice.last_words()
    greeting, turn = call.story.measured
    assert (greeting.number, greeting.response_ms, greeting.transcribed) == (1, None, None)
    assert turn.transcribed
    assert turn.response_ms is not None
    assert turn.model_ms is not None
    # OpenAI notices the end of speech 220 ms later; its audio is at our side right behind it
    assert 200 <= turn.response_ms - turn.model_ms < 600, turn
    assert turn.barge_in_ms is None
    assert turn.tokens["audio_out"] > 0
    assert turn.tokens["transcription_s"] > 0.5


async def test_speech_over_the_agent_stops_it_and_keeps_what_was_heard(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """The phone is quiet at once; the turn is marked, and has the words that were heard."""
    sentence = "One two three four five six seven eight nine ten eleven twelve thirteen fourteen."
    await call.bring_up()
    call.voice.greet(f'Say "{sentence}"')
    await call.ring()
    await call.answer()
    began = call.phone.monotonic(await call.phone.wait_agent_speaking(30))
    await eventually(lambda: monotonic() - began > 1.2)
    await call.say("wait wait please")
    (started,) = await openai.journal.wait_for(Kind.SPEECH_STARTED)
    ((truncated),) = await openai.journal.wait_for(Kind.TRUNCATED)
    quiet_at = call.phone.monotonic(await call.phone.wait_agent_quiet(300, 5))
    stopped_s = quiet_at - monotonic() + (datetime.now(UTC) - started.at).total_seconds()
    assert stopped_s < 0.25, "two packets, and a busy machine"
    texts = await call.until_turns(2)
    greeting = call.story.turns[0]
    assert greeting.interrupted
    said = texts[0][1]
    assert sentence.startswith(said)
    assert said != sentence
    assert abs(len(said.split()) - len(truncated.text.split())) <= 2, (said, truncated.text)
    assert texts[1][0] == "user"
    await eventually(lambda: call.story.measured)
    (measured,) = call.story.measured[:1]
    assert measured.barge_in_ms is not None
    assert measured.barge_in_ms < 300, "as the phone has heard it"


async def test_the_first_syllable_of_the_greeting_can_be_spoken_over(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """Though OpenAI has made all of it, and believes that it was heard; and both are recorded."""
    await call.bring_up()
    call.voice.greet('Say "One two three four five six seven eight nine ten eleven twelve."')
    await call.ring()
    # long before the phone is picked up
    await asyncio.sleep(2.5)
    tape = call.voice.tape
    assert tape is not None
    await tape.begin(call.id)
    await call.answer()
    began = call.phone.monotonic(await call.phone.wait_agent_speaking(10))
    await call.say("wait wait please")
    (started,) = await openai.journal.wait_for(Kind.SPEECH_STARTED)
    quiet_at = call.phone.monotonic(await call.phone.wait_agent_quiet(300, 5))
    stopped_s = quiet_at - monotonic() + (datetime.now(UTC) - started.at).total_seconds()
    assert stopped_s < 0.3, "two packets, and a busy machine"
    assert quiet_at - began < 2.5, "the greeting takes four seconds"
    await eventually(lambda: call.story.turns)
    assert call.story.turns[0].interrupted
    await tape.end()
    files = await tape.files(call.id)
    assert set(files) == {"room.opus", "peer.opus"}
    assert min(files.values()) > 1000
    await tape.delete(call.id)
    await tape.delete(call.id)
    assert await tape.files(call.id) == {}


async def test_a_tool_is_run_once_and_answered(call: VoiceCall, openai: OpenAISimulator) -> None:
    """The model hears what came of it, and goes on."""
    ran: list[dict[str, object]] = []

    async def write_down(given: dict[str, object], _: Turn) -> str:
        ran.append(given)
        return "Written down."

    await call.begin([lead_tool(write_down)])
    await call.say("my name is anna")
    await openai.journal.wait_for(Kind.TOOL_ANSWERED)
    texts = await call.until_turns(3)
    assert [set(given) for given in ran] == [{"name", "interest"}]
    assert "wrote that down" in texts[-1][1]


async def test_a_slow_tool_is_bridged_and_answered_later(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """The caller hears that it takes a moment; its one answer comes when it is there."""

    async def look_up(_: dict[str, object], __: Turn) -> str:
        await openai.journal.wait_for(Kind.SAYS, count=2, timeout_s=10)
        return "Written down."

    await call.begin([replace(lead_tool(look_up), filler='Say "One moment please."')])
    await call.say("my name is anna")
    (told,) = await openai.journal.wait_for(Kind.TOOL_ANSWERED, timeout_s=20)
    texts = await call.until_turns(4)
    said = [text for role, text in texts if role == "assistant"]
    assert said[1] == "One moment please."
    assert "wrote that down" in said[2]
    assert told.text == "Written down."
    (use,) = call.story.used
    assert (use.name, use.output, use.error) == ("upsertLead", "Written down.", None)
    assert use.took_ms >= 2000
    assert len(await openai.journal.wait_for(Kind.TOOL_ANSWERED)) == 1


async def test_a_tool_that_cannot_be_done_tells_the_model_why(
    call: VoiceCall, openai: OpenAISimulator
) -> None:
    """A problem, and a fault of ours, are told as sentences; the call goes on."""
    errors: list[Exception] = [ToolProblem("The date is in the past."), RuntimeError("secret")]

    async def fail(_: dict[str, object], __: Turn) -> str:
        raise errors.pop(0)

    await call.begin([lead_tool(fail)])
    for answers in (1, 2):
        await call.say("my name is anna")
        told = await openai.journal.wait_for(Kind.TOOL_ANSWERED, count=answers, timeout_s=20)
        await call.until_turns(1 + 2 * answers)
        assert ("in the past" in told[-1].text) == (answers == 1)
        assert "secret" not in told[-1].text


def lead_tool(run: Callable[[dict[str, object], Turn], Awaitable[str]]) -> Tool:
    """The tool that the simulated OpenAI calls when somebody says who they are."""
    properties = {"name": {"type": "string"}, "interest": {"type": "string"}}
    return Tool(
        name="upsertLead",
        description="Write down the customer's name or wish.",
        parameters={"type": "object", "properties": properties},
        run=run,
    )


async def test_a_goodbye_is_heard_to_its_end(call: VoiceCall) -> None:
    """`say` returns when the last word has left for the phone; `True`: nobody spoke over it."""
    await call.begin()
    assert await call.voice.say('Say "One two three four five."')
    # as long as whoever hangs up lets it be on its way
    await asyncio.sleep(0.4)
    heard = await call.heard()
    assert share_heard("One two three four five.", heard) > 0.7, heard
    assert call.story.texts[-1] == ("assistant", "One two three four five.")


async def test_what_is_said_over_is_not_the_last_word(call: VoiceCall) -> None:
    """`False`: the customer spoke over it."""
    await call.begin()
    saying = asyncio.create_task(
        call.voice.say('Say "Thank you for calling us today, it was a pleasure to talk. Goodbye."')
    )
    await call.phone.wait_agent_speaking(30)
    await call.say("wait wait please")
    assert not await saying


async def test_keys_reach_the_model_as_text(call: VoiceCall, openai: OpenAISimulator) -> None:
    """Only those that the server sends; what is told is a turn, and is answered."""
    await call.begin()
    await call.press("7")
    await eventually(lambda: call.story.keys == "7")
    call.voice.tell("[The customer pressed the key 7.]")
    texts = await call.until_turns(3)
    assert texts[1:] == [
        ("user", "[The customer pressed the key 7.]"),
        ("assistant", "Are you still there?"),
    ]


async def test_words_at_the_very_end_are_kept(call: VoiceCall, openai: OpenAISimulator) -> None:
    """What the caller said last is told although the room is gone when it is transcribed."""
    await call.begin()
    sound, _ = await CALLER.speak("I would like to book a table", rate=RATE)
    talking = asyncio.create_task(call.phone.say(sound, RATE))
    await openai.journal.wait_for(Kind.SPEECH_STARTED)
    await asyncio.sleep(len(sound) / RATE * 0.7)
    await call.close_room()
    await call.voice.last_words()
    talking.cancel()
    assert call.story.texts[-1][0] == "user"


async def test_the_agent_s_state_is_shown(call: VoiceCall) -> None:
    """As LiveKit's front ends know it: listening, speaking."""
    await call.begin()
    saying = asyncio.create_task(call.voice.say('Say "One two three four five six seven."'))
    await call.phone.wait_agent_speaking(30)

    async def speaks() -> bool:
        return await call.agent_state() == "speaking"

    async def listens() -> bool:
        return await call.agent_state() == "listening"

    await eventually(speaks, 3)
    await saying
    await eventually(listens, 3)


async def test_a_tool_stops_the_speech(call: VoiceCall, openai: OpenAISimulator) -> None:
    """At OpenAI and on its way; the turn is marked as for a caller who speaks over it."""
    turns: list[Turn] = []

    async def keep(_: dict[str, object], turn: Turn) -> str:
        turns.append(turn)
        return "Written down."

    await call.begin([lead_tool(keep)])
    await call.say("my name is anna")
    await call.until_turns(3)
    await call.phone.wait_agent_quiet(300, 5)
    saying = asyncio.create_task(
        call.voice.say('Say "One two three four five six seven eight nine ten eleven."')
    )
    await call.phone.wait_agent_speaking(30)
    # long enough for some words to be heard
    await asyncio.sleep(1.2)
    turns[0].hush()
    stopped_at = call.phone.now
    assert not await saying
    assert await call.phone.wait_agent_quiet(300, 5) - stopped_at < 0.3
    await openai.journal.wait_for(Kind.TRUNCATED)
    await call.until_turns(4)
    assert call.story.turns[-1].interrupted


async def test_an_operator_speaks_in_the_agents_place_and_hands_back(call: VoiceCall) -> None:
    """The phone hears the operator's tone and not the model, in one stream without a gap.

    Then the model speaks again.
    """
    await call.begin()
    sources = set(call.phone.counts.ssrcs)
    async with call.operator() as operator:
        await eventually(lambda: call.voice.state is not None and call.voice.state.operator)
        tone = np.sin(2 * np.pi * 660 * np.arange(4 * RATE) / RATE) * 12_000
        saying = operator.say_soon(tone.astype(np.int16), RATE)
        await eventually(lambda: call.hears_tone(660))
        assert await call.voice.say("Say nothing of this") is False
        assert len(call.story.turns) == 1
        await saying
    await eventually(lambda: call.voice.state is not None and not call.voice.state.operator)
    await call.until_turns(2)
    assert call.story.turns[-1].role == "assistant"
    assert call.phone.counts.ssrcs == sources
    assert call.phone.counts.largest_gap_s < 0.3
