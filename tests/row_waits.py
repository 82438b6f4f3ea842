"""Wait for a call's row to fit: shared by the tests of the control plane and the whole stack."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.call.call import Call
from shared.call.ids import WhatsAppCallId
from shared.database.supabase import SupabaseStore
from simulators.meta.calls.user_call import SimulatedCall

POLL_S = 0.02

Fits = Callable[[Call], bool]


async def until_row(
    read: Callable[[], Awaitable[Call | None]], fits: Fits, deadline_s: float
) -> Call:
    """Read a row until it fits; fail with what it was at last."""
    row: Call | None = None
    try:
        async with asyncio.timeout(deadline_s):
            while True:
                row = await read()
                if row is not None and fits(row):
                    return row
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        pytest.fail(f"the row did not come to it within {deadline_s} s: {row}")


class RowWaits:
    """The questions about the row of a call that somebody has placed to the business."""

    store: SupabaseStore

    async def row(self, call: SimulatedCall) -> Call | None:
        """Read the call's row."""
        return await self.store.find_call(WhatsAppCallId(call.wacid))

    async def until(self, call: SimulatedCall, fits: Fits, deadline_s: float = 12) -> Call:
        """Wait until the call's row fits."""
        return await until_row(lambda: self.row(call), fits, deadline_s)
