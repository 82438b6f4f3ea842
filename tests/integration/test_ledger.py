"""The consent ledger on the real database: what it keeps, what it refuses, what it counts."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from controlplane.core.consent import (
    CallHistory,
    CallPause,
    ConsentEntry,
    ConsentKind,
    ConsentRequest,
    ConsentSource,
    LedgerState,
    Permission,
    make_entry,
)
from controlplane.core.policy import Limits
from controlplane.ledger.ledger import Ledger
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.errors import CallDenied, CallNotFound
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from wacall.stack.database import LocalSupabase
from wacall.stack.postgres import PostgresFailed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
LINE = PhoneNumberId("1066")
ADA = Person(user_id="US.1349", phone="15550001111")
BOB = Person(user_id="NL.77", phone="31612345678")
BY_PHONE, BY_ID = Person(phone=ADA.phone), Person(user_id=ADA.user_id)


@pytest_asyncio.fixture(scope="session")
async def rest(running_database: LocalSupabase) -> AsyncIterator[RestClient]:
    client = await RestClient.connect(running_database.url, running_database.secret_key)
    yield client
    await client.close()


@pytest.fixture
def ledger(database: LocalSupabase, rest: RestClient) -> Ledger:
    return Ledger(rest)


def entry(**changes: Any) -> ConsentEntry:
    values: dict[str, Any] = {
        "phone_number_id": LINE,
        "person": ADA,
        "kind": ConsentKind.CALL_PERMISSION,
        "granted": True,
        "source": ConsentSource.REPLY,
        "source_ref": uuid.uuid4().hex,
        "at": NOW,
    }
    return make_entry(**(values | changes))


def do_not_call(**changes: Any) -> ConsentEntry:
    return entry(**{"kind": ConsentKind.DO_NOT_CALL, "source": ConsentSource.TEXT, **changes})


def call(**changes: Any) -> Call:
    values: dict[str, Any] = {
        "id": CallId(str(uuid.uuid4())),
        "wacid": WhatsAppCallId(f"wacid.{uuid.uuid4().hex}"),
        "direction": Direction.OUTBOUND,
        "status": CallStatus.DIALING,
        "phone_number_id": LINE,
        "party": Party(person=ADA),
        "created_at": NOW,
    }
    return Call(**(values | changes))


def ended(status: CallStatus, **changes: Any) -> Call:
    reason = EndReason.REJECTED if status is CallStatus.REJECTED else EndReason.NOT_ANSWERED
    answered = {"answered_at": changes.get("created_at", NOW)} if status == "completed" else {}
    values = {"status": status, "end_reason": reason, "ended_at": changes.get("created_at", NOW)}
    return call(**(values | answered | changes))


async def claim(store: SupabaseStore, *calls: Call) -> None:
    for one in calls:
        assert await store.claim_call(one) is not None


async def read(
    ledger: Ledger, person: Person = ADA, now: datetime = NOW, **limits: int
) -> tuple[LedgerState, CallHistory]:
    return await ledger.standing(LINE, person, limits=Limits(**limits), now=now)


# --- what is kept ---


async def test_entries_are_read_back_newest_first(ledger: Ledger) -> None:
    """As they were, of one person or of everybody, by any of their names."""
    first = entry(valid_until=NOW + DAY, note='Zoë "(x)", 🌻')
    second = entry(granted=False, at=NOW + SECOND)
    other = entry(person=BOB, at=NOW + 2 * SECOND)
    await ledger.add([first, second, other])
    assert await ledger.entries(limit=10) == [other, second, first]
    assert await ledger.entries(limit=1) == [other]
    assert await ledger.entries(limit=10, before=second.at) == [first]
    for person in (ADA, BY_PHONE, BY_ID):
        assert await ledger.entries(person=person, limit=10) == [second, first]
    assert await ledger.entries(person=Person(user_id='x",phone.neq."'), limit=10) == []


async def test_a_redelivered_webhook_stays_one_row(ledger: Ledger) -> None:
    """Twenty at once and one later: the source is there once, as it was first."""
    once = entry(source_ref="wamid.1")
    await asyncio.gather(*(ledger.add([once]) for _ in range(20)))
    await ledger.add([entry(source_ref="wamid.1", granted=False)])
    assert await ledger.entries(limit=10) == [once]


@pytest.mark.parametrize("role", ["supabase_admin", "service_role"])
@pytest.mark.parametrize(
    "sql",
    [
        "update public.consents set granted = false",
        "update public.consents set note = 'x'",
        "delete from public.consents",
        "truncate public.consents",
    ],
)
async def test_nobody_rewrites_the_ledger(
    ledger: Ledger, database: LocalSupabase, sql: str, role: str
) -> None:
    """Not even a superuser: plain SQL runs into the trigger or into missing rights."""
    kept = entry()
    await ledger.add([kept])
    with pytest.raises(PostgresFailed, match=r"append-only|permission denied"):
        await database.execute(f"set role {role}; {sql}")
    assert await ledger.entries(limit=10) == [kept]


async def test_a_person_without_a_name_is_refused(database: LocalSupabase) -> None:
    """Somebody must have said it."""
    with pytest.raises(PostgresFailed, match="consents_name_somebody"):
        await database.execute(
            "insert into consents (id, phone_number_id, kind, granted, source, source_ref, at) "
            "values (gen_random_uuid(), '1', 'recording', true, 'operator', 'x', now())"
        )


async def test_the_state_is_the_newest_entry_of_each_kind(ledger: Ledger) -> None:
    """By when it was said, not by when it arrived; expiry by the database's clock."""
    now = datetime.now(UTC)
    await ledger.add([entry(granted=False, at=now - SECOND)])
    await ledger.add(
        [
            entry(at=now - HOUR),
            entry(kind=ConsentKind.RECORDING, at=now - HOUR),
            entry(kind=ConsentKind.MARKETING_FOLLOW_UP, at=now - HOUR, valid_until=now - SECOND),
            entry(person=BOB, at=now - HOUR),
        ]
    )
    states = {state.kind: state.state for state in await ledger.states(ADA)}
    assert states == {
        ConsentKind.CALL_PERMISSION: "withdrawn",
        ConsentKind.RECORDING: "granted",
        ConsentKind.MARKETING_FOLLOW_UP: "expired",
    }
    assert [state.state for state in await ledger.states(BOB)] == ["permanent"]
    await ledger.add([entry(at=now, valid_until=now + DAY, person=BY_PHONE)])
    (state,) = [one for one in await ledger.states(ADA) if one.kind == "call_permission"]
    assert (state.state, state.valid_until) == ("temporary", now + DAY)


# --- what the policy is told ---


async def test_an_empty_ledger_is_silent(ledger: Ledger) -> None:
    """No permission is not a withdrawn one: then Graph is asked."""
    assert await read(ledger) == (LedgerState(), CallHistory())


async def test_the_newest_word_on_the_permission_counts(ledger: Ledger) -> None:
    """The id decides where both have one: a number may have a new owner."""
    await ledger.add([entry(valid_until=NOW + DAY), entry(granted=False, at=NOW - DAY)])
    granted = Permission(granted=True, valid_until=NOW + DAY)
    for person in (ADA, BY_PHONE, BY_ID):
        assert (await read(ledger, person))[0].permission == granted
    for person in (BOB, Person(user_id="US.new-owner", phone=ADA.phone)):
        assert (await read(ledger, person))[0].permission is None
    other_line, _ = await ledger.standing(PhoneNumberId("2"), ADA, limits=Limits(), now=NOW)
    assert other_line.permission is None


async def test_a_pause_is_the_persons_or_the_lines(ledger: Ledger) -> None:
    """Until it is over, to the microsecond; the longest one counts."""

    def pause(person: Person | None, reason: str, until: datetime) -> CallPause:
        return CallPause(
            id=str(uuid.uuid4()),
            phone_number_id=LINE,
            person=person,
            reason=reason,
            until=until,
            at=NOW,
        )

    await ledger.add_pause(pause(BY_PHONE, "uncallable", NOW + DAY))
    state, _ = await read(ledger)
    assert (state.pause_reason, state.pause_until) == ("uncallable", NOW + DAY)
    assert (await read(ledger, BOB))[0].pause_reason is None
    await ledger.add_pause(pause(None, "quality-paused", NOW + 7 * DAY))
    assert (await read(ledger))[0].pause_reason == "quality-paused"
    assert (await read(ledger, BOB))[0].pause_until == NOW + 7 * DAY
    assert (await read(ledger, BOB, NOW + 7 * DAY))[0].pause_reason is None


async def test_unanswered_calls_in_a_row_are_counted(ledger: Ledger, store: SupabaseStore) -> None:
    """Those that Meta knows of, until somebody picks up or permits again."""
    await claim(
        store,
        ended(CallStatus.NO_ANSWER, created_at=NOW),
        ended(CallStatus.REJECTED, created_at=NOW + SECOND),
        ended(CallStatus.CANCELED, created_at=NOW + 2 * SECOND),
        # never left for Meta, failed, somebody else's, and their own missed call
        ended(CallStatus.CANCELED, created_at=NOW, wacid=None),
        ended(CallStatus.FAILED, created_at=NOW),
        ended(CallStatus.NO_ANSWER, created_at=NOW, party=Party(person=BOB)),
        ended(CallStatus.NO_ANSWER, created_at=NOW, direction=Direction.INBOUND),
    )
    assert (await read(ledger))[1].unanswered_in_a_row == 3
    await ledger.add([entry(at=NOW + SECOND)])
    assert (await read(ledger))[1].unanswered_in_a_row == 1
    inbound = ended(CallStatus.COMPLETED, created_at=NOW + 3 * SECOND, direction=Direction.INBOUND)
    await claim(store, inbound)
    assert (await read(ledger))[1].unanswered_in_a_row == 0


async def test_rejections_in_a_row_are_counted(ledger: Ledger, store: SupabaseStore) -> None:
    """Calls and requests alike, until a call connects or an operator lifts a do-not-call."""
    await claim(store, ended(CallStatus.REJECTED))
    await ledger.add([entry(granted=False, at=NOW + SECOND)])
    assert (await read(ledger))[1].rejections_in_a_row == 2
    await ledger.add([entry(granted=False, source=ConsentSource.REVOCATION)])
    assert (await read(ledger))[1].rejections_in_a_row == 2
    await ledger.add([do_not_call(granted=False, at=NOW + 2 * SECOND)])
    assert (await read(ledger))[1].rejections_in_a_row == 0


async def test_connected_calls_are_counted_to_the_limit(
    ledger: Ledger, store: SupabaseStore
) -> None:
    """The moment from which 24 hours lead to the next call is that of the oldest counted one."""
    for n in range(3):
        await claim(store, ended(CallStatus.COMPLETED, created_at=NOW + n * HOUR))
    inbound = ended(CallStatus.COMPLETED, direction=Direction.INBOUND)
    await claim(store, inbound)
    later = NOW + 4 * HOUR
    for limit, reached in ((4, None), (3, NOW), (2, NOW + HOUR), (1, NOW + 2 * HOUR)):
        _, history = await read(ledger, ADA, later, connected_per_day=limit)
        assert history.connected_limit_reached_at == reached
    _, history = await read(ledger, ADA, NOW + DAY, connected_per_day=3)
    assert history.connected_limit_reached_at is None


async def test_the_lines_calls_are_counted(ledger: Ledger, store: SupabaseStore) -> None:
    """Initiations of 24 hours, live calls of both directions, and the person's own one."""
    live = call(created_at=NOW)
    await claim(store, live, call(party=Party(person=BOB), created_at=NOW - HOUR, wacid=None))
    await claim(
        store, call(direction=Direction.INBOUND, status=CallStatus.RINGING, party=Party(person=BOB))
    )
    _, history = await read(ledger, ADA, NOW + SECOND, initiations_per_day=2)
    assert history.initiation_limit_reached_at == NOW - HOUR
    assert (history.concurrent_calls, history.live_call_id) == (3, live.id)
    _, history = await read(ledger, Person(user_id="XX.1"), NOW + SECOND, initiations_per_day=3)
    assert (history.initiation_limit_reached_at, history.live_call_id) == (None, None)


# --- permission requests ---


def request(previous_id: str | None = None, **changes: Any) -> ConsentRequest:
    values: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "phone_number_id": LINE,
        "person": ADA,
        "previous_id": previous_id,
        "requested_at": NOW,
    }
    return ConsentRequest(**(values | changes))


async def test_of_twenty_that_ask_at_once_one_sends(ledger: Ledger) -> None:
    """All saw the same history; the database lets one through, and it again if it repeats."""
    requests = [request() for _ in range(20)]
    won = await asyncio.gather(*map(ledger.claim_request, requests))
    assert sum(won) == 1
    winner = requests[won.index(True)]
    assert await ledger.claim_request(winner)
    assert (await read(ledger))[1].last_request_id == winner.id
    assert await ledger.claim_request(request(person=BOB))
    assert await ledger.claim_request(request(winner.id, requested_at=NOW + SECOND))


async def test_requests_count_until_a_call_connects(ledger: Ledger, store: SupabaseStore) -> None:
    """Refused ones never did; an answer that was lost counts, for it may have been sent."""
    first = request()
    second = request(first.id, requested_at=NOW + HOUR)
    third = request(second.id, requested_at=NOW + 2 * HOUR)
    for one in (first, second, third):
        assert await ledger.claim_request(one)
    await ledger.settle_request(first.id, message_id="wamid.1")
    await ledger.settle_request(second.id, message_id=None)
    _, history = await read(ledger, ADA, NOW + DAY)
    assert history.requested_at == (NOW + 2 * HOUR, NOW)
    assert history.last_request_id == third.id
    assert (await read(ledger, ADA, NOW + 8 * DAY))[1].requested_at == ()
    await claim(store, ended(CallStatus.COMPLETED, created_at=NOW + HOUR))
    assert (await read(ledger, ADA, NOW + DAY))[1].requested_at == (NOW + 2 * HOUR,)


# --- do not call ---

INSERT = (
    "insert into calls (id, wacid, direction, status, phone_number_id, caller_user_id, "
    "caller_phone, ended_at, end_reason) values (gen_random_uuid(), {wacid}, {rest})"
)


@pytest.mark.parametrize("names", ["'US.1349', null", "null, '15550001111'", "'US.1349', '1'"])
@pytest.mark.parametrize("role", ["supabase_admin", "service_role"])
async def test_plain_sql_cannot_dial_against_a_do_not_call(
    ledger: Ledger, database: LocalSupabase, names: str, role: str
) -> None:
    """By id or by number, whoever inserts; what has ended, or came from them, is only written."""
    await ledger.add([do_not_call()])
    live = INSERT.format(wacid="null", rest=f"'outbound', 'dialing', '2', {names}, null, null")
    with pytest.raises(PostgresFailed, match="asked not to be called"):
        await database.execute(f"set role {role}; {live}")
    for wacid, rest in (
        ("'w1'", f"'inbound', 'ringing', '2', {names}, null, null"),
        ("'w2'", f"'outbound', 'failed', '2', {names}, now(), 'internal'"),
    ):
        await database.execute(f"set role {role}; " + INSERT.format(wacid=wacid, rest=rest))


async def test_a_row_cannot_be_turned_to_somebody_else(
    ledger: Ledger, database: LocalSupabase
) -> None:
    """Inserting for one and updating to another is no way around."""
    await ledger.add([do_not_call()])
    rest = "'outbound', 'dialing', '2', 'NL.77', null, null, null"
    await database.execute(INSERT.format(wacid="null", rest=rest))
    with pytest.raises(PostgresFailed, match="asked not to be called"):
        await database.execute("update calls set caller_phone = '15550001111'")


async def test_the_names_of_a_person_are_known_to_belong_together(
    ledger: Ledger, store: SupabaseStore
) -> None:
    """A paper with a number blocks the id that once called with it."""
    await claim(store, ended(CallStatus.COMPLETED, direction=Direction.INBOUND))
    await ledger.add([do_not_call(person=BY_PHONE)])
    assert (await read(ledger, BY_ID))[0].do_not_call_since == NOW
    with pytest.raises(CallDenied) as caught:
        await store.claim_call(call(party=Party(person=BY_ID), wacid=None))
    assert (caught.value.code, caught.value.status) == ("do-not-call", 409)


async def test_a_wish_under_a_hidden_number_blocks_the_number(
    ledger: Ledger, store: SupabaseStore
) -> None:
    """The id said so; a call of earlier times knows which number it has."""
    await claim(store, ended(CallStatus.COMPLETED, direction=Direction.INBOUND))
    await ledger.add([do_not_call(person=BY_ID)])
    assert (await read(ledger, BY_PHONE))[0].do_not_call_since == NOW
    assert (await read(ledger, BOB))[0].do_not_call_since is None


async def test_an_operator_can_lift_a_do_not_call(ledger: Ledger, store: SupabaseStore) -> None:
    """The newest word counts, whichever name it was given under."""
    await ledger.add([do_not_call()])
    await ledger.add([do_not_call(person=BY_PHONE, granted=False, at=NOW + SECOND)])
    for person in (ADA, BY_ID, BY_PHONE):
        assert (await read(ledger, person))[0].do_not_call_since is None
    await claim(store, call(wacid=None))


async def test_the_agents_do_not_call_is_written_from_the_call(
    ledger: Ledger, store: SupabaseStore
) -> None:
    """Whoever is on the line; twice is one entry; marketing goes with it."""
    inbound = call(direction=Direction.INBOUND, status=CallStatus.RINGING)
    await claim(store, inbound)
    await store.do_not_call(inbound.id)
    await store.do_not_call(inbound.id)
    found = {(one.kind, one.granted, one.source) for one in await ledger.entries(limit=9)}
    assert found == {
        (ConsentKind.DO_NOT_CALL, True, ConsentSource.AGENT),
        (ConsentKind.MARKETING_FOLLOW_UP, False, ConsentSource.AGENT),
    }
    assert len(await ledger.entries(person=BY_PHONE, limit=9)) == 2
    with pytest.raises(CallNotFound):
        await store.do_not_call(CallId(str(uuid.uuid4())))


async def test_of_twenty_dials_to_a_person_one_wins(store: SupabaseStore) -> None:
    """138003 is refused by our own database first."""
    dials = [call(wacid=None) for _ in range(20)]
    won = [one for one in await asyncio.gather(*map(store.claim_call, dials)) if one is not None]
    assert len(won) == 1
    assert await store.claim_call(call(wacid=None, party=Party(person=BOB))) is not None


# --- forgetting ---


async def test_erasing_a_person_leaves_the_others(
    ledger: Ledger, store: SupabaseStore, database: LocalSupabase
) -> None:
    """Calls, events, requests, pauses, entries; the do-not-call stays unless it must go too."""
    hers, his = ended(CallStatus.NO_ANSWER), ended(CallStatus.NO_ANSWER, party=Party(person=BOB))
    await claim(store, hers, his)
    await ledger.add([entry(), do_not_call(), entry(person=BOB), entry(person=BY_PHONE)])
    await ledger.claim_request(request())
    await database.execute(
        "insert into call_events (id, source, kind, received_at, payload) values "
        "(gen_random_uuid(), 'meta', 'text', now(), '{\"from\": \"15550001111\"}'), "
        "(gen_random_uuid(), 'meta', 'text', now(), '{\"from\": \"31612345678\"}')"
    )
    told = await database.execute("set role service_role; select erase_person(null, '15550001111')")
    assert '"calls": 1' in told
    assert await store.list_calls(limit=9) == [his]
    assert {(one.person, one.kind) for one in await ledger.entries(limit=9)} == {
        (ADA, ConsentKind.DO_NOT_CALL),
        (BOB, ConsentKind.CALL_PERMISSION),
    }
    assert (await database.execute("select count(*) from call_events")).strip() == "1"
    assert (await read(ledger))[1].last_request_id is None
    await database.execute("select erase_person('US.1349', null, true)")
    assert [one.person for one in await ledger.entries(limit=9)] == [BOB]
    with pytest.raises(PostgresFailed, match="append-only"):
        await database.execute("select erase_person('X.1', null, true); delete from consents")
