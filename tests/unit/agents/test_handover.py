"""Which calls a worker takes over, leaves, and lets be."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from agents.handover import Handover
from shared.call.agent_lease import MAX_TAKES, HeldCall, TakenCall
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId
from shared.call.silence import LOOK_S, SILENCE_S
from shared.database.store import AgentStore
from tests.eventually import eventually

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
THEIRS = HeldCall(call_id=CALL, worker="them", until=NOW)


class World:
    """The database and this process's calls, on a clock of the test's."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.held: list[HeldCall] = [THEIRS]
        self.ours: set[CallId] = set()
        self.resumed: list[TakenCall] = []
        self.lost: list[CallId] = []
        self.left: list[str] = []
        self.take: Callable[[HeldCall], TakenCall | None] = lambda held: TakenCall(
            call_id=held.call_id, takes=held.takes + 1, state={}
        )
        self.attempts = 0

        async def store() -> AgentStore:
            return cast(AgentStore, self)

        self.handover = Handover(store, self, worker="us", monotonic=lambda: self.now_s)

    # --- the database ---

    async def beat(self, worker: str, until: datetime) -> list[HeldCall]:
        assert worker == "us"
        return self.held

    async def take_agent(self, call: HeldCall, worker: str) -> TakenCall | None:
        self.attempts += 1
        return self.take(call)

    async def leave_worker(self, worker: str) -> None:
        self.left.append(worker)

    # --- our calls ---

    def holds(self, call_id: CallId) -> bool:
        return call_id in self.ours

    def lose(self, call_id: CallId) -> None:
        self.lost.append(call_id)

    def resume(self, taken: TakenCall) -> None:
        self.ours.add(taken.call_id)
        self.resumed.append(taken)

    async def look_for(self, seconds: float, *, renews: bool = False) -> None:
        """Look every LOOK_S for so long."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self.now_s += LOOK_S
            if renews:
                self.held = [
                    replace(held, until=NOW + timedelta(seconds=self.now_s)) for held in self.held
                ]
            await self.handover.look()


@pytest.fixture
def world() -> World:
    return World()


async def test_a_silent_workers_call_is_taken_within_two_seconds(world: World) -> None:
    """By whoever wins; it is gone on with once."""
    await world.look_for(SILENCE_S - LOOK_S)
    assert world.attempts == 0
    await world.look_for(2 * LOOK_S)
    await eventually(lambda: world.resumed)
    assert world.now_s < 2
    await world.look_for(2)
    assert len(world.resumed) == 1


@pytest.mark.parametrize(
    ("held", "renews", "drains"),
    [
        (THEIRS, True, False),
        (replace(THEIRS, takes=MAX_TAKES), False, False),
        (replace(THEIRS, worker="us"), False, False),
        (THEIRS, False, True),
    ],
    ids=["it-lives", "it-kills", "ours", "we-drain"],
)
async def test_other_calls_are_let_be(
    world: World, held: HeldCall, renews: bool, drains: bool
) -> None:
    """Of who lives, of what has killed too many, of ours; and all while this worker drains."""
    world.held = [held]
    if drains:
        world.handover.stop_taking()
    await world.look_for(5, renews=renews)
    assert world.attempts == 0


async def test_who_loses_the_race_goes_on_with_nothing(world: World) -> None:
    """The compare-and-set of another one was first."""
    world.take = lambda _: None
    await world.look_for(2)
    await eventually(lambda: world.attempts)
    assert world.resumed == []


async def test_a_call_that_another_worker_has_taken_is_left(world: World) -> None:
    """We stood still for long enough to count as silent."""
    world.ours = {CALL}
    await world.look_for(LOOK_S)
    assert world.lost == [CALL]
    assert world.attempts == 0


async def test_a_taking_whose_answer_was_lost_is_found_in_the_rows(world: World) -> None:
    """The database says that the call is ours: nobody else will go on with it."""

    def fails(_: HeldCall) -> TakenCall | None:
        raise StoreUnavailable("the answer was lost")

    world.take = fails
    await world.look_for(SILENCE_S + LOOK_S)
    await eventually(lambda: world.attempts)
    world.take = lambda held: TakenCall(call_id=held.call_id, takes=1, state={})
    world.held = [replace(THEIRS, worker="us", takes=1)]
    await world.look_for(LOOK_S)
    await eventually(lambda: world.resumed)


async def test_a_second_job_for_a_call_is_recognised(world: World) -> None:
    """While its worker lives the call is that one's; afterwards it is anybody's."""
    assert not world.handover.is_anothers(CALL)
    await world.look_for(LOOK_S)
    assert world.handover.is_anothers(CALL)
    world.held = [replace(THEIRS, worker="us")]
    await world.look_for(LOOK_S)
    assert not world.handover.is_anothers(CALL)


async def test_who_stops_signs_off(world: World) -> None:
    """So that nobody has to wait for its silence."""
    await world.handover.close()
    assert world.left == ["us"]
