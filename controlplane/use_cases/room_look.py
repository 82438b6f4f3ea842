"""Looking into the rooms: who is there, hearing a call, speaking in the agent's place."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from controlplane.core.errors import CallEnded, NoTakeover, NotTakenOver, RoomRefused, RoomsUnseen
from controlplane.core.follow_up import HUMAN_REQUEST, FollowUpStatus
from controlplane.core.live_rooms import LegLooks, LiveRoom, live_rooms
from controlplane.errands.follow_ups import FollowUps
from controlplane.livekit.room_looks import PASS_TTL_S, RoomLooks
from controlplane.livekit.rooms import RoomsClient
from shared.call.call import Call, CallStatus
from shared.call.ids import CallId
from shared.call.looking import OPERATOR_PREFIX, OPERATOR_TOPIC, OperatorAct, OperatorWord
from shared.call.records import EventRecord, EventSource
from shared.call.room import AGENT_IDENTITY
from shared.database.store import CallStore

_log = logging.getLogger(__name__)

# human requests that are open at all: those of live calls are the newest
_REQUESTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPass:
    """With what a browser comes into a call's room."""

    url: str
    token: str
    expires_in_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found: the rooms, and since when which call's customer wants a person."""

    rooms: list[LiveRoom]
    wants_human: Mapping[CallId, datetime]


class RoomLook:
    """Lets operators into the rooms."""

    def __init__(
        self,
        looks: RoomLooks,
        rooms: RoomsClient,
        store: CallStore,
        follow_ups: FollowUps,
        legs: LegLooks,
        *,
        public_url: str,
        clock: Callable[[], datetime],
    ) -> None:
        """Take the ways there; `public_url` is LiveKit's as browsers reach it."""
        self._looks, self._rooms, self._store = looks, rooms, store
        self._follow_ups, self._legs = follow_ups, legs
        self._public_url, self._clock = public_url, clock

    async def look(self) -> Look:
        """Look into all rooms.

        Raises:
            RoomsUnseen: LiveKit does not tell.
        """
        try:
            seen = await self._looks.look()
        except RoomRefused as error:
            raise RoomsUnseen(str(error)) from None
        calls = await self._store.live_calls()
        requests = await self._follow_ups.newest(
            status=FollowUpStatus.OPEN, before=None, limit=_REQUESTS
        )
        live = {call.id for call in calls}
        return Look(
            rooms=live_rooms(seen, calls, await self._legs.links(), self._clock()),
            wants_human={
                one.call_id: one.due_at
                for one in requests
                if one.kind == HUMAN_REQUEST and one.call_id in live
            },
        )

    async def listen(self, call: Call) -> RoomPass:
        """Let an operator hear a call, unseen; raises `CallEnded`."""
        await self._note(call, "listen")
        return self._pass(self._looks.listener_pass(call.room))

    async def take_over(self, call: Call) -> RoomPass:
        """Let an operator speak in the agent's place, from when they come in.

        Raises:
            CallEnded: it is over.
            NoTakeover: nobody has picked up yet, or no media bridge carries the agent's sound.
        """
        if call.status.is_final:
            raise CallEnded
        if call.status is not CallStatus.ACTIVE:
            raise NoTakeover("Nobody has picked up yet; there is nobody to speak with.")
        if (call.id, AGENT_IDENTITY) not in await self._legs.links():
            raise NoTakeover(
                "No media bridge carries this call's agent (AGENT_MEDIA=worker, or an agent of "
                "your own), so nobody can speak in its place; set AGENT_MEDIA=bridge."
            )
        await self._note(call, "takeover")
        return self._pass(self._looks.operator_pass(call.room))

    async def whisper(self, call: Call, text: str) -> None:
        """Tell the agent something that the customer does not hear; raises `CallEnded`."""
        await self._note(call, "whisper")
        await self._tell(call, OperatorWord(act=OperatorAct.WHISPER, text=text))

    async def hand_back(self, call: Call, note: str) -> None:
        """Have the agent speak again; `note` tells it what was said meanwhile.

        Raises:
            CallEnded: it is over.
            NotTakenOver: no operator is in the room.
            RoomRefused: LiveKit did not take it.
        """
        if call.status.is_final:
            raise CallEnded
        operators = [
            person.identity
            for person in await self._rooms.people(call.room)
            if person.identity.startswith(OPERATOR_PREFIX)
        ]
        if not operators:
            raise NotTakenOver
        await self._note(call, "handback")
        # before they go: whoever goes without a word hands back without one
        await self._tell(call, OperatorWord(act=OperatorAct.HAND_BACK, text=note))
        for identity in operators:
            await self._rooms.send_out(call.room, identity)

    async def _tell(self, call: Call, word: OperatorWord) -> None:
        await self._rooms.send_data(call.room, word.to_bytes(), OPERATOR_TOPIC, to=AGENT_IDENTITY)

    async def _note(self, call: Call, kind: str) -> None:
        """Write it on the call's timeline before it happens; no words, and nobody's name."""
        if call.status.is_final:
            raise CallEnded
        note = EventRecord.note(EventSource.OPERATOR, kind, self._clock(), {}, call_id=call.id)
        await self._store.add_events([note])
        _log.info(
            "An operator looks into a call.",
            extra={"action": "room-looked-into", "call": call.id, "kind": kind},
        )

    def _pass(self, token: str) -> RoomPass:
        return RoomPass(url=self._public_url, token=token, expires_in_s=PASS_TTL_S)
