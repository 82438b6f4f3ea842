"""How long the control plane's HTTP server may take to close."""

import asyncio
import contextlib
import socket

import pytest
from aiohttp import web

from controlplane.app import make_runner
from controlplane.http.door import DoorSite


@pytest.mark.parametrize("turns", range(6))
async def test_a_silent_connection_does_not_hold_the_shutdown(turns: int) -> None:
    """LiveKit dials spare ones; one that comes in while the server closes kept it for a minute."""
    runner = make_runner(web.Application())
    await runner.setup()
    await DoorSite(runner, "127.0.0.1", 0).start()
    with contextlib.closing(socket.create_connection(runner.addresses[0])):
        # at one of these turns of the loop the connection is accepted and not yet known
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(12):
            await runner.cleanup()
