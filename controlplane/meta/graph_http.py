"""One request to the Graph API: address, token, deadline, and what the answer is read as."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import aiohttp

from controlplane.core.errors import GraphError
from controlplane.meta.graph_errors import (
    GraphNotReached,
    GraphUnreachable,
    UnreadableReply,
    error_from_response,
)
from controlplane.meta.graph_replies import read_bounded, read_object
from controlplane.meta.rate_wait import http_date
from shared.call.ids import PhoneNumberId
from shared.process.observing import ObserveRequest

SeenDate = Callable[[datetime, float, float], None]
"""Called with an answer's `Date`, and the monotonic times of its request and its arrival."""

# what aiohttp raises before there is a connection to send on (its name resolver's included)
_NOT_CONNECTED = (aiohttp.ClientConnectorError, aiohttp.ClientConnectorCertificateError)


class GraphHttp:
    """The one place that sends requests to Graph; nothing here knows what they are for."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        phone_number_id: PhoneNumberId,
        token: str,
        timeout_s: float,
        observe: ObserveRequest = lambda *_: None,
        dated: SeenDate = lambda *_: None,
    ) -> None:
        """Take the session and the line; `timeout_s` bounds each single request.

        `dated` hears of every answer's `Date`.
        """
        self.phone_number_id = phone_number_id
        self.token = token
        self._http = http
        self._base_url, self._version = base_url, version
        self._url = f"{base_url.rstrip('/')}/{version.strip('/')}"
        self._timeout_s = timeout_s
        self._observe = observe
        self._dated = dated

    def with_token(self, token: str) -> "GraphHttp":
        """Return the same with another token, such as the app's own."""
        return GraphHttp(
            self._http,
            base_url=self._base_url,
            version=self._version,
            phone_number_id=self.phone_number_id,
            token=token,
            timeout_s=self._timeout_s,
            observe=self._observe,
        )

    async def request(
        self,
        method: str,
        path: str,
        action: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        node: str | None = None,
    ) -> Mapping[str, Any]:
        """Send one request and return the object that it was answered with.

        `path` is below our number, such as `/calls`, or below `node`, such as `debug_token`.

        Raises:
            GraphError: refused, or no answer within the deadline.
        """
        started, outcome = time.monotonic(), "cancelled"
        try:
            status, reply, headers = await self._exchange(
                method, f"/{node or self.phone_number_id}{path}", body, params
            )
            if (date := http_date(headers.get("Date", ""))) is not None:
                self._dated(date, started, time.monotonic())
            if not 200 <= status < 300:
                raise error_from_response(status, reply, headers)
            data = read_object(reply)
            if data is None:
                raise UnreadableReply(http_status=status)
            outcome = "ok"
        except GraphError as error:
            outcome = error.code
            raise
        finally:
            self._observe("graph", action, outcome, time.monotonic() - started)
        return data

    async def _exchange(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None,
        params: Mapping[str, str] | None,
    ) -> tuple[int, bytes, Mapping[str, str]]:
        headers = {"Authorization": f"Bearer {self.token}"}
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            # settings are of the number, whatever speaks through it (Meta, call settings)
            product = {} if path.endswith("/settings") else {"messaging_product": "whatsapp"}
            data = json.dumps({**product, **body}).encode()
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
                return response.status, await read_bounded(response), response.headers
        except TimeoutError:
            raise GraphUnreachable(
                f"The Graph API did not answer within GRAPH_TIMEOUT_S ({self._timeout_s:g} s)."
            ) from None
        except aiohttp.ClientError as error:
            # its text may quote headers; its kind says enough
            lost = GraphNotReached if isinstance(error, _NOT_CONNECTED) else GraphUnreachable
            raise lost(
                f"The Graph API cannot be reached ({type(error).__name__}); "
                "check WA_GRAPH_BASE_URL and the way out of this network."
            ) from None
