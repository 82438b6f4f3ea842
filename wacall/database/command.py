"""`wacall database`: migrate, check, purge."""

import argparse
import asyncio
import re
import sys
from collections.abc import Mapping, Sequence

from controlplane import database_check
from shared.call.errors import StoreUnavailable
from shared.database.rest import RestClient
from shared.database.retention import KINDS, LONGEST_DAYS, Expiry, RetentionDays
from wacall import environment
from wacall.database.migrate import connect, migrate
from wacall.database.migrations import MigrationFailed, read_migrations


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
        description="Delete what is older than it may be. Live calls and consents stay. A control "
        "plane does it once a day by itself; run it every day where none runs all the time.",
    )
    for name, kept in KINDS.items():
        purge.add_argument(
            f"--{name}-days",
            metavar="N",
            help=f"{kept.what} ({_variable(name)}, else {kept.days})",
        )
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
    days = days_of(environ, {name: getattr(arguments, f"{name}_days") for name in KINDS})
    rest = await _rest(environ)
    try:
        if arguments.dry_run:
            purged = await Expiry(rest).count(days)
        else:
            purged = await Expiry(rest).purge(days, batches=sys.maxsize)
    finally:
        await rest.close()
    print("Would go:" if arguments.dry_run else "Gone:")
    for table, count in purged.counts.items():
        print(f"  {table:<16} {count:>8}")


def days_of(environ: Mapping[str, str], options: Mapping[str, str | None]) -> RetentionDays:
    """Read for how many days rows are kept: options, else RETENTION_*, else the defaults.

    Raises:
        ValueError: a sentence that names the option or the variable.
    """
    days: dict[str, int] = {}
    for name, kept in KINDS.items():
        variable = _variable(name)
        text, source = options.get(name), f"--{name}-days"
        if text is None:
            text, source = environ.get(variable) or str(kept.days), variable
        if not re.fullmatch(r"[0-9]{1,9}", text) or not kept.least <= int(text) <= LONGEST_DAYS:
            raise ValueError(
                f"{source} must be a whole number of days from {kept.least} to {LONGEST_DAYS}."
            )
        days[name] = int(text)
    return RetentionDays(**days)


def _variable(name: str) -> str:
    return f"RETENTION_{name.upper()}_DAYS"


async def _rest(environ: Mapping[str, str]) -> RestClient:
    url = environ.get("SUPABASE_URL")
    key = environ.get("SUPABASE_SECRET_KEY") or environ.get("SUPABASE_SERVICE_ROLE_KEY")
    for name, value in (("SUPABASE_URL", url), ("SUPABASE_SECRET_KEY", key)):
        if not value:
            raise ValueError(f"{name} is not set.")
    return await RestClient.connect(url or "", key or "")
