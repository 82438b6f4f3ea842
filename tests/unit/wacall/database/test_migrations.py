"""The files of the migrations, and what of them is left to do."""

import hashlib
import re
from pathlib import Path

import pytest

from shared.database.rows import SCHEMA_VERSION
from tests.paths import ROOT
from wacall.database.migrations import Migration, MigrationFailed, plan, read_migrations

THREE = [Migration(f"2026010100000{n}", f"m{n}", f"select {n}") for n in (1, 2, 3)]
VERSIONS = [one.version for one in THREE]
RELEASED = {
    "20261123162045": "422ea418d5024dc582859c4b7e9486f1f4dbbcd7078f4c4d6ab10db171ec7649",
    "20261123174515": "b784e6bfddae40770f9d31d55f70848a6f67d27d1e4ab8e616777a2ba8a1804c",
}


def test_the_newest_migration_brings_the_version_of_the_code() -> None:
    """The n-th file returns n, the last one what schema.sql and the code say."""
    migrations = read_migrations()
    for number, migration in enumerate(migrations, start=1):
        assert re.findall(r"^return (\d+);$", migration.sql, re.MULTILINE) == [str(number)]
    assert len(migrations) == SCHEMA_VERSION
    schema = (ROOT / "schema.sql").read_text()
    assert re.findall(r"^return (\d+);$", schema, re.MULTILINE) == [str(SCHEMA_VERSION)]


def test_a_released_migration_stays_as_it_was() -> None:
    """Databases have it applied already: a change would reach only those that have not."""
    found = {one.version: hashlib.sha256(one.sql.encode()).hexdigest() for one in read_migrations()}
    assert found.items() >= RELEASED.items()


def test_an_empty_project_gets_everything() -> None:
    """No version, no record."""
    todo = plan(THREE, 0, set())
    assert (todo.to_record, todo.to_apply) == ([], THREE)


def test_a_project_set_up_by_hand_is_recorded_as_it_is() -> None:
    """schema.sql was pasted: what its version holds is recorded, the rest applied."""
    todo = plan(THREE, 2, {"20200101000000"})
    assert (todo.to_record, todo.to_apply) == (THREE[:2], THREE[2:])


def test_an_applied_migration_is_left_alone() -> None:
    """Nothing to do is no error."""
    todo = plan(THREE, 3, set(VERSIONS))
    assert (todo.to_record, todo.to_apply) == ([], [])


def test_a_database_of_a_later_release_is_left_alone() -> None:
    """Going back is nobody's business here."""
    with pytest.raises(MigrationFailed, match=r"version 4.*bring the program"):
        plan(THREE, 4, set(VERSIONS))


def test_a_record_that_contradicts_the_database_is_told() -> None:
    """A restored backup, for example: guessing would run a migration twice."""
    with pytest.raises(MigrationFailed, match="20260101000003_m3 is recorded"):
        plan(THREE, 2, set(VERSIONS))


def test_without_files_it_says_where_they_are(tmp_path: Path) -> None:
    """An installed wheel has none."""
    with pytest.raises(MigrationFailed, match="checkout"):
        read_migrations(tmp_path)


def test_a_file_with_another_name_is_refused(tmp_path: Path) -> None:
    """Supabase's command line would pass over it without a word."""
    (tmp_path / "0001_initial.sql").touch()
    with pytest.raises(MigrationFailed, match=r"0001_initial\.sql is not named"):
        read_migrations(tmp_path)
