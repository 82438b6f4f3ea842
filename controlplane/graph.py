"""The Graph API: the only place that knows its URLs, bodies and codes.

Repeating is a matter of the action:

    reject, terminate   harmless; "no such call" is what they want, hence a success
    pre_accept          harmless with the same SDP; it only prepares
    accept              the same SDP once more, if we cannot know whether the first was carried
                        out; then "already accepted" is a success. The phone's side is not asked
                        twice, and giving up on an accepted call would cut a customer off
    a placed call       never: the phone would ring twice
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from controlplane.call import PhoneNumberId, WhatsAppCallId
from controlplane.errors import GraphError
from controlplane.foreign import object_of, text_of, word_of
from controlplane.graph_errors import (
    GraphRefused,
    GraphUnreachable,
    UnreadableReply,
    error_from_response,
)

Observer = Callable[[str, str, float], None]
"""Takes each request's action, its outcome (`ok` or an error's `code`) and its seconds."""

_MAX_REPLY = 256 * 1024
_NUMBER_FIELDS = "id,display_phone_number,verified_name,quality_rating,status"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberInfo:
    """What Graph knows of our business number."""

    id: PhoneNumberId
    display_phone_number: str | None = field(default=None, repr=False)
    verified_name: str | None = field(default=None, repr=False)
    quality_rating: str = ""
    status: str = ""
    """CONNECTED when it can be used."""


class GraphClient:
    """Speaks with the Graph API for one business number."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        phone_number_id: PhoneNumberId,
        token: str,
        timeout_s: float,
        on_request: Observer | None = None,
    ) -> None:
        """Take the session and the line; `timeout_s` bounds each single request."""
        self._http = http
        self._url = f"{base_url.rstrip('/')}/{version.strip('/')}/{phone_number_id}"
        self._phone_number_id = phone_number_id
        self._token = token
        self._timeout_s = timeout_s
        self._on_request = on_request

    async def pre_accept(self, wacid: WhatsAppCallId, sdp: str) -> None:
        """Give Meta our answer, so that ICE and DTLS are up before `accept`.

        Raises:
            GraphError: refused, or no answer within the deadline, twice.
        """
        body = {"call_id": wacid, "action": "pre_accept", "session": _answer(sdp)}
        await self._act(body, attempts=2)

    async def accept(self, wacid: WhatsAppCallId, sdp: str, opaque: str | None = None) -> None:
        """Answer the call; `sdp` must be what `pre_accept` was given, byte for byte.

        Raises:
            GraphError: refused, or no answer within the deadline, twice: then the call may
                nevertheless have been accepted, and needs `terminate`.
        """
        body: dict[str, Any] = {"call_id": wacid, "action": "accept", "session": _answer(sdp)}
        if opaque is not None:
            body["biz_opaque_callback_data"] = opaque
        first = True
        try:
            async for attempt in _attempts(2):
                with attempt:
                    first = attempt.retry_state.attempt_number == 1
                    await self._act(body, attempts=1)
        except GraphRefused as error:
            if first or not error.says_already_accepted:
                raise

    async def reject(self, wacid: WhatsAppCallId) -> None:
        """Decline a ringing call; one that is gone already is fine.

        Raises:
            GraphError: refused, or no answer within the deadline, thrice.
        """
        await self._hang_up(wacid, "reject")

    async def terminate(self, wacid: WhatsAppCallId) -> None:
        """Hang up; a call that has ended already is fine. Needed for right billing.

        Raises:
            GraphError: refused, or no answer within the deadline, thrice.
        """
        await self._hang_up(wacid, "terminate")

    async def check_number(self) -> NumberInfo:
        """Ask Graph for our number: shows whether token and WA_PHONE_NUMBER_ID fit.

        Raises:
            GraphError: refused, or no answer within the deadline.
        """
        data = await self._request("GET", "", "check_number", params={"fields": _NUMBER_FIELDS})
        if text_of(data.get("id")) != self._phone_number_id:
            raise UnreadableReply(http_status=200)
        return NumberInfo(
            id=self._phone_number_id,
            display_phone_number=text_of(data.get("display_phone_number")),
            verified_name=text_of(data.get("verified_name")),
            quality_rating=word_of(data.get("quality_rating")),
            status=word_of(data.get("status")),
        )

    async def _hang_up(self, wacid: WhatsAppCallId, action: str) -> None:
        try:
            await self._act({"call_id": wacid, "action": action}, attempts=3)
        except GraphRefused as error:
            if not error.says_call_gone:
                raise

    async def _act(self, body: Mapping[str, Any], *, attempts: int) -> None:
        async for attempt in _attempts(attempts):
            with attempt:
                data = await self._request("POST", "/calls", body["action"], body=body)
                if data.get("success") is not True:
                    raise UnreadableReply(http_status=200)

    async def _request(
        self,
        method: str,
        path: str,
        action: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        """Send one request and return the object that it was answered with."""
        started, outcome = time.perf_counter(), "cancelled"
        try:
            status, reply = await self._exchange(method, path, body, params)
            if not 200 <= status < 300:
                raise error_from_response(status, reply)
            data = _read_object(reply)
            if data is None:
                raise UnreadableReply(http_status=status)
            outcome = "ok"
        except GraphError as error:
            outcome = error.code
            raise
        finally:
            if self._on_request is not None:
                self._on_request(action, outcome, time.perf_counter() - started)
        return data

    async def _exchange(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        params: Mapping[str, str] | None,
    ) -> tuple[int, bytes]:
        headers = {"Authorization": f"Bearer {self._token}"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps({"messaging_product": "whatsapp", **body}).encode()
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                # a redirect would carry the token elsewhere
                self._http.request(
                    method,
                    self._url + path,
                    data=data,
                    params=params,
                    headers=headers,
                    allow_redirects=False,
                ) as response,
            ):
                return response.status, await _read_bounded(response)
        except TimeoutError:
            raise GraphUnreachable(
                f"The Graph API did not answer within GRAPH_TIMEOUT_S ({self._timeout_s:g} s)."
            ) from None
        except aiohttp.ClientError as error:
            # its text may quote headers; its kind says enough
            raise GraphUnreachable(
                f"The Graph API cannot be reached ({type(error).__name__}); "
                "check WA_GRAPH_BASE_URL and the way out of this network."
            ) from None


def _attempts(count: int) -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception(_may_repeat),
        stop=stop_after_attempt(count),
        wait=wait_random_exponential(multiplier=0.1, max=1),
        reraise=True,
    )


def _may_repeat(error: BaseException) -> bool:
    return isinstance(error, (GraphRefused, GraphUnreachable)) and error.is_retryable


def _answer(sdp: str) -> Mapping[str, str]:
    # Meta's parameter table says "offer" here; its samples, and its servers, want "answer"
    return {"sdp_type": "answer", "sdp": sdp}


def _read_object(reply: bytes) -> Mapping[str, Any] | None:
    try:
        return object_of(json.loads(reply)) or None
    except (ValueError, RecursionError):
        return None


async def _read_bounded(response: aiohttp.ClientResponse) -> bytes:
    reply = bytearray()
    async for chunk in response.content.iter_chunked(16 * 1024):
        reply += chunk
        if len(reply) > _MAX_REPLY:
            break
    return bytes(reply)
