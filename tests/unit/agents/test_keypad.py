"""Pressed keys on their way to the model."""

import asyncio
import time

from agents.keypad import Keypad, sentence_about
from tests.eventually import eventually


def test_the_sentence_names_the_keys() -> None:
    """One key, or several, spelled."""
    assert sentence_about("5") == "[The customer pressed the key 5.]"
    assert sentence_about("15#") == "[The customer pressed the keys 1 5 #.]"


async def test_quick_keys_are_told_together_and_slow_ones_apart() -> None:
    """The pause after the last key counts, not the time since the first one."""
    pause_s = 0.1
    while (told := await told_of_keys(pause_s)) is None:
        # the machine stood still while a key should have been pressed
        pause_s *= 4
    assert told == [sentence_about("123"), sentence_about("4")]


async def told_of_keys(pause_s: float) -> list[str] | None:
    """Press 1 2 3 without a pause, and 4 after one; `None` if that went too slowly."""
    told: list[str] = []
    keypad = Keypad(told.append, pause_s=pause_s)
    for key in "123":
        pressed_at = time.monotonic()
        keypad.take(key)
        await asyncio.sleep(pause_s / 2)
        if time.monotonic() - pressed_at >= pause_s:
            keypad.close()
            return None
    assert told == []
    await eventually(lambda: told)
    keypad.take("4")
    await eventually(lambda: len(told) > 1)
    return told


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
