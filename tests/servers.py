"""The real neighbours, one of each per test session; a missing one fails the tests that need it."""

import contextlib
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest
import pytest_asyncio

from shared.database.supabase import SupabaseStore
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.database import DatabaseFailed, LocalSupabase
from wacall.stack.processes import ChildFailed
from wacall.stack.sfu import EmbeddedSfu

LOG_TAIL_BYTES = 8000
_LOGS = pytest.StashKey[list[Path]]()
_LENGTHS = pytest.StashKey[dict[Path, int]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_LOGS] = []


def watch_log(config: pytest.Config, log: Path) -> None:
    """Show what this log gains during a test that fails."""
    config.stash[_LOGS].append(log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    logs = item.config.stash[_LOGS]
    item.stash[_LENGTHS] = {log: log.stat().st_size for log in logs if log.exists()}
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        for log in item.config.stash[_LOGS]:
            with contextlib.suppress(OSError):
                data = log.read_bytes()[item.stash[_LENGTHS].get(log, 0) :]
                text = data[-LOG_TAIL_BYTES:].decode(errors="replace")
                report.sections.append((f"log of {log.name} during this test", text))
    return report


@pytest_asyncio.fixture(scope="session")
async def sfu(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> AsyncIterator[EmbeddedSfu]:
    """A livekit-server on free ports with keys of its own and no webhook."""
    server = EmbeddedSfu(data_dir=tmp_path_factory.mktemp("sfu"))
    watch_log(pytestconfig, server.log)
    try:
        await server.start()
    except ChildFailed as failure:
        pytest.fail(str(failure), pytrace=False)
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="session")
async def bridge(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> AsyncIterator[EmbeddedBridge]:
    """A media bridge on loopback."""
    server = EmbeddedBridge(data_dir=tmp_path_factory.mktemp("bridge"))
    watch_log(pytestconfig, server.log)
    try:
        await server.start()
    except ChildFailed as failure:
        pytest.fail(str(failure), pytrace=False)
    yield server
    await server.stop()


@pytest_asyncio.fixture(scope="session")
async def running_database(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> AsyncIterator[LocalSupabase]:
    """The local Supabase, not synced to disk."""
    database = LocalSupabase(data_dir=tmp_path_factory.mktemp("db"), fast=True)
    for name in ("postgres.log", "api.log"):
        watch_log(pytestconfig, database.data_dir / name)
    try:
        await database.start()
    except DatabaseFailed as failure:
        pytest.fail(str(failure), pytrace=False)
    yield database
    await database.stop()


@pytest_asyncio.fixture
async def database(running_database: LocalSupabase) -> LocalSupabase:
    """The local Supabase with empty tables."""
    await running_database.empty()
    return running_database


@pytest_asyncio.fixture(scope="session")
async def store_client(running_database: LocalSupabase) -> AsyncIterator[SupabaseStore]:
    client = await SupabaseStore.connect(running_database.url, running_database.secret_key)
    yield client
    await client.close()


@pytest.fixture
def store(database: LocalSupabase, store_client: SupabaseStore) -> SupabaseStore:
    """The store on an empty database."""
    return store_client
