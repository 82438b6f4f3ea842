"""The ledger and Graph before a dial: who may be called, and what Graph's answers teach."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from controlplane.app import ControlPlane
from controlplane.core.consent import ConsentSource
from controlplane.core.errors import GraphError
from controlplane.core.policy import Allowed
from controlplane.meta.graph_errors import GraphRefused
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party, Person
from simulators.meta.people.permissions import PermissionPolicy
from simulators.meta.people.person import Person as SimulatedPerson
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import (
    line_of,
)
from tests.component.ledger import (
    ADA,
    BOB,
    BOB_DIGITS,
    LINE,
    asked,
    deliver,
    denied,
    until,
    webhook,
)


async def test_a_silent_ledger_asks_graph_and_keeps_a_yes(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson
) -> None:
    """Asked once: the answer is in the ledger then, with its expiry."""
    whatsapp.outbound.grant(bob)
    expiry = bob.permission.expires_at(whatsapp.clock.now())
    assert expiry is not None
    for _ in range(2):
        assert await plane.use_cases.permissions.check(BOB, line=line_of(plane)) == Allowed()
    assert asked(whatsapp) == [{"user_wa_id": BOB_DIGITS}]
    (entry,) = await plane.ledger.entries(limit=9)
    assert entry.source is ConsentSource.GRAPH
    assert entry.valid_until == datetime.fromtimestamp(int(expiry), UTC)


async def test_a_no_is_remembered_for_a_while_and_not_written(
    plane: ControlPlane, whatsapp: WhatsAppSimulator
) -> None:
    """A person asked about again and again costs one request; a grant comes as a webhook."""
    for _ in range(3):
        assert (await denied(plane, Person(user_id="NL.77"))).code == "no-permission"
    assert asked(whatsapp) == [{"recipient": "NL.77"}]
    assert await plane.ledger.entries(limit=9) == []


async def test_graph_is_not_asked_more_often_than_it_allows(
    plane: ControlPlane, whatsapp: WhatsAppSimulator
) -> None:
    """Five a second by ourselves; after a 613 not for a minute."""
    # our limit is the smaller one of Meta's two pages; here Meta has the other one
    whatsapp.outbound.policy = replace(whatsapp.outbound.policy, queries_per_s=100)
    # at once: one after the other they may take a busy machine more than the second
    refusals = await asyncio.gather(
        *(denied(plane, Person(phone=f"3161234560{n}")) for n in range(9))
    )
    codes = [refusal.code for refusal in refusals]
    assert "rate-limited" in codes
    assert len(asked(whatsapp)) == codes.count("no-permission")
    whatsapp.outbound.policy = replace(whatsapp.outbound.policy, queries_per_s=0)
    await asyncio.sleep(1.1)  # our own limit's second
    for n in range(2):
        refusal = await denied(plane, Person(phone=f"3161234570{n}"))
        assert refusal.code == "rate-limited"
        assert refusal.retry_at is not None
        assert refusal.retry_at > datetime.now(UTC) + timedelta(seconds=50)
    assert len(asked(whatsapp)) == codes.count("no-permission") + 1


async def test_a_limit_that_graph_reports_is_obeyed(
    plane: ControlPlane, whatsapp: WhatsAppSimulator, bob: SimulatedPerson
) -> None:
    """Permitted, but not now: the day's only call was three hours ago."""
    now = whatsapp.clock.now()
    whatsapp.outbound.grant(bob, permanent=True)
    bob.permission.policy = PermissionPolicy(connected_per_day=1)
    bob.permission.connected(now - 3 * 3600, by_business=True)
    refusal = await denied(plane, BOB)
    assert (refusal.code, refusal.retry_at) == (
        "connected-limit",
        datetime.fromtimestamp(int(now + 21 * 3600), UTC),
    )


async def test_a_number_of_a_forbidden_country_calls_nobody(
    plane: ControlPlane, whatsapp: WhatsAppSimulator
) -> None:
    """Our own number, as Graph knows it."""
    whatsapp.reply("number", {"id": LINE, "display_phone_number": "+1 212-555-1234"})
    assert (await denied(plane, BOB)).code == "business-country"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (GraphRefused(http_status=401, meta_code=138006), "no-permission"),
        (GraphRefused(http_status=400, meta_code=138014), "quality-paused"),
        (GraphRefused(http_status=400, meta_code=130429), "rate-limited"),
        (GraphRefused(http_status=403, meta_code=4), "rate-limited"),
        (GraphRefused(http_status=400, meta_code=131056), "rate-limited"),
    ],
)
async def test_what_meta_refuses_corrects_the_ledger(
    plane: ControlPlane, http: aiohttp.ClientSession, error: GraphError, code: str
) -> None:
    """The next check knows what the refused call taught."""
    await deliver(http, webhook("call_permission_reply", "permanent"))
    await until(plane, 1)
    call = Call(
        id=CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d"),
        wacid=None,
        direction=Direction.OUTBOUND,
        status=CallStatus.DIALING,
        phone_number_id=PhoneNumberId(LINE),
        party=Party(person=ADA),
        created_at=datetime.now(UTC),
    )
    learnt = await plane.use_cases.permissions.refused(call, error)
    assert learnt is not None
    assert learnt.code == code
    assert (await denied(plane, ADA)).code == code
    assert await plane.use_cases.permissions.refused(call, GraphError()) is None
