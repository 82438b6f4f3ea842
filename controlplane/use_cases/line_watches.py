"""The looks at every line, each by itself: the trouble of one says nothing of another."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from controlplane.ledger.line_troubles import LineTroubles
from controlplane.meta.events import AccountUpdated
from controlplane.meta.lines import Line, Lines
from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.line_watch import LineWatch
from shared.call.ids import PhoneNumberId
from shared.database.rest import RestClient

# of so many lines Graph is asked at once
_AT_ONCE = 8


class LineWatches:
    """One watch a line; lines come and go."""

    def __init__(
        self,
        lines: Lines,
        rest: RestClient,
        *,
        metrics: Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the lines, the database for what Meta tells of them, and who counts."""
        self._lines = lines
        self._rest = rest
        self._metrics = metrics
        self._clock = clock
        self._watches: dict[PhoneNumberId, LineWatch] = {}

    def problems(self) -> dict[str, str]:
        """Say what keeps calls from working: by its name, of several lines with the line's id."""
        if len(self._watches) == 1:
            return next(iter(self._watches.values())).problems()
        return {
            f"{name}@{number}": sentence
            for number, watch in sorted(self._watches.items())
            for name, sentence in watch.problems().items()
        }

    async def look(self) -> None:
        """Look at every line once; a turn of a loop."""
        self._keep_up()
        places = asyncio.Semaphore(_AT_ONCE)

        async def look(watch: LineWatch) -> None:
            async with places:
                await watch.look()

        looks = (look(watch) for watch in self._watches.values())
        for error in await asyncio.gather(*looks, return_exceptions=True):
            # one that could not be finished keeps no other line from being looked at
            if isinstance(error, BaseException):
                raise error

    def lines_of(self, event: AccountUpdated) -> tuple[PhoneNumberId, ...]:
        """Return the lines that are meant: the one that is named, or those of the account."""
        if event.phone_number_id is not None:
            return (event.phone_number_id,) if self._lines.serves(event.phone_number_id) else ()
        found = {number: watch.accounts for number, watch in self._watches.items()}
        return self._lines.plan.of_account(event.account, found=found)

    async def told(self, event: AccountUpdated) -> tuple[PhoneNumberId, ...]:
        """Write what Meta tells of an account or of settings; return the lines that it concerns.

        Raises:
            StoreUnavailable: it was not written, and has to be taken up again.
        """
        self._keep_up()
        numbers = self.lines_of(event)
        for number in numbers:
            await self._watches[number].told(event)
        return numbers

    def _keep_up(self) -> None:
        """Have a watch for each line that there is, and none for others."""
        lines = self._lines.all
        for number, watch in list(self._watches.items()):
            line = lines.get(number)
            if line is None or line.graph is not watch.line.graph:
                watch.close()
                del self._watches[number]
        for number, line in lines.items():
            if number not in self._watches:
                self._watches[number] = self._make(line)

    def _make(self, line: Line) -> LineWatch:
        return LineWatch(
            line,
            book=LineTroubles(self._rest, line.number),
            metrics=self._metrics,
            clock=self._clock,
        )
