"""Meta's webhooks: the exact bodies, the signature over the exact bytes, the delivery with retries.

The builders are pure; `WebhookSender` is the only part that touches the network.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

Json = dict[str, Any]

SIGNATURE_HEADER = "X-Hub-Signature-256"
TIMEOUT_S = 20.0
"""Meta, calling FAQ: about 20 s until a webhook request counts as failed."""
RETRY_DELAYS_S = (0.0, 1.0, 5.0, 15.0, 60.0)
"""Meta, webhooks: at once, then less and less often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The business's side: one number of one WhatsApp Business Account."""

    phone_number_id: str = "436666719526789"
    display_phone_number: str = "15550100399"
    waba_id: str = "102290129340398"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The person at the phone; invented."""

    phone: str = field(default="15550100123", repr=False)
    """Digits without `+`."""
    name: str = field(default="Zoë Müller-Łukasz", repr=False)
    user_id: str = field(default="US.13491208655302741918", repr=False)
    """Business-scoped user id."""
    username: str | None = field(default=None, repr=False)
    hides_phone: bool = False
    """With a username Meta leaves the phone fields out (business-scoped ids, 2026)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated:
    """How a call ended, as Meta tells it."""

    status: str
    """`COMPLETED`, even for an unanswered call, or `FAILED`."""
    at: int
    started_at: int | None = None
    """UNIX seconds; only if the call was picked up."""
    error_code: int | None = None

    @property
    def duration_s(self) -> int | None:
        """Whole seconds; none if the call was never picked up."""
        return None if self.started_at is None else self.at - self.started_at


_ERRORS = {
    138019: "Client set-up failure",
    138020: "Client could not reach the relay",
    138021: "No media was received from the business",
    138022: "The client sent no media",
    138023: "The call was accepted but no media was exchanged",
}


# --- the bodies ---


def make_wacid(caller: str, callee: str) -> str:
    """Mint a call id: base64 of a small binary record that holds both numbers, as Meta's does."""
    token = secrets.token_hex(16).upper().encode()
    record = b"\x1c"
    for number in (caller.encode(), callee.encode()):
        record += b"\x18" + bytes([len(number)]) + number + b"\x15\x02\x00"
    record += b"\x12\x18" + bytes([len(token)]) + token + b"\x00"
    return "wacid." + base64.b64encode(record).decode()


def connect_call(
    wacid: str,
    caller: Caller,
    line: Line,
    offer: str,
    at: int,
    payloads: Mapping[str, str] | None = None,
) -> Json:
    """Build `calls[0]` of a user-initiated `connect`."""
    return {
        "id": wacid,
        **_parties(caller, line),
        "event": "connect",
        "timestamp": str(at),
        "direction": "USER_INITIATED",
        **(payloads or {}),
        "session": {"sdp_type": "offer", "sdp": offer},
    }


def terminate_call(
    wacid: str,
    caller: Caller,
    line: Line,
    end: Terminated,
    payloads: Mapping[str, str] | None = None,
    opaque: str | None = None,
) -> Json:
    """Build `calls[0]` of a `terminate`."""
    call: Json = {
        "id": wacid,
        **_parties(caller, line),
        "event": "terminate",
        "direction": "USER_INITIATED",
        "timestamp": str(end.at),
        "status": end.status,
    }
    if end.started_at is not None:
        call |= {
            "start_time": str(end.started_at),
            "end_time": str(end.at),
            "duration": end.duration_s,
        }
    if opaque is not None:
        call["biz_opaque_callback_data"] = opaque
    call |= payloads or {}
    if end.error_code is not None:
        # documented beside `calls`, seen in both places
        call["errors"] = call_errors(end.error_code)
    return call


def call_errors(code: int) -> list[Json]:
    """Build the `errors` of a failed call."""
    message = _ERRORS.get(code, "The call failed")
    return [
        {
            "code": code,
            "title": message,
            "message": message,
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
            "error_data": {"details": message},
        }
    ]


def calls_change(
    line: Line,
    callers: Sequence[Caller],
    calls: Sequence[Json],
    errors: Sequence[Json] = (),
) -> Json:
    """Build one element of `changes` for field `calls`."""
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": line.display_phone_number,
            "phone_number_id": line.phone_number_id,
        },
        "contacts": [_contact(caller) for caller in callers],
        "calls": list(calls),
    }
    if errors:
        value["errors"] = list(errors)
    return {"value": value, "field": "calls"}


def envelope(line: Line, changes: Sequence[Json]) -> Json:
    """Build a whole webhook body."""
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": line.waba_id, "changes": list(changes)}],
    }


def unknown_changes(line: Line, at: int) -> list[Json]:
    """Build what a business has never seen: an unknown call event, a message, another field."""
    metadata = {
        "display_phone_number": line.display_phone_number,
        "phone_number_id": line.phone_number_id,
    }
    return [
        {
            "value": {
                "messaging_product": "whatsapp",
                "metadata": metadata,
                "calls": [
                    {
                        "id": make_wacid("15550100188", line.display_phone_number),
                        "event": "teleported",
                        "timestamp": str(at),
                        "direction": "SIDEWAYS",
                        "novelty": {"depth": [1, 2, 3]},
                    }
                ],
            },
            "field": "calls",
        },
        {
            "value": {
                "messaging_product": "whatsapp",
                "metadata": metadata,
                "statuses": [
                    {"id": "wamid.x", "type": "message", "status": "read", "timestamp": str(at)}
                ],
            },
            "field": "messages",
        },
        {"value": {"event": "ACCOUNT_NOVELTY"}, "field": "account_update"},
    ]


def _parties(caller: Caller, line: Line) -> Json:
    phone = {} if caller.hides_phone else {"from": caller.phone}
    return {**phone, "from_user_id": caller.user_id, "to": line.display_phone_number}


def _contact(caller: Caller) -> Json:
    profile = {"name": caller.name}
    if caller.username is not None:
        profile["username"] = caller.username
    phone = {} if caller.hides_phone else {"wa_id": caller.phone}
    return {"profile": profile, **phone, "user_id": caller.user_id}


# --- the bytes ---


def encode(payload: object) -> bytes:
    """Write JSON as Meta sends and signs it: compact, non-ASCII escaped in lower-case hex."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def sign(body: bytes, app_secret: str) -> str:
    """Compute the signature header: HMAC-SHA256 over the exact bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


# --- the delivery ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One POST; times from `time.monotonic()`."""

    sent_at: float
    finished_at: float
    status: int | None
    """None: no answer within the time limit, or no connection."""


class Delivery:
    """One webhook on its way."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.first_sent_at: float | None = None
        self.acknowledged_at: float | None = None
        self.given_up = False
        self.started = asyncio.Event()
        self.done = asyncio.Event()
        """Taken with a 2xx, or given up."""

    async def wait(self, deadline_s: float) -> None:
        """Wait until the webhook was taken with a 2xx, or given up.

        Raises:
            TimeoutError: neither within `deadline_s` seconds.
        """
        async with asyncio.timeout(deadline_s):
            await self.done.wait()

    def close(self, *, given_up: bool) -> None:
        """Note that nothing more will be sent."""
        self.given_up = given_up
        self.done.set()


class WebhookSender:
    """Posts signed webhooks, as often as it takes."""

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        app_secret: str,
        timeout_s: float = TIMEOUT_S,
        retry_delays_s: Sequence[float] = RETRY_DELAYS_S,
        on_attempt: Callable[[Attempt], None] | None = None,
    ) -> None:
        self._http = http
        self._app_secret = app_secret
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._retry_delays_s = retry_delays_s
        self._on_attempt = on_attempt
        self._tasks: set[asyncio.Task[None]] = set()

    def post(
        self,
        url: str,
        payload: object,
        *,
        copies: int = 1,
        delay_s: float = 0.0,
        signature: str | None = None,
    ) -> Delivery:
        """Send a body (bytes are sent as they are) and return at once.

        Each of `copies` is delivered on its own, all at once, as Meta's duplicates may be; the
        returned delivery is the first's. A `signature` of "" leaves the header out.
        """
        body = payload if isinstance(payload, bytes) else encode(payload)
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        value = sign(body, self._app_secret) if signature is None else signature
        if value:
            headers[SIGNATURE_HEADER] = value
        deliveries = [Delivery() for _ in range(max(1, copies))]
        for delivery in deliveries:
            self._spawn(self._deliver(url, body, headers, delivery, delay_s))
        return deliveries[0]

    async def close(self) -> None:
        """Give up what is still on its way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(
        self, url: str, body: bytes, headers: dict[str, str], delivery: Delivery, delay_s: float
    ) -> None:
        try:
            for pause_s in (delay_s, *self._retry_delays_s):
                await asyncio.sleep(pause_s)
                attempt = await self._attempt(url, body, headers, delivery)
                delivery.attempts.append(attempt)
                if self._on_attempt is not None:
                    self._on_attempt(attempt)
                if attempt.status is not None and 200 <= attempt.status < 300:
                    delivery.acknowledged_at = attempt.finished_at
                    return
        finally:
            delivery.close(given_up=delivery.acknowledged_at is None)

    async def _attempt(
        self, url: str, body: bytes, headers: dict[str, str], delivery: Delivery
    ) -> Attempt:
        sent_at = time.monotonic()
        if delivery.first_sent_at is None:
            delivery.first_sent_at = sent_at
            delivery.started.set()
        status: int | None = None
        try:
            async with self._http.post(
                url, data=body, headers=headers, timeout=self._timeout
            ) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            pass
        return Attempt(sent_at=sent_at, finished_at=time.monotonic(), status=status)
