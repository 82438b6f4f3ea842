"""Whether the phone's media lives, judged from what its hop has counted. Pure.

A hop is no detector of hang-ups. So one looks every few seconds once the call is active, and this
module says what was seen:

    last packet   when the phone's last RTP or RTCP came; stands still when the phone is dead, and
                  while it rings
    packets       RTP, maybe with RTCP; grows by a report now and then when the phone lives but is
                  mute

Only changes are compared, so the clock of the hop's machine does not matter. LiveKit's side needs
no such look: LiveKit's own webhook tells when it has lost the hop.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.call.call import EndReason

RTCP_PER_S = 1.5
"""Packets a second that may all be RTCP: a report every second and a spare one. Opus sends 50, in
silence with DTX (RFC 7587 section 3.1.3) still 2.5."""


class Verdict(StrEnum):
    """What a look at a call gave."""

    FINE = "fine"
    PHONE_DEAD = "phone-dead"
    """Nothing comes from the phone's side any more, not even RTCP."""
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
class MediaLimits:
    """How long is too long."""

    dead: timedelta = timedelta(seconds=20)
    """Under the 30 s after which Meta gives up a call without media (troubleshooting, 138021)."""
    mute: timedelta | None = timedelta(seconds=60)
    """Generous: a person who mutes the microphone may send RTCP alone. `None`: never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaReading:
    """The phone's side of the call at one moment."""

    last_packet: int
    """Unix seconds by the hop's clock."""
    packets: int
    """RTP; with RTCP where the hop does not count it apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaHistory:
    """What has to be remembered between two looks at one call."""

    reading: MediaReading
    looked_at: datetime
    alive_at: datetime
    """When the phone last gave a sign of life, at the latest."""
    heard_at: datetime
    """When its audio was last seen to flow."""

    @classmethod
    def begin(cls, reading: MediaReading, now: datetime) -> "MediaHistory":
        """Begin with the first look after the call became active: the phone gets its time."""
        return cls(reading=reading, looked_at=now, alive_at=now, heard_at=now)

    def then(self, reading: MediaReading, now: datetime) -> "MediaHistory":
        """Add a look."""
        before = self.reading
        gained = reading.packets - before.packets
        elapsed_s = max(0.0, (now - self.looked_at).total_seconds())
        # a hop that was restarted counts from zero
        flows = gained < 0 or gained > 1 + RTCP_PER_S * elapsed_s
        return MediaHistory(
            reading=reading,
            looked_at=now,
            alive_at=now if reading != before else self.alive_at,
            heard_at=now if flows else self.heard_at,
        )

    def verdict(self, limits: MediaLimits) -> Verdict:
        """Judge by the last look."""
        if self.looked_at - self.alive_at >= limits.dead:
            return Verdict.PHONE_DEAD
        if limits.mute is not None and self.looked_at - self.heard_at >= limits.mute:
            return Verdict.PHONE_MUTE
        return Verdict.FINE
