"""The operator's webhook: what people have to do is posted there, signed.

    POST <OPERATOR_WEBHOOK_URL>
    Content-Type: application/json
    Idempotency-Key: <id of the follow-up>         the same one again is the same request
    X-Wacall-Timestamp: <UNIX seconds>
    X-Wacall-Signature: sha256=<hex>               HMAC-SHA256 of "<timestamp>.<body>" with
                                                   OPERATOR_WEBHOOK_SECRET

Any 2xx says that it was taken; everything else is tried again for a week.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp

from shared.call.signature import signed_headers
from shared.process.observing import ObserveRequest


class OperatorWebhook:
    """Posts notices; nothing here knows what they are about."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        url: str,
        secret: str,
        timeout_s: float,
        observe: ObserveRequest = lambda *_: None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take the session, the address, the key of the signature, and this machine's clock."""
        self._http = http
        self._url = url
        self._secret = secret
        self._timeout_s = timeout_s
        self._observe = observe
        self._wall = wall

    async def tell(self, notice: Mapping[str, Any], *, key: str) -> str | None:
        """Post one notice; return why it was not taken, in a sentence, `None` if it was.

        `key` is the same for each try.
        """
        body = json.dumps(notice, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            **signed_headers(self._secret, body, datetime.fromtimestamp(self._wall(), UTC)),
        }
        started, outcome = time.monotonic(), "cancelled"
        try:
            status = await self._post(body, headers)
            outcome = "ok" if 200 <= status < 300 else f"http-{status // 100}xx"
        except TimeoutError:
            outcome = "timeout"
            return (
                "The operator's webhook did not answer within OPERATOR_WEBHOOK_TIMEOUT_S "
                f"({self._timeout_s:g} s)."
            )
        except aiohttp.ClientError as error:
            outcome = "unreachable"
            # its text may quote the address, which may hold a key
            return (
                f"The operator's webhook cannot be reached ({type(error).__name__}); check "
                "OPERATOR_WEBHOOK_URL and that it runs."
            )
        finally:
            self._observe("operator", "tell", outcome, time.monotonic() - started)
        return None if outcome == "ok" else f"The operator's webhook answered with HTTP {status}."

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> int:
        async with (
            asyncio.timeout(self._timeout_s),
            # a redirect would carry a person's name elsewhere
            self._http.post(
                self._url, data=body, headers=headers, allow_redirects=False
            ) as response,
        ):
            return response.status
