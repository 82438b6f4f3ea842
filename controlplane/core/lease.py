"""The set-up of a call as a lease: what its row says, and when it may be gone on with. Pure.

When a silent owner counts as gone, `shared.call.silence` says.
"""

from collections.abc import Hashable
from datetime import datetime, timedelta

from shared.call.call import Call

HOLD = timedelta(seconds=5)
"""For so long the row names its owner as alive, for those who do not look often."""


def stamp(call: Call) -> Hashable:
    """What changes in the row as long as somebody works on the set-up."""
    return call.setup_owner, call.setup_until


MAX_TAKES = 2
"""Whoever takes a set-up over may die of it: an offer that kills is not handed round for ever."""


def may_go_on(call: Call) -> bool:
    """Whether a set-up that was just taken over may be gone on with, rather than given up."""
    return call.setup_takes <= MAX_TAKES


def is_held(call: Call, now: datetime) -> bool:
    """Whether the row says that somebody works on the set-up, or did seconds ago."""
    return call.setup_owner is not None and call.setup_until is not None and now < call.setup_until
