"""Wait for what shall happen, with a deadline; watch for what shall not, for a stated time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from shared.call.call import Call
from shared.call.ids import WhatsAppCallId
from shared.database.supabase import SupabaseStore
from simulators.meta.calls.user_call import SimulatedCall

WITHIN_S = 30.0
"""How long something may take that takes a second: on a machine that is busy with other tests, too.

How quick something must be is not said by a test that only waits for it."""

# what is asked is mostly a request to the database, which costs milliseconds of a processor that
# the awaited needs as well: the longer it takes, the seldomer it is asked for
_FIRST_POLL_S, _LONGEST_POLL_S, _GROWS_BY = 0.02, 0.1, 1.4

Fits = Callable[[Call], bool]


async def eventually(
    check: Callable[[], Any],
    within_s: float = WITHIN_S,
    *,
    last: Callable[[], object] | None = None,
) -> Any:
    """Ask until `check`, plain or a coroutine function, gives something true, and return that.

    Without that it fails, and shows what `check` gave at last, or `last` instead.
    """
    found: Any = None
    try:
        async with asyncio.timeout(within_s) as timer:
            for pause_s in _pauses():
                if found := await _ask(check):
                    break
                await asyncio.sleep(pause_s)
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
    time = asyncio.get_running_loop().time
    ends = time() + for_s
    for pause_s in _pauses():
        is_last = time() >= ends
        assert await _ask(check), f"it did not stay so for {for_s} s ({why})"
        if is_last:
            return
        await asyncio.sleep(min(pause_s, max(0, ends - time())))


def _pauses() -> Iterator[float]:
    pause_s = _FIRST_POLL_S
    while True:
        yield pause_s
        pause_s = min(pause_s * _GROWS_BY, _LONGEST_POLL_S)


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
            for pause_s in _pauses():
                row = await read()
                if row is not None and fits(row):
                    return row
                await asyncio.sleep(pause_s)
    except TimeoutError:
        pass
    pytest.fail(f"the row did not come to it within {deadline_s} s: {row}")


class RowWaits:
    """The questions about the row of a call that somebody has placed to the business."""

    store: SupabaseStore

    async def row(self, call: SimulatedCall) -> Call | None:
        """Read the call's row."""
        return await self.store.find_call(WhatsAppCallId(call.wacid))

    async def until(self, call: SimulatedCall, fits: Fits, deadline_s: float = WITHIN_S) -> Call:
        """Wait until the call's row fits."""
        return await until_row(lambda: self.row(call), fits, deadline_s)
