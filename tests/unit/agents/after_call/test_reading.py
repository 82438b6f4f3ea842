import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from agents.after_call.conversation import Answered, Question
from agents.after_call.failure import Failure
from agents.after_call.plan import Plan, Standing
from agents.after_call.reading import Desk, NothingToDo, NotYet, Reader, is_written, plan_of
from agents.after_call.staging import StagedNotes
from shared.call.call import Call
from shared.call.records import ToolCall
from tests.unit.agents.after_call.conversations import (
    CALL_ID,
    NOW,
    call,
    follow_up,
    material,
    tool_call,
)
from tests.unit.agents.after_call.memory_jobs import MemoryJobs

SAID = ("Hello?", "> Call me on Tuesday.", "We will call you on Tuesday at ten.", "> Fine.")
TUESDAY = "2026-12-01T10:00"


def answered(**changes: Any) -> Answered:
    promise = {
        "turn": 3,
        "quote": "We will call you on Tuesday at ten.",
        "backed_by": None,
        "remedy": "call",
        "due_at": TUESDAY,
        "purpose": "Call about bikes.",
        "message": None,
    }
    findings = {
        "summary": "They want to be called.",
        "outcome": "lead",
        "sentiment": "neutral",
        "missing": ["email", "name", "email"],
        "off_purpose_turns": [4, 1, 99, 4, 2],
        "promises": [promise],
    }
    text = json.dumps(findings | changes)
    return Answered(text=text, model="gpt-5", tokens=100, rounds=1)


def plan(
    given: Answered | None = None,
    staged: StagedNotes | None = None,
    tool_calls: Sequence[ToolCall] = (),
) -> Plan:
    notes = staged or StagedNotes(known=None, arranged=())
    return plan_of(given or answered(), material(SAID, tool_calls=tool_calls), notes, [], NOW)


def test_a_plan_is_made_of_the_answer_and_survives_its_row() -> None:
    """Each missing field once; off purpose are only turns of the customer's that there are."""
    made = plan()
    assert made.missing == ("email", "name")
    assert made.off_purpose_turns == (2, 4)
    (row,) = made.follow_ups
    assert (row.channel, row.source, row.kind) == ("call", "workflow", "promise")
    assert made.promises[0].standing is Standing.FOLLOW_UP
    assert Plan.read(json.loads(json.dumps(made.to_json()))) == made


@pytest.mark.parametrize("written", [None, [], "x", {}, {"model": "gpt-5"}, {"summary": 1}])
def test_what_is_no_plan_is_read_as_none(written: object) -> None:
    """An older release may have written something else: the conversation is read anew."""
    assert Plan.read(written) is None


def test_an_answer_that_is_none_fails_the_attempt() -> None:
    """Nothing of it is carried out."""
    with pytest.raises(Failure, match="answer-malformed"):
        plan(answered(outcome="sold"))


async def test_what_was_just_scheduled_backs_the_promise() -> None:
    """A model that schedules the call, and lists the promise as well, has one call made."""
    staged = StagedNotes(known=None, arranged=())
    due = plan().follow_ups[0].due_at
    await staged.add_follow_up(follow_up("call", due))
    made = plan(staged=staged)
    assert len(made.follow_ups) == 1
    assert made.promises[0].standing is Standing.BACKED


@pytest.mark.parametrize(
    ("error", "channel"), [(None, "task"), ("timeout", "call")], ids=["done", "not done"]
)
async def test_who_said_in_the_call_not_to_be_called_is_not(
    error: str | None, channel: str
) -> None:
    """As far as the tool did it."""
    made = plan(tool_calls=[tool_call("doNotCall", error=error)])
    assert made.follow_ups[0].channel == channel


async def test_who_is_found_to_have_said_so_is_not_called_either() -> None:
    """The model found it in the transcript."""
    staged = StagedNotes(known=None, arranged=())
    await staged.do_not_call(CALL_ID)
    made = plan(staged=staged)
    assert (made.do_not_call, made.follow_ups[0].channel) == (True, "task")


@pytest.mark.parametrize(
    ("ended_s_ago", "has_last_words", "written"),
    [
        (0, True, True),
        (0, False, False),
        (9, False, False),
        (10, False, True),
        (None, False, False),
    ],
)
def test_a_conversation_is_read_when_its_last_words_are_there(
    ended_s_ago: int | None, has_last_words: bool, written: bool
) -> None:
    """Or when an agent that died has had its time."""
    ended_at = None if ended_s_ago is None else NOW - timedelta(seconds=ended_s_ago)
    assert is_written(call(ended_at=ended_at), has_last_words, NOW) is written


class Openai:
    """Has some models, and answers with each as it is told."""

    def __init__(self, **answers: Answered | Failure) -> None:
        self.answers = {name.replace("_", "."): answer for name, answer in answers.items()}
        self.asked: list[str] = []

    async def choose(self, preferred: Sequence[str]) -> list[str]:
        return list(preferred)

    async def ask(self, model: str, question: Question) -> Answered:
        self.asked.append(model)
        answer = self.answers.get(model, Failure("no-model"))
        if isinstance(answer, Failure):
            raise answer
        return answer


def reader(conversations: Openai | None, *models: str, wanted: bool = True) -> Reader:
    desk = Desk(business=material().business, models=models, functions=lambda found, notes: [])

    def desk_of(_: Call) -> Desk | None:
        return desk if wanted else None

    return Reader(conversations, desk_of, identify=lambda _: "x")


def spoken(store: MemoryJobs, *said: str) -> MemoryJobs:
    store.turns = {(CALL_ID, one.sequence): one for one in material(said).turns}
    return store


@pytest.mark.parametrize(
    ("store", "reads", "why"),
    [
        (spoken(MemoryJobs(), *SAID), reader(Openai(), "m", wanted=False), "switched-off"),
        (spoken(MemoryJobs(), *SAID), reader(None, "m"), "no-model-named"),
        (spoken(MemoryJobs(), *SAID), reader(Openai()), "no-model-named"),
        (spoken(MemoryJobs(), "Hello?"), reader(Openai(), "m"), "nobody-spoke"),
        (MemoryJobs(), reader(Openai(), "m"), "nobody-spoke"),
    ],
)
async def test_what_need_not_be_read_is_not(store: MemoryJobs, reads: Reader, why: str) -> None:
    """Nothing is sent to OpenAI."""
    with pytest.raises(NothingToDo, match=why):
        await reads.read(store, CALL_ID, NOW)


async def test_a_call_that_is_gone_needs_nothing() -> None:
    """Its person was erased a moment ago."""
    store = MemoryJobs()
    store.call = None
    with pytest.raises(NothingToDo, match="call-gone"):
        await reader(Openai(), "m").read(store, CALL_ID, NOW)


async def test_it_is_not_read_before_its_last_words_are_written() -> None:
    """A promise in the last sentence is one too."""
    store = spoken(MemoryJobs(call(ended_at=NOW), last_words=False), *SAID)
    with pytest.raises(NotYet):
        await reader(Openai(m=answered()), "m").read(store, CALL_ID, NOW)
    made = await reader(Openai(m=answered()), "m").read(store, CALL_ID, NOW + timedelta(minutes=1))
    assert made.summary == "They want to be called."


async def test_the_next_model_is_asked_where_the_account_has_not_the_first() -> None:
    """Any other failure is the attempt's; the models are not tried one after the other for it."""
    store = spoken(MemoryJobs(), *SAID)
    some = Openai(b=answered())
    assert (await reader(some, "a", "b", "c").read(store, CALL_ID, NOW)).model == "gpt-5"
    assert some.asked == ["a", "b"]
    failing = Openai(a=Failure("http-500"), b=answered())
    with pytest.raises(Failure, match="http-500"):
        await reader(failing, "a", "b").read(store, CALL_ID, NOW)
    with pytest.raises(Failure, match="no-model"):
        await reader(Openai(), "a", "b").read(store, CALL_ID, NOW)
