"""The first mistakes that anybody makes: each is one line in the log, and stands in `/status`."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from livekit import api

from simulators.meta.people.call_plan import CallPlan
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import OPERATOR_KEY, StartControlPlane
from tests.eventually import eventually

KEY = {"Authorization": f"Bearer {OPERATOR_KEY}"}

Knock = Callable[[WhatsAppSimulator, aiohttp.ClientSession], Awaitable[None]]


async def ring(whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession) -> None:
    call = await whatsapp.call()
    call.hang_up()


async def ring_another(whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession) -> None:
    call = await whatsapp.call(CallPlan(phone_number_id="999000111222333"))
    call.hang_up()


async def shake_hands(whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession) -> None:
    assert not await whatsapp.verify_webhook("another word")


async def report_a_room(whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession) -> None:
    token = api.AccessToken("APIanother", "another-secret-of-at-least-32-bytes").to_jwt()
    async with http.post("/livekit/webhook", data=b"{}", headers={"Authorization": token}) as sent:
        assert sent.status == 401


MISTAKES = [
    ("bad-signature", {"WA_APP_SECRET": "another"}, ring, "WA_APP_SECRET"),
    ("other-number", {}, ring_another, "WA_PHONE_NUMBER_ID"),
    ("bad-verify-token", {}, shake_hands, "WA_VERIFY_TOKEN"),
    ("bad-room-signature", {}, report_a_room, "LIVEKIT_API_KEY"),
]


async def arrivals(http: aiohttp.ClientSession) -> dict[str, dict[str, Any]]:
    """What the control plane says came to it, by kind."""
    async with http.get("/status", headers=KEY) as response:
        assert response.status == 200
        status = await response.json()
    assert ":" in status["replica"]
    return {one["kind"]: one for one in status["arrivals"]}


@pytest.mark.parametrize(
    ("kind", "wrong", "knock", "variable"), MISTAKES, ids=[m[0] for m in MISTAKES]
)
async def test_what_is_turned_away_is_told_once_and_counted(
    start_controlplane: StartControlPlane,
    whatsapp: WhatsAppSimulator,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    wrong: dict[str, str],
    knock: Knock,
    variable: str,
) -> None:
    """One warning that names the variable, however often it comes; `/status` has them all."""
    await start_controlplane(**wrong)
    for _ in range(3):
        await knock(whatsapp, http)

    async def counted() -> bool:
        return int((await arrivals(http)).get(kind, {"count": 0})["count"]) >= 3

    await eventually(counted)
    seen = (await arrivals(http))[kind]
    assert variable in seen["meaning"]
    assert (seen.get("phone_number_id") == "999000111222333") == (kind == "other-number")
    lines = [one for one in caplog.records if one.levelno >= logging.WARNING]
    (line,) = [one for one in lines if variable in one.getMessage()]
    assert line.levelno == logging.WARNING
    assert not any(text in line.getMessage() for text in ("999000111222333", "another"))


async def test_strangers_write_nothing(
    start_controlplane: StartControlPlane,
    http: aiohttp.ClientSession,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A browser's visit, a post without a signature: counted at most, and in no log."""
    await start_controlplane()
    for _ in range(3):
        async with http.get("/wa/webhook") as response:
            assert response.status == 403
        for path in ("/wa/webhook", "/livekit/webhook"):
            async with http.post(path, data=b"{}") as response:
                assert response.status == 401
    assert (await arrivals(http))["unsigned"]["count"] == 3
    assert {kind for kind, _, _, _ in MISTAKES} & set(await arrivals(http)) == set()
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]


async def test_what_comes_as_it_should_is_counted_too(
    start_controlplane: StartControlPlane, whatsapp: WhatsAppSimulator, http: aiohttp.ClientSession
) -> None:
    """Whoever looks for a mistake wants to know what does work; and only operators learn of it."""
    await start_controlplane()
    assert await whatsapp.verify_webhook("test-verify-token")
    delivery = whatsapp.send_webhook({"object": "whatsapp_business_account", "entry": []})
    await delivery.wait(5)
    seen = await arrivals(http)
    assert (seen["handshake"]["count"], seen["meta-webhook"]["count"]) == (1, 1)
    assert "meaning" not in seen["handshake"]
    async with http.get("/status") as response:
        assert response.status == 401
