"""A room of nobody's, for the leg that clips are made on."""

import contextlib
import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

from livekit import api

from agents.media.bridge.agent_leg import RoomAccess

_IDENTITY = "voice"
_LASTS = timedelta(minutes=10)
# LiveKit ends it by itself, should we be gone
_EMPTY_S = 20


class ClipRooms:
    """Makes and ends such rooms."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        """Take LiveKit's address, and a key pair that may make rooms."""
        self._url, self._key, self._secret = url, key, secret

    @contextlib.asynccontextmanager
    async def room(self) -> AsyncIterator[tuple[str, RoomAccess]]:
        """Make one; give its name, and the way into it.

        Raises:
            aiohttp.ClientError, TimeoutError, api.TwirpError: LiveKit does not give one.
        """
        # a name that is no call's: the control plane looks at none of the others
        name = f"clips-{secrets.token_hex(8)}"
        token = (
            api.AccessToken(self._key, self._secret)
            .with_identity(_IDENTITY)
            .with_grants(api.VideoGrants(room_join=True, room=name, can_update_own_metadata=True))
            .with_ttl(_LASTS)
            .to_jwt()
        )
        async with api.LiveKitAPI(self._url, self._key, self._secret) as livekit:
            await livekit.room.create_room(
                api.CreateRoomRequest(name=name, empty_timeout=_EMPTY_S, max_participants=1)
            )
            try:
                yield name, RoomAccess(url=self._url, token=token)
            finally:
                with contextlib.suppress(api.TwirpError):
                    await livekit.room.delete_room(api.DeleteRoomRequest(room=name))
