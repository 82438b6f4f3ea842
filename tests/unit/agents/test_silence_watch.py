"""Silence is watched by looking; the agent asks, says goodbye, and the call ends."""

import asyncio
import time
from typing import cast

from agents.keypad import Keypad
from agents.media.voice import CallObserver
from agents.silence import Silence
from agents.silence_watch import SilenceWatch
from shared.call.call import EndReason
from tests.eventually import eventually
from tests.unit.agents.scripted_voice import ScriptedVoice


class Watched:
    """A call that is watched every few milliseconds."""

    def __init__(self) -> None:
        self.voice = ScriptedVoice(cast(CallObserver, None))
        self.keypad = Keypad(lambda _: None, pause_s=60)
        self.ended = asyncio.Event()

    async def end(self, reason: EndReason) -> None:
        assert reason is EndReason.CALLER_SILENT
        self.ended.set()

    async def run(self) -> None:
        await SilenceWatch(
            self.voice,
            self.keypad,
            Silence(ask_after_s=0.02, end_after_s=0.02),
            question="Ask.",
            goodbye="Goodbye.",
            begin=lambda: True,
            end=self.end,
            look_each_s=0.002,
        ).run()


async def test_who_says_nothing_is_asked_and_then_hung_up_on() -> None:
    """A question, a goodbye, the end."""
    call = Watched()
    task = asyncio.create_task(call.run())
    await asyncio.wait_for(call.ended.wait(), 5)
    assert call.voice.done == ["say", "say"]
    task.cancel()


async def test_who_speaks_over_the_goodbye_stays() -> None:
    """And is asked again should they fall silent."""
    call = Watched()

    def answer() -> None:
        if len(call.voice.done) == 2:
            call.voice.heard_at = time.time()

    call.voice.meanwhile = answer
    task = asyncio.create_task(call.run())
    await asyncio.wait_for(call.ended.wait(), 5)
    assert call.voice.done == ["say", "say", "say", "say"]
    task.cancel()


async def test_who_presses_keys_is_not_silent() -> None:
    """Nor is an agent at work."""
    call = Watched()
    call.keypad.take("7")
    task = asyncio.create_task(call.run())
    await asyncio.sleep(0.1)
    assert call.voice.done == []
    call.keypad.close()
    await eventually(lambda: call.voice.done)
    task.cancel()


async def test_a_model_that_cannot_speak_does_not_keep_a_dead_call() -> None:
    """It ends without words."""
    call = Watched()
    call.voice.is_mute = True
    task = asyncio.create_task(call.run())
    await asyncio.wait_for(call.ended.wait(), 5)
    assert call.voice.done == []
    task.cancel()
