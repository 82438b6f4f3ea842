"""The agent's tools: what they write, and what they tell the model."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.media.tool import ToolProblem
from agents.tools import (
    Desk,
    FollowUpArguments,
    LeadArguments,
    NoArguments,
    OutcomeArguments,
    build_tools,
    parse_arguments,
)
from shared.call.ids import CallId
from shared.database.store import CallNotes
from shared.database.supabase import SupabaseStore
from tests.memory_notes import MemoryNotes

CALL = CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d")
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)  # a Monday, 15:00 in Amsterdam


def desk_with(store: CallNotes) -> Desk:
    async def connect() -> CallNotes:
        return store

    return Desk(call_id=CALL, store=connect, zone=ZoneInfo("Europe/Amsterdam"), clock=lambda: NOW)


def follow_up(**given: Any) -> FollowUpArguments:
    return cast(
        "FollowUpArguments",
        parse_arguments(
            FollowUpArguments,
            {"due_at": "2026-11-24T10:00", "channel": "call", "purpose": "Call back.", **given},
        ),
    )


def test_the_model_sees_exactly_these_tools() -> None:
    """The names are the contract's; each argument is described."""

    async def hang_up(_: object) -> str:
        return ""

    tools = build_tools(desk_with(MemoryNotes(CALL)), hang_up)
    schemas = [tool.schema() for tool in tools]
    assert [schema["name"] for schema in schemas] == [
        "upsertLead",
        "scheduleFollowUp",
        "logOutcome",
        "doNotCall",
        "hangUp",
    ]
    for schema in schemas:
        for field in schema["parameters"].get("properties", {}).values():
            assert field["description"]


async def test_a_lead_grows_with_what_is_learned() -> None:
    """Later calls fill in and correct; what they leave out stays."""
    store = MemoryNotes(CALL)
    desk = desk_with(store)
    await desk.upsert_lead(LeadArguments(name="Ada", interest="a full service"))
    await desk.upsert_lead(LeadArguments(name="Ada Lovelace", email="Ada@Example.org"))
    lead = store.leads[CALL]
    assert (lead.name, lead.email, lead.interest) == (
        "Ada Lovelace",
        "ada@example.org",
        "a full service",
    )


async def test_an_empty_lead_is_refused() -> None:
    """A call without any field changes nothing and says so."""
    store = MemoryNotes(CALL)
    with pytest.raises(ToolProblem, match="at least one"):
        await desk_with(store).upsert_lead(LeadArguments())
    assert store.writes == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": "ada at example"}, "email: is not an e-mail address"),
        ({"phone": "soon"}, "phone: is not a telephone number"),
        ({"name": ""}, "name: "),
    ],
)
def test_arguments_that_make_no_sense_come_back_with_a_hint(
    given: dict[str, object], said: str
) -> None:
    """The sentence names the argument and what to do, and does not repeat the value."""
    with pytest.raises(ToolProblem) as caught:
        parse_arguments(LeadArguments, given)
    assert said in caught.value.message
    assert all(str(value) not in caught.value.message for value in given.values() if value)


def test_arguments_that_nobody_asked_for_do_no_harm() -> None:
    """A model that says more than was asked is understood."""
    assert parse_arguments(LeadArguments, {"name": "Ada", "mood": "sunny"}).name == "Ada"


async def test_a_time_without_offset_is_the_business_time() -> None:
    """Ten o'clock is ten o'clock at the shop."""
    store = MemoryNotes(CALL)
    said = await desk_with(store).schedule_follow_up(follow_up())
    (stored,) = store.follow_ups.values()
    assert stored.due_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert said == "Scheduled for Tuesday 2026-11-24 10:00."


async def test_the_same_follow_up_twice_is_one() -> None:
    """A repeated call, even with other spacing or another zone, is the same follow-up."""
    store = MemoryNotes(CALL)
    desk = desk_with(store)
    await desk.schedule_follow_up(follow_up())
    await desk.schedule_follow_up(follow_up(due_at="2026-11-24T09:00:00Z", purpose=" call  back. "))
    await desk.schedule_follow_up(follow_up(due_at="2026-11-25T10:00"))
    assert len(store.follow_ups) == 2


@pytest.mark.parametrize(
    ("due_at", "said"),
    [("2026-11-23T14:00", "in the past"), ("2036-11-24T10:00", "more than a year")],
)
async def test_impossible_times_are_explained(due_at: str, said: str) -> None:
    """The past and the far future are refused together with the time that it is now."""
    store = MemoryNotes(CALL)
    with pytest.raises(ToolProblem, match=said) as caught:
        await desk_with(store).schedule_follow_up(follow_up(due_at=due_at))
    assert "2026-11-23" in caught.value.message
    assert store.writes == 0


async def test_the_last_outcome_counts() -> None:
    """An outcome can be corrected."""
    store = MemoryNotes(CALL)
    desk = desk_with(store)
    await desk.log_outcome(OutcomeArguments(outcome="other"))
    await desk.log_outcome(OutcomeArguments(outcome="lead", summary="Wants a service."))
    assert store.outcomes[CALL] == ("lead", "Wants a service.")


async def test_the_wish_not_to_be_called_is_written_down() -> None:
    """And told back, so that the model confirms it."""
    store = MemoryNotes(CALL)
    said = await desk_with(store).do_not_call(NoArguments())
    assert store.not_to_be_called == {CALL}
    assert "will not be called" in said


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
        said = await desk_with(store).do_not_call(NoArguments())
    assert said.startswith("Written down")
    assert len(asked) == 3


async def test_a_write_is_repeated_at_one_depth_only() -> None:
    """The database's client repeats, the tool does not: three requests at most, never nine."""
    async with failing_project(failures=99) as (store, asked):
        with pytest.raises(ToolProblem, match="could not be written"):
            await desk_with(store).do_not_call(NoArguments())
    assert len(asked) == 3


async def test_a_lasting_failure_is_told_to_the_model() -> None:
    """When it stays away, the model can apologise; nothing internal is said."""
    with pytest.raises(ToolProblem, match="could not be written") as caught:
        await desk_with(MemoryNotes(CALL, failures=9)).upsert_lead(LeadArguments(name="Ada"))
    assert "database is away" not in caught.value.message
