"""A call that has cost what it may is brought to its end, politely and for certain."""

import asyncio
from typing import cast

import pytest

from agents.cost_watch import CostWatch, lower_cap
from agents.media.voice import CallObserver
from shared.call.call import EndReason
from tests.eventually import eventually
from tests.unit.agents.scripted_voice import ScriptedVoice


class Capped:
    """A call that may cost ten cents."""

    def __init__(self, cap_usd: float | None = 0.1) -> None:
        self.voice = ScriptedVoice(cast(CallObserver, None))
        self.may_begin = True
        self.ends: list[EndReason] = []
        self.watch = CostWatch(
            self.voice,
            cap_usd,
            begin=lambda: self.may_begin,
            end=self.end,
            wrap_up_s=0.02,
            look_each_s=0.002,
        )

    async def end(self, reason: EndReason) -> None:
        self.ends.append(reason)


@pytest.mark.parametrize(
    ("caps", "lowest"),
    [((None, None), None), ((0.5, None), 0.5), ((None, 0.2), 0.2), ((0.5, 0.2), 0.2)],
)
def test_the_lower_cap_holds(caps: tuple[float | None, ...], lowest: float | None) -> None:
    """Of the operator's for all calls and the profile's own."""
    assert lower_cap(*caps) == lowest


@pytest.mark.parametrize(
    ("cap_usd", "turns", "is_due"),
    [
        (0.1, (), False),
        (0.1, (0.06,), False),
        (0.1, (0.06, None, 0.03), False),
        (0.1, (0.06, 0.04), True),
        (0.1, (0.6,), True),
        (None, (100.0,), False),
    ],
)
def test_it_is_due_once_it_has_cost_as_much(
    cap_usd: float | None, turns: tuple[float | None, ...], is_due: bool
) -> None:
    """What has no price counts for nothing, and without a cap nothing is too much."""
    call = Capped(cap_usd)
    for usd in turns:
        call.watch.spend(usd)
    assert call.watch.is_due is call.watch.is_reached is is_due


async def test_the_model_is_told_and_the_call_ends_if_it_goes_on() -> None:
    """Told once, however often it is begun; then a goodbye, and the end."""
    call = Capped()
    call.watch.spend(0.2)
    await asyncio.gather(call.watch.run(), call.watch.run())
    assert not call.watch.is_due
    told, said = call.voice.done
    assert "endCall" in told
    assert said == "say"
    assert call.ends == [EndReason.COST_CAP]


async def test_a_model_that_cannot_speak_keeps_nobody() -> None:
    """The bound holds without its words."""
    call = Capped()
    call.voice.is_mute = True
    call.watch.spend(0.2)
    await call.watch.run()
    assert call.ends == [EndReason.COST_CAP]


async def test_nobody_is_hung_up_on_who_talks_with_a_person() -> None:
    """Nor while the call is being ended already."""
    call = Capped()
    call.voice.has_operator, call.may_begin = True, False
    call.watch.spend(0.2)
    task = asyncio.create_task(call.watch.run())
    await asyncio.sleep(0.1)
    assert call.ends == []
    call.voice.has_operator = False
    await asyncio.sleep(0.05)
    assert call.ends == []
    call.may_begin = True
    await eventually(lambda: call.ends)
    await task
