"""LiveKit's webhooks: who may send them, and which of them mean something for a call."""

import base64
import hashlib
import json
import time
from typing import Any

import aiohttp
import pytest
from livekit import api

from shared.call.call import CallStatus
from tests.component.bench import Bench
from tests.component.surface import count_events, error_of
from wacall.stack.sfu import EmbeddedSfu


def livekit_event(
    sfu: EmbeddedSfu, event: dict[str, Any], secret: str | None = None
) -> tuple[bytes, str]:
    """Write a webhook as livekit-server sends it: the body's hash in a signed token."""
    body = json.dumps({"id": "EV_test", "createdAt": str(int(time.time())), **event}).encode()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    token = api.AccessToken(sfu.keys.key, secret or sfu.keys.secret).with_sha256(digest)
    return body, token.to_jwt()


async def test_livekit_webhooks_are_taken_only_with_our_signature(
    bench: Bench, http: aiohttp.ClientSession, sfu_with_webhook: EmbeddedSfu
) -> None:
    """Another secret, no token, a token for another body, nonsense: 401."""
    event: dict[str, Any] = {"event": "room_finished", "room": {"name": "wa-none"}}
    body, token = livekit_event(sfu_with_webhook, event)
    _, foreign = livekit_event(sfu_with_webhook, event, "another-secret-of-at-least-32-bytes")
    _, other = livekit_event(
        sfu_with_webhook, {"event": "room_started", "room": {"name": "wa-none"}}
    )
    plain = api.AccessToken(sfu_with_webhook.keys.key, sfu_with_webhook.keys.secret).to_jwt()
    for header in (foreign, other, plain, "nonsense", ""):
        async with http.post(
            "/livekit/webhook", data=body, headers={"Authorization": header}
        ) as response:
            assert response.status == 401
            assert await error_of(response) == "bad-signature"
    async with http.post(
        "/livekit/webhook", data=body, headers={"Authorization": token}
    ) as response:
        assert response.status == 200


@pytest.mark.parametrize(
    "room",
    ["wa-5f6e2b1c-7f7e-4a55-8f0e-3a1f0d6c9b11", "wa-no-uuid", "somebody-elses", ""],
)
async def test_events_of_unknown_rooms_are_taken_and_ignored(
    bench: Bench, http: aiohttp.ClientSession, sfu_with_webhook: EmbeddedSfu, room: str
) -> None:
    """LiveKit shall not repeat what nobody here can use."""
    events: list[dict[str, Any]] = [
        {"event": "participant_left", "room": {"name": room}, "participant": {"identity": "agent"}},
        {"event": "room_finished", "room": {"name": room}},
        {"event": "novelty", "room": {"name": room}, "surprise": {"depth": 1}},
    ]
    for event in events:
        body, token = livekit_event(sfu_with_webhook, event)
        async with http.post(
            "/livekit/webhook", data=body, headers={"Authorization": token}
        ) as response:
            assert response.status == 200
    assert await count_events(bench) == 0


async def test_what_happens_to_another_leg_is_not_the_calls(
    bench: Bench, http: aiohttp.ClientSession, sfu_with_webhook: EmbeddedSfu
) -> None:
    """A caller's leg that was replaced leaves late: the call of the present one goes on."""
    call = await bench.whatsapp.call()
    await call.accepted(30)
    row = await bench.until(call, lambda found: found.media_at is not None)
    left: dict[str, Any] = {
        "event": "participant_left",
        "room": {"name": row.room},
        "participant": {"identity": "caller", "sid": "PA_replaced", "state": "DISCONNECTED"},
    }
    body, token = livekit_event(sfu_with_webhook, left)
    async with http.post(
        "/livekit/webhook", data=body, headers={"Authorization": token}
    ) as response:
        assert response.status == 200

    still = await bench.store.get_call(row.id)
    assert still is not None
    assert still.status is CallStatus.ACTIVE
    kinds = [
        event.payload.get("participant_sid") for event in await bench.store.list_events(row.id)
    ]
    assert "PA_replaced" in kinds

    # the same news about the present leg is an end
    left["participant"] = {"identity": "caller", "sid": row.caller_sid}
    body, token = livekit_event(sfu_with_webhook, left)
    async with http.post(
        "/livekit/webhook", data=body, headers={"Authorization": token}
    ) as response:
        assert response.status == 200
    await bench.until(call, lambda found: found.status.is_final)
