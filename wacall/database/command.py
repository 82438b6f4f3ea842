"""`wacall database`: migrate, check, purge."""

import argparse
import asyncio
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from controlplane import database_check
from shared.call.errors import StoreUnavailable
from shared.database.rest import RestClient
from wacall import environment
from wacall.database.migrate import connect, migrate
from wacall.database.migrations import MigrationFailed, read_migrations

BATCH = 1000
"""Of each kind in one request of the purge, so that none takes long."""

_DAYS = {
    "call": "days after its end that a call is kept, with its transcript (default 180)",
    "event": "days that raw events are kept (default 30)",
    "request": "days that requests for permission are kept (default 30)",
    "pause": "days after their end that pauses are kept (default 30)",
}


def main(argv: Sequence[str]) -> int:
    """Run one of the three; 1 if something is wrong, 2 if something is not configured."""
    arguments = _parser().parse_args(argv)
    environ = environment.load_running()
    try:
        match arguments.what:
            case "migrate":
                asyncio.run(_migrate(environ))
            case "check":
                return asyncio.run(_check(environ))
            case _:
                asyncio.run(_purge(environ, arguments))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except (MigrationFailed, StoreUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="wacall database", description="Migrate, check or purge the database."
    )
    commands = parser.add_subparsers(dest="what", required=True, metavar="COMMAND")
    commands.add_parser(
        "migrate",
        help="bring the schema up to date (needs DATABASE_URL)",
        description="Bring the schema up to date over DATABASE_URL, a connection of Postgres "
        "itself; an empty project gets all of it.",
    )
    commands.add_parser(
        "check",
        help="say whether the schema fits this program",
        description="Say whether the schema fits this program; 1 if not.",
    )
    purge = commands.add_parser(
        "purge",
        help="delete what is older than it may be",
        description="Delete what is older than it may be. Live calls and consents stay. Run it "
        "every day, or let pg_cron call purge_expired().",
    )
    for name, what in _DAYS.items():
        purge.add_argument(f"--{name}-days", type=int, metavar="N", help=what)
    purge.add_argument("--dry-run", action="store_true", help="only count what would go")
    return parser


async def _migrate(environ: Mapping[str, str]) -> None:
    url = environ.get("DATABASE_URL")
    if not url:
        raise ValueError(
            "DATABASE_URL is not set: the REST API cannot change tables, so this needs Postgres's "
            "own connection string (the project's page, Connect, Session pooler)."
        )
    migrations = read_migrations()
    connection = await connect(url, environ)
    try:
        await migrate(connection, migrations, lambda line: print(line, flush=True))
    finally:
        await connection.close(timeout=5)


async def _check(environ: Mapping[str, str]) -> int:
    rest = await _rest(environ)
    try:
        problems = await database_check.problems(rest)
    finally:
        await rest.close()
    for problem in problems:
        print(problem)
    if not problems:
        print("The schema is there and fits.")
    return 1 if problems else 0


async def _purge(environ: Mapping[str, str], arguments: argparse.Namespace) -> None:
    wanted: dict[str, Any] = {
        f"{name}_days": getattr(arguments, f"{name}_days")
        for name in _DAYS
        if getattr(arguments, f"{name}_days") is not None
    }
    total: dict[str, int] = {}
    rest = await _rest(environ)
    try:
        while True:
            if arguments.dry_run:
                wanted["dry_run"] = True
            else:
                wanted["at_most"] = BATCH
            counts: dict[str, int] = (
                await rest.rpc("purge what has expired", "purge_expired", **wanted)
            ).data
            for table, count in counts.items():
                total[table] = total.get(table, 0) + count
            if arguments.dry_run or max(counts.values()) < BATCH:
                break
    finally:
        await rest.close()
    print("Would go:" if arguments.dry_run else "Gone:")
    for table, count in total.items():
        print(f"  {table:<16} {count:>8}")


async def _rest(environ: Mapping[str, str]) -> RestClient:
    url = environ.get("SUPABASE_URL")
    key = environ.get("SUPABASE_SECRET_KEY") or environ.get("SUPABASE_SERVICE_ROLE_KEY")
    for name, value in (("SUPABASE_URL", url), ("SUPABASE_SECRET_KEY", key)):
        if not value:
            raise ValueError(f"{name} is not set.")
    return await RestClient.connect(url or "", key or "")
