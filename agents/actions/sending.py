"""Sends an action's request to an operator's server: once, or twice where that does no harm."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection

import aiohttp
from yarl import URL

from agents.actions import answer
from agents.actions.addresses import is_public
from agents.actions.answer import Answer
from agents.actions.request import Request, is_allowed
from agents.actions.resolver import AddressRefused, GuardedResolver, Lookup

_log = logging.getLogger(__name__)

_AGAIN_S = 0.2


Send = Callable[[Request, float], Awaitable[Answer]]
"""Sends a request within so many seconds; raises `ToolProblem` if there is no answer."""


class _NotSent(Exception):
    """No connection stood: nothing of the request has left."""


class _Unclear(Exception):
    """The connection broke: it may have arrived."""


class Sender:
    """A `Send` over the public internet, and to the private hosts that the settings name."""

    def __init__(
        self, private_hosts: Collection[str] = (), *, lookup: Lookup | None = None
    ) -> None:
        """Take the names of hosts that may be anywhere, and be reached without TLS."""
        self._private_hosts, self._lookup = frozenset(private_hosts), lookup

    async def __call__(self, request: Request, timeout_s: float) -> Answer:
        """Send it; the second try, if there is one, is within the same time.

        A redirect is an answer, and is not followed: the profile names the host, not its servers.

        Raises:
            ToolProblem: it could not be sent, or there was no answer in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._twice(request, timeout_s)
        except TimeoutError:
            raise answer.too_late() from None
        except AddressRefused:
            _log.error(
                "An action's host is not of the public internet; nothing was sent.",
                extra={"action": "action-address-refused"},
            )
            raise answer.not_allowed() from None
        except (_NotSent, _Unclear):
            raise answer.unreachable() from None

    async def _twice(self, request: Request, timeout_s: float) -> Answer:
        try:
            first = await self._once(request, timeout_s / 2)
            if not (first.may_pass and request.may_arrive_twice):
                return first
        except _NotSent:
            pass
        except _Unclear:
            if not request.may_arrive_twice:
                raise
        await asyncio.sleep(_AGAIN_S)
        return await self._once(request, timeout_s)

    async def _once(self, request: Request, connect_s: float) -> Answer:
        host = URL(request.url).host or ""
        # an address in the place of a name is never looked up
        is_refused = is_address(host) and host not in self._private_hosts and not is_public(host)
        if is_refused or not is_allowed(request.url, self._private_hosts):
            raise AddressRefused
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._private_hosts, lookup=self._lookup),
            use_dns_cache=False,
            force_close=True,
        )
        async with aiohttp.ClientSession(
            connector=connector,
            # a proxy would look the name up by itself
            trust_env=False,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=connect_s),
        ) as http:
            try:
                async with http.request(
                    request.method,
                    # as it was signed
                    URL(request.url, encoded=True),
                    data=request.body,
                    headers=request.headers,
                    allow_redirects=False,
                ) as response:
                    return Answer(status=response.status, body=await _read(response))
            except aiohttp.ClientConnectorError as error:
                if isinstance(error.os_error, AddressRefused):
                    raise AddressRefused from None
                raise _NotSent from None
            except aiohttp.ServerTimeoutError:
                # of `sock_connect`, the only one that is set
                raise _NotSent from None
            except (aiohttp.ClientError, OSError) as error:
                if isinstance(error, AddressRefused):
                    raise
                raise _Unclear from None


def is_address(host: str) -> bool:
    """Whether a URL's host is an address, which is not looked up."""
    return ":" in host or host.replace(".", "").isdigit()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read an answer of bounded size.

    Raises:
        ToolProblem: it is larger.
    """
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > answer.MAX_BYTES:
            raise answer.too_large()
    return bytes(body)
