"""The WhatsApp leg's way into a room of the real SFU: the control plane's own."""

from datetime import UTC, datetime

import aiohttp

from controlplane.livekit.rooms import RoomsClient
from controlplane.livekit.whip import WhipClient
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party
from shared.call.room import ROOM_PREFIX, ShownStatus
from wacall.stack.sfu import EmbeddedSfu

TIMEOUT_S = 10


async def caller_token(sfu: EmbeddedSfu, room: str) -> str:
    """Mint the token with which the caller's leg joins the room of a call that rings."""
    call = Call(
        id=CallId(room.removeprefix(ROOM_PREFIX)),
        wacid=None,
        direction=Direction.INBOUND,
        status=CallStatus.RINGING,
        phone_number_id=PhoneNumberId("106540352242922"),
        party=Party(),
        created_at=datetime.now(UTC),
    )
    assert call.room == room, "a call's room has the call's name"
    async with aiohttp.ClientSession() as http:
        rooms = RoomsClient(
            http,
            url=sfu.http_url,
            api_key=sfu.keys.key,
            api_secret=sfu.keys.secret,
            agent_name="agent",
            timeout_s=TIMEOUT_S,
        )
        return rooms.caller_token(call, status=ShownStatus.RINGING)


async def join_as_caller(
    sfu: EmbeddedSfu, room: str, offer: str, *, awaits_agent: bool = True
) -> str:
    """Post an offer to WHIP; return LiveKit's answer, which waits for a listed agent's track.

    Raises:
        WhipRefused: any answer but 201.
    """
    token = await caller_token(sfu, room)
    return await join_with(sfu, token, offer, awaits_agent=awaits_agent)


async def join_with(sfu: EmbeddedSfu, token: str, offer: str, *, awaits_agent: bool) -> str:
    """Post an offer to WHIP as whoever the token names; return LiveKit's answer."""
    async with aiohttp.ClientSession() as http:
        whip = WhipClient(http, url=sfu.http_url, timeout_s=TIMEOUT_S)
        return (await whip.post(offer, token, awaits_agent=awaits_agent)).sdp
