"""Whether the phone's media lives, judged from what its leg has counted. Pure.

One looks every few seconds at the calls that have a leg, and this module says what was seen:

    packets   the phone's RTP; stands still while it rings, and when it is mute
    is_lost   nothing has come from its side of the network for MEDIA_DEAD_S, not even what keeps
              a path open

LiveKit's side needs no such look: LiveKit's own webhook tells when it has lost the leg.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.call.call import EndReason

SETTLES = timedelta(seconds=5)
"""A phone may be deaf until it is picked up: so long it takes at most until it is back."""


class Verdict(StrEnum):
    """What a look at a call gave."""

    FINE = "fine"
    PHONE_DEAD = "phone-dead"
    """Nothing comes from the phone's side any more."""
    PHONE_MUTE = "phone-mute"
    """The phone's side is there, but it sends no audio."""

    @property
    def reason(self) -> EndReason | None:
        """With what to end the call; `None` to let it live."""
        return _REASONS[self]


_REASONS: Mapping[Verdict, EndReason | None] = {
    Verdict.FINE: None,
    Verdict.PHONE_DEAD: EndReason.MEDIA_LOST,
    Verdict.PHONE_MUTE: EndReason.MEDIA_SILENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReading:
    """The phone's side of the call at one moment."""

    packets: int
    """RTP that has come from it."""
    is_lost: bool = False
    """It was there, or should have come, and is gone."""
    is_open: bool = True
    """Whether it may hear the agent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaHistory:
    """What has to be remembered between two looks at one call."""

    reading: MediaReading
    looked_at: datetime
    heard_at: datetime
    """When its audio was last seen to flow."""

    @classmethod
    def begin(cls, reading: MediaReading, now: datetime) -> "MediaHistory":
        """Begin with the first look after the call became active: the phone gets its time."""
        return cls(reading=reading, looked_at=now, heard_at=now)

    def then(self, reading: MediaReading, now: datetime) -> "MediaHistory":
        """Add a look. Whatever has changed is audio: of RTP alone nothing else is counted."""
        flows = reading.packets != self.reading.packets
        return MediaHistory(
            reading=reading, looked_at=now, heard_at=now if flows else self.heard_at
        )

    def verdict(self, mute: timedelta | None, *, answered_at: datetime) -> Verdict:
        """Judge by the last look; `mute`: how long a phone may be, `None` for ever."""
        if self.reading.is_lost and self.looked_at - answered_at >= SETTLES:
            return Verdict.PHONE_DEAD
        if mute is not None and self.looked_at - self.heard_at >= mute:
            return Verdict.PHONE_MUTE
        return Verdict.FINE
