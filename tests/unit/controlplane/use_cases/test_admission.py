"""The places of one process: handed on in order, given back whatever happens."""

import asyncio
import time
from types import SimpleNamespace
from typing import cast

from controlplane.core.admission import SetupLimit
from controlplane.telemetry.metrics import Metrics
from controlplane.telemetry.vitals import VitalSigns
from controlplane.use_cases.admission import Admission, Place
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.releasing import Releaser
from controlplane.use_cases.setup import Stopwatch
from shared.call.call import Direction
from shared.call.ceilings import Ceilings
from tests.eventually import eventually
from tests.paths import ROOT

_FOUR = 4
_PATIENCE_S = 5.0


class Door:
    """An admission with calls before it; the places alone, so that there is no neighbour."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        near = SimpleNamespace(store=None, metrics=self.metrics, clock=None)
        self.admission = Admission(
            cast(Neighbours, near),
            releaser=cast(Releaser, None),
            vitals=VitalSigns(pressure=ROOT / "no-such-file"),
            ceilings=Ceilings(),
            limit=SetupLimit(may_take_s=8, at_once=_FOUR),
        )
        self.inside: list[int] = []
        self.refused: list[int] = []
        self.over = asyncio.Event()

    async def come(self, number: int, received: float | None = None) -> None:
        """Want a place, and stay in it until `over`."""
        at = time.monotonic() if received is None else received
        async with self.admission.place(at) as place:
            await self._stay(number, place)

    async def _stay(self, number: int, place: Place) -> None:
        if not place.is_given:
            self.refused.append(number)
            return
        self.inside.append(number)
        await self.over.wait()

    async def learn(self, took_s: float) -> None:
        """Have a call answered whose set-up takes so long."""
        async with self.admission.place(time.monotonic()) as place:
            place.watch = Stopwatch(Direction.INBOUND, self.metrics, begins_with="received")
            place.watch.done("accept")
            await asyncio.sleep(took_s)

    def running(self) -> float | None:
        return self.metrics.registry.get_sample_value("whatsapp_setups")


async def test_one_round_waits_and_the_rest_is_refused_at_once() -> None:
    """Four inside, four that wait and come in, in order, when those leave; no one else."""
    door = Door()
    await door.learn(0)
    tasks = [asyncio.create_task(door.come(number)) for number in range(10)]
    await eventually(lambda: door.refused == [8, 9])
    assert door.inside == [0, 1, 2, 3]
    door.over.set()
    await asyncio.wait_for(asyncio.gather(*tasks), _PATIENCE_S)
    assert door.inside == list(range(8))
    assert door.running() == 0


async def test_who_waits_in_vain_is_refused_after_half_a_second() -> None:
    """Counted from the offer's arrival: one that lay about before does not wait at all."""
    door = Door()
    await door.learn(0)
    tasks = [asyncio.create_task(door.come(number)) for number in range(_FOUR)]
    await eventually(lambda: len(door.inside) == _FOUR)
    began = time.monotonic()
    await door.come(5, received=began - 1)
    assert time.monotonic() - began < 0.4
    await door.come(6)
    assert 0.4 < time.monotonic() - began < _PATIENCE_S
    assert door.refused == [5, 6]
    door.over.set()
    await asyncio.wait_for(asyncio.gather(*tasks), _PATIENCE_S)
    assert door.running() == 0


async def test_nobody_waits_where_set_ups_take_longer_than_one_may_wait() -> None:
    """One took more than half a second: who finds no place is refused before anything else runs."""
    door = Door()
    await door.learn(0.55)
    tasks = [asyncio.create_task(door.come(number)) for number in range(9)]
    await asyncio.sleep(0)
    assert door.inside == [0, 1, 2, 3]
    assert door.refused == [4, 5, 6, 7, 8]
    door.over.set()
    await asyncio.wait_for(asyncio.gather(*tasks), _PATIENCE_S)
    assert door.running() == 0


async def test_a_caller_who_gives_up_leaves_the_place_to_others() -> None:
    """Cancelled inside, cancelled while waiting, cancelled just as the place was given."""
    door = Door()
    await door.learn(0)
    inside = [asyncio.create_task(door.come(number)) for number in range(_FOUR)]
    await eventually(lambda: len(door.inside) == _FOUR)
    first, second, third = (asyncio.create_task(door.come(number)) for number in (4, 5, 6))
    await asyncio.sleep(0)
    first.cancel()
    inside[0].cancel()
    while door.running() == _FOUR and not inside[0].done():
        await asyncio.sleep(0)
    # by now the second has been given the place, and has perhaps not run yet
    second.cancel()
    await eventually(lambda: 6 in door.inside)
    door.over.set()
    await asyncio.gather(*inside, first, second, third, return_exceptions=True)
    assert door.running() == 0
    assert door.refused == []
