"""What turns took, folded from OpenAI's events and from what truly left for the phone."""

from collections.abc import Sequence
from typing import Any

import pytest

from agents.media.measures import Measures
from agents.media.turn_fold import TurnFold

Step = tuple[float, dict[str, Any] | str]
"""When, and an event of OpenAI's, or `began` or `ended`: the agent is to be heard, or is not."""

BEGAN, ENDED = "began", "ended"


def event(kind: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, **fields}


def started(item: str, at_ms: int = 1000) -> dict[str, Any]:
    return event("input_audio_buffer.speech_started", item_id=item, audio_start_ms=at_ms)


def stopped(item: str, at_ms: int = 3000) -> dict[str, Any]:
    return event("input_audio_buffer.speech_stopped", item_id=item, audio_end_ms=at_ms)


def words(item: str, text: str, usage: Any = None) -> dict[str, Any]:
    kind = "conversation.item.input_audio_transcription.completed"
    return event(kind, item_id=item, transcript=text, usage=usage)


def created(response: str) -> dict[str, Any]:
    return event("response.created", response={"id": response, "status": "in_progress"})


def buffer(what: str, response: str) -> dict[str, Any]:
    return event(f"output_audio_buffer.{what}", response_id=response)


def done(
    response: str, *, calls: bool = False, status: str = "completed", audio: int = 0
) -> dict[str, Any]:
    output = [{"type": "function_call"}] if calls else []
    usage = {"output_token_details": {"audio_tokens": audio}}
    return event(
        "response.done",
        response={"id": response, "status": status, "output": output, "usage": usage},
    )


def folded(steps: Sequence[Step], fold: TurnFold | None = None) -> list[Measures]:
    """Feed everything in its order, and end the call."""
    fold = fold or TurnFold(silence_ms=220, model="gpt-realtime-2.1")
    over: list[Measures] = []
    for at, step in steps:
        if isinstance(step, dict):
            fold.take(step, at)
        elif step == BEGAN:
            fold.talk_began(at)
        else:
            fold.talk_ended(at)
        over.extend(fold.settle(at))
    return over + fold.finish()


GREETING: list[Step] = [
    (1.0, created("g")),
    (1.5, buffer("started", "g")),
    (2.0, done("g", audio=40)),
    (2.1, BEGAN),
    (4.0, buffer("stopped", "g")),
    (4.1, ENDED),
]
ANSWERED: list[Step] = [
    (5.0, started("u")),
    (7.0, stopped("u")),
    (7.05, created("r")),
    (7.4, words("u", "A table, please.")),
    (7.5, buffer("started", "r")),
    (7.53, BEGAN),
    (8.0, done("r", audio=60)),
    (9.0, buffer("stopped", "r")),
    (9.1, ENDED),
]


def test_a_greeting_answers_nobody() -> None:
    """It has no response time, and nobody's words to be transcribed."""
    (turn,) = folded(GREETING)
    assert (turn.number, turn.began_at) == (1, 1.0)
    assert (turn.response_ms, turn.model_ms, turn.transcribed) == (None, None, None)
    assert turn.tokens == {"audio_out": 40}
    assert turn.model == "gpt-realtime-2.1"


def test_a_response_is_timed_from_the_end_of_the_speech_to_what_leaves_us() -> None:
    """OpenAI notices the end of speech a silence later; its own time is inside."""
    greeting, turn = folded([*GREETING, *ANSWERED])
    assert greeting.barge_in_ms is None
    assert turn.began_at == pytest.approx(7.0 - 0.22)
    assert turn.response_ms == 530 + 220
    assert turn.model_ms == 500
    assert turn.transcribed is True
    assert turn.barge_in_ms is None
    assert turn.tokens == {"audio_out": 60, "transcription_s": 1.78}


def test_without_word_of_a_leg_openais_own_counts() -> None:
    """Where sound comes as events, the first of it is what is heard first."""
    steps: list[Step] = [
        (5.0, started("u")),
        (7.0, stopped("u")),
        (7.05, created("r")),
        (7.5, event("response.output_audio.delta", response_id="r")),
        (7.6, event("response.output_audio.delta", response_id="r")),
        (8.0, done("r")),
    ]
    (turn,) = folded(steps)
    assert (turn.response_ms, turn.model_ms) == (720, 500)


@pytest.mark.parametrize(
    ("ends", "barge_in_ms"),
    [
        ([(3.08, ENDED), (3.1, buffer("cleared", "g"))], 80),
        # told late of what was earlier: nothing is before its cause
        ([(2.98, ENDED)], 0),
        # it spoke on
        ([(7.0, ENDED)], 4000),
        # nobody told
        ([], None),
    ],
)
def test_who_speaks_over_the_agent_is_timed_to_its_last_packet(
    ends: list[Step], barge_in_ms: int | None
) -> None:
    """Of the turn that was spoken over."""
    spoken: list[Step] = [(3.0, started("u")), (3.0, started("u"))]
    turns = folded([*GREETING[:4], *spoken, *ends, (8.0, stopped("u")), (8.1, created("r"))])
    assert [turn.barge_in_ms for turn in turns] == [barge_in_ms, None]


def test_without_word_of_a_leg_what_openai_drops_is_the_last() -> None:
    """`cleared` is the nearest that there is."""
    steps = [step for step in GREETING if step[1] not in (BEGAN, ENDED)][:3]
    steps += [(3.0, started("u")), (3.2, buffer("cleared", "g"))]
    assert folded(steps)[0].barge_in_ms == 200


def test_who_speaks_behind_the_agent_speaks_over_nothing() -> None:
    """Its voice had ended."""
    assert folded([*GREETING, *ANSWERED])[0].barge_in_ms is None


def test_what_a_tool_leads_to_belongs_to_the_turn() -> None:
    """One turn: the words, the call, the reply; what it took is until the first sound."""
    steps: list[Step] = [
        (7.0, stopped("u")),
        (7.05, created("r1")),
        (7.3, done("r1", calls=True, audio=5)),
        (7.8, created("r2")),
        (8.2, buffer("started", "r2")),
        (8.25, BEGAN),
        (8.5, done("r2", audio=7)),
    ]
    (turn,) = folded(steps)
    assert (turn.response_ms, turn.tokens["audio_out"]) == (1470, 12)


def test_what_is_asked_for_later_is_a_turn_of_its_own() -> None:
    """A question into the silence answers nobody."""
    later: list[Step] = [(20.0, created("q")), (20.5, done("q", audio=9))]
    turns = folded([*ANSWERED, *later])
    assert [(turn.number, turn.began_at) for turn in turns][1] == (2, 20.0)
    assert turns[1].response_ms is None


def test_speech_that_is_gone_on_with_is_two_turns() -> None:
    """The first one has no answer, and its words all the same."""
    steps: list[Step] = [
        (7.0, stopped("a")),
        (7.05, created("r1")),
        (7.2, started("b")),
        (7.25, done("r1", status="cancelled", audio=3)),
        (7.5, words("a", "I would")),
        (9.0, stopped("b")),
        (9.1, created("r2")),
        (9.4, buffer("started", "r2")),
        (9.5, done("r2")),
        (9.6, words("b", "like a table")),
    ]
    first, second = folded(steps)
    assert (first.response_ms, first.transcribed, first.tokens["audio_out"]) == (None, True, 3)
    assert (second.response_ms, second.transcribed) == (620, True)


@pytest.mark.parametrize(
    ("told", "transcribed"),
    [
        ([words("u", "Yes.")], True),
        ([words("u", "  ")], False),
        ([event("conversation.item.input_audio_transcription.failed", item_id="u")], False),
        ([], False),
        ([words("another", "Yes.")], False),
    ],
)
def test_whether_speech_was_transcribed(told: list[dict[str, Any]], transcribed: bool) -> None:
    """Noise that counts as speech shows here: it has no words."""
    steps: list[Step] = [(7.0, stopped("u")), *((7.5, one) for one in told)]
    assert folded(steps)[0].transcribed is transcribed


def test_turns_are_told_when_nothing_of_them_can_change() -> None:
    """In order; a transcript is waited for, and not for ever."""
    fold = TurnFold(silence_ms=220)
    for at, step in [(7.0, stopped("a")), (7.1, created("r1")), (8.0, done("r1"))]:
        fold.take(step, at)
    assert fold.settle(8.0) == []
    fold.take(stopped("b"), 10.0)
    assert fold.settle(10.0) == []
    assert [turn.number for turn in fold.settle(16.0)] == [1]
    assert fold.settle(30.0) == [], "more may come to the newest one"
    assert [turn.number for turn in fold.finish()] == [2]
    assert fold.finish() == []


def test_a_response_that_is_made_is_waited_for() -> None:
    """However long it takes, until its session is lost."""
    fold = TurnFold(silence_ms=220)
    fold.take(created("r1"), 1.0)
    fold.take(stopped("u"), 5.0)
    assert fold.settle(60.0) == []
    fold.break_off()
    assert [turn.number for turn in fold.settle(60.0)] == [1]


def test_an_answer_that_was_lost_is_given_by_the_next_session() -> None:
    """It belongs to the turn that was owed it."""
    fold = TurnFold(silence_ms=220)
    fold.take(stopped("u"), 7.0)
    fold.take(created("r1"), 7.1)
    fold.break_off()
    fold.model = "gpt-realtime"
    fold.take(created("r2"), 9.0)
    fold.take(buffer("started", "r2"), 9.5)
    fold.take(done("r2"), 10.0)
    (turn,) = fold.finish()
    assert (turn.model_ms, turn.model) == (2500, "gpt-realtime")


def test_a_word_at_the_very_end_counts() -> None:
    """Nobody heard its end: it was committed by us."""
    (turn,) = folded(
        [(7.0, started("u")), (8.0, event("input_audio_buffer.committed", item_id="u"))]
    )
    assert (turn.began_at, turn.transcribed) == (8.0, False)


def test_who_takes_a_call_over_tells_no_turn_twice() -> None:
    """What the bridge tells again of turns that were told is known by its names."""
    first = TurnFold(silence_ms=220)
    for at, step in [*GREETING, *ANSWERED]:
        if isinstance(step, dict):
            first.take(step, at)
        first.settle(at)
    assert first.number == 1
    second = TurnFold(silence_ms=220)
    second.resume(first.number, first.told)
    (turn,) = folded([*GREETING, *ANSWERED], second)
    assert (turn.number, turn.transcribed) == (2, True)


@pytest.mark.parametrize(
    "nonsense",
    [
        event("response.done", response=None),
        event("response.created", response={}),
        event("input_audio_buffer.speech_started"),
        event("output_audio_buffer.started", response_id="nobody"),
        {},
    ],
)
def test_events_of_an_odd_shape_break_nothing(nonsense: dict[str, Any]) -> None:
    """OpenAI may send what it likes."""
    assert len(folded([(1.0, nonsense)])) <= 1
