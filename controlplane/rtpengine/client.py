"""rtpengine's NG protocol, as one client per instance: the only place that knows its messages.

Every message may be repeated: offers and answers set a state, and rtpengine recognises the cookie
of a message that it has seen. Media never passes through here.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from controlplane.core.errors import HopCallUnknown, HopRefused, HopUnreachable
from controlplane.core.foreign import Json, integer_of, list_of, object_of, text_of
from controlplane.rtpengine.address import HopAddress
from controlplane.rtpengine.transport import Transport
from shared.process.observing import ObserveRequest

# What a leg towards WhatsApp or LiveKit must be. `original-sendrecv`: the direction in the SDP is
# taken as it stands; `generate-mid`: LiveKit refuses a section without one.
_WEBRTC: Mapping[str, Any] = {
    "ICE": "force",
    "transport-protocol": "UDP/TLS/RTP/SAVPF",
    "SDES": ["off"],
    "rtcp-mux": ["offer", "require"],
    "flags": ["generate-mid", "original-sendrecv"],
    "replace": ["origin", "session-connection"],
}
_PLAIN: Mapping[str, Any] = {"ICE": "remove", "flags": ["original-sendrecv"]}

_REASONS = {
    "Failed to parse SDP": "it cannot read the session description",
    "Error rewriting SDP": "it cannot make sense of the session description",
    "Incomplete SDP specification": "the session description is incomplete",
    "Invalid dialogue association": "the tags do not belong together",
    "Ran out of ports": "it has no free media port; widen its port range",
    "Parallel session limit reached": "it carries as many calls as it may",
    "Unknown call-id": "it does not know the call",
}
"""rtpengine's refusals that need a sentence of their own. No other text of its is passed on."""

_LIST_LIMIT = 100_000
"""Of calls in one `list`; rtpengine's own default is 32."""


class NgClient:
    """One rtpengine."""

    def __init__(
        self,
        transport: Transport,
        *,
        address: HopAddress,
        timeout_s: float,
        observe: ObserveRequest = lambda *_: None,
    ) -> None:
        """Take the way to it; `timeout_s` bounds every message with its repetitions."""
        self.address = address
        self._transport = transport
        self._timeout_s = timeout_s
        self._observe = observe

    async def offer(
        self,
        call_id: str,
        sdp: str,
        *,
        from_tag: str,
        to_tag: str | None = None,
        direction: tuple[str, str] | None = None,
    ) -> str:
        """Give one side's description; return the WebRTC offer for the other side.

        `direction` names the interfaces of the two sides, offerer's first, on a hop in two
        networks; it belongs into the first offer of a call and into no other.

        Raises:
            HopRefused: it refused, or made no offer.
            HopUnreachable: no reply within the bound.
        """
        fields: dict[str, Any] = {"call-id": call_id, "from-tag": from_tag, "sdp": sdp, **_WEBRTC}
        if to_tag is not None:
            fields["to-tag"] = to_tag
        if direction is not None:
            fields["direction"] = list(direction)
        return _sdp_of(await self._request("offer", fields))

    async def answer(
        self, call_id: str, sdp: str, *, from_tag: str, to_tag: str, is_webrtc: bool = True
    ) -> str:
        """Give the answer of `to_tag` to the offer of `from_tag`; return what that one would see.

        `is_webrtc` is false where the offerer is the synthetic side, which is nobody.

        Raises:
            HopCallUnknown: the call is gone.
            HopRefused: it refused, or made no answer.
            HopUnreachable: no reply within the bound.
        """
        fields = {"call-id": call_id, "from-tag": from_tag, "to-tag": to_tag, "sdp": sdp}
        return _sdp_of(
            await self._request("answer", {**fields, **(_WEBRTC if is_webrtc else _PLAIN)})
        )

    async def delete(self, call_id: str) -> bool:
        """End the call's media at once; return whether it was there.

        Raises:
            HopRefused: it refused.
            HopUnreachable: no reply within the bound.
        """
        # rtpengine answers "ok" with a warning if there is no such call; newer ones may refuse
        try:
            reply = await self._request("delete", {"call-id": call_id, "delete-delay": 0})
        except HopCallUnknown:
            return False
        return "warning" not in reply

    async def query(self, call_id: str) -> Json:
        """Return rtpengine's own description of the call; `query` reads it.

        Raises:
            HopCallUnknown: the call is gone.
            HopRefused: it refused.
            HopUnreachable: no reply within the bound.
        """
        return await self._request("query", {"call-id": call_id})

    async def list_calls(self) -> list[str]:
        """Return the ids of all calls that it carries.

        Raises:
            HopRefused: it refused.
            HopUnreachable: no reply within the bound.
        """
        reply = await self._request("list", {"limit": _LIST_LIMIT})
        return [text for call in list_of(reply.get("calls")) if (text := text_of(call))]

    async def ping(self) -> None:
        """Ask whether it is there.

        Raises:
            HopRefused: it refused.
            HopUnreachable: no reply within the bound.
        """
        await self._request("ping", {}, good="pong")

    async def count_calls(self) -> int:
        """Return how many calls it carries.

        Raises:
            HopRefused: it refused, or did not say.
            HopUnreachable: no reply within the bound.
        """
        reply = await self._request("statistics", {})
        current = object_of(object_of(reply.get("statistics")).get("currentstatistics"))
        calls = integer_of(current.get("sessionstotal"))
        if calls is None:
            raise HopRefused("The media hop's statistics do not say how many calls it carries.")
        return calls

    async def close(self) -> None:
        """Free the way to it."""
        await self._transport.close()

    async def _request(self, command: str, fields: Mapping[str, Any], good: str = "ok") -> Json:
        # unique over all replicas: rtpengine repeats an old reply to a cookie that it knows
        cookie = secrets.token_hex(8)
        message = json.dumps({"command": command, **fields}, separators=(",", ":"))
        started = time.monotonic()
        outcome = "ok"
        try:
            async with asyncio.timeout(self._timeout_s):
                text = await self._transport.exchange(cookie, message)
            reply = _read(text)
            if reply.get("result") != good:
                outcome = "refused"
                raise _refusal(command, reply)
            return reply
        except TimeoutError:
            outcome = "timeout"
            raise HopUnreachable from None
        except HopUnreachable:
            outcome = "unreachable"
            raise
        finally:
            self._observe("rtpengine", command, outcome, time.monotonic() - started)


def _read(text: str) -> Json:
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        raise HopUnreachable("The media hop's reply is not JSON; is its NG port another program's?")
    return reply


def _refusal(command: str, reply: Json) -> HopRefused:
    reason = text_of(reply.get("error-reason")) or ""
    sentence = f"The media hop refused `{command}`: {_REASONS.get(reason, 'its log says why')}."
    if reason == "Unknown call-id":
        return HopCallUnknown()
    return HopRefused(sentence)


def _sdp_of(reply: Json) -> str:
    sdp = reply.get("sdp")
    if not isinstance(sdp, str):
        raise HopRefused("The media hop accepted, but returned no session description.")
    return sdp
