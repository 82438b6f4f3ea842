"""Holding a set-up: what stops who lost it, and what does not."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from controlplane.use_cases.ending import Overtaken, TakenOver
from controlplane.use_cases.leases import SetupLeases
from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import Call, CallStatus, Direction
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALL = Call(
    id=CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
    wacid=None,
    direction=Direction.INBOUND,
    status=CallStatus.RINGING,
    phone_number_id=PhoneNumberId("1"),
    party=Party(),
    created_at=NOW,
)


class Rows:
    """The database's answers to who renews a lease."""

    def __init__(self, row: Call | None, *, renews: bool = False, is_away: bool = False) -> None:
        self.row = row
        self.renews = renews
        self.is_away = is_away
        self.renewals = asyncio.Semaphore(0)

    async def renew_setup(self, *_: Any) -> bool:
        self.renewals.release()
        if self.is_away:
            raise StoreUnavailable
        return self.renews

    async def get_call(self, _: CallId) -> Call | None:
        return self.row


def leases_over(rows: Rows) -> SetupLeases:
    return SetupLeases(cast(Neighbours, SimpleNamespace(store=rows, clock=lambda: NOW)))


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (replace(CALL, setup_owner="another"), TakenOver),
        (replace(CALL, status=CallStatus.CANCELED), Overtaken),
        (None, Overtaken),
    ],
    ids=["taken-over", "ended", "erased"],
)
async def test_who_lost_a_set_up_is_stopped_in_the_middle(
    row: Call | None, error: type[Exception]
) -> None:
    leases = leases_over(Rows(row))
    async with asyncio.timeout(5):
        with pytest.raises(error) as raised:
            async with leases.hold(CALL):
                await asyncio.Event().wait()
    assert type(raised.value) is error
    assert not leases.holds(CALL.id)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


@pytest.mark.parametrize(
    "rows",
    [Rows(CALL, renews=True), Rows(CALL, is_away=True), Rows(CALL)],
    ids=["renewed", "database-away", "nobody-elses"],
)
async def test_who_still_holds_it_goes_on(rows: Rows) -> None:
    """Also while the database is away: nobody else can take it then."""
    leases = leases_over(rows)
    async with asyncio.timeout(5), leases.hold(CALL):
        assert leases.holds(CALL.id)
        await rows.renewals.acquire()
        await rows.renewals.acquire()
    assert not leases.holds(CALL.id)


async def test_somebody_elses_cancellation_stays_one() -> None:
    """A hang-up stops the set-up, and no error is made of it."""
    leases = leases_over(Rows(CALL, renews=True))
    began = asyncio.Event()

    async def work() -> None:
        async with leases.hold(CALL):
            began.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not leases.holds(CALL.id)
