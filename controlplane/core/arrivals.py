"""What came in at the webhooks' doors, and what was turned away there; when to speak of it. Pure.

The first mistakes of everybody show only here: a wrong secret or number keeps every call away while
the phone rings on. Strangers knock as well: what they can do is write one line an hour.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

TOLD_EVERY = timedelta(hours=1)
"""One line of a kind in the log; those between are counted in the next one."""


class Arrival(StrEnum):
    """What came, by kind."""

    META = "meta-webhook"
    """Signed as it should be; taken."""
    LIVEKIT = "livekit-webhook"
    HANDSHAKE = "handshake"
    UNSIGNED = "unsigned"
    """A webhook without a signature: a stranger's, or a proxy takes the header away."""
    BAD_SIGNATURE = "bad-signature"
    OTHER_NUMBER = "other-number"
    """Taken, and of no use: it is of a number that is not WA_PHONE_NUMBER_ID."""
    BAD_VERIFY_TOKEN = "bad-verify-token"
    BAD_ROOM_SIGNATURE = "bad-room-signature"


REFUSED = tuple(
    kind for kind in Arrival if kind not in (Arrival.META, Arrival.LIVEKIT, Arrival.HANDSHAKE)
)
"""Those that no call can come of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What came of one kind."""

    count: int
    last_at: datetime
    told_at: datetime
    """When the log heard of it last."""
    untold: int = 0
    """How many since."""


def tally(known: Tally | None, now: datetime) -> tuple[Tally, int]:
    """Count one more; also how many the log is to hear of now, 0 if it has heard lately."""
    if known is None:
        return Tally(count=1, last_at=now, told_at=now), 1
    untold = known.untold + 1
    if timedelta(0) <= now - known.told_at < TOLD_EVERY:
        return Tally(count=known.count + 1, last_at=now, told_at=known.told_at, untold=untold), 0
    return Tally(count=known.count + 1, last_at=now, told_at=now), untold
