"""What webhooks tell of consent: permissions, STOP, restrictions, errors of no call."""

import json
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from controlplane.app import ControlPlane
from controlplane.core.consent import ConsentKind, ConsentSource
from controlplane.core.policy import Allowed
from controlplane.meta.webhook import parse_stored
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party, Person
from shared.database.supabase import SupabaseStore
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import (
    line_of,
)
from tests.component.ledger import (
    ADA,
    LINE,
    asked,
    deliver,
    denied,
    text_message,
    until,
    until_handled,
    webhook,
)
from wacall.stack.database import LocalSupabase


@pytest.mark.parametrize(
    ("name", "granted", "source"),
    [
        ("temporary", True, ConsentSource.REPLY),
        ("permanent", True, ConsentSource.REPLY),
        ("from_profile", True, ConsentSource.PROFILE),
        ("rejected", False, ConsentSource.REPLY),
        ("automatic_callback", True, ConsentSource.CALLBACK),
        ("auto_revoked", False, ConsentSource.REVOCATION),
    ],
)
async def test_a_permission_reply_is_written_once(
    plane: ControlPlane,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
    name: str,
    granted: bool,
    source: ConsentSource,
) -> None:
    """Each of the six, delivered twice."""
    for _ in range(2):
        await deliver(http, webhook("call_permission_reply", name))
    await until_handled(plane, store, "permission-reply", 2)
    (entry,) = await until(plane, 1)
    assert (entry.kind, entry.granted) == (ConsentKind.CALL_PERMISSION, granted)
    assert (entry.source, entry.person, entry.source_ref) == (source, ADA, "wamid.INVENTEDREPLY")


async def test_a_restriction_of_meta_pauses_the_line(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession
) -> None:
    """No call is placed while it lasts, whatever the person permits; a warning forbids nothing."""
    await deliver(http, webhook("call_permission_reply", "permanent"))
    await until(plane, 1)
    await deliver(http, webhook("others", "account_violation"))
    await until_handled(plane, store, "account-update", 1)
    await plane.use_cases.permissions.check(ADA, line=line_of(plane))

    payload = webhook("others", "account_restriction")
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    (info,) = payload["entry"][0]["changes"][0]["value"]["restriction_info"]
    info |= {
        "restriction_type": "RESTRICTED_BUSINESS_INITIATED_CALLING",
        "expiration": int(ends.timestamp()),
    }
    await deliver(http, payload)
    await until_handled(plane, store, "account-update", 2)

    denial = await denied(plane, ADA)
    assert (denial.code, denial.retry_at) == ("quality-paused", ends)


async def test_an_error_of_no_call_is_told_to_the_operator(
    plane: ControlPlane, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """131044: the business has not paid, and Meta lets no call through."""
    await deliver(http, webhook("others", "payment_missing"))
    (record,) = [one for one in caplog.records if getattr(one, "action", "") == "meta-error"]
    assert getattr(record, "codes", "") == "131044"


async def test_stop_forbids_calls_and_other_texts_do_not(
    plane: ControlPlane,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
    whatsapp: WhatsAppSimulator,
) -> None:
    """A permanent permission of the same person does not help; Graph is not even asked."""
    await deliver(http, webhook("call_permission_reply", "permanent"))
    await deliver(http, text_message("When does the bus stop?", "wamid.BUS"))
    await until_handled(plane, store, "text", 1)
    assert await plane.use_cases.permissions.check(ADA, line=line_of(plane)) == Allowed()
    await deliver(http, text_message("Stop!"))
    entries = await until(plane, 3)
    assert {(one.kind, one.granted) for one in entries if one.source is ConsentSource.TEXT} == {
        (ConsentKind.DO_NOT_CALL, True),
        (ConsentKind.MARKETING_FOLLOW_UP, False),
    }
    assert (await denied(plane, Person(phone=ADA.phone))).code == "do-not-call"
    assert asked(whatsapp) == []


async def test_words_that_decide_nothing_are_never_stored(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession, database: LocalSupabase
) -> None:
    """That somebody wrote, when and what kind; a STOP is kept as it came."""
    await deliver(http, text_message("My PIN is 4711", "wamid.PIN"))
    await deliver(http, text_message("Stop!"))
    await until_handled(plane, store, "text", 2)
    stored = await database.execute("select payload from call_events order by received_at")
    first, second = (json.loads(line) for line in stored.splitlines())
    assert "4711" not in json.dumps(first)
    (message,) = first["value"]["messages"]
    assert (message["id"], message["type"]) == ("wamid.PIN", "text")
    assert "Stop!" in json.dumps(second)


async def test_two_rejections_in_a_row_forbid_calls(
    plane: ControlPlane, store: SupabaseStore, http: aiohttp.ClientSession
) -> None:
    """A rejected call, then a rejected request."""
    rejected = Call(
        id=CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d"),
        wacid=None,
        direction=Direction.OUTBOUND,
        status=CallStatus.REJECTED,
        phone_number_id=PhoneNumberId(LINE),
        party=Party(person=ADA),
        created_at=datetime.now(UTC),
        ended_at=datetime.now(UTC),
        end_reason=EndReason.REJECTED,
    )
    assert await store.claim_call(rejected) is not None
    assert not await plane.use_cases.permissions.rejected(ADA, rejected.id, line=line_of(plane))
    await deliver(http, webhook("call_permission_reply", "rejected"))
    newest = (await until(plane, 2))[0]
    assert (newest.kind, newest.source) == (ConsentKind.DO_NOT_CALL, ConsentSource.REJECTIONS)
    assert (await denied(plane, ADA)).code == "do-not-call"


async def test_a_stop_outlives_a_database_that_is_away(
    plane: ControlPlane,
    store: SupabaseStore,
    http: aiohttp.ClientSession,
    database: LocalSupabase,
) -> None:
    """What cannot be written now stays unfinished, and is taken up again."""
    await database.execute("revoke insert on consents from service_role")
    try:
        await deliver(http, text_message("STOP"))
        await plane.use_cases.switchboard.drain(5)
    finally:
        await database.execute("grant insert on consents to service_role")
    assert await plane.ledger.entries(limit=9) == []
    soon = datetime.now(UTC) + timedelta(minutes=1)
    (left,) = await store.take_pending_events(received_before=soon, taken_before=soon, now=soon)
    plane.use_cases.switchboard.resume(parse_stored(left.payload), left.id, 0.0)
    assert {entry.source for entry in await until(plane, 2)} == {ConsentSource.TEXT}
