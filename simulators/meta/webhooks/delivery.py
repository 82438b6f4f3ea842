"""Delivers webhooks as Meta does: signed, in order, in copies if need be, again and again."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from simulators.meta.webhooks.calls import SIGNATURE_HEADER, Json, encode, sign
from simulators.tasks import Tasks

TIMEOUT_S = 20.0
"""Meta, calling FAQ: about 20 s until a webhook request counts as failed."""
RETRY_DELAYS_S = (0.0, 1.0, 5.0, 15.0, 60.0)
"""Meta, webhooks: at once, then less and less often."""
_ORDER_WAIT_S = 1.0


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


class Post(Protocol):
    """Sends a webhook of the business's line."""

    def __call__(
        self, body: Json, copies: int = 1, delay_s: float = 0.0, after: Delivery | None = None
    ) -> Delivery:
        """Post `body`; see `WebhookSender.post`."""


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
        self._tasks = Tasks()

    def post(
        self,
        url: str,
        payload: object,
        *,
        copies: int = 1,
        delay_s: float = 0.0,
        after: Delivery | None = None,
        signature: str | None = None,
    ) -> Delivery:
        """Send a body (bytes are sent as they are) and return at once.

        It goes out when `after` was taken, or was not taken within a second: in order, unless
        the business is slow.

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
            self._tasks.spawn(self._deliver(url, body, headers, delivery, delay_s, after))
        return deliveries[0]

    async def close(self) -> None:
        """Give up what is still on its way."""
        await self._tasks.close()

    async def _deliver(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        delivery: Delivery,
        delay_s: float,
        after: Delivery | None,
    ) -> None:
        try:
            if after is not None:
                with suppress(TimeoutError):
                    await after.wait(_ORDER_WAIT_S)
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
