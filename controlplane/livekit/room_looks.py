"""Looking into rooms: all of them with their people, and tokens to come in with."""

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from livekit import api

from controlplane.core.errors import RoomRefused
from controlplane.core.live_rooms import PersonSeen, RoomSeen, TrackSeen
from controlplane.livekit.rooms import RoomsClient
from shared.call.looking import LISTENER_PREFIX, OPERATOR_PREFIX, UNSEEN
from shared.call.room import ROOM_PREFIX

PASS_TTL_S = 60
"""To come in with; who is in stays until the call ends."""
# LiveKit is asked about so many rooms at once: a look must not be a burden on calls
_AT_ONCE = 8


class RoomLooks:
    """Looks into the rooms of one LiveKit deployment."""

    def __init__(self, rooms: RoomsClient, *, api_key: str, api_secret: str) -> None:
        """Take the way to the rooms, and the key that tokens are signed with."""
        self._rooms = rooms
        self._key, self._secret = api_key, api_secret

    async def look(self) -> list[RoomSeen]:
        """List the rooms of calls with who is in them.

        Raises:
            RoomRefused: LiveKit does not list its rooms. One that does not tell who is in a room
                leaves that room's people unknown.
        """
        slots = asyncio.Semaphore(_AT_ONCE)

        async def people_of(name: str) -> tuple[PersonSeen, ...] | None:
            async with slots:
                try:
                    found = await self._rooms.people(name)
                except RoomRefused:
                    return None
            return tuple(_person(one) for one in found)

        listed = [room for room in await self._rooms.listed() if room.name.startswith(ROOM_PREFIX)]
        people = await asyncio.gather(*(people_of(room.name) for room in listed))
        return [
            RoomSeen(
                name=room.name,
                began_at=datetime.fromtimestamp(room.creation_time, UTC)
                if room.creation_time
                else None,
                people=of,
            )
            for room, of in zip(listed, people, strict=True)
        ]

    def listener_pass(self, room: str) -> str:
        """Mint a token with which somebody hears the room, unseen, and can do nothing else."""
        return self._token(
            f"{LISTENER_PREFIX}{secrets.token_hex(8)}",
            api.VideoGrants(room=room, **UNSEEN),
        )

    def operator_pass(self, room: str) -> str:
        """Mint a token with which somebody hears the room and speaks with one microphone."""
        return self._token(
            f"{OPERATOR_PREFIX}{secrets.token_hex(8)}",
            api.VideoGrants(
                room_join=True,
                room=room,
                can_subscribe=True,
                can_publish=True,
                can_publish_sources=["microphone"],
                can_publish_data=False,
                can_update_own_metadata=False,
            ),
        )

    def _token(self, identity: str, grants: api.VideoGrants) -> str:
        return (
            api.AccessToken(self._key, self._secret)
            .with_identity(identity)
            .with_ttl(timedelta(seconds=PASS_TTL_S))
            .with_grants(grants)
            .to_jwt()
        )


def _person(one: api.ParticipantInfo) -> PersonSeen:
    return PersonSeen(
        identity=one.identity,
        kind=_word(api.ParticipantInfo.Kind.Name, one.kind),
        state=_word(api.ParticipantInfo.State.Name, one.state),
        tracks=tuple(
            TrackSeen(
                sid=track.sid,
                name=track.name,
                codec=track.mime_type or next((codec.mime_type for codec in track.codecs), None),
                muted=track.muted,
            )
            for track in one.tracks
        ),
        attributes=dict(one.attributes),
    )


def _word(name_of: Callable[[Any], str], number: int) -> str:
    """Name an enum's value; a newer LiveKit's may have no name here."""
    try:
        return name_of(number).lower()
    except ValueError:
        return str(number)
