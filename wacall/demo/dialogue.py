"""The person of the demo: hears the agent out, answers, interrupts it once, and hangs up."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from simulators.meta.calls.call import MetaCall
from simulators.openai.scenario import CallerLine
from simulators.phone.phone import CallOver
from simulators.phone.recording import Pcm
from simulators.speech import ear
from simulators.speech.process import SpeechFailed
from wacall.demo.evidence import BargeIn, Utterance
from wacall.demo.screenplay import Screenplay
from wacall.demo.speech_checks import BARGE_IN_LIMIT_MS
from wacall.demo.words import interrupted_line

Tell = Callable[[str, str], None]
"""Takes who does something, and what."""

PATIENCE_S = 15.0
LONGEST_TURN_S = 60.0
# a pause inside a turn of the simulated agent takes up to 500 ms; a real one also thinks
TURN_PAUSE_MS = 900.0
REAL_TURN_PAUSE_MS = 1300.0
SILENCE_MS = 600.0
# into the third sentence, in the middle of words: a pause for breath would pass for silence
INTERRUPT_AFTER_S = 7.3
# a real agent keeps it short
INTERRUPT_REAL_AFTER_S = 1.5
# for recognition: what arrives is placed by its timestamps, which may differ from its arrival
MARGIN_S = 0.3
LOUD = 200
# the recogniser may wait, the media may not
EAR_NICENESS = 10
_EAR_RATE = 16_000


@dataclass(slots=True)
class Dialogue:
    """What was said in a call, filled while it is said; times in seconds on the phone's axis."""

    call: MetaCall
    play: Screenplay
    voices: Sequence[tuple[Pcm, int]]
    """The caller's lines as sound, with their rates."""
    is_scripted: bool
    tell: Tell
    who: str = "caller"
    """What the person is called on the screen."""
    spoken: list[Utterance] = field(default_factory=list)
    heard: list[Utterance] = field(default_factory=list)
    barge_in: BargeIn | None = None
    gave_up: str = ""
    _understanding: asyncio.Task[None] | None = None

    async def hold(self) -> None:
        """Say all lines and hang up; `gave_up` tells if that was not possible."""
        # its models load while the agent greets, when the machine has little else to do
        warming = asyncio.create_task(self._warm_ear())
        try:
            for index, line in enumerate(self.play.lines):
                if not (line.barge_in and index and await self._interrupt(index)):
                    await self._hear_out()
                    await self._say(line, index)
            await self._hear_out()
            self.tell(self.who, "hangs up")
        except TimeoutError:
            self.gave_up = f"the agent said nothing for {PATIENCE_S:g} s"
            self.tell(self.who, f"gives up: {self.gave_up}")
        except CallOver:
            if len(self.spoken) < len(self.play.lines):
                self.gave_up = "the business ended the call early"
            return
        finally:
            warming.cancel()
            await asyncio.wait([warming, *filter(None, [self._understanding])])
        self.call.hang_up()

    async def _warm_ear(self) -> None:
        await self.call.phone.wait_agent_speaking(PATIENCE_S)
        with contextlib.suppress(SpeechFailed):
            await ear.warm_up(self.play.whole_lines() if self.is_scripted else None)
        if (pid := ear.sphinx_pid()) is not None:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, pid, EAR_NICENESS)

    async def _say(self, line: CallerLine, index: int) -> None:
        pcm, rate = self.voices[index]
        self.tell(f"{self.who} says", f"“{line.say}”")
        began_s = self.call.phone.now
        if not await self.call.phone.say(pcm, rate):
            raise CallOver
        end_s = self.call.phone.now
        self.spoken.append(Utterance(text=line.say, start_s=began_s, end_s=end_s))

    async def _hear_out(self) -> None:
        """Listen until the agent has finished, and understand it."""
        phone = self.call.phone
        start_s = await phone.wait_agent_speaking(PATIENCE_S)
        pause_ms = TURN_PAUSE_MS if self.is_scripted else REAL_TURN_PAUSE_MS
        end_s = await phone.wait_agent_quiet(pause_ms, LONGEST_TURN_S)
        await self._understand(start_s, end_s)

    async def _interrupt(self, index: int) -> bool:
        """Speak over the agent; False if it had finished before: then it was its turn."""
        phone, line = self.call.phone, self.play.lines[index]
        pcm, rate = self.voices[index]
        start_s = await phone.wait_agent_speaking(PATIENCE_S)
        after_s = INTERRUPT_AFTER_S if self.is_scripted else INTERRUPT_REAL_AFTER_S
        try:
            end_s = await phone.wait_agent_quiet(SILENCE_MS, start_s + after_s - phone.now)
        except TimeoutError:
            pass
        else:
            await self._understand(start_s, end_s)
            await self._say(line, index)
            return True
        self.tell("barge-in", f"the caller speaks over the agent: “{line.say}”")
        now_s = phone.now
        began_s = now_s + _first_sound_s(pcm, rate)
        spoken = phone.say_soon(pcm, rate)
        try:
            silent_s = await phone.wait_agent_quiet(SILENCE_MS, len(pcm) / rate)
        except TimeoutError:
            self.barge_in = BargeIn(began_s=began_s, silent_s=None)
            self.tell("barge-in", "the agent does not fall silent")
            end_s = phone.now
        else:
            self.barge_in = BargeIn(began_s=began_s, silent_s=silent_s)
            took_ms = self.barge_in.took_ms or 0.0
            self.tell(
                "barge-in",
                f"the agent is silent {took_ms:.0f} ms after the caller's first sound "
                f"(limit {BARGE_IN_LIMIT_MS:.0f} ms)",
            )
            end_s = silent_s
        # meanwhile the caller goes on; the ear takes one sound after the other, so order is kept
        broken_off = self.barge_in.silent_s is not None
        self._understanding = asyncio.create_task(
            self._understand(start_s, end_s, broken_off=broken_off)
        )
        if not await spoken:
            raise CallOver
        end_s = now_s + len(pcm) / rate
        self.spoken.append(Utterance(text=line.say, start_s=now_s, end_s=end_s))
        return True

    async def _understand(self, start_s: float, end_s: float, *, broken_off: bool = False) -> None:
        phone = self.call.phone
        sound = phone.heard.read_at(_EAR_RATE, start_s - MARGIN_S, end_s + MARGIN_S)
        grammar = None
        if self.is_scripted:
            grammar = self.play.whole_lines()
            if broken_off:
                grammar = self.play.broken_off(interrupted_line(self.play))
        try:
            understood = await ear.hear(sound, _EAR_RATE, grammar=grammar)
        except SpeechFailed as failure:
            self.tell("phone", f"the recogniser failed: {failure}")
            text, is_sure = "", False
        else:
            text, is_sure = understood.text, understood.reading is ear.Reading.GRAMMAR
        self.heard.append(Utterance(text=text, start_s=start_s, end_s=end_s, is_sure=is_sure))
        roughly = "" if is_sure else " (roughly: free recognition)"
        self.tell(f"{self.who} hears", f"“{text}{'…' if broken_off else ''}”{roughly}")


def _first_sound_s(pcm: Pcm, rate: int) -> float:
    """Return after how many seconds the sound becomes loud."""
    loud = np.flatnonzero(np.abs(pcm.astype(np.int32)) > LOUD)
    return float(loud[0]) / rate if len(loud) else 0.0
