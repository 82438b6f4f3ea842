"""Operators look into the rooms: what they see, and that nobody notices who only listens."""

import aiohttp

from shared.call.call import CallStatus, EndReason
from tests.component.bench import OPERATOR_KEY, MakeBench, ended_as
from tests.component.outbound import over
from tests.component.surface import error_of
from tests.eventually import eventually
from wacall.stack.bridge import EmbeddedBridge

KEY = {"Authorization": f"Bearer {OPERATOR_KEY}"}


async def test_a_listener_is_audited_and_changes_nothing(
    make_bench: MakeBench, bridge: EmbeddedBridge, http: aiohttp.ClientSession
) -> None:
    """The room shows caller and agent, the listener comes and goes, the call goes on.

    Nobody can take over where the agent is carried by no bridge, or hand back what was not taken.
    """
    bench = await make_bench(**over(bridge), WA_MEDIA="bridge")
    call = await bench.whatsapp.call()
    await call.accepted(30)
    row = await bench.until(call, lambda found: found.media_at is not None)

    async def asked(method: str, path: str, status: int) -> aiohttp.ClientResponse:
        response = await http.request(method, path, headers=KEY, json={})
        assert response.status == status, await response.text()
        return response

    async def people() -> dict[str, list[dict[str, object]]] | None:
        rooms = (await (await asked("GET", "/rooms", 200)).json())["rooms"]
        # the SFU may still have one of a test that is over
        (room,) = [one for one in rooms if one["call_id"] == row.id]
        assert (room["status"], room["trouble"]) == ("active", None)
        assert (room["taken_over"], room["wants_human"]) == (False, None)
        found = {one["identity"]: one["tracks"] for one in room["participants"]}
        return found if all(found.get(one) for one in ("caller", "agent")) else None

    async def heard_by(listeners: int) -> bool:
        there = await people() or {}
        return len([one for one in there if one.startswith("listener-")]) == listeners

    seen = await eventually(people)
    assert seen["caller"][0]["codec"] == "audio/opus"
    assert seen["caller"][0]["lost"] == 0

    given = await (await asked("POST", f"/calls/{row.id}/listen", 201)).json()
    query = {"access_token": given["token"], "protocol": "15", "auto_subscribe": "0"}
    async with http.ws_connect(f"{given['url']}/rtc".replace("http", "ws", 1), params=query) as ws:
        assert (await ws.receive(timeout=30)).type is aiohttp.WSMsgType.BINARY
        await eventually(lambda: heard_by(1))
    await eventually(lambda: heard_by(0))
    shown = await (await asked("GET", f"/calls/{row.id}", 200)).json()
    assert shown["status"] == "active"
    assert ("operator", "listen") in [(one["source"], one["kind"]) for one in shown["timeline"]]

    refused = await asked("POST", f"/calls/{row.id}/takeover", 409)
    assert await error_of(refused) == "no-takeover"
    refused = await asked("POST", f"/calls/{row.id}/handback", 409)
    assert await error_of(refused) == "not-taken-over"

    call.hang_up()
    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert await error_of(await asked("POST", f"/calls/{row.id}/listen", 409)) == "call-ended"
