"""The talk of one call: what comes of OpenAI's events."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from livekit.agents.llm import ChatMessage

from agents.media.bridge.conversing import BridgeTurn, Conversing
from agents.media.bridge.utterances import Call
from agents.media.clip import Clip
from agents.media.tool import Tool, ToolProblem, ToolUse, Turn
from tests.unit.agents.media.bridge.openai_events import (
    buffer,
    created,
    done,
    event,
    heard_item,
    message,
    speaks,
    spoken,
    transcript,
)


class Talk:
    """A call's talk with everything that it sends and tells."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.is_open = True
        self.turns: list[ChatMessage] = []
        self.states: list[str] = []
        self.heeded: list[str] = []
        self.dropped: list[bool] = []
        self.played: list[str] = []
        self.used: list[ToolUse] = []
        self.conversing = Conversing(
            send=self.sent.append,
            is_open=lambda: self.is_open,
            give_out=self.turns.append,
            show=self.states.append,
            used=self.used.append,
            heed=lambda one, _: self.heeded.append(one["type"]),
            drop=lambda: self.dropped.append(True),
            put=self.put,
        )
        self.conversing.released(1.0)
        self.now = time.time() - 2

    async def put(self, clip: Clip) -> bool:
        self.played.append(clip.name)
        return True

    def take(self, *events: dict[str, Any]) -> None:
        for one in events:
            self.now += 0.01
            self.conversing.take(one, self.now)

    def kinds(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.sent if one["type"] == kind]

    def call_tool(self, name: str, arguments: str = "{}", *, response: str = "r") -> None:
        item = {
            "id": f"call_{response}",
            "type": "function_call",
            "call_id": f"c_{response}",
            "name": name,
            "arguments": arguments,
            "status": "completed",
        }
        self.take(created(response))
        self.take(event("response.output_item.done", response_id=response, item=item))
        self.take(done(response, item))

    async def output(self, count: int = 1) -> str:
        async with asyncio.timeout(5):
            while len(self.kinds("conversation.item.create")) < count:
                await asyncio.sleep(0.001)
        return str(self.kinds("conversation.item.create")[-1]["item"]["output"])


@pytest_asyncio.fixture
async def talk() -> AsyncIterator[Talk]:
    talk = Talk()
    yield talk
    await talk.conversing.aclose()


def tool(said: str | Exception) -> Tool:
    async def run(_: dict[str, object], __: Turn) -> str:
        if isinstance(said, Exception):
            raise said
        return said

    return Tool(name="act", description="Do it.", parameters={"type": "object"}, run=run)


async def test_turns_are_told_with_their_time_and_mark(talk: Talk) -> None:
    """As items of the framework that the transcript knows."""
    talk.take(*heard_item("u"), transcript("u", "Hello?"))
    talk.take(created("r"), *speaks("r", "a", "one two three four"), buffer("started", "r"))
    talk.take(done("r", spoken("a", "one two three four"), audio_ms=1000), buffer("stopped", "r"))
    assert [(one.role, one.text_content) for one in talk.turns] == [
        ("user", "Hello?"),
        ("assistant", "one two three four"),
    ]
    assert talk.turns[0].created_at < talk.turns[1].created_at
    assert list(talk.conversing.given_out) == ["u", "a"]


async def test_what_another_process_has_told_is_not_told_again(talk: Talk) -> None:
    """Its events come all the same."""
    talk.conversing.resume(["u"], 1.0)
    for item, words in (("u", "Hello?"), ("v", "Yes.")):
        talk.take(*heard_item(item), transcript(item, words))
    assert [one.text_content for one in talk.turns] == ["Yes."]


async def test_the_agent_shows_what_it_does(talk: Talk) -> None:
    """Listening, thinking, speaking."""
    talk.take(*heard_item("u"))
    assert talk.states[-1] == "thinking"
    talk.take(created("r"), *speaks("r", "a", "Hello."))
    assert talk.states[-1] == "thinking"
    talk.take(buffer("started", "r"))
    assert talk.states[-1] == "speaking"
    talk.take(done("r", spoken("a", "Hello."), audio_ms=100), buffer("stopped", "r"))
    assert talk.states[-1] == "listening"


@pytest.mark.parametrize(
    ("said", "arguments", "output"),
    [
        ("Written down.", "{}", "Written down."),
        (ToolProblem("The date is in the past."), "{}", "The date is in the past."),
        (RuntimeError("secret"), "{}", "It could not be done: an internal error."),
        ("never", "[]", "Not done. The arguments are no JSON object."),
    ],
)
async def test_a_tool_is_answered_and_replied_to(
    talk: Talk, said: str | Exception, arguments: str, output: str
) -> None:
    """With what came of it; nothing internal is told."""
    talk.conversing.tools.offer([tool(said)])
    talk.call_tool("act", arguments)
    assert (await talk.output()).startswith(output)
    assert talk.kinds("response.create")[0]["response"].keys() == {"metadata"}


async def test_a_tool_that_there_is_not_is_told(talk: Talk) -> None:
    """The model has made it up."""
    talk.call_tool("fly")
    assert await talk.output() == "There is no tool fly."


async def test_tool_after_tool_has_to_end_in_words(talk: Talk) -> None:
    """The third in a row may not call another; what the customer says begins anew."""
    talk.conversing.tools.offer([tool("Done.")])
    for number in range(1, 4):
        talk.call_tool("act", response=f"r{number}")
        await talk.output(number)
        ask = talk.kinds("response.create")[-1]["event_id"]
        talk.take(created(f"s{number}", ask), done(f"s{number}"))
    choices = [one["response"].get("tool_choice") for one in talk.kinds("response.create")]
    assert choices == [None, None, "none"]
    talk.take(*heard_item("u"), created("own"), done("own"))
    talk.call_tool("act", response="r4")
    await talk.output(4)
    assert "tool_choice" not in talk.kinds("response.create")[-1]["response"]


async def test_a_reply_is_asked_for_when_all_tools_of_a_turn_are_done(talk: Talk) -> None:
    """Once, however many there were."""
    slow = asyncio.Event()

    async def wait(_: dict[str, object], __: Turn) -> str:
        await slow.wait()
        return "Slow."

    talk.conversing.tools.offer(
        [tool("Fast."), Tool(name="wait", description="", parameters={}, run=wait)]
    )
    items = [
        {"id": f"i{n}", "type": "function_call", "call_id": f"c{n}", "name": name}
        | {"arguments": "{}", "status": "completed"}
        for n, name in enumerate(["act", "wait"])
    ]
    talk.take(created("r"), done("r", *items))
    assert await talk.output() == "Fast."
    assert talk.conversing.tools.is_busy
    assert not talk.kinds("response.create")
    slow.set()
    assert await talk.output(2) == "Slow."
    assert len(talk.kinds("response.create")) == 1


async def test_what_is_told_stands_in_the_conversation_and_is_answered(talk: Talk) -> None:
    """Once it is known to, nothing is owed when its answer was heard."""
    talk.conversing.teller.tell("[A key.]")
    (told,) = talk.kinds("conversation.item.create")
    assert told["item"]["content"] == [{"type": "input_text", "text": "[A key.]"}]
    (asked,) = talk.kinds("response.create")
    item = message("k", "user", "[A key.]", kind="input_text")
    talk.take(event("conversation.item.added", item=item))
    talk.take(created("r", asked["event_id"]), done("r"))
    assert talk.conversing.teller.owes_answer(None)
    async with asyncio.timeout(2):
        while talk.conversing.teller.owes_answer(None):
            await asyncio.sleep(0.001)


async def test_a_turn_knows_whether_it_was_heard_and_cut(talk: Talk) -> None:
    """A tool that hangs up asks."""
    talk.take(created("r"), *speaks("r", "a", "Goodbye."), buffer("started", "r"))
    response = talk.conversing.dialogue.responses["r"]
    turn = BridgeTurn(talk.conversing, response)
    assert turn.has_words
    assert turn.reply is response
    heard = asyncio.create_task(turn.heard())
    await asyncio.sleep(0)
    assert not heard.done()
    talk.take(done("r", spoken("a", "Goodbye."), audio_ms=100), buffer("stopped", "r"))
    await asyncio.wait_for(heard, 2)
    assert not turn.was_cut
    talk.take(event("input_audio_buffer.speech_started", item_id="u"))
    assert turn.was_cut


async def test_a_turn_of_nobody_s_is_over(talk: Talk) -> None:
    """The call of a tool that belongs to no response that we know."""
    turn = BridgeTurn(talk.conversing, None)
    await turn.heard()
    assert (turn.reply, turn.has_words, turn.was_cut) == (None, False, False)


async def test_a_slow_tool_is_bridged_while_nobody_speaks(talk: Talk) -> None:
    """By a response without tools; neither over the customer, nor over itself."""
    talk.call_tool("act")
    await talk.output()
    (asked,) = talk.kinds("response.create")
    talk.take(created("a", asked["event_id"]), done("a"))
    call = talk.conversing.dialogue.items["call_r"]
    assert isinstance(call, Call)
    turn = BridgeTurn(talk.conversing, None, call)
    assert turn.call_id == "c_r"
    for event_type in ("speech_started", "speech_stopped"):
        talk.take(event(f"input_audio_buffer.{event_type}", item_id="u"))
        turn.fill("Say one moment.")
        assert len(talk.kinds("response.create")) == 1
    talk.take(created("b"), done("b"))
    turn.fill("Say one moment.")
    turn.fill("Say one moment.")
    _, asked = talk.kinds("response.create")
    assert asked["response"]["instructions"] == "Say one moment."
    assert asked["response"]["tool_choice"] == "none"


async def test_every_use_of_a_tool_is_told(talk: Talk) -> None:
    """With OpenAI's own id of it."""
    talk.conversing.tools.offer([tool("Done.")])
    talk.call_tool("act")
    await talk.output()
    assert [(use.call_id, use.output) for use in talk.used] == [("c_r", "Done.")]


async def test_a_tool_may_stop_the_speech(talk: Talk) -> None:
    """First the making, then what is on its way (reference of `output_audio_buffer.clear`)."""
    talk.take(created("r"), *speaks("r", "a", "Hello."), buffer("started", "r"))
    BridgeTurn(talk.conversing, talk.conversing.dialogue.responses["r"]).hush()
    assert [one["type"] for one in talk.sent] == ["response.cancel", "output_audio_buffer.clear"]
    talk.take(done("r", status="cancelled"), buffer("cleared", "r"))
    talk.sent.clear()
    BridgeTurn(talk.conversing, None).hush()
    assert not talk.sent


async def test_a_greeting_that_nobody_heard_is_asked_for_again(talk: Talk) -> None:
    """By another session, in the place of whatever else is owed."""
    talk.conversing.greet({"instructions": "Greet."})
    talk.take(created("r", talk.kinds("response.create")[0]["event_id"]))
    assert talk.conversing.break_off()
    talk.conversing.go_on({})
    asked = talk.kinds("response.create")
    assert [one["response"]["instructions"] for one in asked] == ["Greet.", "Greet."]


async def test_an_answer_that_was_broken_off_is_given_by_the_next_session(talk: Talk) -> None:
    """And nothing is asked for when nobody waits."""
    talk.take(*heard_item("u"), transcript("u", "Hello?"))
    owed = talk.conversing.break_off()
    assert owed
    assert [item["type"] for item in talk.conversing.items_to_replay(2)] == ["message"]
    talk.conversing.go_on({})
    assert len(talk.kinds("response.create")) == 1
    talk.take(created("r", talk.kinds("response.create")[0]["event_id"]), done("r"))
    assert not talk.conversing.break_off()
    talk.conversing.go_on(None)
    assert len(talk.kinds("response.create")) == 1


async def test_what_is_told_between_two_sessions_is_told_to_the_next(talk: Talk) -> None:
    """A key that was pressed just then; it is answered instead of anything else."""
    talk.conversing.break_off()
    talk.is_open = False
    talk.conversing.tell("[A key.]")
    assert not talk.sent
    talk.is_open = True
    talk.conversing.go_on({})
    assert [one["type"] for one in talk.sent] == ["conversation.item.create", "response.create"]


async def test_what_was_told_to_a_session_that_was_lost_is_told_again(talk: Talk) -> None:
    """It may not stand in the conversation; the next one is told when it stands."""
    talk.conversing.tell("[A key.]")
    talk.conversing.break_off()
    talk.sent.clear()
    async with asyncio.timeout(5):
        while not talk.sent:
            await asyncio.sleep(0.01)
    assert [one["type"] for one in talk.sent] == ["conversation.item.create", "response.create"]


async def test_a_tool_that_outlasts_its_session_answers_the_next_one(talk: Talk) -> None:
    """Which is told of the call as well."""
    slow = asyncio.Event()

    async def wait(_: dict[str, object], __: Turn) -> str:
        await slow.wait()
        return "Done."

    talk.conversing.tools.offer([Tool(name="wait", description="", parameters={}, run=wait)])
    talk.call_tool("wait")
    await asyncio.sleep(0)
    talk.conversing.break_off()
    assert talk.conversing.items_to_replay(2) == []
    slow.set()
    assert await talk.output(2) == "Done."
    told = [one["item"]["type"] for one in talk.kinds("conversation.item.create")]
    assert told == ["function_call", "function_call_output"]
    for one in talk.kinds("conversation.item.create"):
        item = one["item"] | {"id": one["item"]["type"], "status": "completed"}
        talk.take(event("conversation.item.added", item=item))
        assert not talk.conversing.tools.is_busy, "it would be run again"


async def test_last_words_are_committed_and_waited_for(talk: Talk) -> None:
    """No silence ends the turn of a caller who has gone."""
    started, *_ = heard_item("u")
    talk.take(started)
    waiting = asyncio.create_task(talk.conversing.last_words())
    await asyncio.sleep(0.01)
    assert talk.kinds("input_audio_buffer.commit")
    talk.take(event("input_audio_buffer.committed", item_id="u"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    talk.take(*heard_item("u")[2:], transcript("u", "Goodbye."))
    await asyncio.wait_for(waiting, 2)
    assert [one.text_content for one in talk.turns] == ["Goodbye."]
    assert len(talk.kinds("input_audio_buffer.commit")) == 1


async def test_after_the_end_nothing_is_done(talk: Talk) -> None:
    """And nobody waits for ever."""
    waiting = asyncio.create_task(talk.conversing.until(lambda _: False))
    await asyncio.sleep(0)
    await talk.conversing.aclose()
    await asyncio.wait_for(waiting, 2)
    talk.take(*heard_item("u"), transcript("u", "Hello?"))
    assert not talk.turns


async def test_who_measures_is_told_of_each_event_once(talk: Talk) -> None:
    """Though it comes by the sideband and by the leg."""
    told = created("r")
    talk.take(told, told)
    assert talk.heeded == ["response.created"]


async def test_a_clip_that_waits_holds_no_request_up_for_ever(talk: Talk) -> None:
    """What is asked for comes behind it; a tool that stops the speech stops the clip as well."""
    clip = Clip(name="a.opus", text="One moment, please.", sound=b"", ms=1000)
    playing = asyncio.create_task(talk.conversing.play(clip))
    await asyncio.sleep(0)
    talk.conversing.go_on({"instructions": "Go on."})
    assert not talk.kinds("response.create")
    talk.conversing.hush()
    assert talk.dropped == [True]
    assert not await playing
    assert talk.played == ["a.opus"]
    assert [one["response"]["instructions"] for one in talk.kinds("response.create")] == ["Go on."]
    assert not talk.kinds("response.cancel")


async def test_a_greeting_that_waits_outlives_its_session(talk: Talk) -> None:
    """A clip in the leg is heard whatever became of OpenAI; nobody is owed anything else."""
    talk.conversing.dialogue.released_at = None
    clip = Clip(name="a.opus", text="Hello there.", sound=b"", ms=1000)
    talk.conversing.greet_with(clip)
    await asyncio.sleep(0)
    assert not talk.conversing.break_off()
    await asyncio.sleep(0)
    assert talk.played == ["a.opus", "a.opus"], "each play drops what waited"
    (item,) = talk.conversing.items_to_replay(2)
    assert item["content"] == [{"type": "output_text", "text": "Hello there."}]
    talk.conversing.go_on(None)
    assert not talk.kinds("response.create")
    talk.conversing.released(time.time() - 2)
    talk.take(event("conversation.item.deleted", item_id="none"))
    assert talk.conversing.clips.is_playing
