"""What is older than it may be goes; live calls and what people allowed or forbade stay."""

import asyncio
import sys
import tempfile
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from typing import Any

import pytest

from controlplane.use_cases.retention import Retention
from shared.call.errors import StoreUnavailable
from shared.database.rest import RestClient
from shared.database.retention import Expiry, RetentionDays
from tests.paths import ROOT
from wacall.stack.database import LocalSupabase
from wacall.stack.postgres import PostgresFailed

KEYS = {
    "calls": "id", "transcripts": "call_id", "leads": "call_id", "follow_ups": "call_id",
    "call_events": "id", "consent_requests": "id", "call_pauses": "id",
}  # fmt: skip
OLD_CALL = "00000000-0000-0000-0000-0000000000a1"
YOUNG_CALL = "00000000-0000-0000-0000-0000000000a2"
LIVE_CALL = "00000000-0000-0000-0000-0000000000a3"
OLD = "00000000-0000-0000-0000-0000000000b1"
YOUNG = "00000000-0000-0000-0000-0000000000b2"
OF_LIVE = "00000000-0000-0000-0000-0000000000b3"
OF_OLD = "00000000-0000-0000-0000-0000000000b4"
EXPECTED = {
    "calls": 1, "transcripts": 1, "leads": 1, "follow_ups": 1, "call_events": 2,
    "consent_requests": 1, "call_pauses": 1,
}  # fmt: skip
LEFT = {
    "calls": {YOUNG_CALL, LIVE_CALL},
    "transcripts": {YOUNG_CALL},
    "leads": {YOUNG_CALL},
    "follow_ups": {YOUNG_CALL},
    "call_events": {YOUNG, OF_LIVE},
    "consent_requests": {YOUNG},
    "call_pauses": {YOUNG},
}


def ago(days: float) -> str:
    return f"now() - interval '{days} days'"


async def fill(database: LocalSupabase) -> None:
    """Put a row an hour on each side of each line, and a call that lives for a year."""
    hour = 1 / 24
    calls = [
        (OLD_CALL, f"'completed', {ago(181)}, {ago(180 + hour)}, 'caller-hangup'", 181),
        # began before the line and ended after it
        (YOUNG_CALL, f"'completed', {ago(181)}, {ago(180 - hour)}, 'caller-hangup'", 181),
        (LIVE_CALL, f"'active', {ago(365)}, null, null", 365),
    ]
    for call_id, ending, created in calls:
        await database.execute(
            "insert into calls (id, wacid, direction, phone_number_id, created_at, "
            "status, answered_at, ended_at, end_reason) "
            f"values ('{call_id}', '{call_id}', 'inbound', '1', {ago(created)}, {ending})"
        )
        if call_id == LIVE_CALL:
            continue
        await database.execute(
            "insert into transcripts (call_id, sequence, speaker, text, spoken_at) "
            f"values ('{call_id}', 1, 'user', 'x', now());"
            f"insert into leads (call_id) values ('{call_id}');"
            "insert into follow_ups (id, call_id, due_at, channel, purpose) "
            f"values ('{call_id}', '{call_id}', now(), 'call', 'p');"
        )
    events = [
        (OLD, 30 + hour, "null"), (YOUNG, 30 - hour, "null"),
        (OF_LIVE, 90, f"'{LIVE_CALL}'"), (OF_OLD, 1, f"'{OLD_CALL}'"),
    ]  # fmt: skip
    for event_id, days, call in events:
        await database.execute(
            "insert into call_events (id, source, kind, received_at, call_id) "
            f"values ('{event_id}', 'meta', 'connect', {ago(days)}, {call})"
        )
    for row, phone, days in ((OLD, "1", 30 + hour), (YOUNG, "2", 30 - hour)):
        await database.execute(
            "insert into consent_requests (id, phone_number_id, phone, requested_at, outcome) "
            f"values ('{row}', '1', '{phone}', {ago(days)}, 'sent');"
            "insert into call_pauses (id, phone_number_id, reason, until, at) "
            f"values ('{row}', '1', 'quality-paused', {ago(days)}, {ago(days + 1)});"
            "insert into consents "
            "(id, phone_number_id, phone, kind, granted, source, source_ref, at) "
            f"values ('{row}', '1', '{phone}', 'do_not_call', true, 'text', '{row}', {ago(999)})"
        )


async def left(database: LocalSupabase) -> dict[str, set[str]]:
    return {
        table: set((await database.execute(f"select {key} from {table}")).split())
        for table, key in KEYS.items()
    }


async def purge(database: LocalSupabase, **arguments: Any) -> Any:
    rest = await RestClient.connect(database.url, database.secret_key)
    try:
        return (await rest.rpc("purge", "purge_expired", **arguments)).data
    finally:
        await rest.close()


async def run_command(database: LocalSupabase, *arguments: str) -> tuple[int | None, str, str]:
    environ = {
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(ROOT),
        "SUPABASE_URL": database.url,
        "SUPABASE_SECRET_KEY": database.secret_key,
    }
    with tempfile.TemporaryDirectory() as elsewhere:
        process = await create_subprocess_exec(
            sys.executable, "-m", "wacall.cli", "database", *arguments,
            stdout=PIPE, stderr=PIPE, env=environ, cwd=elsewhere,
        )  # fmt: skip
        out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def counts_in(out: str) -> dict[str, int]:
    return {name: int(count) for name, count in (line.split() for line in out.splitlines()[1:])}


async def test_what_is_older_goes_and_the_rest_stays(database: LocalSupabase) -> None:
    """An hour on either side of each line decides; a live call keeps even its old events."""
    await fill(database)
    before = await left(database)
    assert await purge(database, dry_run=True) == EXPECTED
    assert await left(database) == before
    assert await purge(database) == EXPECTED
    assert await left(database) == LEFT
    assert (await database.execute("select count(*) from consents")).strip() == "2"
    assert set((await purge(database)).values()) == {0}


async def test_the_lines_can_be_drawn_nearer(database: LocalSupabase) -> None:
    """Where the law asks for less; live calls stay even then."""
    await fill(database)
    counts = await purge(database, call_days=1, event_days=1, request_days=7, pause_days=0)
    assert (counts["calls"], counts["call_events"]) == (2, 3)
    assert (await left(database))["calls"] == {LIVE_CALL}
    assert (await left(database))["call_events"] == {OF_LIVE}


@pytest.mark.parametrize(
    "argument",
    [
        "call_days => 0", "call_days => null", "event_days => 0", "request_days => 6",
        "pause_days => -1", "at_most => 0",
    ],
)  # fmt: skip
async def test_what_the_policy_still_needs_cannot_be_purged(
    database: LocalSupabase, argument: str
) -> None:
    """A mistake in a schedule deletes nothing."""
    with pytest.raises(PostgresFailed, match="at least"):
        await database.execute(f"select purge_expired({argument})")


async def test_at_most_so_many_of_each_go_at_once(database: LocalSupabase) -> None:
    """The oldest first; a next time takes the next."""
    await database.execute(
        "insert into call_events (id, source, kind, received_at) "
        "select gen_random_uuid(), 'meta', 'n' || n, now() - make_interval(days => 30 + n) "
        "from generate_series(1, 3) as n"
    )
    assert (await purge(database, at_most=2))["call_events"] == 2
    assert (await database.execute("select kind from call_events")).strip() == "n1"
    assert (await purge(database, at_most=2))["call_events"] == 1


async def test_nobody_is_called_because_a_call_was_purged(database: LocalSupabase) -> None:
    """The call alone knew that both names are one person: the ledger keeps that."""
    await database.execute(
        "insert into calls (id, wacid, direction, phone_number_id, caller_user_id, caller_phone, "
        "status, answered_at, ended_at, end_reason) "
        f"values ('{OLD_CALL}', 'w', 'inbound', '1', 'US.1', '15551230001', 'completed', "
        f"{ago(200)}, {ago(200)}, 'caller-hangup');"
        "insert into consents (id, phone_number_id, user_id, kind, granted, source, source_ref, at)"
        f" values ('{OLD}', '1', 'US.1', 'do_not_call', true, 'text', 'm', {ago(199)})"
    )
    since = "select do_not_call_since(null, '15551230001')"
    before = await database.execute(since)
    assert before.strip()
    assert (await purge(database))["calls"] == 1
    assert await database.execute(since) == before
    # withdrawn later, it is withdrawn by both names
    await database.execute(
        "insert into consents (id, phone_number_id, phone, kind, granted, source, source_ref, at)"
        f" values ('{YOUNG}', '1', '15551230001', 'do_not_call', false, 'operator', 'p', now())"
    )
    assert (await database.execute("select do_not_call_since('US.1', null)")).strip() == ""


async def test_only_the_server_side_may_purge(database: LocalSupabase) -> None:
    """The publishable key is in every app."""
    rest = await RestClient.connect(database.url, database.publishable_key)
    with pytest.raises(StoreUnavailable):
        await rest.rpc("purge", "purge_expired")
    await rest.close()


async def test_the_command_counts_then_purges_in_batches(database: LocalSupabase) -> None:
    """`--dry-run` shows what would go; more than one batch goes in one run."""
    await fill(database)
    await database.execute(
        "insert into call_events (id, source, kind, received_at) "
        f"select gen_random_uuid(), 'meta', 'x', {ago(40)} from generate_series(1, 1500)"
    )
    expected = EXPECTED | {"call_events": 1502}
    code, out, err = await run_command(database, "purge", "--dry-run")
    assert (code, err, out.splitlines()[0]) == (0, "", "Would go:")
    assert counts_in(out) == expected
    code, out, err = await run_command(database, "purge")
    assert (code, err, out.splitlines()[0]) == (0, "", "Gone:")
    assert counts_in(out) == expected
    assert await left(database) == LEFT


async def test_the_command_takes_days(database: LocalSupabase) -> None:
    """One for each line; one that is too near, or none, is a sentence that names it, and 2."""
    await fill(database)
    code, out, _ = await run_command(database, "purge", "--dry-run", "--call-days", "1")
    assert (code, counts_in(out)["calls"]) == (0, 2)
    for option, days, least in (
        ("--request-days", "1", 7), ("--call-days", "-3", 1), ("--call-days", "99999999999", 1),
        ("--event-days", "a week", 1), ("--pause-days", "1.5", 0),
    ):  # fmt: skip
        found = await run_command(database, "purge", f"{option}={days}")
        sentence = f"{option} must be a whole number of days from {least} to 36500.\n"
        assert found == (2, "", sentence)


async def test_of_many_replicas_one_purges_and_a_day_later_again(database: LocalSupabase) -> None:
    """Settled in the database; a replica that died over it is followed by another one."""
    rest = await RestClient.connect(database.url, database.secret_key)
    expiry = Expiry(rest)

    async def claims() -> int:
        asked = [expiry.claim("purge", every_s=86_400, lease_s=270) for _ in range(20)]
        return sum(await asyncio.gather(*asked))

    try:
        assert await claims() == 1
        assert await claims() == 0
        # whoever took it has died
        await database.execute("update chores set begun_at = now() - interval '271 seconds'")
        assert await claims() == 1
        await expiry.finish("purge")
        await database.execute("update chores set begun_at = now() - interval '23 hours'")
        assert await claims() == 0
        await database.execute("update chores set done_at = now() - interval '24 hours'")
        assert await claims() == 1
    finally:
        await rest.close()


async def test_a_purge_that_is_too_long_for_a_turn_goes_on_in_the_next(
    database: LocalSupabase, caplog: pytest.LogCaptureFixture
) -> None:
    """It is done when nothing is left; until then it is due."""
    caplog.set_level("INFO")
    await database.execute(
        "insert into call_events (id, source, kind, received_at) "
        f"select gen_random_uuid(), 'meta', 'x', {ago(4)} from generate_series(1, 20500)"
    )
    rest = await RestClient.connect(database.url, database.secret_key)
    retention = Retention(Expiry(rest), RetentionDays(event=3))
    left_over = []
    try:
        for _ in range(3):
            await retention.purge_if_due()
            left_over.append((await database.execute("select count(*) from call_events")).strip())
            await database.execute("update chores set begun_at = now() - interval '271 seconds'")
    finally:
        await rest.close()
    assert left_over == ["500", "0", "0"]
    told = [one for one in caplog.records if getattr(one, "action", "") == "purged"]
    assert [getattr(one, "call_events", 0) for one in told] == [20_000, 500]


async def test_the_check_tells_by_its_exit(database: LocalSupabase) -> None:
    """0 and a sentence; 1 with each problem."""
    assert await run_command(database, "check") == (0, "The schema is there and fits.\n", "")
    await database.execute("alter table public.leads rename column notes to remarks")
    try:
        code, out, _ = await run_command(database, "check")
    finally:
        await database.execute("alter table public.leads rename column remarks to notes")
    assert code == 1
    assert "table leads" in out
