"""Bring a database to the newest version of the schema, over a connection of Postgres itself.

The REST API cannot change tables. Each migration is one transaction under one advisory lock of the
transaction, so that two programs may start at once, through a pooler as well.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

import asyncpg

from wacall.database.migrations import Migration, MigrationFailed, plan

CONNECT_TIMEOUT_S = 15.0
LOCK_TIMEOUT = "30s"
"""How long a migration waits for another one, or for tables in use, before it gives up."""

# any number that no other program takes: "wacall" in ASCII
_LOCK = 0x776163616C6C
_LOCAL = {"localhost", "127.0.0.1", "::1"}
# as Supabase's command line makes it (supabase/cli, pkg/migration/history.go)
_RECORD = """
create schema if not exists supabase_migrations;
create table if not exists supabase_migrations.schema_migrations (
    version text not null primary key
);
alter table supabase_migrations.schema_migrations add column if not exists statements text[];
alter table supabase_migrations.schema_migrations add column if not exists name text;
"""


async def connect(url: str, environ: Mapping[str, str]) -> asyncpg.Connection:
    """Connect to DATABASE_URL; to another machine by TLS, whatever its server would take.

    `sslmode=verify-full&sslrootcert=...` in the URL checks the server's certificate too.

    Raises:
        MigrationFailed: it cannot be reached; the sentence holds nothing of the URL.
    """
    try:
        return await asyncpg.connect(
            url,
            timeout=CONNECT_TIMEOUT_S,
            ssl="require" if needs_tls(url, environ) else None,
            # poolers in transaction mode know no prepared statements
            statement_cache_size=0,
        )
    except asyncpg.InvalidAuthorizationSpecificationError:
        reason = "it refuses the user or the password"
    except (ValueError, asyncpg.InterfaceError):
        reason = "the URL looks like postgresql://user:password@host:5432/postgres"
    except asyncpg.PostgresError as error:
        reason = f"it refused: SQLSTATE {error.sqlstate}"
    except (OSError, TimeoutError) as error:
        reason = type(error).__name__
    # outside of the handlers: the driver's error may quote the URL with its password
    raise MigrationFailed(f"The database cannot be reached ({reason}); check DATABASE_URL.")


def needs_tls(url: str, environ: Mapping[str, str]) -> bool:
    """Whether TLS has to be asked for: another machine, and nobody said otherwise.

    The driver's own default, sslmode=prefer, would send the password in the clear to whoever says
    that it has no TLS (libpq, "SSL Support", 34.19.3).
    """
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    host = asked.get("host", [parts.hostname or ""])[0]
    is_local = host in _LOCAL or host.startswith("/") or not host
    return not (is_local or "sslmode" in asked or environ.get("PGSSLMODE"))


async def migrate(
    connection: asyncpg.Connection,
    migrations: Sequence[Migration],
    tell: Callable[[str], None] = lambda line: None,
) -> int:
    """Apply what is missing, and record what is there; return how many were applied.

    Args:
        connection: as the owner of the schema, outside of a transaction.
        migrations: all of them, oldest first.
        tell: takes a line for each step.

    Raises:
        MigrationFailed: nothing of the migration at fault was applied; earlier ones stay.
    """
    applied = 0
    while True:
        step = "the record of migrations"
        try:
            async with connection.transaction():
                await connection.execute(f"set local lock_timeout = '{LOCK_TIMEOUT}'")
                await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
                await connection.execute(_RECORD)
                version = await _version(connection)
                todo = plan(migrations, version, await _recorded(connection))
                for migration in todo.to_record:
                    await _record(connection, migration)
                    tell(f"{migration.stem}: there already, recorded")
                if not todo.to_apply:
                    # the REST API looks at the tables anew
                    await connection.execute("notify pgrst, 'reload schema'")
                    tell(f"The database has version {version} of the schema.")
                    return applied
                migration = todo.to_apply[0]
                step = migration.stem
                started = time.monotonic()
                await connection.execute(migration.sql)
                await _record(connection, migration)
                if await _version(connection) != version + 1:
                    raise MigrationFailed(f"{step} does not bring version {version + 1}.")
        except asyncpg.LockNotAvailableError:
            reason = f"the database was busy for {LOCK_TIMEOUT}, or another migration runs"
        except asyncpg.PostgresError as error:
            reason = _reason(error)
        except (OSError, TimeoutError, asyncpg.InterfaceError) as error:
            reason = f"the connection was lost: {type(error).__name__}"
        else:
            applied += 1
            tell(f"{step}: applied in {time.monotonic() - started:.1f} s")
            continue
        raise MigrationFailed(f"{step} was not applied, and nothing of it is left ({reason}).")


def _reason(error: asyncpg.PostgresError) -> str:
    # class 42 speaks of names of objects alone; other classes may quote values of rows
    sqlstate = error.sqlstate or ""
    told = error.args[0] if sqlstate.startswith("42") and error.args else "its log says more"
    return f"SQLSTATE {sqlstate}: {told}"


async def _version(connection: asyncpg.Connection) -> int:
    if not await connection.fetchval(
        "select to_regprocedure('public.schema_version()') is not null"
    ):
        return 0
    return int(await connection.fetchval("select public.schema_version()"))


async def _recorded(connection: asyncpg.Connection) -> set[str]:
    rows = await connection.fetch("select version from supabase_migrations.schema_migrations")
    return {row["version"] for row in rows}


async def _record(connection: asyncpg.Connection, migration: Migration) -> None:
    await connection.execute(
        "insert into supabase_migrations.schema_migrations (version, statements, name) "
        "values ($1, $2, $3)",
        migration.version,
        [migration.sql],
        migration.name,
    )
