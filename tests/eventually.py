"""Wait for what shall happen, with a deadline; watch for what shall not, for a stated time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shared.call.call import Call
from shared.call.ids import WhatsAppCallId
from shared.database.supabase import SupabaseStore
from simulators.meta.calls.user_call import SimulatedCall

POLL_S = 0.02

Fits = Callable[[Call], bool]


async def eventually(
    check: Callable[[], Any],
    within_s: float = 12,
    *,
    last: Callable[[], object] | None = None,
) -> Any:
    """Ask until `check`, plain or a coroutine function, gives something true, and return that.

    Without that it fails, and shows what `check` gave at last, or `last` instead.
    """
    found: Any = None
    try:
        async with asyncio.timeout(within_s) as timer:
            while not (found := await _ask(check)):
                await asyncio.sleep(POLL_S)
    except TimeoutError:
        # a time limit inside of what was asked is a failure of its own
        if not timer.expired():
            raise
        shown = last() if last is not None else found
        pytest.fail(f"it did not happen within {within_s} s; at last: {shown!r}")
    return found


async def stays(check: Callable[[], Any], for_s: float, why: str) -> None:
    """Check that something is true now and stays so.

    It proves no more than that: nothing has happened *within the time*. It is for what no later
    event can rule out; `why` says what the time is measured by.
    """
    ends = asyncio.get_running_loop().time() + for_s
    while True:
        assert await _ask(check), f"it did not stay so for {for_s} s ({why})"
        if asyncio.get_running_loop().time() >= ends:
            return
        await asyncio.sleep(POLL_S)


async def _ask(check: Callable[[], Any]) -> Any:
    found = check()
    return await found if inspect.isawaitable(found) else found


async def until_row(
    read: Callable[[], Awaitable[Call | None]], fits: Fits, deadline_s: float
) -> Call:
    """Read a call's row until it fits; fail with what it was at last."""
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
