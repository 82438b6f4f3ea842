"""The way from one version of the schema to the next: files, and what of them is left to do.

The files are named as Supabase's own command line names them (`<14 digits>_<name>.sql`), and it
keeps its record in the same table: `supabase db push` and `wacall database migrate` agree.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from wacall.environment import REPOSITORY

DIRECTORY = REPOSITORY / "supabase" / "migrations"

_NAME = re.compile(r"(\d{14})_(\w+)\.sql")


class MigrationFailed(Exception):
    """The database could not be brought up to date; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file. The n-th brings version n of the schema, as `schema_version()` tells it."""

    version: str
    """Its 14 digits, by which it is recorded."""
    name: str
    sql: str

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return f"{self.version}_{self.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left to do."""

    to_record: Sequence[Migration]
    """There already, but not in the record: the project was set up by schema.sql, or by hand."""
    to_apply: Sequence[Migration]


def read_migrations(directory: Path = DIRECTORY) -> list[Migration]:
    """Read the files, oldest first.

    Raises:
        MigrationFailed: there are none, or one has a name that Supabase would not take.
    """
    found = []
    for path in sorted(directory.glob("*.sql")):
        name = _NAME.fullmatch(path.name)
        if name is None:
            raise MigrationFailed(
                f"{path.name} is not named as a migration is: 14 digits, _, a name, .sql."
            )
        found.append(Migration(name[1], name[2], path.read_text(encoding="utf-8")))
    if not found:
        raise MigrationFailed(
            "The migrations are not here: they belong to a checkout of wacall, and to its image."
        )
    return found


def plan(migrations: Sequence[Migration], version: int, recorded: Collection[str]) -> Plan:
    """Say what is left to do.

    Args:
        migrations: all of them, oldest first.
        version: what `schema_version()` answers; 0 if there is no such function.
        recorded: what the record holds; entries that are none of ours are somebody else's.

    Raises:
        MigrationFailed: the database is newer than the files, or the record contradicts it.
    """
    if version > len(migrations):
        raise MigrationFailed(
            f"The database has version {version} of the schema, this program knows "
            f"{len(migrations)} at most: bring the program to the database's release."
        )
    there, to_apply = migrations[:version], migrations[version:]
    for migration in to_apply:
        if migration.version in recorded:
            raise MigrationFailed(
                f"{migration.stem} is recorded as applied, but the database has version {version} "
                "of the schema: remove it from supabase_migrations.schema_migrations if it is not."
            )
    return Plan([one for one in there if one.version not in recorded], to_apply)
