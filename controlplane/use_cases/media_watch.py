"""Watch the phone's media of calls whose leg is carried for us: what no webhook tells.

    its first packet     the call's media is up
    ringing, audio       the person has picked up
    answered, no audio   the phone is dead or mute  -> the call ends
    leg or carrier gone                             -> the call ends

Every replica is told at once, and looks every few seconds too, should it have missed something.
What it has seen stays in the process: a replica that has just come looks anew, and whatever two of
them find at once is settled by the compare-and-set on the row.
"""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from controlplane.core.caller_leg import KeyPressed
from controlplane.core.liveness import MediaHistory, MediaReading
from controlplane.use_cases.activation import Activation
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.keys import KeyReporter
from controlplane.use_cases.linking import CallLinker
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.room_watch import RoomWatch
from shared.bridge.errors import BridgeGone, BridgeRefused, BridgeUnreachable, LegUnknown, NoBridge
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.errors import WacallError
from shared.call.ids import CallId
from shared.process.logs import without_text
from shared.process.of_call import work_for
from shared.process.tasks import Tasks

_log = logging.getLogger(__name__)

# How late a pick-up may be noticed that no webhook tells of, while somebody's phone rings.
_RING_LOOK_S = 0.5
# How long it may stay unnoticed that a phone rings.
_FIND_S = 1.0
# A look may come a little early.
_EARLY_S = 0.05
# Looks in a row that have seen audio flow: a stray packet is no pick-up.
_FLOWING_LOOKS = 2
# A leg that ends may end with its room, of which LiveKit's webhook knows why.
_ROOM_TELLS_S = 1.0


class Phase(StrEnum):
    """What the phone's media is watched for."""

    RINGING = "ringing"
    """Its audio means that the person has picked up."""
    ANSWERED = "answered"
    """Without a sign of life it is gone."""


def phase_of(call: Call) -> Phase | None:
    """Say what the media of a live call is watched for; `None` if it is not. Pure."""
    if call.bridge is None or call.status.is_final:
        return None
    if call.status is CallStatus.ACTIVE:
        return Phase.ANSWERED
    if call.direction is Direction.OUTBOUND and call.linked_at is not None:
        return Phase.RINGING
    return None


def owes_its_leg(call: Call) -> bool:
    """Whether a call ends if it has no leg. Pure.

    While it is set up, its leg comes and goes as the set-up likes. A placed call has one from
    before `connect` on, and between Meta's answer and the leg in the room it is being set up.
    """
    if call.bridge is None or call.status.is_final:
        return False
    if call.caller_sid is not None:
        return True
    is_placed = call.direction is Direction.OUTBOUND and call.accept_sent_at is not None
    return is_placed and call.linked_at is None


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

    def end_reason(self, mute: timedelta | None, answered_at: datetime | None) -> EndReason | None:
        """With what to end the answered call; `None` to let it live."""
        if self.phase is not Phase.ANSWERED or answered_at is None:
            return None
        return self.history.verdict(mute, answered_at=answered_at).reason


class MediaWatch:
    """What one process sees and hears of the callers' legs (`LegListener`)."""

    def __init__(
        self,
        near: Neighbours,
        *,
        linker: CallLinker,
        activation: Activation,
        room_watch: RoomWatch,
        ender: CallEnder,
        keys: KeyReporter,
        mute: timedelta | None,
        interval_s: float,
    ) -> None:
        """Take the use cases; answered calls are looked at every `interval_s` seconds."""
        self._store = near.store
        self._legs = near.legs
        self._linker = linker
        self._activation = activation
        self._room_watch = room_watch
        self._ender = ender
        self._keys = keys
        self._mute = mute
        self._interval_s = interval_s
        self._clock = near.clock
        self._seen: dict[CallId, Watched] = {}
        self._rings = False
        self._tasks = Tasks()

    @property
    def seen(self) -> Mapping[CallId, Watched]:
        """What this process has seen, of live calls alone."""
        return self._seen

    async def close(self) -> None:
        """Stop what was begun."""
        await self._tasks.close()

    # --- heard ---

    def key_pressed(self, key: KeyPressed) -> None:
        """Pass a key on."""
        self._keys.take(key)

    def phone_heard(self, call_id: CallId) -> None:
        """Note that the call's media is up."""
        self._spawn(self._media_up(call_id), call_id)

    def phone_lost(self, call_id: CallId) -> None:
        """End an answered call whose phone has vanished."""
        self._spawn(self._phone_lost(call_id), call_id)

    def leg_ended(self, call_id: CallId) -> None:
        """End a call whose leg is gone, unless it ended with the call."""
        self._spawn(self._leg_ended(call_id), call_id)

    def carrier_lost(self, address: str) -> None:
        """End the calls that have died with their carrier."""
        self._spawn(self._carrier_lost(address))

    def _spawn(self, work: Coroutine[Any, Any, None], call_id: CallId | None = None) -> None:
        self._tasks.spawn(self._guard(work, call_id))

    async def _guard(self, work: Coroutine[Any, Any, None], call_id: CallId | None) -> None:
        if call_id is not None:
            work_for(call_id)
        try:
            await work
        except Exception as error:
            # the next look sees the same
            _log.warning(
                "What a media bridge told could not be acted on; the next look will.",
                extra={"action": "leg-event-failed", "error": type(error).__name__},
                exc_info=None if isinstance(error, WacallError) else without_text(error),
            )

    async def _media_up(self, call_id: CallId) -> None:
        call = await self._store.get_call(call_id)
        if call is not None and not call.status.is_final:
            await self._room_watch.media_up(call)

    async def _phone_lost(self, call_id: CallId) -> None:
        call = await self._store.get_call(call_id)
        if call is not None and call.status is CallStatus.ACTIVE:
            await self._look_at(call, Phase.ANSWERED)

    async def _leg_ended(self, call_id: CallId) -> None:
        call = await self._store.get_call(call_id)
        if call is None or not owes_its_leg(call):
            return
        await asyncio.sleep(_ROOM_TELLS_S)
        call = await self._store.get_call(call_id)
        if call is None or not owes_its_leg(call):
            return
        # with its room it has ended as well
        await self._room_watch.compare(call)
        await self._look_for_leg(call)

    async def _carrier_lost(self, address: str) -> None:
        calls = [one for one in await self._store.live_calls() if one.bridge == address]
        held = await self._legs.holds(address)
        await asyncio.gather(
            *(self._lost(one) for one in calls if owes_its_leg(one) and one.id not in held)
        )

    # --- seen ---

    def pause_s(self) -> float:
        """Say how long to wait until the next look; a ringing phone is looked at more often."""
        return min(self._interval_s, _RING_LOOK_S if self._rings else _FIND_S)

    async def look(self) -> None:
        """Look at all live calls that it is time for."""
        calls = await self._store.live_calls()
        phases = {call.id: (call, phase) for call in calls if (phase := phase_of(call)) is not None}
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
            # Meta has not answered yet: there is nothing to be heard, but the leg has to be there
            *(self._look_for_leg(call) for call in calls if call.id not in phases),
            return_exceptions=True,
        )
        for result in results:
            # every call has been looked at: one that failed has not kept the others from it
            if isinstance(result, BaseException):
                raise result

    async def _look_at(self, call: Call, phase: Phase) -> None:
        work_for(call.id)
        reading = await self._read(call)
        if reading is None:
            return
        now = self._clock()
        before = self._seen.get(call.id)
        seen = before.then(reading, now) if before else Watched.begin(phase, reading, now)
        self._seen[call.id] = seen
        if reading.packets and call.media_at is None:
            await self._room_watch.media_up(call)
        if seen.has_picked_up:
            await self._linker.accepted(call)
        reason = seen.end_reason(self._mute, call.answered_at)
        if reason is not None:
            await self._ender.finish(call, reason)
        elif phase is Phase.ANSWERED and not reading.is_open and call.caller_sid is not None:
            # whoever wrote that it is answered died before it let the agent be heard
            await self._activation.let_speak(call)

    async def _look_for_leg(self, call: Call) -> None:
        work_for(call.id)
        if owes_its_leg(call):
            await self._read(call)

    async def _read(self, call: Call) -> MediaReading | None:
        """Read how the phone's side does; `None` if nobody tells. A call without leg ends."""
        try:
            return await self._legs.leg_of(call).read()
        except (LegUnknown, BridgeGone):
            await self._lost(call)
        except NoBridge:
            pass
        except (BridgeRefused, BridgeUnreachable):
            # Its control is away, which says nothing of the media. Should the carrier be dead,
            # LiveKit loses its leg, and tells.
            pass
        return None

    async def _lost(self, call: Call) -> None:
        """End a call whose leg is gone."""
        work_for(call.id)
        current = await self._store.get_call(call.id)
        # whoever ends a call ends its leg, after the row says so
        if current is not None and owes_its_leg(current):
            await self._ender.finish(current, EndReason.BRIDGE_LOST)


def mute_limit(mute_s: float) -> timedelta | None:
    """Translate MEDIA_MUTE_S; 0 lets mute phones be."""
    return timedelta(seconds=mute_s) if mute_s > 0 else None
