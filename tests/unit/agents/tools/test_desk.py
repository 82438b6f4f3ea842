"""What tools write, and what they say when it cannot be written."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.media.tool import ToolProblem
from agents.tools.do_not_call import do_not_call
from agents.tools.lead import LeadArguments, upsert_lead
from shared.database.supabase import SupabaseStore
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, desk_with


@asynccontextmanager
async def failing_project(failures: int) -> AsyncIterator[tuple[SupabaseStore, list[str]]]:
    """A project that answers 503 so often, and then does what is asked; with its requests."""
    asked: list[str] = []

    async def serve(request: web.Request) -> web.Response:
        asked.append(request.path)
        if len(asked) <= failures:
            return web.json_response({"code": "PGRST002"}, status=503)
        return web.json_response(True)

    app = web.Application()
    app.router.add_post("/rest/v1/rpc/do_not_call", serve)
    async with TestServer(app) as server:
        store = await SupabaseStore.connect(str(server.make_url("/")).rstrip("/"), "secret")
        try:
            yield store, asked
        finally:
            await store.close()


async def test_a_short_failure_of_the_database_is_outlived() -> None:
    """Writes are tried again before the model hears of a problem."""
    async with failing_project(failures=2) as (store, asked):
        said = await do_not_call(desk_with(store))
    assert said.startswith("Written down")
    assert len(asked) == 3


async def test_a_write_is_repeated_at_one_depth_only() -> None:
    """The database's client repeats, the tool does not: three requests at most, never nine."""
    async with failing_project(failures=99) as (store, asked):
        with pytest.raises(ToolProblem, match="could not be written"):
            await do_not_call(desk_with(store))
    assert len(asked) == 3


async def test_a_lasting_failure_is_told_to_the_model() -> None:
    """When it stays away, the model can apologise; nothing internal is said."""
    with pytest.raises(ToolProblem, match="could not be written") as caught:
        await upsert_lead(desk_with(MemoryNotes(CALL, failures=9)), LeadArguments(name="Ada"))
    assert "database is away" not in caught.value.message
    assert caught.value.slug == "unwritten"


def test_what_is_written_has_an_id_by_its_content() -> None:
    """The same in this call is the same thing."""
    desk = desk_with(MemoryNotes(CALL))
    assert desk.id_of("a", 1) == desk.id_of("a", 1) != desk.id_of("a", 2)
