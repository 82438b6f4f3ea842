"""A machine hears one message at most, and the call ends."""

import asyncio
from typing import Any, cast

import pytest

from agents.media.tool import Turn
from agents.media.voice import CallObserver
from agents.voicemail import Voicemail, doubt
from shared.call.call import EndReason
from shared.call.errors import StoreUnavailable
from tests.unit.agents.scripted_voice import ScriptedVoice


class Hushed:
    """A turn of the model's."""

    hushed = 0

    def hush(self) -> None:
        self.hushed += 1


def machine(
    voice: ScriptedVoice, words: str | None, ended: list[str], *, may_end: bool = True
) -> Voicemail:
    async def note(outcome: str, what: str) -> None:
        assert outcome == "voicemail"
        ended.append(what)
        raise StoreUnavailable("it is written if it can be; the call ends all the same")

    async def end(reason: EndReason) -> None:
        ended.append(reason.value)

    return Voicemail(
        voice,
        words,
        begin=lambda: may_end,
        note=note,
        end=end,
        quiet_for_s=0.05,
        tone_within_s=1.0,
    )


async def reach(voicemail: Voicemail) -> tuple[str, Hushed]:
    turn = Hushed()
    return await voicemail.tool().run({}, cast(Turn, turn)), turn


@pytest.mark.parametrize(
    ("words", "said", "what"),
    [
        ("Please call us back.", ["say"], "A machine answered; a message was left on it."),
        (None, [], "A machine answered."),
    ],
)
async def test_what_the_profile_says_is_left_once(
    words: str | None, said: list[str], what: str
) -> None:
    """Nothing, if it says nothing; what the model was saying is stopped."""
    voice, ended = ScriptedVoice(cast(CallObserver, None)), list[str]()
    told, turn = await reach(machine(voice, words, ended))
    assert (voice.done, ended, told) == (said, [what, "voicemail"], "The call is over.")
    assert turn.hushed == 1


async def test_the_message_waits_for_the_machine_to_listen() -> None:
    """Behind its greeting and its tone."""
    voice, ended = ScriptedVoice(cast(CallObserver, None)), list[str]()
    voice.caller_speaks = True
    leaving = asyncio.create_task(reach(machine(voice, "Call us.", ended)))
    await asyncio.sleep(0.2)
    assert voice.done == []
    voice.caller_speaks = False
    await leaving
    assert voice.done == ["say"]


@pytest.mark.parametrize("is_mute", [True, False])
async def test_a_message_that_is_cut_is_not_said_again(is_mute: bool) -> None:
    """Nor is one that cannot be said; the call ends all the same."""
    voice, ended = ScriptedVoice(cast(CallObserver, None)), list[str]()
    voice.is_cut, voice.is_mute = True, is_mute
    await reach(machine(voice, "Call us.", ended))
    assert ended == ["A machine answered.", "voicemail"]


async def test_a_call_that_is_ending_is_not_ended_twice() -> None:
    """The model is told so."""
    voice, ended = ScriptedVoice(cast(CallObserver, None)), list[str]()
    told, _ = await reach(machine(voice, "Call us.", ended, may_end=False))
    assert told.startswith("Not done")
    assert not ended


def test_the_model_is_asked_to_look_twice() -> None:
    """It decides; a person may talk long as well."""
    sentence: Any = doubt(8.4)
    assert "8 seconds" in sentence
    assert "voicemailReached" in sentence
