"""LiveKit's RoomService: rooms, dispatch, who is there, tokens."""

import asyncio
import dataclasses
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

import aiohttp
from livekit import api

from controlplane.core.agent_absence import AgentInRoom, AgentSeen, why_not_ready
from controlplane.core.errors import AgentNotReady, RoomRefused
from shared.call.brief import CallBrief
from shared.call.call import Call
from shared.call.room import (
    AGENT_IDENTITY,
    AGENT_TRACK,
    ATTRIBUTE_CALL_ID,
    ATTRIBUTE_CALL_STATUS,
    ATTRIBUTE_DIRECTION,
    ATTRIBUTE_PHONE_NUMBER_ID,
    CALLER_IDENTITY,
    ROOM_PREFIX,
    ShownStatus,
)
from shared.process.observing import ObserveRequest

# publish_track() returns up to 250 ms before the SFU lists the track, and WHIP subscribes only to
# what is listed when it is asked: so we look, often.
_POLL_INTERVAL_S = 0.02
# An agent that does not come may have no room to come to any more: the call has ended elsewhere.
_ROOM_CHECK_INTERVAL_S = 0.25
# LiveKit closes an empty room after this, should nobody of ours be left to delete it.
_EMPTY_ROOM_TIMEOUT_S = 60
_DEPARTURE_TIMEOUT_S = 20
# WHIP's is used at once, and its later requests are signed anew; a placed call's leg comes into
# the room once Meta has answered.
_TOKEN_TTL = timedelta(minutes=10)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """Who of a call is in its room."""

    agent: str | None
    """Its identity: `agent`, unless it is one that knows nothing of us."""
    agent_track_ready: bool
    """Whether `agent` can be heard on `agent-audio`."""
    caller_sid: str | None
    caller_publishes: bool

    @property
    def agent_joined(self) -> bool:
        """Whether there is one."""
        return self.agent is not None


@dataclass
class _ConnectorClaims(api.access_token.Claims):
    """LiveKit's claims plus the kind details, which the client library does not offer yet."""

    kind_details: list[str] = field(default_factory=list)


class RoomsClient:
    """Rooms of one LiveKit deployment."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        api_key: str,
        api_secret: str,
        agent_name: str,
        timeout_s: float,
        observe: ObserveRequest = lambda *_: None,
    ) -> None:
        """Take the deployment's URL and key; `timeout_s` bounds every request."""
        self._api = api.LiveKitAPI(url, api_key, api_secret, session=http, failover=False)
        self._key, self._secret = api_key, api_secret
        self._agent_name = agent_name
        self._timeout_s = timeout_s
        self._observe = observe
        self._job_was_taken = False

    async def create(self, call: Call, brief: CallBrief) -> None:
        """Create the call's room and dispatch the agent into it.

        The dispatch is part of the room's creation because LiveKit ignores a room configuration
        that a token brings to a room that exists.

        Raises:
            RoomRefused: LiveKit did not create the room.
        """
        dispatch = api.RoomAgentDispatch(
            agent_name=self._agent_name,
            metadata=brief.to_json(),
            restart_policy=api.JobRestartPolicy.JRP_NEVER,
        )
        await self._request(
            "create_room",
            self._api.room.create_room(
                api.CreateRoomRequest(
                    name=call.room,
                    empty_timeout=_EMPTY_ROOM_TIMEOUT_S,
                    departure_timeout=_DEPARTURE_TIMEOUT_S,
                    agents=[dispatch],
                )
            ),
        )

    async def presence(self, room: str) -> Presence | None:
        """Look who is in the room; `None` when there is no such room."""
        who = await self._look(room)
        if who is not None and not who.agent_joined and who.caller_sid is None:
            # LiveKit tells an empty room and none at all apart only in its list of rooms
            return who if await self._exists(room) else None
        return who

    async def wait_for_agent(
        self, room: str, timeout_s: float, *, whoever: bool = False
    ) -> str | None:
        """Wait until the SFU lists the agent's track; return its identity, `None` if it went again.

        `whoever`: an agent that is not called `agent` is ready once it is there. It knows nothing
        of us, and publishes only when it sees a caller.

        Raises:
            AgentNotReady: it did not come within `timeout_s`; the kind of error says what did.
            RoomRefused: LiveKit could not be asked.
        """
        deadline = time.monotonic() + timeout_s
        check_room_at = time.monotonic() + _ROOM_CHECK_INTERVAL_S
        seen = False
        while time.monotonic() < deadline:
            who = await self._look(room)
            if who is None or (seen and not who.agent_joined):
                return None
            is_stranger = who.agent not in (None, AGENT_IDENTITY)
            if who.agent_track_ready or (whoever and is_stranger):
                self._job_was_taken = True
                return who.agent
            seen = seen or who.agent_joined
            if not seen and time.monotonic() >= check_room_at:
                if not await self._exists(room):
                    return None
                check_room_at = time.monotonic() + _ROOM_CHECK_INTERVAL_S
            await asyncio.sleep(_POLL_INTERVAL_S)
        try:
            found = await self._see_agent(room)
        except RoomRefused:
            raise AgentNotReady from None
        raise why_not_ready(found)

    async def wait_for_caller(self, room: str, sid: str, timeout_s: float) -> bool:
        """Wait until the media path of the caller's leg stands: ICE and DTLS are up.

        `False`: not within `timeout_s`, or the leg is not there any more.

        Raises:
            RoomRefused: LiveKit could not be asked.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            who = await self._look(room)
            if who is None or who.caller_sid != sid:
                return False
            if who.caller_publishes:
                return True
            if time.monotonic() + _POLL_INTERVAL_S > deadline:
                return False
            await asyncio.sleep(_POLL_INTERVAL_S)

    async def _see_agent(self, room: str) -> AgentSeen:
        """Look for a call's agent under any name, and for whoever took its job.

        LiveKit shows that a job was taken only once it knows that nobody else wants it: after 5 s
        where it has to ask its servers for the workers' names (pkg/agent/client.go, LaunchJob).
        """
        people, dispatches = await asyncio.gather(
            self._request(
                "list_participants",
                self._api.room.list_participants(api.ListParticipantsRequest(room=room)),
            ),
            self._request("list_dispatch", self._api.agent_dispatch.list_dispatch(room)),
        )
        return AgentSeen(
            agents=[
                AgentInRoom(
                    identity=person.identity, tracks=[track.name for track in person.tracks]
                )
                for person in (people.participants if people is not None else [])
                if person.kind == api.ParticipantInfo.Kind.AGENT
                or person.identity == AGENT_IDENTITY
            ],
            job_taken_as=next(
                (
                    job.state.participant_identity
                    for dispatch in dispatches or []
                    if dispatch.agent_name == self._agent_name
                    for job in dispatch.state.jobs
                    if job.state.status != api.JobStatus.JS_FAILED
                ),
                None,
            ),
            taken_before=self._job_was_taken,
        )

    async def _look(self, room: str) -> Presence | None:
        listed = await self._request(
            "list_participants",
            self._api.room.list_participants(api.ListParticipantsRequest(room=room)),
        )
        if listed is None:
            return None
        people = {person.identity: person for person in listed.participants}
        agent, caller = people.get(AGENT_IDENTITY), people.get(CALLER_IDENTITY)
        is_agent = api.ParticipantInfo.Kind.AGENT
        strangers = (one.identity for one in listed.participants if one.kind == is_agent)
        return Presence(
            agent=AGENT_IDENTITY if agent is not None else next(strangers, None),
            agent_track_ready=agent is not None
            and any(track.name == AGENT_TRACK for track in agent.tracks),
            caller_sid=caller.sid if caller is not None else None,
            caller_publishes=caller is not None and len(caller.tracks) > 0,
        )

    async def _exists(self, room: str) -> bool:
        listed = await self._request(
            "list_rooms", self._api.room.list_rooms(api.ListRoomsRequest(names=[room]))
        )
        return listed is not None and len(listed.rooms) > 0

    async def set_call_status(self, room: str, status: ShownStatus) -> None:
        """Show the call's status on the caller, where the agent and supervisors look for it."""
        await self._request(
            "update_participant",
            self._api.room.update_participant(
                api.UpdateParticipantRequest(
                    room=room,
                    identity=CALLER_IDENTITY,
                    attributes={ATTRIBUTE_CALL_STATUS: status},
                )
            ),
        )

    async def send_data(self, room: str, data: bytes, topic: str, *, to: str) -> None:
        """Send a reliable data message, as the server, to one participant of the room.

        Raises:
            RoomRefused: LiveKit did not take it. A room or participant that is gone is no error.
        """
        await self._request(
            "send_data",
            self._api.room.send_data(
                api.SendDataRequest(
                    room=room,
                    data=data,
                    kind=api.DataPacket.Kind.RELIABLE,
                    topic=topic,
                    destination_identities=[to],
                )
            ),
        )

    async def delete(self, room: str) -> None:
        """Delete the room: the caller's leg, the agent and its job go with it. Idempotent."""
        await self._request(
            "delete_room", self._api.room.delete_room(api.DeleteRoomRequest(room=room))
        )

    async def rooms(self) -> set[str]:
        """Name all rooms of calls.

        Raises:
            RoomRefused: LiveKit could not be asked.
        """
        return {room.name for room in await self.listed() if room.name.startswith(ROOM_PREFIX)}

    async def listed(self) -> list[api.Room]:
        """List all rooms; raises as `rooms` does."""
        listed = await self._request(
            "list_rooms", self._api.room.list_rooms(api.ListRoomsRequest())
        )
        return list(listed.rooms) if listed is not None else []

    async def people(self, room: str) -> list[api.ParticipantInfo]:
        """List who is in a room, also the hidden ones; raises as `rooms` does."""
        listed = await self._request(
            "list_participants",
            self._api.room.list_participants(api.ListParticipantsRequest(room=room)),
        )
        return list(listed.participants) if listed is not None else []

    async def send_out(self, room: str, identity: str) -> None:
        """Have somebody leave a room; harmless when repeated. Raises as `rooms` does."""
        await self._request(
            "remove_participant",
            self._api.room.remove_participant(
                api.RoomParticipantIdentity(room=room, identity=identity)
            ),
        )

    def caller_token(self, call: Call, *, status: ShownStatus) -> str:
        """Mint the token of the WhatsApp leg: it may join this room, speak and listen."""
        token = api.AccessToken(self._key, self._secret)
        token.claims = _ConnectorClaims(
            **{f.name: getattr(token.claims, f.name) for f in dataclasses.fields(token.claims)},
            kind_details=["connector_whatsapp"],
        )
        return (
            token.with_identity(CALLER_IDENTITY)
            .with_kind("connector")  # type: ignore[arg-type]  # missing from the library's Literal
            .with_ttl(_TOKEN_TTL)
            .with_grants(
                api.VideoGrants(
                    room_join=True,
                    room=call.room,
                    can_publish=True,
                    can_subscribe=True,
                    can_publish_data=False,
                )
            )
            .with_attributes(
                {
                    ATTRIBUTE_CALL_ID: call.id,
                    ATTRIBUTE_DIRECTION: call.direction.value,
                    ATTRIBUTE_CALL_STATUS: status,
                    ATTRIBUTE_PHONE_NUMBER_ID: call.phone_number_id,
                }
            )
            .to_jwt()
        )

    async def _request(self, action: str, request: Awaitable[_T]) -> _T | None:
        """Await one request within the bound; "not found" is `None`."""
        started = time.monotonic()
        outcome = "ok"
        try:
            async with asyncio.timeout(self._timeout_s):
                return await request
        except api.TwirpError as error:
            outcome = str(error.code)
            if error.code == api.TwirpErrorCode.NOT_FOUND:
                return None
            raise RoomRefused(
                f"LiveKit refused {action} ({error.code}); check LIVEKIT_API_KEY and its secret."
            ) from None
        except TimeoutError:
            outcome = "timeout"
            raise RoomRefused(
                f"LiveKit did not answer {action} within {self._timeout_s:g} s; check LIVEKIT_URL."
            ) from None
        except aiohttp.ClientError:
            outcome = "unreachable"
            raise RoomRefused(
                f"LiveKit could not be reached for {action}; check LIVEKIT_URL."
            ) from None
        finally:
            self._observe("livekit", action, outcome, time.monotonic() - started)
