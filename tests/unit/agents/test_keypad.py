"""Pressed keys on their way to the model."""

import asyncio

from agents.keypad import Keypad, sentence_about


def test_the_sentence_names_the_keys() -> None:
    """One key, or several, spelled."""
    assert sentence_about("5") == "[The customer pressed the key 5.]"
    assert sentence_about("15#") == "[The customer pressed the keys 1 5 #.]"


async def test_quick_keys_are_told_together_and_slow_ones_apart() -> None:
    """The pause after the last key counts, not the time since the first one."""
    told: list[str] = []
    keypad = Keypad(told.append, pause_s=0.1)
    for key in "123":
        keypad.take(key)
        await asyncio.sleep(0.05)
    assert told == []
    await asyncio.sleep(0.2)
    keypad.take("4")
    await asyncio.sleep(0.2)
    assert told == [sentence_about("123"), sentence_about("4")]


async def test_after_the_end_nothing_is_told() -> None:
    """Keys that still wait are dropped."""
    told: list[str] = []
    keypad = Keypad(told.append, pause_s=0.01)
    keypad.take("5")
    keypad.close()
    await asyncio.sleep(0.05)
    assert told == []


async def test_keys_without_end_are_told_in_parts() -> None:
    """32 at a time."""
    told: list[str] = []
    keypad = Keypad(told.append, pause_s=10)
    for _ in range(40):
        keypad.take("5")
    keypad.close()
    assert told == [sentence_about("5" * 32)]
