"""Watch the phone's media of calls that go through a media hop: what no webhook tells.

    answered   the phone is dead or mute, or the hop has lost the call  -> the call ends
    ringing    the phone's audio flows                                  -> the person has picked up

Every replica watches. What it has seen stays in the process: a replica that has just come looks
anew, and whatever two of them find at once is settled by the compare-and-set on the row.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from controlplane.core.errors import HopCallUnknown, HopRefused, HopUnreachable
from controlplane.core.liveness import MediaHistory, MediaLimits, MediaReading
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.linking import CallLinker
from controlplane.use_cases.neighbours import Neighbours
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId

# How late a pick-up may be noticed that no webhook tells of, while somebody's phone rings.
_RING_LOOK_S = 0.5
# How long it may stay unnoticed that a phone rings.
_FIND_S = 1.0
# A look may come a little early.
_EARLY_S = 0.05
# Looks in a row that have seen audio flow: one burst of reports is no pick-up.
_FLOWING_LOOKS = 2


class Phase(StrEnum):
    """What the phone's media is watched for."""

    RINGING = "ringing"
    """Its audio means that the person has picked up."""
    ANSWERED = "answered"
    """Without a sign of life it is gone."""


def phase_of(call: Call) -> Phase | None:
    """Say what the media of a live call is watched for; `None` if it is not. Pure."""
    if call.hop is None or call.status.is_final:
        return None
    if call.status is CallStatus.ACTIVE:
        return Phase.ANSWERED
    if call.direction is Direction.OUTBOUND and call.linked_at is not None:
        return Phase.RINGING
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was seen of one call in one phase."""

    phase: Phase
    history: MediaHistory
    flowing: int = 0
    """Looks in a row that have seen the phone's audio flow."""

    @classmethod
    def begin(cls, phase: Phase, reading: MediaReading, now: datetime) -> "Watched":
        """Begin with the first look in a phase."""
        return cls(phase=phase, history=MediaHistory.begin(reading, now))

    def then(self, reading: MediaReading, now: datetime) -> "Watched":
        """Add a look."""
        history = self.history.then(reading, now)
        flows = history.heard_at == now
        return Watched(phase=self.phase, history=history, flowing=self.flowing + 1 if flows else 0)

    def is_due(self, now: datetime, interval_s: float) -> bool:
        """Whether it is time for another look; a ringing phone is looked at every time."""
        since_s = (now - self.history.looked_at).total_seconds()
        return self.phase is Phase.RINGING or since_s >= interval_s - _EARLY_S

    @property
    def has_picked_up(self) -> bool:
        """Whether the ringing phone's audio tells that the person has picked up."""
        return self.phase is Phase.RINGING and self.flowing >= _FLOWING_LOOKS

    def end_reason(self, limits: MediaLimits) -> EndReason | None:
        """With what to end the answered call; `None` to let it live."""
        if self.phase is not Phase.ANSWERED:
            return None
        return self.history.verdict(limits).reason


class HopWatch:
    """The periodic look of one process at the calls on all hops."""

    def __init__(
        self,
        near: Neighbours,
        *,
        linker: CallLinker,
        ender: CallEnder,
        limits: MediaLimits,
        interval_s: float,
    ) -> None:
        """Take the use cases; answered calls are looked at every `interval_s` seconds."""
        self._store = near.store
        self._hops = near.hops
        self._linker = linker
        self._ender = ender
        self._limits = limits
        self._interval_s = interval_s
        self._clock = near.clock
        self._seen: dict[CallId, Watched] = {}
        self._rings = False

    @property
    def seen(self) -> Mapping[CallId, Watched]:
        """What this process has seen, of live calls alone."""
        return self._seen

    def pause_s(self) -> float:
        """Say how long to wait until the next look; a ringing phone is looked at more often."""
        return min(self._interval_s, _RING_LOOK_S if self._rings else _FIND_S)

    async def look(self) -> None:
        """Look at all live calls that it is time for."""
        phases = {
            call.id: (call, phase)
            for call in await self._store.live_calls()
            if (phase := phase_of(call)) is not None
        }
        self._seen = {
            call_id: seen
            for call_id, seen in self._seen.items()
            # a phone that has just been answered gets its time anew
            if call_id in phases and phases[call_id][1] is seen.phase
        }
        self._rings = any(phase is Phase.RINGING for _, phase in phases.values())
        now = self._clock()
        results = await asyncio.gather(
            *(
                self._look_at(call, phase)
                for call, phase in phases.values()
                if call.id not in self._seen or self._seen[call.id].is_due(now, self._interval_s)
            ),
            return_exceptions=True,
        )
        for result in results:
            # every call has been looked at: one that failed has not kept the others from it
            if isinstance(result, BaseException):
                raise result

    async def _look_at(self, call: Call, phase: Phase) -> None:
        try:
            reading = await self._hops.passage_of(call).read()
        except HopCallUnknown:
            await self._lost(call)
            return
        except (HopRefused, HopUnreachable):
            # Not yet answered by WhatsApp; or the hop's control is away, which says nothing of the
            # media. Should the hop be dead, LiveKit loses its leg, and tells.
            return
        now = self._clock()
        before = self._seen.get(call.id)
        seen = before.then(reading, now) if before else Watched.begin(phase, reading, now)
        self._seen[call.id] = seen
        if seen.has_picked_up:
            await self._linker.accepted(call)
        reason = seen.end_reason(self._limits)
        if reason is not None:
            await self._ender.finish(call, reason)

    async def _lost(self, call: Call) -> None:
        """End a call that its hop does not know: it was restarted without its memory."""
        current = await self._store.get_call(call.id)
        # whoever ends a call takes it from the hop, after the row says so
        if current is not None and not current.status.is_final:
            await self._ender.finish(current, EndReason.MEDIA_LOST)


def limits_of(*, dead_s: float, mute_s: float) -> MediaLimits:
    """Translate the settings; `mute_s` 0 lets mute phones be."""
    return MediaLimits(
        dead=timedelta(seconds=dead_s), mute=timedelta(seconds=mute_s) if mute_s > 0 else None
    )
