"""Clips as turns of the talk."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from agents.media.bridge.clip_turns import ClipTurns
from agents.media.bridge.dialogue import Dialogue
from agents.media.clip import Clip
from shared.bridge.events import Happening, LegEvent

HELLO = Clip(name="hello.opus", text="Hello there, how can I help you?", sound=b"x", ms=2000)


class Clocked:
    """Clips, their dialogue, and a clock."""

    def __init__(self, *, released_at: float | None = 0.0, is_played: bool = True) -> None:
        self.dialogue = Dialogue()
        self.dialogue.released_at = released_at
        self.now = 100.0
        self.sent: list[dict[str, Any]] = []
        self.said: list[tuple[str, bool]] = []
        self._is_played = is_played
        self.clips = ClipTurns(self.dialogue, take=self.take, send=self.sent.append, put=self._put)

    async def _put(self, clip: Clip) -> bool:
        return self._is_played

    def take(self, event: dict[str, Any], at: float) -> None:
        assert self.dialogue.take(event, at)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        for said in self.dialogue.settle(self.now):
            assert said.role == "assistant"
            self.said.append((said.text, said.interrupted))

    def played(self, name: str = HELLO.name, stream: str = "room") -> None:
        """The leg has played one."""
        data = {"clip": name, "stream": stream}
        event = LegEvent(
            seq=1, at=datetime.now(UTC), leg="x", happening=Happening.PLAYED, data=data
        )
        self.clips.leg_told(event, self.now)

    def told(self) -> list[tuple[str, str]]:
        """What the model was told: kind of event, and the words or the item."""
        return [
            (
                one["type"].rpartition(".")[2],
                one["item"]["content"][0]["text"] if "item" in one else one["item_id"],
            )
            for one in self.sent
        ]


async def test_a_clip_that_was_heard_is_a_turn_and_told_to_the_model() -> None:
    """Once, when its last sound has left; the model has it as words of its own."""
    call = Clocked()
    call.clips.play(HELLO, call.now, is_told=True)
    await asyncio.sleep(0)
    call.wait(1)
    assert call.dialogue.speaking(call.now)
    call.played("another.opus")
    call.played(stream="peer")
    assert call.clips.is_playing
    call.wait(1)
    call.played()
    call.wait(0.1)
    assert call.said == [(HELLO.text, False)]
    assert not call.dialogue.speaking(call.now)
    assert call.told() == [("create", HELLO.text)]
    assert call.sent[0]["item"]["role"] == "assistant"
    assert len(call.sent[0]["item"]["id"]) <= 32, "OpenAI takes no longer ids"


async def test_a_greeting_waits_for_the_answer() -> None:
    """What the leg keeps is heard from its release on, not from when it was put there."""
    call = Clocked(released_at=None)
    call.clips.play(HELLO, call.now, is_told=True)
    call.wait(30)
    assert not call.said
    call.dialogue.released_at = call.now
    call.clips.released(call.now)
    call.clips.released(call.now)
    call.wait(2)
    call.played()
    call.wait(0.1)
    assert call.said == [(HELLO.text, False)]


@pytest.mark.parametrize(
    ("after_s", "heard"),
    [(0.0, ""), (1.0, "Hello there, how"), (1.99, "Hello there, how can I help")],
)
async def test_who_speaks_over_a_clip_cuts_it(after_s: float, heard: str) -> None:
    """The turn has what was heard, and so has the model, which had been told all of it."""
    call = Clocked()
    call.clips.play(HELLO, call.now, is_told=True)
    call.wait(after_s)
    call.clips.customer_spoke(call.now)
    call.clips.customer_spoke(call.now)
    call.played()
    call.wait(0.1)
    assert call.said == ([(heard, True)] if heard else [])
    first = call.sent[0]["item"]["id"]
    again = [("create", f"{heard} [cut off here]")] if heard else []
    assert call.told() == [("create", HELLO.text), ("delete", first), *again]


async def test_between_two_sessions_nobody_is_told() -> None:
    """The next one is told the whole conversation, clips included."""
    call = Clocked()
    call.clips.play(HELLO, call.now, is_told=False)
    call.wait(1)
    call.clips.customer_spoke(call.now)
    call.wait(0.1)
    assert call.said == [("Hello there, how", True)]
    assert not call.sent


async def test_a_clip_that_cannot_be_played_was_not_said() -> None:
    """Nothing is written down, and the model does not believe it."""
    call = Clocked(is_played=False)
    turn = call.clips.play(HELLO, call.now, is_told=True)
    await asyncio.sleep(0)
    call.wait(2)
    assert not call.said
    assert call.dialogue.is_over(call.dialogue.responses[turn], call.now)
    assert [kind for kind, _ in call.told()] == ["create", "delete"]
    await call.clips.aclose()
