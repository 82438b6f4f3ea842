"""The agent's side of a call as a lease: which worker has it, and when another one may take it.

A call's row of `agent_calls` names its worker; the worker's own row is what it writes into several
times a second, however many calls it has. Pure.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from shared.call.ids import CallId

HOLD = timedelta(seconds=5)
"""For so long a worker's row names it as alive, for people who look; nobody compares clocks."""
ABANDONED_S = 20.0
"""After so long without a worker that takes it, a call is ended: nobody is there. A worker that was
started anew has taken it before."""
MAX_TAKES = 3
"""Whoever takes a call over may die of it: one that kills is not handed round for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldCall:
    """A live call whose agent is up, as the rows say."""

    call_id: CallId
    worker: str
    until: datetime | None
    """What the worker wrote last; `None`: it has left."""
    takes: int = 0
    """How often the call was taken over."""

    @property
    def stamp(self) -> Hashable:
        """What changes as long as somebody has the call."""
        return self.worker, self.until

    @property
    def may_be_taken(self) -> bool:
        """Whether the next worker may try, rather than let the call end."""
        return self.takes < MAX_TAKES


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenCall:
    """A call that was just taken over."""

    call_id: CallId
    takes: int
    state: Mapping[str, Any] = field(repr=False)
    """What its worker has kept last."""
