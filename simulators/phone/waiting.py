"""Waiting for conditions that somebody looks at whenever something happens."""

import asyncio
from collections.abc import Callable


class Waiting:
    """Conditions that are waited for."""

    def __init__(self) -> None:
        self._given_up: type[Exception] | None = None
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    async def until(self, condition: Callable[[], bool], deadline_s: float) -> None:
        """Wait until `condition` holds when `wake` looks at it.

        Raises:
            TimeoutError: not within `deadline_s` seconds.
            Exception: what `give_up` was called with, now or before.
        """
        if condition():
            return
        if self._given_up is not None:
            raise self._given_up
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append((condition, waiter))
        try:
            async with asyncio.timeout(deadline_s):
                await waiter
        finally:
            self._waiters = [entry for entry in self._waiters if entry[1] is not waiter]

    def wake(self) -> None:
        """Look at every condition."""
        for condition, waiter in self._waiters:
            if not waiter.done() and condition():
                waiter.set_result(None)

    def give_up(self, error: type[Exception]) -> None:
        """Raise `error` wherever something is still waited for, and from now on."""
        self._given_up = error
        for _, waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(error())
