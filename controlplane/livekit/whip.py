"""LiveKit's WHIP endpoint: one offer in, one answer out (RFC 9725)."""

import asyncio
import json
import time
from dataclasses import dataclass, field

import aiohttp

from controlplane.core.errors import WhipRefused, WhipTimedOut
from shared.call.room import AGENT_IDENTITY, AGENT_TRACK
from shared.process.observing import ObserveRequest

# Holds the answer until the agent's track is subscribed, so that the answer sends it. Only for a
# track that the SFU lists already: a later one is never picked up.
_CLIENT_INFO = json.dumps({"subscribedParticipantTrackNames": {AGENT_IDENTITY: [AGENT_TRACK]}})


@dataclass(frozen=True, slots=True, kw_only=True)
class WhipAnswer:
    """What the SFU answered."""

    sdp: str = field(repr=False)
    participant_sid: str
    """LiveKit's id of this very leg; a leg that replaced it would have another."""


class WhipClient:
    """The WHIP endpoint of one LiveKit deployment."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        timeout_s: float,
        observe: ObserveRequest = lambda *_: None,
    ) -> None:
        """Take the deployment's URL; `timeout_s` must stay under the server's own 3 s retry."""
        self._http = http
        self._url = f"{url}/whip/v1"
        self._timeout_s = timeout_s
        self._observe = observe

    async def post(self, offer: str, token: str, *, awaits_agent: bool = True) -> WhipAnswer:
        """Post the offer once. Never repeated: a second try would evict the first's participant.

        Where no agent will be, `awaits_agent` must be false: the answer would never come.

        Raises:
            WhipTimedOut: no answer within the bound.
            WhipRefused: any answer but 201.
        """
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/sdp",
        }
        if awaits_agent:
            headers["X-LiveKit-ClientInfo"] = _CLIENT_INFO
        started = time.monotonic()
        outcome = "ok"
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._http.post(self._url, data=offer.encode(), headers=headers) as response,
            ):
                if response.status != 201:
                    outcome = str(response.status)
                    raise WhipRefused(
                        f"LiveKit's WHIP endpoint refused the offer (HTTP {response.status}); "
                        "is WHIP enabled there and does the key belong to it?"
                    )
                location = response.headers.get("Location", "")
                return WhipAnswer(
                    sdp=await response.text(), participant_sid=location.rpartition("/")[2]
                )
        except TimeoutError:
            outcome = "timeout"
            raise WhipTimedOut from None
        except aiohttp.ClientError:
            outcome = "unreachable"
            raise WhipRefused("LiveKit's WHIP endpoint could not be reached.") from None
        finally:
            self._observe("livekit", "whip", outcome, time.monotonic() - started)
