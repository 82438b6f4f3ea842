"""What is said when there is no model."""

import asyncio
import logging
from typing import cast

import pytest

from agents import breakdown
from agents.breakdown import Breakdown
from agents.media.voice import CallObserver
from shared.call.call import EndReason
from shared.profiles.phrases import spoken_in
from tests.unit.agents.scripted_voice import ScriptedVoice

PHRASES = spoken_in("de", {})
GONE = EndReason.OPENAI_UNREACHABLE, "http-503"


def broken(
    *, apologises: bool = True, has_clips: bool = True, can_stand_in: bool = True
) -> tuple[Breakdown, ScriptedVoice]:
    voice = ScriptedVoice(cast(CallObserver, None))
    voice.has_clips, voice.can_stand_in = has_clips, can_stand_in
    return Breakdown(voice, PHRASES, apologises=apologises, tail_s=0.01), voice


async def test_a_call_is_answered_for_an_apology_where_that_is_wanted() -> None:
    """In the profile's language, and nothing else is said."""
    one, voice = broken()
    assert await one.stand_in(*GONE)
    assert one.why == GONE
    await one.apologise()
    assert voice.done == ["stand_in", f"play {PHRASES.apology}"]


@pytest.mark.parametrize(
    ("apologises", "has_clips", "can_stand_in", "action"),
    [
        (False, True, True, None),
        (True, False, True, "apology-missing"),
        (True, True, False, "apology-impossible"),
    ],
)
async def test_a_call_is_not_answered_to_say_nothing(
    caplog: pytest.LogCaptureFixture,
    apologises: bool,
    has_clips: bool,
    can_stand_in: bool,
    action: str | None,
) -> None:
    """Without the words, or a way to say them, it is rejected; the log says why."""
    one, voice = broken(apologises=apologises, has_clips=has_clips, can_stand_in=can_stand_in)
    with caplog.at_level(logging.WARNING):
        assert not await one.stand_in(*GONE)
    assert one.why is None
    assert voice.done == []
    assert [getattr(record, "action", None) for record in caplog.records] == [action][
        : bool(action)
    ]


async def test_a_farewell_that_cannot_be_said_holds_nobody_up(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a clip, or if nobody ever hears it."""
    one, voice = broken(has_clips=False)
    await one.part()
    assert voice.done == []
    monkeypatch.setattr(breakdown, "_WITHIN_S", 0.01)
    stuck, deaf = broken()
    deaf.plays_for_ever = True
    async with asyncio.timeout(2):
        await stuck.part()
    assert [record.action for record in caplog.records] == ["farewell-unsaid"] * 2  # type: ignore[attr-defined]  # of `extra`


async def test_a_farewell_is_in_the_profile_s_language() -> None:
    """The caller hears it before the line goes, once however often the loss is told."""
    one, voice = broken(apologises=False)
    assert await one.part()
    assert not await one.part()
    assert voice.done == [f"play {PHRASES.farewell}"]
