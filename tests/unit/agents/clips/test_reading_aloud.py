"""What is known of words that OpenAI says to be kept."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agents.clips.reading_aloud import ReadingAloud
from agents.media.voice import OpenAIUnreachable
from shared.bridge.events import Happening, LegEvent


def leg_event(happening: Happening, **data: Any) -> LegEvent:
    return LegEvent(seq=1, at=datetime.now(UTC), leg="x", happening=happening, data=data)


def response(ask: str, status: str, kind: str = "response.created") -> dict[str, Any]:
    body = {"id": f"resp_{ask}", "status": status, "metadata": {"ask": ask}}
    return {"type": kind, "response": body}


def about(ask: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "response_id": f"resp_{ask}", **more}


async def test_words_are_said_once_their_sound_and_their_transcript_are_there() -> None:
    """In whichever order, by sideband or leg; what belongs to another reply means nothing."""
    reading = ReadingAloud()
    asked = reading.ask("One moment.")
    ask = asked["response"]["metadata"]["ask"]
    assert '"One moment."' in asked["response"]["instructions"]
    saying = asyncio.create_task(reading.said())
    reading.openai_told(about(ask, "output_audio_buffer.stopped"))
    reading.openai_told(response("another", "in_progress"))
    reading.openai_told({"type": "response.created", "response": {"id": "r", "metadata": None}})
    reading.openai_told(response(ask, "in_progress"))
    reading.openai_told(about("another", "output_audio_buffer.stopped"))
    stopped = json.dumps(about(ask, "output_audio_buffer.stopped"))
    reading.leg_told(leg_event(Happening.MESSAGE, text=stopped))
    await asyncio.sleep(0)
    assert not saying.done()
    reading.openai_told(
        about(ask, "response.output_audio_transcript.done", transcript="One moment")
    )
    assert await saying == "One moment"
    assert reading.ask("Goodbye.") != asked
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await reading.said()


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ({"type": "error", "error": {"code": "insufficient_quota"}}, "insufficient_quota"),
        ({"type": "error"}, "error"),
        ("failed", "failed"),
        (leg_event(Happening.PEER_LOST), "peer-lost"),
        (leg_event(Happening.CLOSED), "closed"),
    ],
)
async def test_what_will_not_be_said_is_not_waited_for(event: Any, cause: str) -> None:
    """The first cause is the one that is told."""
    reading = ReadingAloud()
    ask = reading.ask("One moment.")["event_id"]
    saying = asyncio.create_task(reading.said())
    await asyncio.sleep(0)
    match event:
        case LegEvent():
            reading.leg_told(event)
        case str():
            reading.openai_told(response(ask, event, "response.done"))
        case _:
            reading.openai_told(event)
    reading.bridge_lost()
    with pytest.raises(OpenAIUnreachable) as unsaid:
        await saying
    assert unsaid.value.cause == cause
