"""Pressed keys on their way to the model."""

import asyncio
import json
from typing import Any, cast

import pytest
from livekit import rtc

from agents.keypad import Keypad, read_key, sentence_about
from shared.call.room import KEY_TOPIC

SOMEBODY = cast(rtc.RemoteParticipant, object())


def packet(digit: Any = "5", *, topic: str = KEY_TOPIC, by: Any = None) -> rtc.DataPacket:
    data = digit if isinstance(digit, bytes) else json.dumps({"digit": digit}).encode()
    kind = rtc.DataPacketKind.KIND_RELIABLE
    return rtc.DataPacket(data=data, kind=kind, participant=by, topic=topic)


@pytest.mark.parametrize(
    "other",
    [
        packet(topic="chat"), packet(by=SOMEBODY), packet(b"\xff"), packet(b"[]"), packet(b"{}"),
        packet(5), packet("55"), packet(""), packet("x"),
    ],
)  # fmt: skip
def test_only_the_servers_keys_count(other: rtc.DataPacket) -> None:
    """Another topic, a participant's message, junk: no key."""
    assert read_key(other) is None
    assert read_key(packet("*")) == "*"


def test_the_sentence_names_the_keys() -> None:
    """One key, or several, spelled."""
    assert sentence_about("5") == "[The customer pressed the key 5.]"
    assert sentence_about("15#") == "[The customer pressed the keys 1 5 #.]"


async def test_quick_keys_are_told_together_and_slow_ones_apart() -> None:
    """The pause after the last key counts, not the time since the first one."""
    told: list[str] = []
    keypad = Keypad(told.append, pause_s=0.1)
    for key in "123":
        keypad.take(packet(key))
        await asyncio.sleep(0.05)
    assert told == []
    await asyncio.sleep(0.2)
    keypad.take(packet("4"))
    await asyncio.sleep(0.2)
    assert told == [sentence_about("123"), sentence_about("4")]


async def test_after_the_end_nothing_is_told() -> None:
    """Keys that still wait are dropped."""
    told: list[str] = []
    keypad = Keypad(told.append, pause_s=0.01)
    keypad.take(packet())
    keypad.close()
    await asyncio.sleep(0.05)
    assert told == []


async def test_keys_without_end_are_told_in_parts() -> None:
    """32 at a time."""
    told: list[str] = []
    keypad = Keypad(told.append, pause_s=10)
    for _ in range(40):
        keypad.take(packet())
    keypad.close()
    assert told == [sentence_about("5" * 32)]
