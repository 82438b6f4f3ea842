"""`wacall simulate whatsapp` as a process: the ready line, the API to place calls, the end."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from simulators.whatsapp_cli import main
from wacall.environment import REPOSITORY, free_port

SETTINGS = {"WA_APP_SECRET": "s", "WA_ACCESS_TOKEN": "t", "WA_PHONE_NUMBER_ID": "77"}


@pytest.fixture
async def webhooks() -> AsyncIterator[tuple[str, asyncio.Queue[dict[str, Any]]]]:
    """A webhook URL and what comes there."""
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        received.put_nowait(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", received
    await runner.cleanup()


async def test_process_places_calls_and_tells(
    webhooks: tuple[str, asyncio.Queue[dict[str, Any]]], tmp_path: Any
) -> None:
    """It prints `ready`, places the call it is asked for, narrates, and ends on SIGTERM."""
    url, received = webhooks
    port = free_port()
    wav = tmp_path / "hello.wav"
    wav.write_bytes(_WAV)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "simulators.whatsapp_cli", "--port", str(port), "--webhook-url", url),
        cwd=REPOSITORY,
        env=os.environ | SETTINGS,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20), aiohttp.ClientSession() as http:
            ready = (await process.stdout.readline()).decode()
            assert ready.startswith(f"ready graph=http://127.0.0.1:{port} ")

            wish = {"wav": str(wav), "name": "Zoë"}
            base = f"http://127.0.0.1:{port}"
            async with http.post(f"{base}/sim/calls", json=wish) as response:
                assert response.status == 202
            body = await received.get()
            value = body["entry"][0]["changes"][0]["value"]
            assert value["metadata"]["phone_number_id"] == "77"
            assert value["contacts"][0]["profile"]["name"] == "Zoë"

            async with http.post(f"{base}/sim/calls/1/hangup") as response:
                assert response.status == 200
            event = (await received.get())["entry"][0]["changes"][0]["value"]["calls"][0]
            assert event["event"] == "terminate"
            async with http.get(f"{base}/sim/calls") as response:
                (call,) = await response.json()
            assert (call["state"], call["end"]["by"]) == ("ended", "user")
            async with http.get(f"{base}/sim") as response:
                assert response.content_type == "text/html"
            async with http.get(f"{base}/v24.0/77") as response:
                assert response.status == 401

            process.send_signal(signal.SIGTERM)
            narration = (await process.stdout.read()).decode()
            assert await process.wait() == 0
        assert "rings" in narration
        assert "ended by user: COMPLETED" in narration
        assert "15550100123" not in narration
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def test_missing_settings_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a secret it does not start, and says which variable is missing."""
    monkeypatch.delenv("WA_APP_SECRET", raising=False)
    assert main(["--port", "1"]) == 2
    assert "WA_APP_SECRET is not set" in capsys.readouterr().err


# 16-bit mono, 16 kHz, four samples
_WAV = bytes.fromhex(
    "52494646 2c000000 57415645 666d7420 10000000 01000100 803e0000 007d0000 02001000"
    "64617461 08000000 0000 0000 0000 0000"
)
