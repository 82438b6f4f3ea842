"""One person under many names: what is said under one holds under the others."""

import uuid
from datetime import UTC, datetime

import aiohttp

from controlplane.app import ControlPlane
from controlplane.core.consent import ConsentKind, ConsentSource
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.database.supabase import SupabaseStore
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.ledger import (
    LINE,
    deliver,
    denied,
    person_webhook,
    post,
    sent,
    text_message,
    until_handled,
    webhook,
)


async def test_a_stop_from_one_spelling_forbids_the_other(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
) -> None:
    """Brazil without and with the ninth digit; nothing reaches Graph."""
    await deliver(http, webhook("people", "stop_from_brazil"))
    await until_handled(plane, store, "text", 1)
    for to in ("+5531988887777", "+553188887777", "0055 31 98888-7777"):
        status, answer = await post(http, "/calls", {"to": to})
        assert (status, answer["error"]["code"]) == (409, "do-not-call"), to
        status, answer = await post(http, "/consents/request", {"to": to})
        assert (status, answer["error"]["code"]) == (409, "do-not-call"), to
    assert sent(whatsapp) == []
    status, answer = await post(http, "/consents/erase", {"to": "+5531988887777"})
    # of what they wrote, what they forbade stays
    assert (status, answer["erased"]["consents"]) == (200, 1)


async def test_what_goes_to_meta_is_spelled_as_meta_spells_it(
    plane: ControlPlane,
    whatsapp: WhatsAppSimulator,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
) -> None:
    """Whatever an operator writes, and even if no table knows such a number."""
    for phone, written in (
        ("553188887777", "+55 31 98888-7777"),
        ("5215512345678", "+52 55 1234 5678"),
        ("155500011", "+155500011"),
    ):
        person = Person(phone=phone)
        inbound = Call(
            id=CallId(str(uuid.uuid4())),
            wacid=WhatsAppCallId(f"wacid.{phone}"),
            direction=Direction.INBOUND,
            status=CallStatus.NO_ANSWER,
            phone_number_id=PhoneNumberId(LINE),
            party=Party(person=person),
            created_at=datetime.now(UTC),
            ended_at=datetime.now(UTC),
            end_reason=EndReason.CALLER_HANGUP,
            released_at=datetime.now(UTC),
        )
        assert await store.claim_call(inbound) is not None
        await post(http, "/consents/request", {"to": written})
        assert sent(whatsapp)[-1]["to"] == f"+{phone}"
    status, answer = await post(http, "/consents/request", {"to": "+155500012"})
    assert (status, len(sent(whatsapp))) == (400, 3)
    assert "more or fewer digits" in answer["error"]["message"]


async def test_who_changes_their_number_stays_uncalled(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession
) -> None:
    """Meta's message links both names, twice delivered; the permission of before is gone."""
    former = Person(user_id="US.1000000000000000001", phone="15550001111")
    current = Person(user_id="US.2000000000000000002", phone="15550002222")
    (stop,) = text_message("STOP")["entry"][0]["changes"][0]["value"]["messages"]
    assert stop["from"] == former.phone
    await deliver(http, text_message("STOP"))
    await until_handled(plane, store, "text", 1)
    for _ in range(2):
        await deliver(http, person_webhook("changed_number"))
    await until_handled(plane, store, "identity-change", 2)
    assert (await denied(plane, current)).code == "do-not-call"
    assert (await denied(plane, Person(phone=current.phone))).code == "do-not-call"
    shown = await plane.ledger.entries(person=current, limit=9)
    assert [(one.kind, one.source) for one in shown] == [
        (ConsentKind.DO_NOT_CALL, ConsentSource.MOVED)
    ]
