"""The store's contract, against the local project over real sockets."""

import asyncio
import traceback
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from shared.call.call import (
    FINAL_STATUSES,
    LIVE_STATUSES,
    Call,
    CallStatus,
    Direction,
    EndReason,
    Termination,
)
from shared.call.ceilings import Ceilings
from shared.call.changes import CallChanges, Mark
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.call.records import (
    EventOutcome,
    EventRecord,
    EventSource,
    Lead,
    Settled,
)
from shared.database.supabase import SupabaseStore
from tests.eventually import eventually
from tests.serving import serving
from wacall.stack.database import LocalSupabase

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HANGUP = Termination.of(EndReason.CALLER_HANGUP, answered=True)


def make_call(**changes: Any) -> Call:
    values: dict[str, Any] = {
        "id": CallId(str(uuid.uuid4())),
        "wacid": WhatsAppCallId(f"wacid.{uuid.uuid4().hex}"),
        "direction": Direction.INBOUND,
        "status": CallStatus.RINGING,
        "phone_number_id": PhoneNumberId("1066"),
        "party": Party(
            person=Person(user_id="US.1349", phone="15550001111"), name="Zoë O'Brien 🌻 أمل, (x)"
        ),
        "created_at": NOW,
    }
    return Call(**(values | changes))


def make_event(**changes: Any) -> EventRecord:
    values: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "source": EventSource.META,
        "kind": "connect",
        "received_at": NOW,
        "wacid": WhatsAppCallId("wacid.1"),
        "payload": {"entry": [{"id": "1", "name": "Ünïcode 🌻"}]},
    }
    return EventRecord(**(values | changes))


async def claimed(store: SupabaseStore, **changes: Any) -> Call:
    call = await store.claim_call(make_call(**changes))
    assert call is not None
    return call


async def activate(store: SupabaseStore, call: Call) -> Call:
    active = await store.update_call(
        call.id,
        expect=LIVE_STATUSES,
        status=CallStatus.ACTIVE,
        answered_at=NOW,
    )
    assert active is not None
    return active


async def end(
    store: SupabaseStore, call: Call, reason: EndReason = EndReason.CALLER_HANGUP, **changes: Any
) -> Call | None:
    values: dict[str, Any] = {
        "termination": Termination.of(reason, answered=call.answered_at is not None),
        "ended_at": NOW + 90 * SECOND,
        "answered_at": call.answered_at,
        "by_peer": True,
    }
    return await store.end_call(call.id, **(values | changes))


# --- calls ---


async def test_a_claimed_call_is_read_back_as_it_was(store: SupabaseStore) -> None:
    """Names in any script, quotes and microseconds come back unharmed."""
    call = make_call(deadline_at=NOW + SECOND, timings={"room": 1.25})
    assert await store.claim_call(call) == call
    assert await store.get_call(call.id) == call
    assert call.wacid is not None
    assert await store.find_call(call.wacid) == call


async def test_unknown_calls_are_none(store: SupabaseStore) -> None:
    """Not found is an answer, no error."""
    assert await store.get_call(CallId(str(uuid.uuid4()))) is None
    assert await store.find_call(WhatsAppCallId('wacid."),(x')) is None


async def test_a_taken_wacid_is_not_claimed_again(store: SupabaseStore) -> None:
    """The second claimer gets nothing and the row stays the first one's."""
    first = await claimed(store)
    assert await store.claim_call(make_call(wacid=first.wacid)) is None
    assert first.wacid is not None
    assert await store.find_call(first.wacid) == first


async def test_of_twenty_claimers_exactly_one_wins(store: SupabaseStore) -> None:
    """A duplicated webhook answers the call once, however many replicas got it."""
    claims = [make_call(wacid=WhatsAppCallId("wacid.same")) for _ in range(20)]
    winners = [call for call in await asyncio.gather(*map(store.claim_call, claims)) if call]
    assert len(winners) == 1
    assert await store.live_calls() == winners


async def test_a_repeated_claim_finds_its_own_row(store: SupabaseStore) -> None:
    """The same id means the same claimer."""
    call = make_call()
    assert await store.claim_call(call) == await store.claim_call(call) == call
    outbound = make_call(wacid=None, direction=Direction.OUTBOUND, status=CallStatus.DIALING)
    assert await store.claim_call(outbound) == await store.claim_call(outbound) == outbound


async def test_calls_are_listed_newest_first_and_paged_by_time(store: SupabaseStore) -> None:
    """`before` continues where the last page ended."""
    calls = [await claimed(store, created_at=NOW + n * SECOND) for n in range(4)]
    newest = await store.list_calls(limit=2)
    assert newest == [calls[3], calls[2]]
    assert await store.list_calls(limit=9, before=newest[-1].created_at) == [calls[1], calls[0]]


async def test_an_update_needs_the_expected_status(store: SupabaseStore) -> None:
    """A compare-and-set that misses changes nothing and returns None."""
    call = await claimed(store)
    miss = await store.update_call(call.id, expect={CallStatus.CONNECTING}, caller_sid="PA_1")
    assert miss is None
    assert await store.get_call(call.id) == call
    hit = await store.update_call(
        call.id,
        expect={CallStatus.RINGING, CallStatus.DIALING},
        status=CallStatus.CONNECTING,
        caller_sid="PA_1",
        timings={"whip": 3.5},
        deadline_at=NOW,
        party=Party(person=Person(user_id="US.2")),
    )
    assert hit is not None
    assert (hit.status, hit.caller_sid, hit.timings) == (
        CallStatus.CONNECTING,
        "PA_1",
        {"whip": 3.5},
    )
    assert (hit.deadline_at, hit.party) == (NOW, Party(person=Person(user_id="US.2")))
    assert await store.get_call(call.id) == hit


async def test_of_twenty_updaters_exactly_one_wins(store: SupabaseStore) -> None:
    """Two replicas never both move a call from ringing to connecting."""
    call = await claimed(store)
    moved = await asyncio.gather(
        *(
            store.update_call(
                call.id,
                expect={CallStatus.RINGING},
                status=CallStatus.CONNECTING,
            )
            for _ in range(20)
        )
    )
    assert len([call for call in moved if call]) == 1


async def test_an_ended_call_has_all_of_its_end(store: SupabaseStore) -> None:
    """Status, reason, times and duration are right after one write."""
    call = await activate(store, await claimed(store))
    ended = await end(store, call)
    assert ended is not None
    assert (ended.status, ended.end_reason) == (CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
    assert (ended.ended_at, ended.answered_at, ended.duration_s) == (NOW + 90 * SECOND, NOW, 90)
    assert ended.ended_by_peer
    assert await store.live_calls() == []


async def test_a_call_that_was_never_answered_has_no_duration(store: SupabaseStore) -> None:
    """Answered or not follows from the times."""
    ended = await end(store, await claimed(store))
    assert ended is not None
    assert (ended.status, ended.duration_s) == (CallStatus.CANCELED, None)


async def test_of_twenty_enders_exactly_one_wins(store: SupabaseStore) -> None:
    """A call ends exactly once, with one reason."""
    call = await activate(store, await claimed(store))
    reasons = [EndReason.CALLER_HANGUP, EndReason.AGENT_HANGUP, EndReason.MEDIA_LOST] * 7
    ends = await asyncio.gather(*(end(store, call, reason) for reason in reasons[:20]))
    winners = [call for call in ends if call]
    assert len(winners) == 1
    assert await store.get_call(call.id) == winners[0]
    assert await end(store, call) is None


async def test_overdue_calls_are_the_late_and_the_asked_for(store: SupabaseStore) -> None:
    """Not those in time, without a deadline, or ended."""
    late = await claimed(store, deadline_at=NOW - SECOND)
    asked = await claimed(store, deadline_at=NOW + SECOND)
    await store.request_end(asked.id, EndReason.AGENT_HANGUP)
    await claimed(store, deadline_at=NOW + SECOND)
    await claimed(store)
    await end(store, await claimed(store, deadline_at=NOW - SECOND))
    assert {call.id for call in await store.overdue_calls(NOW)} == {late.id, asked.id}


async def test_unreleased_calls_are_the_ended_ones_that_nobody_cleaned_up(
    store: SupabaseStore,
) -> None:
    """The first release stays, and a live call cannot be released."""
    live = await claimed(store)
    left = await claimed(store)
    done = await claimed(store)
    for call in (left, done):
        await end(store, call)
    for call in (live, done):
        await store.mark_released(call.id, NOW + 91 * SECOND)
    await store.mark_released(done.id, NOW + 99 * SECOND)
    assert [call.id for call in await store.unreleased_calls(NOW + 91 * SECOND)] == [left.id]
    assert await store.unreleased_calls(NOW + 90 * SECOND) == []
    released = await store.get_call(done.id)
    assert released is not None
    assert released.released_at == NOW + 91 * SECOND
    assert await store.get_call(live.id) == live


async def test_live_calls_are_all_of_them_beyond_one_page(
    store: SupabaseStore, database: LocalSupabase
) -> None:
    """A project returns 1000 rows at most; the store asks on."""
    await database.execute(
        "insert into calls (id, wacid, direction, status, phone_number_id) "
        "select gen_random_uuid(), 'w' || n, 'inbound', 'ringing', '1' "
        "from generate_series(1, 1234) n"
    )
    calls = await store.live_calls()
    assert len({call.id for call in calls}) == len(calls) == 1234


@pytest.mark.parametrize("mark", Mark)
async def test_of_twenty_markers_exactly_one_wins(store: SupabaseStore, mark: Mark) -> None:
    """A piece of a set-up belongs to one replica; a call that has ended belongs to nobody."""
    call = await claimed(store)
    times = [NOW + n * SECOND for n in range(20)]
    marked = await asyncio.gather(*(store.mark_once(call.id, mark, at) for at in times))
    (winner,) = [call for call in marked if call]
    assert await store.get_call(call.id) == winner
    assert getattr(winner, mark) in times
    over = await claimed(store)
    await end(store, over)
    assert await store.mark_once(over.id, mark, NOW) is None


# --- events ---


async def test_events_are_stored_once_and_come_in_order(store: SupabaseStore) -> None:
    """A repeated batch adds nothing; what was there stays as it was."""
    call = await claimed(store)
    events = [make_event(call_id=call.id, received_at=NOW + n * SECOND) for n in (2, 0, 1)]
    await store.add_events(events)
    await store.add_events([*events, make_event(call_id=call.id, received_at=NOW + 3 * SECOND)])
    listed = await store.list_events(call.id)
    assert listed[:3] == [events[1], events[2], events[0]]
    assert len(listed) == 4
    await store.add_events([])


async def test_whatever_json_can_carry_is_stored(store: SupabaseStore) -> None:
    """NUL, lone surrogates, NaN, deep nesting and JSON within strings keep no event out."""
    call = await claimed(store)
    payload = {"nul\x00": "a\x00", "half": "\ud800", "nan": float("nan"), "text": '{"a": "1"}'}
    await store.add_events([make_event(call_id=call.id, kind="odd \x00", payload=payload)])
    (event,) = await store.list_events(call.id)
    assert event.payload == {
        "nul\ufffd": "a\ufffd",
        "half": "\ufffd",
        "nan": None,
        "text": '{"a": "1"}',
    }


async def test_an_event_of_three_megabytes_is_stored(store: SupabaseStore) -> None:
    """As large as Meta says that a webhook may be."""
    call = await claimed(store)
    await store.add_events([make_event(call_id=call.id, payload={"sdp": "x" * 3_000_000})])
    (event,) = await store.list_events(call.id)
    assert len(event.payload["sdp"]) == 3_000_000


async def test_an_event_is_settled_with_outcome_and_call(store: SupabaseStore) -> None:
    """The call may be known only after the event was stored."""
    call = await claimed(store)
    event = make_event()
    await store.add_events([event])
    await store.settle_event(event.id, Settled(EventOutcome.HANDLED, call.id))
    (settled,) = await store.list_events(call.id)
    assert settled.outcome is EventOutcome.HANDLED
    await store.settle_event(event.id, Settled(EventOutcome.FAILED))
    (settled,) = await store.list_events(call.id)
    assert (settled.outcome, settled.call_id) == (EventOutcome.FAILED, call.id)


async def test_duplicates_learn_their_call_later(store: SupabaseStore) -> None:
    """Only duplicates with the call's id and without a call; whoever has one keeps it."""
    call, other = await claimed(store), await claimed(store)
    wacid = WhatsAppCallId("wacid.COPIED")
    duplicate = EventOutcome.DUPLICATE
    copy = make_event(wacid=wacid, outcome=duplicate)
    linked = make_event(wacid=wacid, outcome=duplicate, call_id=other.id)
    pending = make_event(wacid=wacid)
    foreign = make_event(wacid=WhatsAppCallId("wacid.OTHER"), outcome=duplicate)
    await store.add_events([copy, linked, pending, foreign])
    await store.link_duplicates(wacid, call.id)

    assert [event.id for event in await store.list_events(call.id)] == [copy.id]
    assert [event.id for event in await store.list_events(other.id)] == [linked.id]


async def test_pending_events_go_to_one_taker(store: SupabaseStore) -> None:
    """Twenty takers at once: each event to exactly one, and none twice."""
    events = [make_event(received_at=NOW + n * SECOND) for n in range(60)]
    await store.add_events(events)
    taken = await asyncio.gather(
        *(
            store.take_pending_events(
                received_before=NOW + 60 * SECOND, taken_before=NOW, now=NOW + 60 * SECOND
            )
            for _ in range(20)
        )
    )
    ids = [event.id for some in taken for event in some]
    assert sorted(ids) == sorted(event.id for event in events)
    for some in taken:
        assert some == sorted(some, key=lambda event: event.received_at)


async def test_events_that_another_taker_is_just_taking_are_left_to_it(
    store: SupabaseStore, database: LocalSupabase
) -> None:
    """Its transaction is not over, yet nobody waits for it or takes the same."""
    await store.add_events([make_event()])
    other = asyncio.create_task(
        database.execute(
            "select count(*) from public.take_pending_events(now() + '1 d', now(), now());"
            "select pg_sleep(2)"
        )
    )

    async def holds_the_events() -> bool:
        sleeping = await database.execute(
            "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
        )
        return sleeping.strip() != "0"

    await eventually(holds_the_events, 5)
    assert not other.done()
    taken = await store.take_pending_events(
        received_before=NOW + SECOND, taken_before=NOW, now=NOW + SECOND
    )
    assert taken == []
    assert not other.done()
    assert (await other).split()[0] == "1"


async def test_only_old_unsettled_events_of_meta_are_pending(store: SupabaseStore) -> None:
    """Fresh, settled, foreign and recently taken ones are left alone."""
    pending = make_event()
    await store.add_events(
        [
            pending,
            make_event(received_at=NOW + 9 * SECOND),
            make_event(outcome=EventOutcome.IGNORED),
            make_event(source=EventSource.LIVEKIT),
        ]
    )

    async def take(taken_before: datetime, now: datetime) -> list[EventRecord]:
        return await store.take_pending_events(
            received_before=NOW + 5 * SECOND, taken_before=taken_before, now=now
        )

    assert await take(NOW, NOW + 6 * SECOND) == [pending]
    assert await take(NOW, NOW + 7 * SECOND) == []
    assert await take(NOW + 30 * SECOND, NOW + 60 * SECOND) == [pending]


# --- refusals, losses, health ---


@pytest.mark.parametrize("final", sorted(FINAL_STATUSES))
async def test_an_ended_call_cannot_be_changed_into_another_end(
    store: SupabaseStore, final: CallStatus
) -> None:
    """Whatever a bug expects, the database keeps the first end."""
    call = await activate(store, await claimed(store))
    await end(store, call, termination=Termination(status=final, reason=EndReason.INTERNAL))
    attempts: list[CallChanges] = [
        {"status": CallStatus.RINGING},
        {"end_reason": EndReason.SHUTDOWN},
        {"ended_at": NOW},
        {"answered_at": NOW + SECOND},
    ]
    for changes in attempts:
        with pytest.raises(StoreUnavailable, match="refused it"):
            await store.update_call(call.id, expect=FINAL_STATUSES, **changes)


async def test_a_refusal_reveals_nothing_of_the_row(store: SupabaseStore) -> None:
    """Postgres's details quote the row; neither the error nor its traceback does."""
    call = await claimed(store, party=Party(person=Person(phone="15550002222"), name="Secret Name"))
    with pytest.raises(StoreUnavailable) as caught:
        await store.update_call(call.id, expect=LIVE_STATUSES, status=CallStatus.COMPLETED)
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert "23514" in told
    assert caught.value.__cause__ is caught.value.__context__ is None
    for secret in ("15550002222", "Secret Name", str(call.wacid)):
        assert secret not in told


# --- the set-up as a lease ---


async def held(store: SupabaseStore, **changes: Any) -> Call:
    return await claimed(store, setup_owner="a", setup_until=NOW, **changes)


async def test_a_set_up_is_found_until_it_is_over(store: SupabaseStore) -> None:
    """Neither what nobody holds nor what has ended."""
    await claimed(store)
    call = await held(store)
    assert await store.calls_in_setup() == [call]
    ended = await end(store, call)
    assert ended is not None
    assert (ended.setup_owner, ended.answer_sdp) == (None, None)
    assert await store.calls_in_setup() == []


async def test_only_its_owner_renews_a_set_up(store: SupabaseStore) -> None:
    call = await held(store)
    assert await store.renew_setup(call.id, "a", NOW + SECOND)
    assert not await store.renew_setup(call.id, "b", NOW + 2 * SECOND)
    row = await store.get_call(call.id)
    assert row is not None
    assert row.setup_until == NOW + SECOND
    await end(store, call)
    assert not await store.renew_setup(call.id, "a", NOW + 3 * SECOND)


async def test_of_twenty_takers_exactly_one_wins(store: SupabaseStore) -> None:
    """All have seen the same silence."""
    call = await held(store)
    takers = [str(number) for number in range(20)]
    taken = await asyncio.gather(*(store.take_setup(call, name, NOW + SECOND) for name in takers))
    (won,) = [row for row in taken if row is not None]
    assert won.setup_takes == 1
    assert await store.calls_in_setup() == [won]


async def test_who_renews_in_time_is_not_relieved(store: SupabaseStore) -> None:
    """What was seen is not true any more."""
    call = await held(store)
    assert await store.renew_setup(call.id, "a", NOW + SECOND)
    assert await store.take_setup(call, "b", NOW + 2 * SECOND) is None
    bare = await claimed(store, setup_owner="a")
    assert await store.take_setup(bare, "b", NOW) is not None


async def test_who_lost_the_set_up_writes_nothing(store: SupabaseStore) -> None:
    """A write with its owner's name is fenced off."""
    call = await held(store)
    assert await store.update_call(call.id, expect=LIVE_STATUSES, owner="a", caller_sid="1")
    assert await store.take_setup(call, "b", NOW + SECOND) is not None
    assert not await store.update_call(call.id, expect=LIVE_STATUSES, owner="a", caller_sid="2")
    row = await store.get_call(call.id)
    assert row is not None
    assert row.caller_sid == "1"


async def test_the_newest_connect_of_a_call_is_found(store: SupabaseStore) -> None:
    """Among copies, other kinds and other calls."""
    first, newest = make_event(), make_event(received_at=NOW + SECOND)
    others = [
        make_event(kind="terminate", received_at=NOW + 2 * SECOND),
        make_event(wacid=WhatsAppCallId("wacid.2"), received_at=NOW + 2 * SECOND),
    ]
    await store.add_events([first, newest, *others])
    assert await store.find_connect(WhatsAppCallId("wacid.1")) == newest
    assert await store.find_connect(WhatsAppCallId("wacid.3")) is None


# --- corrections ---


@pytest.mark.parametrize(
    ("reason", "by_peer", "earlier_s", "corrected"),
    [
        (EndReason.MEDIA_LOST, False, 20, True),
        (EndReason.MEDIA_LOST, True, 20, False),
        (EndReason.OPERATOR_HANGUP, False, 20, False),
        (EndReason.MEDIA_LOST, False, 0, False),
    ],
    ids=["guess", "told-already", "decided", "not-earlier"],
)
async def test_a_guessed_end_is_corrected(
    store: SupabaseStore, reason: EndReason, by_peer: bool, earlier_s: int, corrected: bool
) -> None:
    """Reason, status, time and duration, once."""
    call = await activate(store, await claimed(store))
    assert (
        await store.correct_end(call.id, termination=HANGUP, ended_at=NOW, answered_at=None) is None
    )
    ended = await end(store, call, reason, by_peer=by_peer)
    assert ended is not None
    assert ended.ended_at is not None

    async def correct(seconds: int) -> Call | None:
        assert ended.ended_at is not None
        at = ended.ended_at - seconds * SECOND
        return await store.correct_end(
            call.id, termination=HANGUP, ended_at=at, answered_at=call.answered_at
        )

    row = await correct(earlier_s)
    assert (row is not None) is corrected
    if row is not None:
        assert (row.status, row.end_reason) == (CallStatus.COMPLETED, EndReason.CALLER_HANGUP)
        assert (row.duration_s, row.ended_by_peer) == (70, True)
        assert await correct(earlier_s + 5) is None


class LossyProxy:
    """Forwards to the project and then, as often as told, loses the answer or says 503."""

    def __init__(self, target: str) -> None:
        self.url = ""
        self.lose = 0
        self.refuse = 0
        self.requests = 0
        self._target = target
        self._http = aiohttp.ClientSession(auto_decompress=False)

    async def handle(self, request: web.Request) -> web.Response:
        self.requests += 1
        if self.refuse:
            self.refuse -= 1
            return web.json_response({"code": "PGRST002", "message": "restarting"}, status=503)
        async with self._http.request(
            request.method,
            self._target + request.raw_path,
            headers={k: v for k, v in request.headers.items() if k.lower() != "host"},
            data=await request.read(),
        ) as answer:
            body = await answer.read()
        if self.lose:
            self.lose -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.Response(body=body, status=answer.status, content_type="application/json")

    async def close(self) -> None:
        await self._http.close()


@pytest_asyncio.fixture
async def proxy(database: LocalSupabase) -> AsyncIterator[LossyProxy]:
    lossy = LossyProxy(database.url)
    async with serving(web.route("*", "/{path:.*}", lossy.handle)) as url:
        lossy.url = url
        yield lossy
    await lossy.close()


@pytest_asyncio.fixture
async def shaky(database: LocalSupabase, proxy: LossyProxy) -> AsyncIterator[SupabaseStore]:
    """A store whose answers get lost."""
    store = await SupabaseStore.connect(proxy.url, database.secret_key)
    yield store
    await store.close()


async def test_a_claim_whose_answer_was_lost_is_still_ours(
    shaky: SupabaseStore, proxy: LossyProxy
) -> None:
    """The retry meets its own row and recognises it."""
    call = make_call()
    proxy.lose = 1
    assert await shaky.claim_call(call) == call
    proxy.lose = 1
    assert await shaky.claim_call(make_call(wacid=call.wacid)) is None


async def test_an_end_whose_answer_was_lost_is_still_ours(
    shaky: SupabaseStore, proxy: LossyProxy
) -> None:
    """Whoever ended the call learns it and cleans up; nobody else does."""
    call = await activate(shaky, await claimed(shaky))
    proxy.lose = 1
    ended = await end(shaky, call)
    assert ended is not None
    assert ended.status is CallStatus.COMPLETED
    proxy.lose = 1
    assert await end(shaky, call, EndReason.AGENT_HANGUP, by_peer=False) is None


async def test_other_writes_are_repeated_without_harm(
    shaky: SupabaseStore, proxy: LossyProxy
) -> None:
    """Lost answers leave one row each."""
    call = await claimed(shaky)
    event = make_event(call_id=call.id)
    proxy.lose = 1
    await shaky.add_events([event])
    assert await shaky.list_events(call.id) == [event]
    proxy.lose = 1
    assert await shaky.request_end(call.id, EndReason.AGENT_HANGUP)
    proxy.lose = 1
    assert (await shaky.upsert_lead(Lead(call_id=call.id, name="Ana"))).name == "Ana"


async def test_a_restarting_project_is_asked_again(shaky: SupabaseStore, proxy: LossyProxy) -> None:
    """Two 503s are survived; a third ends with a sentence, within seconds."""
    call = make_call()
    proxy.refuse = 2
    assert await shaky.claim_call(call) == call
    assert proxy.requests == 3
    proxy.refuse = 3
    async with asyncio.timeout(5):
        with pytest.raises(StoreUnavailable, match="HTTP 503"):
            await shaky.get_call(call.id)
    assert await shaky.get_call(call.id) == call


async def test_a_refusal_is_not_repeated(shaky: SupabaseStore, proxy: LossyProxy) -> None:
    """What is wrong stays wrong."""
    call = await claimed(shaky)
    before = proxy.requests
    with pytest.raises(StoreUnavailable):
        await shaky.update_call(call.id, expect=LIVE_STATUSES, status=CallStatus.DIALING)
    assert proxy.requests == before + 1


async def test_a_database_that_is_not_there_is_named(unused_tcp_port: int) -> None:
    """The sentence names the variable."""
    store = await SupabaseStore.connect(f"http://127.0.0.1:{unused_tcp_port}", "sb_secret_x")
    with pytest.raises(StoreUnavailable, match="SUPABASE_URL"):
        await store.get_call(CallId(str(uuid.uuid4())))
    with pytest.raises(StoreUnavailable, match="does not answer"):
        await store.ping()
    await store.close()


@pytest.mark.parametrize(("url", "key"), [("supabase.co", "k"), ("http://127.0.0.1:1", "")])
async def test_a_malformed_address_is_refused_at_once(url: str, key: str) -> None:
    """Before anything is sent."""
    with pytest.raises(StoreUnavailable, match="malformed"):
        await SupabaseStore.connect(url, key)


# --- ceilings ---

SOMEBODY = Party(person=Person(user_id="US.2000", phone="15550002000"))
HOURLY = Ceilings(per_caller_per_hour=2)


async def test_a_ceiling_counts_within_the_hour_and_only_calls_that_were_taken(
    store: SupabaseStore,
) -> None:
    """An older call, a refused one and somebody else's do not count; the third one is refused."""
    old = make_call(party=SOMEBODY, created_at=NOW - 3601 * SECOND, **_ended(NOW - 3600 * SECOND))
    refused = make_call(
        party=SOMEBODY,
        **(_ended(NOW) | {"status": CallStatus.REJECTED, "end_reason": EndReason.BUSY}),
    )
    other = make_call(party=Party(person=Person(user_id="US.2001", phone="15550002001")))
    for call in (old, refused, other):
        assert await store.claim_call(call) is not None
    taken = [await store.claim_within(make_call(party=SOMEBODY), HOURLY) for _ in range(2)]
    assert [call.status for call in taken if call is not None] == [CallStatus.RINGING] * 2

    third = make_call(party=SOMEBODY, deadline_at=NOW)
    row = await store.claim_within(third, HOURLY)
    assert row is not None
    assert (row.status, row.end_reason) == (CallStatus.REJECTED, EndReason.CALLER_LIMIT)
    assert (row.ended_at, row.deadline_at, row.released_at) == (NOW, None, None)
    assert await store.claim_within(third, Ceilings()) is None


async def test_a_caller_of_whom_nothing_is_known_has_no_ceiling(store: SupabaseStore) -> None:
    """Nobody can say whose calls they are."""
    for _ in range(2):
        unknown = make_call(party=Party())
        row = await store.claim_within(unknown, Ceilings(per_caller=1, per_caller_per_hour=1))
        assert row is not None
        assert row.status is CallStatus.RINGING


def _ended(at: datetime) -> dict[str, Any]:
    return {
        "status": CallStatus.COMPLETED,
        "answered_at": at - SECOND,
        "ended_at": at,
        "end_reason": EndReason.CALLER_HANGUP,
        "released_at": at,
    }
