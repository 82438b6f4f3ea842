"""Keeping on while the database is away."""

import asyncio

import pytest

from controlplane.use_cases.patience import is_away, until_stored
from shared.call.errors import CallNotFound, StoreUnavailable
from shared.database.faults import AccessDenied, Refused


class Work:
    """Fails with one error after the other, then succeeds."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.tries = 0

    async def do(self) -> str:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_it_is_tried_until_the_database_is_back() -> None:
    work = Work(StoreUnavailable(), StoreUnavailable())
    assert await until_stored(work.do, within_s=5) == "done"
    assert work.tries == 3


@pytest.mark.parametrize(
    "error",
    [Refused("write", "23514"), AccessDenied(), CallNotFound(), ValueError()],
    ids=["refused", "denied", "no-call", "not-the-database"],
)
async def test_what_no_repetition_mends_is_told_at_once(error: Exception) -> None:
    work = Work(error)
    assert not is_away(error)
    with pytest.raises(type(error)):
        await until_stored(work.do, within_s=5)
    assert work.tries == 1


async def test_a_request_that_hangs_is_bounded_too() -> None:
    """The time is for all tries together, and for each of them."""

    async def hang() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StoreUnavailable):
        await until_stored(hang, within_s=0.05)


async def test_no_time_at_all_is_no_time() -> None:
    """As for an offer that is too old already."""
    with pytest.raises(StoreUnavailable):
        await until_stored(Work(*(StoreUnavailable() for _ in range(9))).do, within_s=-1)


async def test_the_works_own_timeout_is_its_own() -> None:
    with pytest.raises(TimeoutError):
        await until_stored(Work(TimeoutError()).do, within_s=5)
