"""What the model is told in writing: once, in order, until it is answered."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
import pytest_asyncio

from agents.media.teller import Teller
from agents.media.voice import CannotSpeak


@dataclass
class Asked:
    """A reply that a test brings to its end."""

    sentence: str | None
    interrupted: bool = False
    error: Exception | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait_for_playout(self) -> None:
        await self.over.wait()

    def exception(self) -> Exception | None:
        return self.error


class Model:
    """Takes requests, or does not, and keeps them."""

    def __init__(self) -> None:
        self.replies: list[Asked] = []
        self.is_mute = False
        self.teller = Teller(self.ask, pauses_s=(0.01, 0.01))

    def ask(self, sentence: str | None) -> Asked:
        if self.is_mute:
            raise CannotSpeak
        self.replies.append(Asked(sentence))
        return self.replies[-1]

    @property
    def asked(self) -> list[str | None]:
        return [reply.sentence for reply in self.replies]

    def end(self, *, told: bool = True, cut: bool = False, error: bool = False) -> None:
        """Bring the last reply to its end."""
        reply = self.replies[-1]
        if told and reply.sentence is not None:
            self.teller.item_added(reply.sentence)
        reply.interrupted = cut
        reply.error = RuntimeError() if error else None
        reply.over.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not holds():
                await asyncio.sleep(0.002)


@pytest_asyncio.fixture
async def model() -> AsyncIterator[Model]:
    made = Model()
    yield made
    await made.teller.aclose()


async def test_what_is_told_is_asked_once(model: Model) -> None:
    """And nothing is owed once it is answered."""
    model.teller.tell("one")
    assert model.teller.owes_answer(None)
    model.end()
    await model.until(lambda: not model.teller.owes_answer(None))
    assert model.asked == ["one"]


async def test_one_waits_for_the_answer_to_the_other(model: Model) -> None:
    """In order; while the first is answered, the second is owed whoever asks."""
    model.teller.tell("one")
    model.teller.tell("two")
    assert model.asked == ["one"]
    assert model.teller.owes_answer(model.replies[0])
    model.end()
    await model.until(lambda: model.asked == ["one", "two"])
    assert not model.teller.owes_answer(model.replies[1])
    assert model.teller.owes_answer(model.replies[0])


@pytest.mark.parametrize(
    ("told", "again"),
    [(True, None), (False, "one")],
    ids=["stands-in-the-conversation", "was-never-told"],
)
async def test_a_refused_reply_is_asked_for_again(
    model: Model, told: bool, again: str | None
) -> None:
    """A response of the model's own was being made: the sentence stands there once, answered."""
    model.teller.tell("one")
    model.end(told=told, error=True)
    await model.until(lambda: len(model.replies) == 2)
    assert model.asked == ["one", again]
    model.end()
    await model.until(lambda: not model.teller.owes_answer(None))


async def test_who_speaks_first_loses_no_key(model: Model) -> None:
    """The reply was dropped before its sentence was told: it is told again."""
    model.teller.tell("one")
    model.end(told=False, cut=True)
    await model.until(lambda: model.asked == ["one", "one"])
    model.end()
    await model.until(lambda: not model.teller.owes_answer(None))


async def test_who_speaks_over_the_answer_is_answered_by_the_model(model: Model) -> None:
    """It knows of the keys and of the words; a second reply would talk over the first."""
    model.teller.tell("one")
    model.end(told=True, cut=True)
    await model.until(lambda: not model.teller.owes_answer(None))
    assert model.asked == ["one"]


async def test_a_model_that_takes_nothing_says_so_at_once(model: Model) -> None:
    """Later, when it takes requests again, nothing of it is left."""
    model.is_mute = True
    with pytest.raises(CannotSpeak):
        model.teller.tell("one")
    assert not model.teller.owes_answer(None)
    model.is_mute = False
    model.teller.tell("two")
    assert model.asked == ["two"]


async def test_what_is_never_answered_is_given_up(model: Model) -> None:
    """After as many tries as there are pauses, and one more; then the next has its turn."""
    model.teller.tell("one")
    model.teller.tell("two")
    model.end(error=True)
    await model.until(lambda: len(model.replies) == 2)
    model.end(error=True)
    await model.until(lambda: len(model.replies) == 3)
    model.is_mute = True
    model.end(error=True)
    await model.until(lambda: not model.teller.owes_answer(None))
    assert model.asked == ["one", None, None]
