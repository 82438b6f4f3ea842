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

from simulators.meta.cli import main
from tests.data.descriptions import OFFER
from tests.serving import serving
from wacall.environment import REPOSITORY, free_port

SETTINGS = {"WA_APP_SECRET": "s", "WA_ACCESS_TOKEN": "t", "WA_PHONE_NUMBER_ID": "77"}


@pytest.fixture
async def webhooks() -> AsyncIterator[tuple[str, asyncio.Queue[dict[str, Any]]]]:
    """A webhook URL and what comes there."""
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def take(request: web.Request) -> web.Response:
        received.put_nowait(await request.json())
        return web.Response()

    async with serving(web.post("/hook", take)) as url:
        yield f"{url}/hook", received


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
        *("-m", "simulators.meta.cli", "--port", str(port), "--webhook-url", url),
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

            await _is_called(http, base, received)
            process.send_signal(signal.SIGTERM)
            narration = (await process.stdout.read()).decode()
            assert await process.wait() == 0
        assert "rings" in narration
        assert "ended by user: COMPLETED" in narration
        assert "picked-up" in narration
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


@pytest.mark.parametrize("name", ["APP_SECRET", "ACCESS_TOKEN"])
@pytest.mark.parametrize("joined", [True, False])
def test_secrets_are_not_taken_as_arguments(
    capsys: pytest.CaptureFixture[str], name: str, joined: bool
) -> None:
    """Whoever lists processes would read them; the sentence says where they belong instead."""
    option = "--" + name.lower().replace("_", "-")
    given = [f"{option}=hush"] if joined else [option, "hush"]
    assert main(["--port", "1", *given]) == 2
    said = capsys.readouterr().err
    assert f"{option} is not taken" in said
    assert f"WA_{name}" in said
    assert "hush" not in said


async def _is_called(
    http: aiohttp.ClientSession, base: str, received: asyncio.Queue[dict[str, Any]]
) -> None:
    """Make a person who asks to be called, call them, and hang up for them."""
    wish = {"permission": "none", "reaction": "ignores", "ringing_delay_s": 0}
    async with http.post(f"{base}/sim/people", json=wish) as response:
        assert (response.status, (await response.json())["permission"]) == (201, "no_permission")
    async with http.post(f"{base}/sim/people", json=wish) as response:
        assert response.status == 400
    async with http.post(f"{base}/sim/people/1/reply") as response:
        assert "not open" in (await response.json())["error"]
    async with http.post(f"{base}/sim/people/1/text", json={"text": "STOP"}) as response:
        assert (await response.json())["window_is_open"] is True
    text = (await received.get())["entry"][0]["changes"][0]["value"]["messages"][0]
    assert text["text"] == {"body": "STOP"}
    async with http.post(f"{base}/sim/people/1/grant", json={"permanent": True}) as response:
        assert (await response.json())["permission"] == "permanent"
    dial = {
        "messaging_product": "whatsapp",
        "to": text["from"],
        "action": "connect",
        "session": {"sdp_type": "offer", "sdp": OFFER},
    }
    graph = f"{base}/v24.0/77/calls"
    async with http.post(graph, json=dial, headers={"Authorization": "Bearer t"}) as response:
        (call,) = (await response.json())["calls"]
    for name in ("connect", "RINGING"):
        value = (await received.get())["entry"][0]["changes"][0]["value"]
        assert name in str(value)
    steps: list[tuple[str, dict[str, str], str]] = [
        ("pick-up", {}, "accepted"),
        ("keys", {"keys": "1"}, "accepted"),
        ("hangup", {}, "ended"),
    ]
    for action, step, state in steps:
        async with http.post(f"{base}/sim/outbound/1/{action}", json=step) as response:
            assert (await response.json())["state"] == state
    async with http.get(f"{base}/sim/outbound") as response:
        (described,) = await response.json()
    assert described["wacid"] == call["id"]
    async with http.get(f"{base}/sim/bill") as response:
        assert (await response.json())["pulses"] == 1
    async with http.post(f"{base}/sim/clock", json={"advance_s": -1}) as response:
        assert response.status == 400
    for path in ("people/9/grant", "people/1/fly", "outbound/9/hangup", "outbound/1/fly"):
        async with http.post(f"{base}/sim/{path}") as response:
            assert response.status == 404


# 16-bit mono, 16 kHz, four samples
_WAV = bytes.fromhex(
    "52494646 2c000000 57415645 666d7420 10000000 01000100 803e0000 007d0000 02001000"
    "64617461 08000000 0000 0000 0000 0000"
)
