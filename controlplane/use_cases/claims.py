"""The calls of which this process knows that their `connect` has found its row.

A row, once there, stays the answer to every further `connect` with its id: that one is a duplicate,
and need not ask the database again. What is not known here decides nothing.
"""

from collections import OrderedDict
from collections.abc import Iterable

from shared.call.ids import CallId, WhatsAppCallId
from shared.call.records import EventOutcome, Settled

_MOST = 10_000

_FOUND = frozenset({EventOutcome.HANDLED, EventOutcome.STALE, EventOutcome.DUPLICATE})


class Claims:
    """Meta's id of a call -> ours, of the last ten thousand calls."""

    def __init__(self, *, most: int = _MOST) -> None:
        """Begin without any."""
        self._most = most
        self._known: OrderedDict[WhatsAppCallId, CallId] = OrderedDict()

    def learn(self, wacid: WhatsAppCallId, settled: Settled) -> None:
        """Take note of what became of a `connect`; one that failed may be tried again."""
        if settled.call_id is not None and settled.outcome in _FOUND:
            self._known[wacid] = settled.call_id
            if len(self._known) > self._most:
                self._known.popitem(last=False)

    def get(self, wacid: WhatsAppCallId) -> CallId | None:
        """Return the call that a `connect` with this id has found; `None` if it is not known."""
        return self._known.get(wacid)

    def forget(self, wacids: Iterable[WhatsAppCallId | None]) -> None:
        """Know nothing of these any more."""
        for wacid in wacids:
            if wacid is not None:
                self._known.pop(wacid, None)
