"""What the tests of the ledger of consents share: people, webhooks, waits."""

import json
from collections.abc import Mapping
from typing import Any, cast

import aiohttp
import pytest

from controlplane.app import ControlPlane
from controlplane.core.consent import ConsentEntry
from shared.call.errors import CallDenied
from shared.call.person import Person
from shared.database.supabase import SupabaseStore
from simulators.meta.webhooks.calls import encode, sign
from simulators.meta.whatsapp import WhatsAppSimulator
from tests import paths
from tests.component.bench import (
    APP_SECRET,
    OPERATOR_KEY,
    line_of,
)
from tests.eventually import eventually

LINE = "436666719526789"


ADA = Person(user_id="US.13491208655302741918", phone="15550001111")


BOB_DIGITS, BOB_PHONE = "31612345678", "+31 6 1234 5678"


BOB = Person(phone=BOB_DIGITS)


DATA = paths.DATA / "webhooks"


AUTH = {"Authorization": f"Bearer {OPERATOR_KEY}"}


def asked(whatsapp: WhatsAppSimulator) -> list[Mapping[str, str]]:
    """Whose permission Graph has been asked for."""
    return [one.query for one in whatsapp.requests if one.action == "call_permissions"]


def sent(whatsapp: WhatsAppSimulator) -> list[Any]:
    """Messages that have left."""
    return [one.body for one in whatsapp.requests if one.action == "messages"]


async def deliver(http: aiohttp.ClientSession, payload: Any) -> None:
    body = encode(payload)
    signature = {"X-Hub-Signature-256": sign(body, APP_SECRET)}
    async with http.post("/wa/webhook", data=body, headers=signature) as response:
        assert response.status == 200


def webhook(stem: str, name: str) -> Any:
    return json.loads((DATA / f"{stem}.json").read_text())[name]


def text_message(text: str, message_id: str = "wamid.TEXT") -> Any:
    payload = webhook("others", "text_message")
    (message,) = payload["entry"][0]["changes"][0]["value"]["messages"]
    message |= {"text": {"body": text}, "id": message_id, "timestamp": "1767945700"}
    return payload


async def until(plane: ControlPlane, count: int) -> list[ConsentEntry]:
    """Wait until the ledger has so many entries."""

    async def entries() -> list[ConsentEntry] | None:
        found = await plane.ledger.entries(limit=50)
        return found if len(found) >= count else None

    return cast(list[ConsentEntry], await eventually(entries))


async def until_handled(plane: ControlPlane, store: SupabaseStore, kind: str, count: int) -> None:
    """Wait until so many events of a kind have been worked on."""
    metric = f'whatsapp_webhook_events_total{{kind="{kind}"'

    def handled() -> float:
        lines = plane.near.metrics.render().decode().splitlines()
        return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(metric))

    await eventually(lambda: handled() >= count, last=handled)


def person_webhook(name: str, **changes: Any) -> Any:
    """Return one of the people's webhooks, its message changed."""
    payload = webhook("people", name)
    (message,) = payload["entry"][0]["changes"][0]["value"]["messages"]
    message |= changes
    return payload


async def denied(plane: ControlPlane, person: Person) -> CallDenied:
    with pytest.raises(CallDenied) as caught:
        await plane.use_cases.permissions.check(person, line=line_of(plane))
    return caught.value


async def post(http: aiohttp.ClientSession, path: str, body: Any) -> tuple[int, Any]:
    async with http.post(path, json=body, headers=AUTH) as response:
        return response.status, await response.json()
