"""Which STUN and TURN servers LiveKit names to every client that joins a room."""

import secrets
from collections.abc import Sequence

import aiohttp
from livekit import api
from livekit.protocol.rtc import SignalResponse

from wacall.doctor.findings import Finding, warn

_TIMEOUT_S = 5.0
# of clients that get JoinResponse first, and whole (livekit-server, pkg/service/rtcservice.go)
_PROTOCOL = 9
# what LiveKit names where nothing is configured (mediatransportutil, DefaultStunServers)
_FOREIGN = ("twilio.com", "google.com")


async def named_ice_servers(
    http: aiohttp.ClientSession, *, url: str, key: str, secret: str, room: str
) -> list[str]:
    """Join a room for a moment, unseen and without media; return the URLs, `stun:host:port`.

    Args:
        http: the session to ask with.
        url: LIVEKIT_URL; `ws` or `http`.
        key: LiveKit's API key.
        secret: its secret.
        room: one that exists.

    Raises:
        aiohttp.ClientError: the server is away, or refuses us.
        TimeoutError: it did not answer within 5 s.
        ValueError: what it answered with is no answer.
    """
    grants = api.VideoGrants(
        room_join=True, room=room, hidden=True, can_publish=False, can_subscribe=False
    )
    identity = f"doctor-{secrets.token_hex(4)}"
    token = api.AccessToken(key, secret).with_identity(identity).with_grants(grants).to_jwt()
    asked = http.ws_connect(
        f"{url.rstrip('/').replace('ws', 'http', 1)}/rtc",
        params={"protocol": str(_PROTOCOL), "auto_subscribe": "0"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
    )
    try:
        async with asked as answers:
            joined = SignalResponse.FromString(await answers.receive_bytes(timeout=_TIMEOUT_S)).join
            return [one for server in joined.ice_servers for one in server.urls]
    except TypeError:
        raise ValueError("LiveKit closed the connection before it answered") from None


def judge_ice_servers(named: Sequence[str]) -> Finding | None:
    """Say whether clients are sent to somebody who has no part in calls; `None` if not."""
    hosts = [one.partition(":")[2].rpartition(":")[0] for one in named]
    foreign = [host for host in hosts if host.endswith(_FOREIGN)]
    if not foreign:
        return None
    return warn(
        "stun",
        f"LiveKit tells every client, our workers among them, to ask {', '.join(foreign)} for its "
        "address.",
        "Set rtc.stun_servers in its configuration to one of yours; with rtc.node_ip 127.0.0.1:9 "
        "will do (docs/cluster.md).",
    )
