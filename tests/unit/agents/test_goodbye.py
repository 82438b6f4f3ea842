"""When the goodbye is the last word, and when the customer has something more."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import pytest

from agents.goodbye import Goodbye
from agents.keypad import Keypad
from agents.media.voice import CallObserver
from tests.unit.agents.scripted_voice import ScriptedVoice


@dataclass
class SpokenTurn:
    """A turn of the model's, as a test tells it."""

    has_words: bool = True
    was_cut: bool = False
    meanwhile: Callable[[], None] = lambda: None
    reply: object = None
    call_id: str = "call_1"

    async def heard(self) -> None:
        self.meanwhile()

    def hush(self) -> None:
        raise AssertionError("nobody asked for silence")

    def fill(self, instructions: str) -> None:
        raise AssertionError("a goodbye is bridged by nothing")


@dataclass
class Bench:
    voice: ScriptedVoice
    keypad: Keypad
    goodbye: Goodbye


@pytest.fixture
def bench() -> Bench:
    voice = ScriptedVoice(cast(CallObserver, None))
    keypad = Keypad(lambda _: None)
    return Bench(voice, keypad, Goodbye(voice, keypad, tail_s=0.01))


async def test_a_goodbye_that_was_heard_is_the_last_word(bench: Bench) -> None:
    """Nothing more is said."""
    assert await bench.goodbye.is_last_word(SpokenTurn())
    assert bench.voice.done == []


async def test_a_turn_without_words_gets_a_goodbye(bench: Bench) -> None:
    """Nobody is hung up on in silence."""
    assert await bench.goodbye.is_last_word(SpokenTurn(has_words=False))
    assert bench.voice.done == ["say"]


async def test_who_speaks_over_the_goodbye_has_something_more(bench: Bench) -> None:
    """Over the model's own, over the one that was asked for, and just behind it."""
    assert not await bench.goodbye.is_last_word(SpokenTurn(was_cut=True))
    # what was cut off before a word was heard gets no second one
    assert not await bench.goodbye.is_last_word(SpokenTurn(has_words=False, was_cut=True))
    assert bench.voice.done == []

    bench.voice.is_cut = True
    assert not await bench.goodbye.is_last_word(SpokenTurn(has_words=False))

    late = SpokenTurn()

    def speak() -> None:
        late.was_cut = True

    def soon() -> None:
        asyncio.get_running_loop().call_soon(speak)

    late.meanwhile = soon
    assert not await bench.goodbye.is_last_word(late)


async def test_who_presses_a_key_has_something_more(bench: Bench) -> None:
    """Before the goodbye, under it, and while the model has yet to answer."""
    turn = SpokenTurn(meanwhile=lambda: bench.keypad.take("1"))
    assert not await bench.goodbye.is_last_word(turn)
    bench.keypad.close()
    assert await bench.goodbye.is_last_word(SpokenTurn())
    bench.voice.owes = True
    assert not await bench.goodbye.is_last_word(SpokenTurn())


async def test_a_model_that_cannot_speak_keeps_nobody_on_the_line(bench: Bench) -> None:
    """The call ends without a goodbye rather than never."""
    bench.voice.is_mute = True
    assert await bench.goodbye.is_last_word(SpokenTurn(has_words=False))
