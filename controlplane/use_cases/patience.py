"""Keep trying while the database is away: a hiccup of seconds must not cost a call.

A request repeats itself for some seconds (`shared.database.rest`); this is for what cannot be
given up after that, since somebody outside has already acted on it, or is waiting.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    wait_exponential,
    wait_random,
)

from shared.call.errors import StoreUnavailable
from shared.database.faults import AccessDenied, Refused

_T = TypeVar("_T")

_PAUSE_S, _LONGEST_PAUSE_S, _SPREAD_S = 0.2, 1.5, 0.2


def is_away(error: BaseException) -> bool:
    """Whether the database may take the same request later; what it refuses stays refused."""
    return isinstance(error, StoreUnavailable) and not isinstance(error, (AccessDenied, Refused))


async def until_stored(work: Callable[[], Awaitable[_T]], *, within_s: float) -> _T:
    """Do the work, again and again while the database is away, for at most `within_s` in all.

    The work must be harmless when it is done twice: what was given up may yet be carried out.

    Raises:
        StoreUnavailable: it still is away, or refused.
    """

    async def attempt() -> _T:
        return await work()

    trying = AsyncRetrying(
        retry=retry_if_exception(is_away),
        wait=wait_exponential(multiplier=_PAUSE_S, max=_LONGEST_PAUSE_S)
        + wait_random(0, _SPREAD_S),
        reraise=True,
    )
    try:
        async with asyncio.timeout(within_s) as timer:
            return await trying(attempt)
    except TimeoutError:
        if not timer.expired():
            raise
        raise StoreUnavailable from None
