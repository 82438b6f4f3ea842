"""Rows of refused calls: inserted together, and each who waits learns of its own."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import cast

from controlplane.use_cases.refusals import RefusedRows
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party
from shared.database.store import CallStore

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def refused(number: int) -> Call:
    return Call(
        id=CallId(str(number)),
        wacid=WhatsAppCallId(f"wacid.{number}"),
        direction=Direction.INBOUND,
        status=CallStatus.REJECTED,
        phone_number_id=PhoneNumberId("1066"),
        party=Party(),
        created_at=NOW,
        ended_at=NOW,
        end_reason=EndReason.BUSY,
    )


class Store:
    """Answers when it is told to; number 3 is somebody else's."""

    def __init__(self) -> None:
        self.requests: list[list[str]] = []
        self.answers = asyncio.Event()
        self.is_away = False

    async def claim_refused(self, calls: Sequence[Call]) -> list[Call]:
        self.requests.append([call.id for call in calls])
        await self.answers.wait()
        if self.is_away:
            raise StoreUnavailable
        return [call for call in calls if call.id != "3"]


async def test_what_comes_during_an_insert_goes_into_the_next() -> None:
    """Two requests for a burst; one who stopped waiting takes nothing from the others."""
    store = Store()
    rows = RefusedRows(cast(CallStore, store))
    tasks = [asyncio.create_task(rows.claim(refused(0)))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks += [asyncio.create_task(rows.claim(refused(number))) for number in range(1, 6)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.sleep(0)
    store.answers.set()
    found = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 5)
    assert store.requests == [["0"], ["1", "2", "3", "4", "5"]]
    assert isinstance(found[2], asyncio.CancelledError)
    assert found[3] is None
    assert [call.id for call in found if isinstance(call, Call)] == ["0", "1", "4", "5"]


async def test_each_learns_that_the_database_is_away_and_the_next_tries_again() -> None:
    """An error is told to all of the request, and ends nothing."""
    store = Store()
    store.answers.set()
    store.is_away = True
    rows = RefusedRows(cast(CallStore, store))
    failed = await asyncio.gather(
        *(rows.claim(refused(number)) for number in range(2)), return_exceptions=True
    )
    assert [type(error) for error in failed] == [StoreUnavailable, StoreUnavailable]
    store.is_away = False
    assert (await rows.claim(refused(7))) == refused(7)
