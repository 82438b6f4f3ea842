"""Who is who in the database: one person by all spellings of a number, and across changes."""

import random
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st

from controlplane.core.consent import (
    CallPause,
    ConsentEntry,
    ConsentKind,
    ConsentRequest,
    ConsentSource,
    Permission,
    PersonMoved,
    make_entry,
)
from controlplane.core.policy import Limits
from controlplane.ledger.ledger import Ledger
from shared.call.call import Call, CallStatus, Direction, EndReason
from shared.call.errors import CallDenied
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.number import number_key
from shared.call.person import Party, Person
from shared.call.records import Lead
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from wacall.stack.database import LocalSupabase
from wacall.stack.postgres import PostgresFailed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
LINE = PhoneNumberId("1066")
# Brazil, Mexico, Argentina, Ivory Coast, Benin, Gabon, Cameroon, Vietnam
SPELLINGS = [
    ("553188887777", "5531988887777"),
    ("5215512345678", "525512345678"),
    ("5491112345678", "541112345678"),
    ("22507123456", "2250707123456"),
    ("22997123456", "2290197123456"),
    ("24107123456", "24177123456"),
    ("23777123456", "237677123456"),
    ("841681234567", "84381234567"),
]
BOTH_WAYS = SPELLINGS + [(new, old) for old, new in SPELLINGS]
OLD, NEW = SPELLINGS[0]
FORMER = Person(user_id="US.1000000000000000001", phone="15550001111")
CURRENT = Person(user_id="US.2000000000000000002", phone="15550002222")


@pytest_asyncio.fixture(scope="session")
async def rest(running_database: LocalSupabase) -> AsyncIterator[RestClient]:
    client = await RestClient.connect(running_database.url, running_database.secret_key)
    yield client
    await client.close()


@pytest.fixture
def ledger(database: LocalSupabase, rest: RestClient) -> Ledger:
    return Ledger(rest)


def entry(person: Person, **changes: Any) -> ConsentEntry:
    values: dict[str, Any] = {
        "phone_number_id": LINE,
        "kind": ConsentKind.CALL_PERMISSION,
        "granted": True,
        "source": ConsentSource.REPLY,
        "source_ref": uuid.uuid4().hex,
        "at": NOW,
    }
    return make_entry(person=person, **(values | changes))


def do_not_call(person: Person, **changes: Any) -> ConsentEntry:
    kind = {"kind": ConsentKind.DO_NOT_CALL, "source": ConsentSource.TEXT}
    return entry(person, **{**kind, **changes})


def call(person: Person, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "id": CallId(str(uuid.uuid4())),
        "wacid": WhatsAppCallId(f"wacid.{uuid.uuid4().hex}"),
        "direction": Direction.OUTBOUND,
        "status": CallStatus.DIALING,
        "phone_number_id": LINE,
        "created_at": NOW,
    }
    return Call(party=Party(person=person), **(values | changes))


def ended(person: Person, status: CallStatus = CallStatus.NO_ANSWER, **changes: Any) -> Call:
    over = {"status": status, "end_reason": EndReason.NOT_ANSWERED, "ended_at": NOW}
    answered = {"answered_at": NOW} if status is CallStatus.COMPLETED else {}
    return call(person, **{**over, **answered, **changes})


def moved(former: Person = FORMER, current: Person = CURRENT, **changes: Any) -> PersonMoved:
    values: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "phone_number_id": LINE,
        "at": NOW,
        "source_ref": uuid.uuid4().hex,
    }
    return PersonMoved(former=former, current=current, **(values | changes))


async def since(database: LocalSupabase, user_id: str | None, phone: str | None) -> str:
    """Since when somebody must not be called, as plain SQL is told."""
    names = ", ".join("null" if name is None else f"'{name}'" for name in (user_id, phone))
    return (await database.execute(f"select do_not_call_since({names})")).strip()


# --- the key ---


def numbers_to_compare() -> list[str]:
    """Thousands: around every plan that has changed, of every length, and whatever is found."""
    chosen = random.Random(20261126)
    heads = ("55", "5511", "52", "521", "54", "549", "5411", "225", "2250", "22520", "229", "22901",
             "241", "2410", "237", "84", "8412", "8416", "8418", "84199", "1", "00", "0055", "+52",
             "")  # fmt: skip
    found = [
        head + "".join(chosen.choices("0123456789", k=length))
        for head in heads
        for length in range(6, 13)
        for _ in range(40)
    ]

    @settings(max_examples=500, database=None, deadline=None)
    @given(st.text(alphabet="0123456789+-() x\u0661", max_size=18))
    def gather(text: str) -> None:
        found.append(text)

    gather()
    return found


async def test_the_database_makes_the_same_keys_as_the_code(database: LocalSupabase) -> None:
    """Seven thousand and more."""
    numbers = numbers_to_compare()
    values = ", ".join(f"({place}, '{number}')" for place, number in enumerate(numbers))
    told = await database.execute(
        "select coalesce(phone_key(n.phone), '-') "
        f"from (values {values}) as n (place, phone) order by n.place"
    )
    wanted = [number_key(number) or "-" for number in numbers]
    assert len(numbers) > 7000
    assert told.split() == wanted
    assert sum(key != number for key, number in zip(wanted, numbers, strict=True)) > 1000


# --- one person, many spellings ---


@pytest.mark.parametrize("role", ["supabase_admin", "service_role"])
@pytest.mark.parametrize(("said", "dialed"), BOTH_WAYS)
async def test_plain_sql_cannot_dial_another_spelling_of_a_do_not_call(
    ledger: Ledger, database: LocalSupabase, said: str, dialed: str, role: str
) -> None:
    """Whoever inserts, and however the number is decorated; somebody else's can be dialed."""
    await ledger.add([do_not_call(Person(user_id="XX.1", phone=said))])
    insert = (
        "insert into calls (id, direction, status, phone_number_id, caller_phone) "
        "values (gen_random_uuid(), 'outbound', 'dialing', '2', '{phone}')"
    )
    for phone in (said, dialed, f"+{dialed}", f"00{dialed}"):
        with pytest.raises(PostgresFailed, match="asked not to be called"):
            await database.execute(f"set role {role}; " + insert.format(phone=phone))
    other = dialed[:-1] + str((int(dialed[-1]) + 1) % 10)
    await database.execute(f"set role {role}; " + insert.format(phone=other))


@pytest.mark.parametrize(("said", "asked"), [(OLD, NEW), (NEW, OLD)])
async def test_limits_permissions_and_pauses_are_the_persons(
    ledger: Ledger, store: SupabaseStore, said: str, asked: str
) -> None:
    """What happened under one spelling counts under the other."""
    person = Person(phone=said)
    await ledger.add([entry(person, at=NOW - DAY, valid_until=NOW + DAY)])
    first = ConsentRequest(
        id=str(uuid.uuid4()),
        phone_number_id=LINE,
        person=person,
        previous_id=None,
        requested_at=NOW,
    )
    assert await ledger.claim_request(first)
    second = ConsentRequest(
        id=str(uuid.uuid4()),
        phone_number_id=LINE,
        person=Person(phone=asked),
        previous_id=None,
        requested_at=NOW,
    )
    assert not await ledger.claim_request(second), "asked twice at once"
    await ledger.add_pause(
        CallPause(
            id=str(uuid.uuid4()),
            phone_number_id=LINE,
            person=person,
            reason="uncallable",
            until=NOW + DAY,
            at=NOW,
        )
    )
    assert await store.claim_call(ended(person)) is not None
    assert await store.claim_call(call(person)) is not None
    assert await store.claim_call(call(Person(phone=asked), wacid=None)) is None, "rang twice"
    state, history = await ledger.standing(LINE, Person(phone=asked), limits=Limits(), now=NOW)
    assert state.permission == Permission(granted=True, valid_until=NOW + DAY)
    assert state.pause_reason == "uncallable"
    assert (history.unanswered_in_a_row, history.last_request_id) == (1, first.id)
    assert history.live_call_id is not None
    assert history.requested_at == (NOW,)
    assert len(await ledger.entries(person=Person(phone=asked), limit=9)) == 1
    assert [one.state for one in await ledger.states(Person(phone=asked))] == ["expired"]


@pytest.mark.parametrize(("said", "erased"), [(OLD, NEW), (NEW, OLD)])
async def test_erasure_finds_every_spelling(
    ledger: Ledger, store: SupabaseStore, database: LocalSupabase, said: str, erased: str
) -> None:
    """Calls, raw events, consents, requests, and what others left for them; nobody else's."""
    person, other = Person(phone=said), Person(phone="5531988887778")
    hers, his = ended(person), ended(other)
    for one in (hers, his):
        assert await store.claim_call(one) is not None
    await store.upsert_lead(Lead(call_id=his.id, name="x", phone=f"+{said}"))
    await ledger.add([entry(person), do_not_call(person), entry(other)])
    await database.execute(
        "insert into call_events (id, source, kind, received_at, payload) values "
        f"(gen_random_uuid(), 'meta', 'text', now(), '{{\"from\": \"{said}\"}}'), "
        f"(gen_random_uuid(), 'meta', 'text', now(), '{{\"to\": \"+{erased}\"}}'), "
        f"(gen_random_uuid(), 'meta', 'text', now(), '{{\"from\": \"{other.phone}\"}}'), "
        f"(gen_random_uuid(), 'meta', 'text', now(), '{{\"id\": \"99{said}99\"}}')"
    )
    counts = await ledger.erase(Person(phone=erased), forget_do_not_call=False)
    assert counts == {"calls": 1, "call_events": 2, "consents": 1}
    assert await store.list_calls(limit=9) == [his]
    assert await database.execute("select count(*) from leads") == "0\n"
    assert {(one.person, one.kind) for one in await ledger.entries(limit=9)} == {
        (person, ConsentKind.DO_NOT_CALL),
        (other, ConsentKind.CALL_PERMISSION),
    }
    await ledger.erase(Person(phone=erased), forget_do_not_call=True)
    assert [one.person for one in await ledger.entries(limit=9)] == [other]


async def test_a_lead_without_a_country_code_is_nobodys(
    store: SupabaseStore, database: LocalSupabase
) -> None:
    """New Jersey's number is not Egypt's."""
    kept = ended(Person(user_id="US.1"))
    assert await store.claim_call(kept) is not None
    await store.upsert_lead(Lead(call_id=kept.id, phone="2015550123"))
    await database.execute("select erase_person(null, '2015550123')")
    assert await database.execute("select phone, phone_key from leads") == "2015550123|\n"


async def test_metas_own_spelling_is_known(ledger: Ledger, store: SupabaseStore) -> None:
    """The newest that came from there; what an operator wrote is none."""
    await ledger.add([do_not_call(Person(phone=NEW), source=ConsentSource.OPERATOR)])
    assert await store.claim_call(ended(Person(phone=NEW))) is not None
    assert await ledger.spelling_of(NEW) is None
    inbound = ended(Person(phone=OLD), direction=Direction.INBOUND)
    assert await store.claim_call(inbound) is not None
    assert await ledger.spelling_of(NEW) == await ledger.spelling_of(OLD) == OLD
    await ledger.add([do_not_call(Person(phone=NEW), at=NOW + SECOND)])
    assert await ledger.spelling_of(OLD) == NEW
    # which no table knows as a number
    await ledger.add([do_not_call(Person(phone="999123"))])
    assert await ledger.spelling_of("999123") == "999123"


# --- who changed their number or id ---


@pytest.mark.parametrize(
    ("former", "current"),
    [
        (FORMER, CURRENT),
        (Person(user_id=FORMER.user_id), Person(user_id=CURRENT.user_id)),
        (Person(phone=FORMER.phone), Person(phone=CURRENT.phone)),
        (Person(user_id=FORMER.user_id), CURRENT),
    ],
)
@pytest.mark.parametrize("late", [False, True])
async def test_a_do_not_call_goes_along(
    ledger: Ledger, store: SupabaseStore, former: Person, current: Person, late: bool
) -> None:
    """Whichever names Meta tells, and also when the STOP arrives after the change."""
    wish, link = do_not_call(former, at=NOW - DAY), moved(former, current)
    if late:
        await ledger.link(link)
        await ledger.add([wish])
    else:
        await ledger.add([wish])
        await ledger.link(link)
        await ledger.link(link)
        (shown,) = await ledger.entries(person=current, limit=9)
        assert (shown.source, shown.person, shown.at) == (
            ConsentSource.MOVED,
            current,
            NOW - DAY,
        )
    assert await ledger.is_forbidden(current)
    assert (await ledger.standing(LINE, current, limits=Limits(), now=NOW))[
        0
    ].do_not_call_since == NOW - DAY
    with pytest.raises(CallDenied):
        await store.claim_call(call(current, wacid=None))
    # and an operator may lift it
    lifted = do_not_call(current, granted=False, at=NOW + DAY, source=ConsentSource.OPERATOR)
    await ledger.add([lifted])
    assert not await ledger.is_forbidden(current)


async def test_a_permission_does_not_go_along_and_does_not_stay(ledger: Ledger) -> None:
    """Neither the new number may be called nor whoever gets the old one."""
    await ledger.add([entry(FORMER, at=NOW - DAY)])
    await ledger.link(moved())
    for person in (FORMER, CURRENT, Person(phone=FORMER.phone), Person(phone=CURRENT.phone)):
        state, _ = await ledger.standing(LINE, person, limits=Limits(), now=NOW)
        assert state.permission is None
    assert [one.state for one in await ledger.states(FORMER)] == ["withdrawn"]
    assert not await ledger.is_forbidden(CURRENT)
    heir = Person(user_id="US.9", phone=FORMER.phone)
    await ledger.add([entry(heir, at=NOW + DAY)])
    for person in (heir, Person(phone=FORMER.phone)):
        state, _ = await ledger.standing(LINE, person, limits=Limits(), now=NOW + DAY)
        assert state.permission is not None


async def test_the_next_owner_of_a_number_speaks_for_themselves(
    ledger: Ledger, database: LocalSupabase
) -> None:
    """Their STOP is not the one of whoever had the number before."""
    await ledger.link(moved())
    await ledger.add([do_not_call(Person(user_id="US.9", phone=FORMER.phone), at=NOW + DAY)])
    assert await since(database, CURRENT.user_id, CURRENT.phone) == ""
    assert await since(database, None, FORMER.phone) != ""


async def test_a_wish_goes_along_more_than_once(ledger: Ledger, database: LocalSupabase) -> None:
    """From number to number, and back again; two messages, or three, in any order."""
    third = Person(user_id="US.3", phone="15550003333")
    await ledger.link(moved(CURRENT, third, at=NOW + DAY))
    await ledger.link(moved())
    await ledger.add([do_not_call(FORMER, at=NOW - DAY)])
    assert await since(database, third.user_id, third.phone) != ""
    await ledger.link(moved(third, FORMER, at=NOW + 2 * DAY))
    assert await since(database, FORMER.user_id, FORMER.phone) != ""


@pytest.mark.parametrize("named", [CURRENT, Person(user_id=FORMER.user_id)])
async def test_erasure_follows_the_person(
    ledger: Ledger, store: SupabaseStore, database: LocalSupabase, named: Person
) -> None:
    """Under the names of before and after; the next owner of the number keeps theirs."""
    heir = Person(user_id="US.9", phone=FORMER.phone)
    gone = [ended(FORMER, created_at=NOW - DAY), ended(CURRENT, created_at=NOW + DAY)]
    kept = ended(heir, created_at=NOW + DAY)
    for one in (*gone, kept):
        assert await store.claim_call(one) is not None
    await ledger.add([entry(FORMER, at=NOW - DAY), do_not_call(FORMER, at=NOW - DAY), entry(heir)])
    await ledger.link(moved())
    counts = await ledger.erase(named, forget_do_not_call=False)
    assert (counts["calls"], counts["consents"]) == (2, 1)
    assert await store.list_calls(limit=9) == [kept]
    assert await since(database, CURRENT.user_id, CURRENT.phone) != ""
    assert await database.execute("select count(*) from person_links") == "1\n"
    await ledger.erase(named, forget_do_not_call=True)
    assert [one.person for one in await ledger.entries(limit=9)] == [heir]
    assert await database.execute("select count(*) from person_links") == "0\n"
