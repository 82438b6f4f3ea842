"""Calls that Meta breaks off, with a code: what they are called afterwards, and what is kept."""

import json
import uuid
from typing import Any

import aiohttp
import pytest

from shared.call.call import Call, CallStatus, EndReason
from simulators.meta.webhooks.calls import encode, sign
from tests.component.bench import APP_SECRET, OPERATOR_KEY, Bench, ended_as
from tests.paths import DATA

MET: dict[str, dict[str, Any]] = json.loads((DATA / "webhooks" / "met.json").read_text())


async def tell(bench: Bench, http: aiohttp.ClientSession, name: str, wacid: str) -> None:
    """Post a webhook as it was met, about this call of ours."""
    body = json.loads(json.dumps(MET[name]))
    value = body["entry"][0]["changes"][0]["value"]
    value["metadata"]["phone_number_id"] = bench.whatsapp.line.phone_number_id
    value["calls"][0]["id"] = wacid
    sent = encode(body)
    signed = {"X-Hub-Signature-256": sign(sent, APP_SECRET)}
    async with http.post("/wa/webhook", data=sent, headers=signed) as response:
        assert response.status == 200


async def timeline(http: aiohttp.ClientSession, row: Call) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {OPERATOR_KEY}"}
    async with http.get(f"/calls/{row.id}", headers=headers) as response:
        shown = await response.json()
    return [event for event in shown["timeline"] if event["source"] == "controlplane"]


async def test_a_call_that_meta_breaks_off_after_minutes_is_a_good_one(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """138021 after five minutes of talk: completed, `media-lost`, and the code on the timeline."""
    call = await bench.whatsapp.call()
    await call.accepted(30)
    row = await bench.until(call, lambda found: found.media_at is not None)
    await tell(bench, http, "mid_call_138021", call.wacid)

    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.MEDIA_LOST)
    (note,) = [event for event in await timeline(http, row) if event["kind"] == "note"]
    assert note["payload"]["meta_code"] == 138021
    assert note["payload"]["code"] == "graph-no-media-from-us"
    assert note["payload"]["message"].endswith(".")


@pytest.mark.parametrize(
    ("name", "status", "reason", "kind"),
    [
        ("mid_call_138021", CallStatus.COMPLETED, EndReason.MEDIA_LOST, "note"),
        ("odd_terminate", CallStatus.FAILED, EndReason.MEDIA_TIMEOUT, "error"),
    ],
)
async def test_a_call_that_we_never_saw_is_judged_alike(
    bench: Bench, http: aiohttp.ClientSession, name: str, status: CallStatus, reason: EndReason,
    kind: str,
) -> None:  # fmt: skip
    """By what Meta tells alone; the code is kept either way."""
    wacid = f"wacid.{uuid.uuid4()}"
    await tell(bench, http, name, wacid)
    assert await bench.until_settled("terminate", 1) == ["handled"]

    (row,) = await bench.store.list_calls(limit=5)
    ended_as(row, status, reason)
    noted = [(event["kind"], event["payload"]["meta_code"]) for event in await timeline(http, row)]
    assert noted == [(kind, 138021)]
