"""schema.sql keeps the invariants by itself: plain SQL, no code of ours in between."""

import itertools

import aiohttp
import pytest

from controlplane.core.consent import ConsentKind, ConsentSource
from controlplane.core.lifecycle import TRANSITIONS
from controlplane.database_check import TABLES
from shared.call.call import (
    FINAL_STATUSES,
    GUESSED_REASONS,
    LIVE_STATUSES,
    CallStatus,
    Direction,
    EndReason,
)
from shared.call.records import EventOutcome, EventSource
from wacall.stack.database import LocalSupabase
from wacall.stack.postgres import PostgresFailed

ID = "00000000-0000-0000-0000-000000000001"
EVENT = "00000000-0000-0000-0000-000000000002"
VIEWS = ("call_timeline", "consent_state", "call_outcomes", "lead_funnel")
PII = {
    "calls.wacid",
    "calls.caller_user_id",
    "calls.caller_phone",
    "calls.caller_phone_key",
    "calls.caller_name",
    "calls.summary",
    "calls.origin",
    "transcripts.text",
    "call_events.wacid",
    "call_events.payload",
    "leads.name",
    "leads.phone",
    "leads.phone_key",
    "leads.email",
    "leads.interest",
    "leads.notes",
    "leads.person_user_id",
    "leads.person_phone_key",
    "follow_ups.purpose",
    "follow_ups.body",
    "messages.user_id",
    "messages.phone",
    "messages.phone_key",
    "messages.body",
    "messages.message_id",
    "tool_calls.arguments",
    "tool_calls.result",
    "call_jobs.result",
    "consents.user_id",
    "consents.phone",
    "consents.phone_key",
    "consents.source_ref",
    "consents.note",
    "consent_requests.user_id",
    "consent_requests.phone",
    "consent_requests.phone_key",
    "consent_requests.person",
    "consent_requests.message_id",
    "call_pauses.user_id",
    "call_pauses.phone",
    "call_pauses.phone_key",
    "call_pauses.said",
    "person_links.old_user_id",
    "person_links.old_phone",
    "person_links.old_phone_key",
    "person_links.new_user_id",
    "person_links.new_phone",
    "person_links.new_phone_key",
    "person_links.source_ref",
}


async def lines(database: LocalSupabase, sql: str) -> set[str]:
    return set((await database.execute(sql)).splitlines())


async def insert_call(database: LocalSupabase, **values: str) -> None:
    """Insert a ringing inbound call; values are SQL expressions."""
    columns = {
        "id": f"'{ID}'",
        "wacid": "'w'",
        "direction": "'inbound'",
        "status": "'ringing'",
        "phone_number_id": "'1'",
    } | values
    await database.execute(
        f"insert into calls ({', '.join(columns)}) values ({', '.join(columns.values())})"
    )


async def insert_event(database: LocalSupabase) -> None:
    await database.execute(
        "insert into call_events (id, source, kind, received_at, wacid) "
        f"values ('{EVENT}', 'meta', 'connect', now(), 'w')"
    )


# --- who may do what ---


async def test_every_table_has_row_level_security_and_no_policy(database: LocalSupabase) -> None:
    """Nothing is open even if a grant slips in."""
    secured = await lines(
        database,
        "select relname from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind = 'r' and relrowsecurity",
    )
    assert secured == set(TABLES)
    assert await lines(database, "select polname from pg_policy") == set()


async def test_views_and_functions_are_safe(database: LocalSupabase) -> None:
    """Views run with the caller's rights; functions pin their search path."""
    assert await lines(
        database,
        "select relname from pg_class where relnamespace = 'public'::regnamespace "
        "and relkind = 'v' and not coalesce(reloptions @> '{security_invoker=true}', false)",
    ) == set()  # fmt: skip
    assert await lines(
        database,
        "select proname from pg_proc where pronamespace = 'public'::regnamespace "
        "and not 'search_path=\"\"' = any (coalesce(proconfig, '{}'))",
    ) == set()  # fmt: skip


async def test_only_the_server_side_has_privileges_and_it_cannot_delete(
    database: LocalSupabase,
) -> None:
    """The project's default grants to anon and authenticated are taken back."""
    granted = await lines(
        database,
        "select distinct grantee || ' ' || privilege_type || ' ' || table_name "
        "from information_schema.role_table_grants where table_schema = 'public' "
        "and grantee <> 'postgres'",
    )
    assert granted == {
        *(f"service_role SELECT {name}" for name in [*TABLES, *VIEWS]),
        *(f"service_role INSERT {name}" for name in TABLES),
        "service_role UPDATE calls",
        "service_role UPDATE leads",
        "service_role UPDATE chores",
        "service_role UPDATE line_troubles",
        "service_role UPDATE agent_workers",
        "service_role UPDATE agent_calls",
        "service_role UPDATE follow_ups",
        "service_role UPDATE messages",
        "service_role UPDATE call_jobs",
        "service_role UPDATE recordings",
    }
    executable = await lines(
        database,
        "select r.rolname from pg_proc p, pg_roles r where p.pronamespace = 'public'::regnamespace "
        "and r.rolname in ('anon', 'authenticated') "
        "and has_function_privilege(r.oid, p.oid, 'execute')",
    )
    assert executable == set()


@pytest.mark.parametrize("table", [*TABLES, *VIEWS])
async def test_the_publishable_key_sees_nothing(database: LocalSupabase, table: str) -> None:
    """What a browser could hold opens no table."""
    await insert_call(database)
    async with (
        aiohttp.ClientSession(headers={"apikey": database.publishable_key}) as http,
        http.get(f"{database.url}/rest/v1/{table}") as answer,
    ):
        told = await answer.json()
    # 42501: insufficient privilege
    assert (answer.status, told["code"]) == (401, "42501"), told


# --- comments ---


async def test_everything_is_commented_and_personal_data_is_marked(
    database: LocalSupabase,
) -> None:
    """Whoever opens the project's table editor learns what each column holds."""
    missing = await lines(
        database,
        "select c.relname || '.' || coalesce(a.attname, '') from pg_class c "
        "left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not attisdropped "
        "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' "
        "and (obj_description(c.oid) is null or col_description(c.oid, a.attnum) is null)",
    )
    assert missing == set()
    marked = await lines(
        database,
        "select c.relname || '.' || a.attname from pg_class c "
        "join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 "
        "where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' "
        "and col_description(c.oid, a.attnum) like 'PII: %'",
    )
    assert marked == PII


async def test_foreign_keys_are_indexed(database: LocalSupabase) -> None:
    """Erasing a call does not scan the other tables."""
    unindexed = await lines(
        database,
        "select conrelid::regclass from pg_constraint k where contype = 'f' and not exists ("
        "select from pg_index i where i.indrelid = k.conrelid and i.indkey[0] = k.conkey[1])",
    )
    assert unindexed == set()


# --- the schema and the code say the same ---


async def test_the_database_knows_the_same_transitions_as_the_code(
    database: LocalSupabase,
) -> None:
    """call_may_become() is lifecycle.TRANSITIONS plus: every live status may end."""
    in_code = {
        f"{old.value} {new.value}"
        for old in CallStatus
        for new in {*TRANSITIONS[old].values(), *(FINAL_STATUSES if old in LIVE_STATUSES else ())}
    }
    statuses = ", ".join(f"('{status.value}')" for status in CallStatus)
    in_database = await lines(
        database,
        f"with s (status) as (values {statuses}) select o.status || ' ' || n.status "
        "from s o, s n where public.call_may_become(o.status, n.status)",
    )
    assert in_database == in_code


@pytest.mark.parametrize(
    ("table", "column", "values"),
    [
        ("calls", "status", list(CallStatus)),
        ("calls", "direction", list(Direction)),
        ("call_events", "source", list(EventSource)),
        ("call_events", "outcome", list(EventOutcome)),
        ("consents", "kind", list(ConsentKind)),
        ("consents", "source", list(ConsentSource)),
    ],
)
async def test_the_database_takes_the_enum_values_of_the_code(
    database: LocalSupabase, table: str, column: str, values: list[str]
) -> None:
    """Exactly those: the check constraint lists them."""
    (definition,) = await lines(
        database,
        f"select pg_get_constraintdef(oid) from pg_constraint where conname = "
        f"'{table}_{column}_check'",
    )
    assert {part for part in definition.split("'")[1::2] if part != "::text"} == set(values)


# what the release before reads and writes, which may run beside this one
FORMER = {"calls": {"hop"}}


@pytest.mark.parametrize("table", sorted(TABLES))
async def test_the_code_knows_every_column(database: LocalSupabase, table: str) -> None:
    """A column that nobody reads or writes is a mistake on one side."""
    own = {"created_at", "updated_at"}
    columns = await lines(
        database,
        "select column_name from information_schema.columns "
        f"where table_schema = 'public' and table_name = '{table}'",
    )
    assert columns - own - FORMER.get(table, set()) == set(TABLES[table]) - own


# --- invariants, by plain SQL ---


@pytest.mark.parametrize(
    "values",
    [
        {"direction": "'sideways'"},
        {"status": "'busy'"},
        {"status": "'dialing'"},
        {"wacid": "null"},
        {"wacid": "''"},
        {"phone_number_id": "''"},
        {"ended_at": "now()"},
        {"end_reason": "'caller-hangup'"},
        {"status": "'failed'", "ended_at": "now()"},
        {"status": "'failed'", "end_reason": "'internal'"},
        {"status": "'failed'", "ended_at": "now()", "end_reason": "'Not Kebab'"},
        {"status": "'active'"},
        {"status": "'completed'", "ended_at": "now()", "end_reason": "'caller-hangup'"},
        {"released_at": "now()"},
        {"end_requested": "'agent_hangup'"},
        {"timings": "'[]'"},
        {"duration_s": "5"},
    ],
    ids=str,
)
async def test_a_call_that_makes_no_sense_is_refused(
    database: LocalSupabase, values: dict[str, str]
) -> None:
    """Each row breaks one rule of the table."""
    with pytest.raises(PostgresFailed, match=r"violates|non-DEFAULT"):
        await insert_call(database, **values)


async def test_a_wacid_is_there_once(database: LocalSupabase) -> None:
    """The unique key is what makes one replica answer."""
    await insert_call(database)
    with pytest.raises(PostgresFailed, match="calls_wacid_key"):
        await insert_call(database, id=f"'{EVENT}'")


@pytest.mark.parametrize(
    ("old", "new"),
    [pair for pair in itertools.product(CallStatus, CallStatus) if pair[0] is not pair[1]],
)
async def test_the_trigger_lets_through_only_legal_transitions(
    database: LocalSupabase, old: CallStatus, new: CallStatus
) -> None:
    """Every pair of statuses, by plain SQL."""
    ended = {"ended_at": "now()", "end_reason": "'internal'"} if old.is_final else {}
    await insert_call(
        database, direction="'outbound'", status=f"'{old}'", answered_at="now()", **ended
    )
    legal = new in TRANSITIONS[old].values() or (old in LIVE_STATUSES and new.is_final)
    ending = ", ended_at = now(), end_reason = 'internal'" if new.is_final else ""
    update = f"update calls set status = '{new}'{ending}"
    if legal:
        await database.execute(update)
    else:
        with pytest.raises(PostgresFailed, match=f"cannot go from {old} to {new}"):
            await database.execute(update)


@pytest.mark.parametrize(
    "change",
    ["ended_at = now() + interval '1 s'", "end_reason = 'shutdown'", "answered_at = now()"],
)
async def test_how_a_call_ended_never_changes(database: LocalSupabase, change: str) -> None:
    """Not even with the same final status."""
    await insert_call(
        database, status="'failed'", ended_at="now() - interval '1 h'", end_reason="'internal'"
    )
    with pytest.raises(PostgresFailed, match="a call ends once"):
        await database.execute(f"update calls set {change}")
    await database.execute("update calls set released_at = now(), outcome = 'x', summary = 'y'")


async def test_the_schema_knows_the_same_guesses(database: LocalSupabase) -> None:
    """is_guessed_end() is GUESSED_REASONS."""
    reasons = ", ".join(f"('{reason}')" for reason in EndReason)
    found = await lines(
        database, f"select r from (values {reasons}) as v (r) where public.is_guessed_end(r)"
    )
    assert found == {reason.value for reason in GUESSED_REASONS}


_EARLIER = "ended_at = ended_at - interval '20 s', end_reason = 'caller-hangup'"


@pytest.mark.parametrize(
    ("before", "change", "corrects"),
    [
        ("'media-lost'", f"{_EARLIER}, ended_by_peer = true", True),
        ("'agent-lost'", f"{_EARLIER}, ended_by_peer = true, status = 'canceled'", True),
        ("'media-lost'", _EARLIER, False),
        ("'operator-hangup'", f"{_EARLIER}, ended_by_peer = true", False),
        ("'media-lost'", "ended_by_peer = true, ended_at = ended_at + interval '1 s'", False),
        ("'media-lost'", f"{_EARLIER}, ended_by_peer = true, status = 'active'", False),
    ],
    ids=["guess", "status-too", "not-metas", "decided", "later", "alive-again"],
)
async def test_a_guessed_end_is_corrected_once_by_an_earlier_one(
    database: LocalSupabase, before: str, change: str, corrects: bool
) -> None:
    """And never again, and never brought back to life."""
    await insert_call(
        database, status="'failed'", ended_at="now() - interval '1 h'", end_reason=before
    )
    if corrects:
        await database.execute(f"update calls set {change}")
        change = f"{_EARLIER}, ended_by_peer = true"
    with pytest.raises(PostgresFailed):
        await database.execute(f"update calls set {change}")


@pytest.mark.parametrize(
    "change", [f"id = '{EVENT}'", "direction = 'outbound'", "wacid = 'other'", "wacid = null"]
)
async def test_what_a_call_is_never_changes(database: LocalSupabase, change: str) -> None:
    """Its id, direction and, once known, wacid."""
    await insert_call(database)
    with pytest.raises(PostgresFailed, match="never change"):
        await database.execute(f"update calls set {change}")


async def test_an_outbound_call_learns_its_wacid_once(database: LocalSupabase) -> None:
    """Graph tells it after the row is there."""
    await insert_call(database, wacid="null", direction="'outbound'", status="'dialing'")
    await database.execute("update calls set wacid = 'w1'")
    with pytest.raises(PostgresFailed, match="never changes"):
        await database.execute("update calls set wacid = 'w2'")


async def test_updated_at_is_kept(database: LocalSupabase) -> None:
    """By the database, whoever writes."""
    await insert_call(database, updated_at="now() - interval '1 day'")
    await database.execute("update calls set caller_sid = 'PA'")
    assert await lines(
        database, "select updated_at > now() - interval '1 minute' from calls"
    ) == {"t"}  # fmt: skip


@pytest.mark.parametrize(
    "change", ["payload = '{\"a\": 1}'", "kind = 'x'", "source = 'agent'", "wacid = 'v'"]
)
async def test_what_we_were_told_is_not_rewritten(database: LocalSupabase, change: str) -> None:
    """call_events is append-only; what became of an event may change."""
    await insert_call(database)
    await insert_event(database)
    with pytest.raises(PostgresFailed, match="append-only"):
        await database.execute(f"update call_events set {change}")
    await database.execute(
        f"update call_events set outcome = 'handled', call_id = '{ID}', taken_at = now()"
    )


async def test_erasing_a_call_takes_everything_with_it(database: LocalSupabase) -> None:
    """One delete by the owner leaves nothing of the call."""
    await insert_call(database)
    await insert_event(database)
    await database.execute(
        f"update call_events set call_id = '{ID}';"
        f"insert into transcripts (call_id, sequence, speaker, text, spoken_at) "
        f"values ('{ID}', 1, 'user', 'hello', now());"
        f"insert into leads (call_id) values ('{ID}');"
        f"insert into follow_ups (id, call_id, due_at, channel, purpose) "
        f"values ('{ID}', '{ID}', now(), 'call', 'p')"
    )
    assert len(await lines(database, "select what from call_timeline")) == 2
    await database.execute("delete from calls")
    for table in TABLES:
        assert await lines(database, f"select count(*) from {table}") == {"0"}


async def test_turns_are_numbered_once_and_spoken_by_known_sides(database: LocalSupabase) -> None:
    """(call, sequence) is unique; the speaker is user or assistant."""
    await insert_call(database)
    insert = "insert into transcripts (call_id, sequence, speaker, text, spoken_at) values "
    await database.execute(f"{insert} ('{ID}', 1, 'user', '', now())")
    for values in ("1, 'user'", "0, 'user'", "2, 'operator'"):
        with pytest.raises(PostgresFailed, match="violates"):
            await database.execute(f"{insert} ('{ID}', {values}, '', now())")


# --- what calls cost ---


async def test_metas_pulses_are_priced_when_a_call_is_over_and_summed_by_profile(
    database: LocalSupabase,
) -> None:
    """Placed and answered calls alone, each begun six seconds; what goes on counts so far."""
    began = "'2026-03-01T12:00:00Z'::timestamptz"
    over = "'completed', 'caller-hangup'"
    calls = {
        # how long it was: (direction, status and reason, answered, ended, rate, profile, model)
        "56 s": ("outbound", over, "0", "56", "0.6", "shop", "0.1"),
        "none": ("outbound", over, "0", "0", "0.6", "shop", "null"),
        "free": ("inbound", over, "0", "56", "null", "shop", "0.2"),
        "rang": ("outbound", "'no_answer', 'not-answered'", None, "56", "0.6", "shop", "null"),
        "unknown": ("outbound", over, "0", "6", "null", "clinic", "0.4"),
        "on": ("outbound", "'active', null", "0", None, "0.6", None, "null"),
    }
    for wacid, (direction, how, answered, ended, rate, profile, model) in calls.items():
        times = [
            f"{began} + interval '{at} s'" if at is not None else "null" for at in (answered, ended)
        ]
        name = f"'{profile}'" if profile else "null"
        await database.execute(
            "insert into calls (id, wacid, direction, phone_number_id, created_at, status, "
            "end_reason, answered_at, ended_at, meta_usd_per_minute, profile, cost_usd) values "
            f"(gen_random_uuid(), '{wacid}', '{direction}', '1', {began}, {how}, "
            f"{times[0]}, {times[1]}, {rate}, {name}, {model})"
        )
    assert await lines(database, "select wacid || ': ' || meta_cost_usd::float from calls") == {
        "56 s: 0.6", "none: 0.06", "free: 0", "rang: 0", "",
    }  # fmt: skip
    since = f"costs_since({began}, {began} + interval '20 s')"
    said = f"select coalesce(profile, '-') || ' ' || usd::float || ' ' || unpriced from {since}"
    assert await lines(database, said) == {"shop 0.96 1", "clinic 0.4 1", "- 0.24 0"}
    later = f"select count(*) from costs_since({began} + interval '1 s', now())"
    assert await lines(database, later) == {"0"}
    sums = "select sum(cost_usd)::float, sum(meta_cost_usd)::float from call_outcomes"
    assert await lines(database, sums) == {"0.7|0.66"}
