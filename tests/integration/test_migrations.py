"""Migrations lead from every release to schema.sql, and take the data along."""

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from controlplane import database_check
from controlplane.core.consent import ConsentKind
from controlplane.ledger import rows as ledger_rows
from shared.call.call import CallStatus
from shared.call.ids import CallId
from shared.database import rows
from shared.database.rest import RestClient
from shared.database.supabase import SupabaseStore
from tests.integration.clusters import Cluster, running_cluster
from tests.paths import ROOT
from wacall.database import migrate as migrating
from wacall.database.migrate import migrate
from wacall.database.migrations import Migration, MigrationFailed, read_migrations
from wacall.stack.database import DatabaseFailed, LocalSupabase
from wacall.stack.database_api import ASSETS
from wacall.stack.postgres import Postgres

MIGRATIONS = read_migrations()
NEWEST = len(MIGRATIONS)
CALL = CallId("00000000-0000-0000-0000-000000000001")
# what the first release could write
WRITTEN = f"""
insert into public.calls (id, wacid, direction, status, phone_number_id, caller_phone, caller_name,
    answered_at, ended_at, end_reason, timings, summary)
values ('{CALL}', 'wacid.A', 'inbound', 'completed', '1', '15551230001', 'Ann',
    '2026-01-01 10:00:00Z', '2026-01-01 10:00:30Z', 'caller-hangup', '{{"whip": 12.5}}', 's');
insert into public.transcripts (call_id, sequence, speaker, text, spoken_at)
values ('{CALL}', 1, 'user', 'hello', '2026-01-01 10:00:05Z');
insert into public.call_events (id, source, kind, received_at, call_id, wacid, payload)
values ('{CALL}', 'meta', 'connect', '2026-01-01 10:00:00Z', '{CALL}', 'wacid.A', '{{"a": 1}}');
insert into public.leads (call_id, name) values ('{CALL}', 'Ann');
insert into public.follow_ups (id, call_id, due_at, channel, purpose)
values ('{CALL}', '{CALL}', '2026-01-02 10:00:00Z', 'call', 'p');
"""
# and the second
WRITTEN_LATER = f"""
insert into public.consents (id, phone_number_id, phone, kind, granted, source, source_ref, at)
values ('{CALL}', '1', '15551230001', 'do_not_call', true, 'text', 'wamid.A', '2026-01-03Z');
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # pytest's own paths are too long for a unix socket
    with tempfile.TemporaryDirectory(prefix="wacall-") as name:
        yield Path(name)


@pytest_asyncio.fixture(scope="module")
async def cluster() -> AsyncIterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="wacall-") as name:
        async with running_cluster(Path(name)) as running:
            yield running


@pytest_asyncio.fixture
async def project(cluster: Cluster) -> str:
    """An empty project: its database's name."""
    return await cluster.new_database()


@pytest_asyncio.fixture
async def connection(cluster: Cluster, project: str) -> AsyncIterator[asyncpg.Connection]:
    connected = await cluster.connect(project)
    yield connected
    await connected.close()


async def recorded(connection: asyncpg.Connection) -> list[tuple[str, str, list[str]]]:
    found = await connection.fetch(
        "select version, name, statements from supabase_migrations.schema_migrations "
        "order by version"
    )
    return [(row["version"], row["name"], row["statements"]) for row in found]


def record_of(migrations: list[Migration]) -> list[tuple[str, str, list[str]]]:
    return [(one.version, one.name, [one.sql]) for one in migrations]


async def run_command(url: str | None, *arguments: str) -> tuple[int | None, str, str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)} | ({"DATABASE_URL": url} if url else {})
    with tempfile.TemporaryDirectory() as elsewhere:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "wacall.cli", "database", *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=environ, cwd=elsewhere,
        )  # fmt: skip
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


# --- both ways lead to the same ---


async def test_the_migrations_give_exactly_schema_sql(cluster: Cluster) -> None:
    """Tables, types, defaults, constraints, indexes, functions, triggers, views, rights, words."""
    pasted, migrated = await cluster.new_database(), await cluster.new_database()
    connection = await cluster.connect(pasted)
    await connection.execute((ROOT / "schema.sql").read_text())
    await connection.close()
    connection = await cluster.connect(migrated)
    assert await migrate(connection, MIGRATIONS) == NEWEST
    assert await recorded(connection) == record_of(MIGRATIONS)
    await connection.close()
    dump = await cluster.dump(migrated)
    assert dump == await cluster.dump(pasted)
    # the dump does look at what it should
    for part in (
        "CREATE TABLE public.calls",
        "ROW LEVEL SECURITY",
        "TRIGGER guard",
        "REVOKE",
        "GRANT",
        "CREATE VIEW",
        "FUNCTION public.purge_expired",
        "CREATE INDEX",
    ):
        assert any(part in one for one in dump), part


async def test_the_comparison_sees_a_missing_right(cluster: Cluster, project: str) -> None:
    """A test that both are equal is worth what its eyes are worth."""
    connection = await cluster.connect(project)
    await migrate(connection, MIGRATIONS)
    before = await cluster.dump(project)
    await connection.execute("grant delete on public.calls to service_role")
    assert await cluster.dump(project) != before
    await connection.close()


# --- what is there already ---


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
async def test_a_project_without_a_record_is_known_by_its_version(
    connection: asyncpg.Connection, version: int
) -> None:
    """Somebody pasted schema.sql of that release: what it holds is recorded, the rest applied."""
    for migration in MIGRATIONS[:version]:
        await connection.execute(migration.sql)
    lines: list[str] = []
    assert await migrate(connection, MIGRATIONS, lines.append) == NEWEST - version
    assert await recorded(connection) == record_of(MIGRATIONS)
    assert [line.endswith("there already, recorded") for line in lines] == [
        *[True] * version, *[False] * (NEWEST - version), False,
    ]  # fmt: skip
    assert await migrate(connection, MIGRATIONS) == 0


async def test_the_record_of_supabases_own_command_line_is_kept(
    connection: asyncpg.Connection,
) -> None:
    """An older one of it has no more than versions; entries of other programs stay."""
    await connection.execute(
        "create schema supabase_migrations;"
        "create table supabase_migrations.schema_migrations (version text not null primary key);"
        "insert into supabase_migrations.schema_migrations values ('20200101000000');"
        f"insert into supabase_migrations.schema_migrations values ('{MIGRATIONS[0].version}');"
        + MIGRATIONS[0].sql
    )
    assert await migrate(connection, MIGRATIONS) == NEWEST - 1
    assert [version for version, _, _ in await recorded(connection)] == [
        "20200101000000", *[one.version for one in MIGRATIONS],
    ]  # fmt: skip


# a person of two spellings, as releases knew them that took them for two
OF_TWO_SPELLINGS = """
insert into consents (id, phone_number_id, phone, kind, granted, source, source_ref, at)
values (gen_random_uuid(), '1', '553188887777', 'do_not_call', true, 'text', 'wamid.A', now());
insert into consent_requests (id, phone_number_id, phone, previous_id, requested_at) values
    ('00000000-0000-0000-0000-00000000000a', '1', '5215512345678', null, '2026-01-01Z'),
    ('00000000-0000-0000-0000-00000000000b', '1', '525512345678', null, '2026-01-02Z'),
    ('00000000-0000-0000-0000-00000000000c', '1', '5215512345678',
     '00000000-0000-0000-0000-00000000000a', '2026-01-03Z'),
    ('00000000-0000-0000-0000-00000000000d', '1', '15550001111', null, '2026-01-04Z');
insert into calls (id, direction, status, phone_number_id, caller_phone, created_at) values
    ('00000000-0000-0000-0000-00000000000a', 'outbound', 'dialing', '1', '525512345678',
     '2026-01-01Z'),
    ('00000000-0000-0000-0000-00000000000b', 'outbound', 'ringing', '1', '5215512345678',
     '2026-01-02Z'),
    ('00000000-0000-0000-0000-00000000000c', 'outbound', 'ringing', '2', '5215512345678',
     '2026-01-02Z');
insert into calls (id, wacid, direction, status, phone_number_id) values
    ('00000000-0000-0000-0000-00000000000d', 'wacid.D', 'inbound', 'ringing', '1');
insert into leads (call_id, phone, name) values
    ('00000000-0000-0000-0000-00000000000a', '+55 31 8888-7777', 'Anna'),
    ('00000000-0000-0000-0000-00000000000b', null, 'Ann'),
    ('00000000-0000-0000-0000-00000000000d', '(555) 123-4567', null);
insert into call_pauses (id, phone_number_id, phone, reason, until, at)
values (gen_random_uuid(), '1', '22507123456', 'uncallable', now(), now());
"""


async def test_people_of_two_spellings_become_one(connection: asyncpg.Connection) -> None:
    """What was said and asked under either; of two calls that ring at once, one stays."""
    before = next(at for at, one in enumerate(MIGRATIONS) if one.name == "persons")
    await migrate(connection, MIGRATIONS[:before])
    await connection.execute(OF_TWO_SPELLINGS)
    await migrate(connection, MIGRATIONS)
    forbidden = "select do_not_call_since(null, $1) is not null"
    assert await connection.fetchval(forbidden, "5531988887777")
    chain = await connection.fetch(
        "select right(id::text, 1) as id, right(previous_id::text, 1) as previous, person "
        "from consent_requests order by requested_at"
    )
    assert [tuple(row) for row in chain] == [
        ("a", None, "525512345678"), ("b", "a", "525512345678"), ("c", "b", "525512345678"),
        ("d", None, "15550001111"),
    ]  # fmt: skip
    live = await connection.fetch(
        "select right(id::text, 1) from calls where ended_at is null order by 1"
    )
    assert [row[0] for row in live] == ["a", "c", "d"]
    (ended,) = await connection.fetch(
        "select status, end_reason, released_at from calls where ended_at is not null"
    )
    # the sweeper looks for those
    assert ended is not None
    assert tuple(ended) == ("failed", "internal", None)
    leads = await connection.fetch(
        "select right(call_id::text, 1), right(first_call_id::text, 1), name, phone_key "
        "from leads order by call_id"
    )
    assert [tuple(row) for row in leads] == [
        ("b", "a", "Ann", "5531988887777"), ("d", "d", None, None),
    ]  # fmt: skip
    assert await connection.fetchval("select phone_key from call_pauses") == "2250707123456"


# --- what can go wrong ---


async def test_a_migration_that_fails_leaves_nothing_and_names_no_value(
    connection: asyncpg.Connection,
) -> None:
    """Earlier ones stay; what the row held is not in the sentence."""
    broken = Migration(
        "20990101000000", "broken", "create table public.half (); select 'SECRET'::integer;"
    )
    with pytest.raises(MigrationFailed, match="20990101000000_broken") as failure:
        await migrate(connection, [*MIGRATIONS, broken])
    assert "SECRET" not in str(failure.value)
    assert await recorded(connection) == record_of(MIGRATIONS)
    assert await connection.fetchval("select to_regclass('public.half')") is None


async def test_two_at_once_do_it_once(
    cluster: Cluster, project: str, connection: asyncpg.Connection
) -> None:
    """Whoever comes second waits and finds nothing to do."""
    both = [await cluster.connect(project) for _ in range(2)]
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", migrating._LOCK)
        runs = [asyncio.create_task(migrate(one, MIGRATIONS)) for one in both]
        async with asyncio.timeout(20):
            while 2 != await connection.fetchval(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted"
            ):
                await asyncio.sleep(0.01)
    assert sum(await asyncio.gather(*runs)) == NEWEST
    assert await recorded(connection) == record_of(MIGRATIONS)
    for one in both:
        await one.close()


async def test_tables_in_use_are_not_waited_for_endlessly(
    cluster: Cluster, project: str, connection: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A migration that waits makes every call wait behind it."""
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT", "100ms")
    await migrate(connection, MIGRATIONS[:1])
    user = await cluster.connect(project)
    async with user.transaction():
        await user.execute("select from public.calls")
        with pytest.raises(MigrationFailed, match="busy"):
            await migrate(connection, MIGRATIONS)
    assert await migrate(connection, MIGRATIONS) == NEWEST - 1
    await user.close()


# --- the command ---


async def test_the_command_migrates_and_says_so(cluster: Cluster, project: str) -> None:
    """A line for each step, 0, and nothing to do the second time."""
    code, out, err = await run_command(cluster.url(project), "migrate")
    assert (code, err) == (0, "")
    assert [line.partition(":")[0] for line in out.splitlines()] == [
        *[one.stem for one in MIGRATIONS], f"The database has version {NEWEST} of the schema.",
    ]  # fmt: skip
    code, out, _ = await run_command(cluster.url(project), "migrate")
    assert (code, len(out.splitlines())) == (0, 1)


async def test_without_a_url_it_says_what_for() -> None:
    """One sentence, 2."""
    code, out, err = await run_command(None, "migrate")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("DATABASE_URL is not set")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://postgres:SECRET@127.0.0.1:1/postgres",
        "postgresql://postgres:SECRET@127.0.0.1:port/postgres",
        "mysql://postgres:SECRET@127.0.0.1/postgres",
        "SECRET",
    ],
)
async def test_a_url_that_leads_nowhere_is_one_sentence_without_it(url: str) -> None:
    """It holds a password."""
    code, out, err = await run_command(url, "migrate")
    assert (code, out, len(err.splitlines())) == (1, "", 1), err
    assert "DATABASE_URL" in err
    assert "SECRET" not in err


# --- data of the release before ---


async def folder_of_release(folder: Path, version: int) -> None:
    """Make what `wacall up` of an earlier release left behind."""
    sockets = folder / "run"
    sockets.mkdir(mode=0o700)
    postgres = Postgres(folder / "postgres", sockets, log=folder / "postgres.log", durable=True)
    await postgres.create((ASSETS / "bootstrap.sql").read_text())
    await postgres.start()
    for migration in MIGRATIONS[:version]:
        await postgres.execute(migration.sql, role="postgres")
    written = WRITTEN + (WRITTEN_LATER if version >= 2 else "")
    await postgres.execute(
        f"{written} insert into local_supabase.applied_schema (sha256) values ('of then')"
    )
    await postgres.stop(grace_s=5)


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
async def test_data_of_each_release_comes_along(
    connection: asyncpg.Connection, version: int
) -> None:
    """Nothing is lost on the way, whichever release it begins at."""
    await migrate(connection, MIGRATIONS[:version])
    await connection.execute(WRITTEN + (WRITTEN_LATER if version >= 2 else ""))
    await migrate(connection, MIGRATIONS)

    async def rows_of(table: str) -> list[rows.Row]:
        found = await connection.fetch(f"select row_to_json(t) from public.{table} as t")
        return [json.loads(row[0]) for row in found]

    (call,) = map(rows.call_from_row, await rows_of("calls"))
    assert (call.id, call.status, call.duration_s) == (CALL, CallStatus.COMPLETED, 30)
    assert (call.party.name, call.bridge, call.timings) == ("Ann", None, {"whip": 12.5})
    (turn,) = map(rows.transcript_from_row, await rows_of("transcripts"))
    (event,) = map(rows.event_from_row, await rows_of("call_events"))
    (lead,) = map(rows.lead_from_row, await rows_of("leads"))
    (follow_up,) = map(rows.follow_up_from_row, await rows_of("follow_ups"))
    assert (turn.text, event.payload, lead.name) == ("hello", {"a": 1}, "Ann")
    assert (follow_up.channel, follow_up.purpose) == ("call", "p")
    kinds = [ledger_rows.consent_from_row(row).kind for row in await rows_of("consents")]
    assert kinds == ([ConsentKind.DO_NOT_CALL] if version >= 2 else [])


@pytest.mark.parametrize("version", [1, NEWEST - 1])
async def test_the_database_of_an_earlier_release_is_migrated_at_start(
    folder: Path, version: int
) -> None:
    """`wacall up` migrates its own database, and this release reads what it finds there."""
    await folder_of_release(folder, version)
    local = LocalSupabase(folder)
    await local.start()
    rest = await RestClient.connect(local.url, local.secret_key)
    try:
        assert await database_check.problems(rest) == []
        call = await SupabaseStore(rest).get_call(CALL)
        assert call is not None
        assert (call.status, call.duration_s, call.party.name) == (CallStatus.COMPLETED, 30, "Ann")
        assert (call.bridge, call.dialed_at, call.timings) == (None, None, {"whip": 12.5})
        (turn,) = await rest.rows("read", rest.table("transcripts").select("*"))
        assert rows.transcript_from_row(turn).text == "hello"
        (event,) = await rest.rows("read", rest.table("call_events").select("*"))
        assert rows.event_from_row(event).payload == {"a": 1}
        (lead,) = await rest.rows("read", rest.table("leads").select("*"))
        assert rows.lead_from_row(lead).name == "Ann"
        consents = await rest.rows("read", rest.table("consents").select("*"))
        kinds = [ledger_rows.consent_from_row(row).kind for row in consents]
        assert kinds == ([ConsentKind.DO_NOT_CALL] if version >= 2 else [])
    finally:
        await rest.close()
        await local.stop()
    # and once more, with nothing left to do
    await local.start()
    assert (await local.execute("select count(*) from calls")).strip() == "1"
    await local.stop()


async def test_words_that_were_stored_before_are_taken_out(cluster: Cluster, project: str) -> None:
    """Of messages that decided nothing; a STOP, calls and what is pending stay as they are."""
    connection = await cluster.connect(project)
    topic = next(n for n, one in enumerate(MIGRATIONS) if one.name == "privacy")
    await migrate(connection, MIGRATIONS[:topic])
    message = {"id": "wamid.1", "from": "1555", "timestamp": "17", "type": "text"}
    envelope = {
        "metadata": {"phone_number_id": "1"},
        "contacts": [{"wa_id": "1555", "profile": {"name": "words"}}],
    }
    spoken = {**envelope, "messages": [{**message, "text": {"body": "words"}}]}
    rows_before: dict[str, tuple[str, str | None, Any]] = {
        "text": ("text", "ignored", {"entry_id": "1", "field": "messages", "value": spoken}),
        "failed": ("text", "failed", {"value": {"messages": "words", "contacts": ["words"]}}),
        "image": ("unrecognized", "unknown", {"field": "messages", "value": spoken}),
        "echo": ("unrecognized", "unknown", {"field": "echoes", "value": {"x": "words"}}),
        "malformed": ("unrecognized", "unknown", {"malformed": "change", "data": "words"}),
        "stop": ("text", "handled", {"field": "messages", "value": spoken}),
        "pending": ("text", None, {"field": "messages", "value": spoken}),
        "calls": ("unrecognized", "unknown", {"field": "calls", "value": {"x": "words"}}),
        "status": ("unrecognized", "unknown", {"value": {"statuses": ["words"]}}),
        "connect": ("connect", "handled", {"field": "calls", "value": {"x": "words"}}),
    }
    for name, (kind, outcome, payload) in rows_before.items():
        await connection.execute(
            "insert into call_events (id, source, kind, received_at, wacid, outcome, payload) "
            "values (gen_random_uuid(), 'meta', $1, now(), $2, $3, $4)",
            kind, name, outcome, json.dumps(payload),
        )  # fmt: skip
    await migrate(connection, MIGRATIONS)
    found = {
        one["wacid"]: json.loads(one["payload"])
        for one in await connection.fetch("select wacid, payload from call_events")
    }
    await connection.close()
    gone = {name for name, payload in found.items() if "words" not in json.dumps(payload)}
    assert gone == {"text", "failed", "image", "echo", "malformed"}
    assert {name for name, payload in found.items() if "redacted" in payload} == gone
    assert all(found[name] == rows_before[name][2] for name in found.keys() - gone)
    assert found["text"]["value"]["messages"] == [message]
    assert found["text"]["value"]["contacts"] == [{"wa_id": "1555"}]
    assert found["malformed"]["malformed"] == "change"


async def test_a_folder_of_a_later_release_is_told_and_left_as_it_is(folder: Path) -> None:
    """Data is never thrown away unasked."""
    await folder_of_release(folder, NEWEST)
    local = LocalSupabase(folder)
    await local.start()
    await local.execute(
        "create or replace function public.schema_version() returns integer "
        "language sql immutable set search_path = '' return 99"
    )
    await local.stop()
    with pytest.raises(DatabaseFailed, match="version 99"):
        await LocalSupabase(folder).start()
    assert (folder / "postgres").is_dir()
