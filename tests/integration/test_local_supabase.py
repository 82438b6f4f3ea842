"""The local stand-in for a project: its life, and each thing that server.mjs adds to its API."""

import asyncio
import contextlib
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from shared.call.errors import StoreUnavailable
from shared.database.supabase import SupabaseStore
from tests.eventually import eventually
from wacall.stack import database, keeper
from wacall.stack.database import DatabaseFailed, LocalSupabase

CALL = {
    "id": "00000000-0000-0000-0000-000000000001",
    "wacid": "w",
    "direction": "inbound",
    "status": "ringing",
    "phone_number_id": "1",
}
FUNCTIONS = """
create function public.echo(value jsonb) returns jsonb
    language sql immutable set search_path = '' return value;
create function public.half(x numeric) returns numeric
    language sql immutable set search_path = '' return x / 2;
grant execute on function public.echo(jsonb), public.half(numeric) to service_role;
"""


def is_alive(pid: int) -> bool:
    try:
        # a zombie is as good as gone: nobody but its parent can take it away
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def rows_in_calls(project: LocalSupabase) -> str:
    return (await project.execute("select count(*) from calls")).strip()


async def request(
    project: LocalSupabase, method: str, path: str, body: object = None, key: str | None = None
) -> tuple[int, Any]:
    """Send a bare request, as no client would correct it, and read the bare answer."""
    key = project.secret_key if key is None else key
    headers = {"Prefer": "return=representation"} | ({"apikey": key} if key else {})
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(method, f"{project.url}/rest/v1/{path}", json=body) as answer,
    ):
        return answer.status, await answer.json()


@pytest.fixture
def folder() -> Iterator[Path]:
    # pytest's own paths are too long for a unix socket
    with tempfile.TemporaryDirectory(prefix="wacall-") as name:
        yield Path(name)


@pytest_asyncio.fixture(scope="module")
async def project() -> AsyncIterator[LocalSupabase]:
    """A project with two more functions, seen because it was started again after they came."""
    with tempfile.TemporaryDirectory(prefix="wacall-") as name:
        local = LocalSupabase(Path(name), fast=True)
        await local.start()
        await local.execute(FUNCTIONS, role="postgres")
        await local.stop()
        await local.start()
        yield local
        await local.stop()


@pytest_asyncio.fixture
async def empty(project: LocalSupabase) -> LocalSupabase:
    await project.empty()
    return project


# --- what server.mjs adds ---


async def test_times_are_written_as_postgrest_writes_them(empty: LocalSupabase) -> None:
    """ISO 8601 with T and a full offset."""
    _, (row,) = await request(empty, "POST", "calls", CALL)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00", row["created_at"])


async def test_a_check_violation_keeps_its_code(empty: LocalSupabase) -> None:
    """400 and 23514, no bare 500."""
    status, error = await request(empty, "POST", "calls", CALL | {"direction": "up"})
    assert (status, error["code"]) == (400, "23514")


async def test_a_raised_exception_keeps_its_code_message_and_hint(empty: LocalSupabase) -> None:
    """400 and P0001 with the trigger's words."""
    await request(empty, "POST", "calls", CALL)
    status, error = await request(empty, "PATCH", "calls?wacid=eq.w", {"status": "dialing"})
    assert (status, error["code"]) == (400, "P0001")
    assert error["message"] == "a call cannot go from ringing to dialing"
    assert "Compare and set" in error["hint"]


async def test_requests_do_not_reopen_the_tables(empty: LocalSupabase) -> None:
    """schema.sql's revokes survive the first request, which would grant everything to anon."""
    await request(empty, "GET", "calls")
    granted = await empty.execute(
        "select count(*) from information_schema.role_table_grants "
        "where table_schema = 'public' and grantee in ('anon', 'authenticated')"
    )
    assert granted.strip() == "0"
    status, error = await request(empty, "GET", "calls", key=empty.publishable_key)
    assert (status, error["code"]) == (401, "42501")


@pytest.mark.parametrize("value", [{"a": [1, "x", None]}, [1, 2], 7, True, "plain words"])
async def test_json_arguments_of_functions_are_encoded_once(
    empty: LocalSupabase, value: object
) -> None:
    """What goes in comes out."""
    assert await request(empty, "POST", "rpc/echo", {"value": value}) == (200, value)


async def test_json_columns_are_encoded_once(empty: LocalSupabase) -> None:
    """An object stays an object for SQL as well."""
    await request(empty, "POST", "calls", CALL | {"timings": {"whip": 12.5}})
    stored = await empty.execute("select timings ->> 'whip' from calls")
    assert stored.strip() == "12.5"


async def test_numerics_are_numbers(empty: LocalSupabase) -> None:
    """Not strings."""
    assert await request(empty, "POST", "rpc/half", {"x": 5}) == (200, 2.5)


async def test_at_most_a_thousand_rows_are_returned(empty: LocalSupabase) -> None:
    """As a project does, so that paging is tested truly."""
    await empty.execute(
        "insert into calls (id, wacid, direction, status, phone_number_id) "
        "select gen_random_uuid(), 'w' || n, 'inbound', 'ringing', '1' "
        "from generate_series(1, 1001) n"
    )
    _, rows = await request(empty, "GET", "calls?select=id")
    assert len(rows) == 1000


@pytest.mark.parametrize("key", ["", "sb_secret_wrong"])
async def test_without_a_right_key_nothing_is_answered(empty: LocalSupabase, key: str) -> None:
    """401, not a role with fewer rights."""
    status, _ = await request(empty, "GET", "calls", key=key)
    assert status == 401


async def test_postgres_listens_on_no_port_and_keys_are_in_no_process_list(
    empty: LocalSupabase,
) -> None:
    """The socket lies in a private folder; keys travel over a pipe."""
    assert (await empty.execute("show listen_addresses")).strip() == ""
    for pid in empty.pids.values():
        shown = (
            Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        )
        assert empty.secret_key.encode() not in shown


async def test_errors_in_postgres_log_quote_no_values(empty: LocalSupabase) -> None:
    """Its log may be pasted into a bug report."""
    marker = "wacid.SECRET"
    await request(empty, "POST", "calls", CALL | {"wacid": marker})
    await request(empty, "POST", "calls", CALL | {"wacid": marker})
    await request(empty, "POST", "calls", CALL | {"direction": marker})
    text = (empty.data_dir / "postgres.log").read_text()
    assert "duplicate key" in text
    assert marker not in text
    assert marker not in (empty.data_dir / "api.log").read_text()


# --- its life ---


async def test_a_second_start_keeps_data_keys_and_schema(folder: Path) -> None:
    """schema.sql is applied once; a durable project is what it was."""
    first = LocalSupabase(folder)
    await first.start()
    await request(first, "POST", "calls", CALL)
    await first.stop()
    assert first.pids == {}
    second = LocalSupabase(folder)
    await second.start()
    assert second.secret_key == first.secret_key
    assert await rows_in_calls(second) == "1"
    await second.stop()
    assert stat.S_IMODE((folder / "keys.json").stat().st_mode) == 0o600


async def test_a_given_key_is_the_key(folder: Path) -> None:
    """Whoever configures both sides can choose it."""
    local = LocalSupabase(folder, fast=True, secret_key="sb_secret_of_my_own")
    await local.start()
    assert await request(local, "GET", "calls", key="sb_secret_of_my_own") == (200, [])
    await local.stop()


@pytest.mark.parametrize(
    ("victim", "successors"), [("postgres", {"postgres", "api"}), ("api", {"api"})]
)
async def test_after_a_death_the_part_comes_back_at_the_same_address(
    folder: Path, victim: str, successors: set[str]
) -> None:
    """A killed part costs a moment, not the data; the API does not outlive its database.

    The store notices only the moment.
    """
    reports: list[str] = []
    local = LocalSupabase(folder, fast=True, report=reports.append)
    await local.start()
    store = await SupabaseStore.connect(local.url, local.secret_key)
    await request(local, "POST", "calls", CALL)
    url, before = local.url, local.pids
    os.kill(before[victim], signal.SIGKILL)

    async def is_back() -> bool:
        with contextlib.suppress(StoreUnavailable):
            calls = await store.live_calls()
            return len(calls) == 1 and local.pids.keys() == before.keys() != set()
        return False

    async def successors_are_there() -> bool:
        return local.pids.keys() == before.keys() and all(
            (local.pids[name] != pid) == (name in successors) for name, pid in before.items()
        )

    await eventually(successors_are_there, 20)
    await eventually(is_back, 20)
    assert await successors_are_there()
    names = {"postgres": "postgres", "api": "database API"}
    back = {f"{names[part]} runs again." for part in successors}
    await eventually(lambda: back <= set(reports), 20)
    assert local.url == url
    await store.close()
    await local.stop()
    # each died once and came back once, and nobody else
    assert {sentence for sentence in reports if "ended unexpectedly" not in sentence} == back
    assert len(reports) == 2 * len(successors)


@pytest.mark.parametrize("victim", ["postgres", "api"])
async def test_it_gives_up_in_the_end(
    folder: Path, monkeypatch: pytest.MonkeyPatch, victim: str
) -> None:
    """When restarts are used up it stays down, as a whole, and says why."""
    monkeypatch.setattr(keeper, "DEATHS_ALLOWED", 0)
    local = LocalSupabase(folder, fast=True)
    await local.start()
    os.kill(local.pids[victim], signal.SIGKILL)
    async with asyncio.timeout(20):
        failure = await local.given_up()
    assert "keeps dying" in str(failure)
    assert "signal SIGKILL" in str(failure)
    assert local.pids == {}
    await local.stop()


async def test_a_second_launcher_is_refused(folder: Path) -> None:
    """One instance per folder; the sentence names the folder."""
    local = LocalSupabase(folder, fast=True)
    await local.start()
    with pytest.raises(DatabaseFailed, match=f"{folder} is in use"):
        await LocalSupabase(folder, fast=True).start()
    assert await rows_in_calls(local) == "0"
    await local.stop()


async def test_nothing_outlives_a_killed_launcher_and_the_folder_can_be_used_again(
    folder: Path,
) -> None:
    """The kernel and the closed pipe end the children."""
    script = (
        "import asyncio, json, sys\n"
        "from pathlib import Path\n"
        "from wacall.stack.database import LocalSupabase\n"
        "async def main():\n"
        "    local = LocalSupabase(Path(sys.argv[1]), fast=True)\n"
        "    await local.start()\n"
        "    print(json.dumps(local.pids), flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    launcher = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(folder), stdout=subprocess.PIPE
    )
    assert launcher.stdout is not None
    async with asyncio.timeout(20):
        pids = json.loads(await launcher.stdout.readline())
    assert all(is_alive(pid) for pid in pids.values())
    launcher.kill()
    await launcher.wait()
    local = LocalSupabase(folder, fast=True)
    await local.start()

    async def are_gone() -> bool:
        return not any(is_alive(pid) for pid in pids.values())

    await eventually(are_gone, 20)
    assert await rows_in_calls(local) == "0"
    await local.stop()


async def test_a_changed_schema_keeps_the_data_or_in_tests_starts_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data is never thrown away unasked; migrations alone change a durable project."""
    first = LocalSupabase(folder)
    await first.start()
    await request(first, "POST", "calls", CALL)
    await first.stop()
    changed = folder / "schema.sql"
    changed.write_text(database.SCHEMA.read_text() + "\n-- changed\n")
    monkeypatch.setattr(database, "SCHEMA", changed)
    durable = LocalSupabase(folder)
    await durable.start()
    assert await rows_in_calls(durable) == "1"
    await durable.stop()
    changed.write_text(changed.read_text() + "\n-- again\n")
    fast = LocalSupabase(folder, fast=True)
    await fast.start()
    assert await rows_in_calls(fast) == "0"
    await fast.stop()


async def test_an_interrupted_first_start_leaves_nothing_in_the_way(folder: Path) -> None:
    """The cluster gets its name only when it is whole, the schema is applied whole or not."""
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18")
    local = LocalSupabase(folder, fast=True)
    await local.start()
    assert await rows_in_calls(local) == "0"
    await local.stop()


async def test_a_long_path_is_no_obstacle(folder: Path) -> None:
    """Unix sockets have about 100 characters."""
    deep = folder / ("d" * 60) / ("e" * 60)
    local = LocalSupabase(deep, fast=True)
    await local.start()
    assert await rows_in_calls(local) == "0"
    await local.stop()


async def test_a_missing_node_is_named_with_its_remedies(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PATH, WACALL_NODE, or a real project."""
    monkeypatch.delenv("WACALL_NODE", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(DatabaseFailed, match="WACALL_NODE"):
        await LocalSupabase(folder, fast=True).start()
    monkeypatch.setenv("WACALL_NODE", str(folder / "no-node"))
    with pytest.raises(DatabaseFailed, match=r"could not be started: .*no-node: No such file"):
        await LocalSupabase(folder, fast=True).start()


async def test_a_taken_port_is_named(folder: Path) -> None:
    """Nothing is left running after a failed start."""
    taken = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    local = LocalSupabase(folder, fast=True, port=port)
    with pytest.raises(DatabaseFailed, match=f"127.0.0.1:{port} .EADDRINUSE"):
        await local.start()
    assert local.pids == {}
    taken.close()
    await taken.wait_closed()
