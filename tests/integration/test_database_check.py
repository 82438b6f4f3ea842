"""What is wrong with a database is told before calls find out."""

import pytest

from controlplane import database_check
from shared.database.rest import RestClient
from shared.database.rows import SCHEMA_VERSION
from wacall.stack.database import LocalSupabase


async def problems_of(url: str, key: str) -> list[str]:
    rest = await RestClient.connect(url, key)
    try:
        return await database_check.problems(rest)
    finally:
        await rest.close()


async def test_a_database_with_the_schema_has_no_problems(database: LocalSupabase) -> None:
    """An empty list is what doctor wants to see."""
    assert await problems_of(database.url, database.secret_key) == []


@pytest.mark.parametrize("kind", ["publishable", "made up"])
async def test_a_wrong_key_is_told_apart_from_a_missing_schema(
    database: LocalSupabase, kind: str
) -> None:
    """The publishable key and a made-up one are named as the cause."""
    key = database.publishable_key if kind == "publishable" else "sb_secret_wrong"
    problems = await problems_of(database.url, key)
    assert problems
    assert all("SUPABASE_SECRET_KEY" in problem for problem in problems), problems


async def test_a_database_that_is_not_there_is_one_problem(unused_tcp_port: int) -> None:
    """Every request fails in the same way."""
    problems = await problems_of(f"http://127.0.0.1:{unused_tcp_port}", "sb_secret_x")
    (problem,) = {sentence.partition(":")[2] for sentence in problems}
    assert "does not answer" in problem


async def test_missing_parts_are_named_with_their_remedy(database: LocalSupabase) -> None:
    """The table and schema.sql are named; the version is compared too."""
    try:
        await database.execute(
            "create or replace function public.schema_version() returns integer "
            "language sql immutable set search_path = '' return 999"
        )
        problems = await problems_of(database.url, database.secret_key)
        assert any("version 999" in problem and "program" in problem for problem in problems)
        await database.execute(
            "create or replace function public.schema_version() returns integer "
            "language sql immutable set search_path = '' return 1"
        )
        (problem,) = await problems_of(database.url, database.secret_key)
        assert "version 1 " in problem
        assert "`wacall database migrate`" in problem
        await database.execute("alter table public.leads rename column notes to remarks")
        problems = await problems_of(database.url, database.secret_key)
        assert any("table leads" in text and "schema.sql" in text for text in problems), problems
    finally:
        await database.execute(
            "create or replace function public.schema_version() returns integer "
            f"language sql immutable set search_path = '' return {SCHEMA_VERSION};"
            "alter table public.leads rename column remarks to notes"
        )
