"""Several WhatsApp accounts at one address, as Meta has them: each number with its app and token.

Every simulator plays one number of one account. This stands in front of them and passes each
request on to the one that it is about: by the id in its path, else by the token that it brings.
"""

import contextlib
from collections.abc import AsyncIterator, Sequence

import aiohttp
from aiohttp import web

from simulators.meta.whatsapp import WhatsAppSimulator

# of one hop, and of what the body's new wrapping sets by itself
_OF_THE_HOP = frozenset({"content-length", "transfer-encoding", "connection", "host"})
_SHUTDOWN_S = 1.0


@contextlib.asynccontextmanager
async def accounts_at_one_address(
    simulators: Sequence[WhatsAppSimulator], *, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[str]:
    """Serve running simulators together; give the base URL for `WA_GRAPH_BASE_URL`.

    The first of them also gets what is about no number, such as its page. Port 0 takes a free one.

    Raises:
        OSError: the port cannot be used.
    """
    async with aiohttp.ClientSession(auto_decompress=False) as http:

        async def pass_on(request: web.Request) -> web.Response:
            simulator = _meant(simulators, request)
            headers = {
                name: value
                for name, value in request.headers.items()
                if name.lower() not in _OF_THE_HOP
            }
            try:
                async with http.request(
                    request.method,
                    f"{simulator.graph_url}{request.path_qs}",
                    data=await request.read(),
                    headers=headers,
                    allow_redirects=False,
                ) as response:
                    kept = {
                        name: value
                        for name, value in response.headers.items()
                        if name.lower() not in _OF_THE_HOP
                    }
                    body = await response.read()
                    return web.Response(body=body, status=response.status, headers=kept)
            except aiohttp.ClientError:
                # what a simulator drops on cue is dropped here as well
                if request.transport is not None:
                    request.transport.abort()
                return web.Response()

        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", pass_on)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield f"http://{host}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def _meant(simulators: Sequence[WhatsAppSimulator], request: web.Request) -> WhatsAppSimulator:
    parts = set(request.path.split("/"))
    for one in simulators:
        if parts & {one.line.phone_number_id, one.line.waba_id}:
            return one
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    for one in simulators:
        app = one.graph.app
        if bearer in (one.graph.token.value, f"{app.id}|{app.secret}"):
            return one
    return simulators[0]
