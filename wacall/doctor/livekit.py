"""What the doctor finds at LiveKit: the key, a worker, and the way that media would take."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
from google.protobuf.message import DecodeError
from livekit import api

from controlplane.core.errors import WhipRefused, WhipTimedOut
from controlplane.livekit.rooms import RoomsClient
from controlplane.livekit.whip import WhipClient
from controlplane.parts import make_rooms
from controlplane.settings import Settings
from shared.call.brief import PROBE
from shared.call.call import Call, CallStatus, Direction
from shared.call.errors import WacallError
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party
from shared.call.room import ShownStatus
from wacall.doctor.configuration import is_metas_own
from wacall.doctor.findings import Finding, Reach, fail, judge_candidates, ok, udp_addresses
from wacall.doctor.ice_servers import judge_ice_servers, named_ice_servers

_WHIP_TIMEOUT_S = 10.0
# A worker answers within milliseconds, but LiveKit shows it only when it has asked all its servers
# for registered names: up to 5 s, once a minute (pkg/agent/client.go, LaunchJob).
_WORKER_TIMEOUT_S = 8.0
_POLL_S = 0.1

# An offer of our own, only to see which candidates LiveKit answers with: nobody connects.
_PROBE_OFFER = "\r\n".join(
    [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=ice-ufrag:doctorprobe",
        "a=ice-pwd:doctorprobedoctorprobe00",
        "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
        "a=setup:actpass",
        "a=mid:0",
        "a=sendrecv",
        "a=rtcp-mux",
        "a=rtpmap:111 opus/48000/2",
        "a=ssrc:1 cname:doctor",
        "a=msid:doctor audio",
        "",
    ]
)


async def look_at_livekit(
    settings: Settings, http: aiohttp.ClientSession, *, is_embedded: bool = False
) -> AsyncIterator[Finding]:
    """Ask for the rooms, then make one of our own, and see who would come and where to send.

    `is_embedded`: the SFU is the one that `wacall up` runs.
    """
    reach = Reach(
        is_real=is_metas_own(settings.wa_graph_base_url),
        is_embedded=is_embedded,
        via_bridge=settings.wa_media == "bridge",
    )
    rooms = make_rooms(settings, http)
    try:
        await rooms.rooms()
    except WacallError as error:
        yield fail(
            "livekit",
            str(error),
            "Set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET to those of the server.",
        )
        return
    yield ok("livekit", "The SFU answers and takes the key.")
    call = Call(
        id=CallId(f"doctor-{uuid.uuid4()}"),
        wacid=None,
        direction=Direction.INBOUND,
        status=CallStatus.RINGING,
        phone_number_id=PhoneNumberId("0"),
        party=Party(),
        created_at=datetime.now(UTC),
    )
    async with api.LiveKitAPI(
        settings.livekit_url,
        settings.livekit_api_key,
        settings.livekit_api_secret.get_secret_value(),
        session=http,
        failover=False,
    ) as lk:
        try:
            await _make_room(lk, call.room, settings.agent_name)
            yield await _find_worker(lk, call.room, settings.agent_name)
            yield await _look_at_candidates(settings, rooms, http, call, reach)
            if (stun := await _look_at_ice_servers(settings, http, call.room)) is not None:
                yield stun
        except api.TwirpError as error:
            yield fail("livekit", f"No room could be made ({error.code}).", "See the SFU's log.")
        except (aiohttp.ClientError, TimeoutError) as error:
            yield fail(
                "livekit",
                f"The SFU stopped answering ({type(error).__name__}).",
                "See the SFU's log, and whether LIVEKIT_URL leads to it directly.",
            )
        finally:
            with contextlib.suppress(WacallError):
                await rooms.delete(call.room)


async def _make_room(lk: api.LiveKitAPI, room: str, agent_name: str) -> None:
    dispatch = api.RoomAgentDispatch(
        agent_name=agent_name,
        metadata=PROBE,
        restart_policy=api.JobRestartPolicy.JRP_NEVER,
    )
    await lk.room.create_room(api.CreateRoomRequest(name=room, empty_timeout=30, agents=[dispatch]))


async def _find_worker(lk: api.LiveKitAPI, room: str, name: str) -> Finding:
    """Dispatch a job that every worker turns away; that it reached one is the finding."""
    deadline = asyncio.get_running_loop().time() + _WORKER_TIMEOUT_S
    while asyncio.get_running_loop().time() < deadline:
        for dispatch in await lk.agent_dispatch.list_dispatch(room_name=room):
            if dispatch.state.jobs:
                return ok("agent", f"A worker is registered under {name}.")
        await asyncio.sleep(_POLL_S)
    return fail(
        "agent",
        f"No worker took a job under the name {name}.",
        "Start one (wacall agent) with the same LIVEKIT_URL, key and AGENT_NAME; if one runs, "
        "its machine may be busier than AGENT_LOAD_THRESHOLD allows.",
    )


async def _look_at_ice_servers(
    settings: Settings, http: aiohttp.ClientSession, room: str
) -> Finding | None:
    try:
        named = await named_ice_servers(
            http,
            url=settings.livekit_url,
            key=settings.livekit_api_key,
            secret=settings.livekit_api_secret.get_secret_value(),
            room=room,
        )
    except (aiohttp.ClientError, TimeoutError, ValueError, DecodeError):
        # no call depends on it
        return None
    return judge_ice_servers(named)


async def _look_at_candidates(
    settings: Settings, rooms: RoomsClient, http: aiohttp.ClientSession, call: Call, reach: Reach
) -> Finding:
    """Ask WHIP for an answer and look where the phone would be told to send its media."""
    whip = WhipClient(http, url=settings.livekit_url, timeout_s=_WHIP_TIMEOUT_S)
    try:
        token = rooms.caller_token(call, status=ShownStatus.RINGING)
        answer = await whip.post(_PROBE_OFFER, token, awaits_agent=False)
    except (WhipRefused, WhipTimedOut) as error:
        return fail(
            "whip",
            str(error),
            "WHIP needs livekit-server 1.9.1 or newer, reachable under LIVEKIT_URL.",
        )
    return judge_candidates(udp_addresses(answer.sdp), reach)
