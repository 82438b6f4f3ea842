"""The work after a call: the real database, and the simulated Responses API over real sockets."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest_asyncio
from aiohttp import web

from agents.after_call.jobs import MOST_ATTEMPTS
from agents.after_calls import work_after_calls
from agents.profile_choice import ProfileChoice
from agents.settings import Settings
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.jobs import JobKind, JobStatus
from shared.call.person import Party, Person
from shared.call.records import TranscriptTurn
from shared.database.supabase import SupabaseStore
from simulators.openai.faults import Faults
from simulators.openai.happening import Journal, Kind
from simulators.openai.responses import Responses
from tests.serving import serving
from wacall.stack.database import LocalSupabase

SAID = (
    "Hello, this is Harbor Bikes. How can I help?",
    "My name is Martin. Do you rent bikes?",
    "Yes. I will send you the price list. And we will call you on Tuesday at ten.",
    "Tell me a joke about the weather.",
    "I can only help with Harbor Bikes.",
)


class Openai:
    """The simulated Responses API alone: nobody speaks."""

    def __init__(self) -> None:
        self.base_url = ""
        self.faults = Faults()
        self.journal = Journal()
        self.responses = Responses(
            journal=self.journal,
            models=lambda: frozenset({"gpt-5.5"}),
            faults=lambda: self.faults,
            strikes=self._strikes,
            texts={"price list": "A city bike is 14 euros a day."},
        )

    def _strikes(self, name: str) -> bool:
        struck, self.faults = self.faults.taken(name)
        return struck

    async def list_models(self, _: web.Request) -> web.Response:
        return web.json_response({"object": "list", "data": [{"id": "gpt-5.5"}]})


@pytest_asyncio.fixture
async def openai() -> AsyncIterator[Openai]:
    simulated = Openai()
    async with serving(
        web.post("/v1/responses", simulated.responses.create),
        web.get("/v1/models", simulated.list_models),
    ) as url:
        simulated.base_url = f"{url}/v1"
        yield simulated


async def ended_call(store: SupabaseStore, *, answered: bool = True) -> CallId:
    """A conversation that was over a minute ago."""
    call_id, now = CallId(str(uuid.uuid4())), datetime.now(UTC)
    await store.claim_call(
        Call(
            id=call_id,
            wacid=WhatsAppCallId(f"wacid.{call_id}"),
            direction=Direction.INBOUND,
            status=CallStatus.RINGING,
            phone_number_id=PhoneNumberId("1066"),
            party=Party(person=Person(user_id="US.1349", phone="15550001111")),
            created_at=now - timedelta(minutes=5),
        )
    )
    await store.add_transcripts(
        [
            TranscriptTurn(
                call_id=call_id,
                sequence=number,
                speaker="assistant" if number % 2 else "user",
                text=text,
                spoken_at=now - timedelta(minutes=4),
            )
            for number, text in enumerate(SAID, 1)
        ]
    )
    await store.end_call(
        call_id,
        termination=Termination.of(EndReason.CALLER_HANGUP, answered=answered),
        ended_at=now - timedelta(minutes=1),
        answered_at=now - timedelta(minutes=4) if answered else None,
        by_peer=True,
    )
    return call_id


async def left_behind(store: SupabaseStore, call_id: CallId) -> Mapping[str, Any]:
    """All rows that the work after a call writes."""
    lead = await store.find_lead(call_id)
    return {
        "follow_ups": [
            (one.id, one.channel, one.source, one.kind, one.body)
            for one in await store.list_follow_ups(call_id)
        ],
        "tool_calls": [
            (one.id, one.source, one.name) for one in await store.list_tool_calls(call_id)
        ],
        "lead": None if lead is None else lead.name,
    }


async def test_a_conversation_is_looked_through_once_whoever_dies_in_it(
    store: SupabaseStore, database: LocalSupabase, openai: Openai
) -> None:
    """A model that fails, a worker that dies, two at once, a second run: one result."""
    call_id = await ended_call(store)
    await ended_call(store, answered=False)
    settings = Settings.from_env(
        {
            "LIVEKIT_URL": "ws://127.0.0.1:1",
            "LIVEKIT_API_KEY": "key",
            "LIVEKIT_API_SECRET": "secret",
            "SUPABASE_URL": database.url,
            "SUPABASE_SECRET_KEY": database.secret_key,
            "OPENAI_BASE_URL": openai.base_url,
            "BRIDGE_URL": "http://127.0.0.1:1",
        }
    )

    async def job() -> str:
        found = await database.execute(
            "select status, attempts, coalesce(last_error, '-'), owner is null, result is null "
            f"from call_jobs where call_id = '{call_id}'"
        )
        return found.strip()

    async def due_now() -> None:
        await database.execute("update call_jobs set next_at = now(), owner = null")

    async with (
        work_after_calls(settings, ProfileChoice(settings), look_s=3600) as one,
        work_after_calls(settings, ProfileChoice(settings), look_s=3600) as other,
    ):
        # the model fails: the attempt is on the row, and the job is tried later
        openai.faults = Faults(fail_responses=1, response_status=503)
        await one.look()
        await one.idle()
        assert await job() == "open|1|http-503|t|t"
        assert (await left_behind(store, call_id))["follow_ups"] == []

        # a worker takes it and dies: while it may live nobody else does, then two race for it
        await due_now()
        now = datetime.now(UTC)
        (taken,) = await store.take_call_jobs(
            JobKind.AFTER_CALL, "dead", now=now, until=now + timedelta(minutes=5), at_most=9
        )
        assert taken.attempts == 2
        await one.look()
        assert await job() == "open|2|http-503|f|t"
        await database.execute("update call_jobs set owner_until = now() - interval '1 second'")
        await asyncio.gather(one.look(), other.look())
        await asyncio.gather(one.idle(), other.idle())
        assert (await job()).startswith("done|3|-|t|f")
        # the dead one was merely slow: its words come too late
        assert not await store.keep_call_job(taken, {"summary": "late"})
        assert not await store.settle_call_job(taken, JobStatus.FAILED, at=now, error="late")

        first = await left_behind(store, call_id)
        assert [(channel, source, kind) for _, channel, source, kind, _ in first["follow_ups"]] == [
            ("message", "workflow", "promise"),
            ("call", "workflow", "promise"),
        ]
        assert first["lead"] == "Martin"
        assert [name for _, _, name in first["tool_calls"]] == ["upsertLead"]
        row = await database.execute(
            "select outcome, sentiment, off_purpose_turns, summary <> '' from calls "
            f"where id = '{call_id}'"
        )
        assert row.strip() == "resolved|neutral|1|t"

        # a second run, and one that has forgotten the first, change nothing
        asked = openai.journal.counts[Kind.RESPONSE_ASKED]
        for forgets in (False, True):
            await database.execute(
                "update call_jobs set status = 'open', finished_at = null, attempts = 0"
                + (", result = null" if forgets else "")
                + f" where call_id = '{call_id}'"
            )
            await other.look()
            await other.idle()
            assert (await job()).startswith("done|1|-|t|f")
            assert await left_behind(store, call_id) == first
            assert (openai.journal.counts[Kind.RESPONSE_ASKED] > asked) == forgets

        # a job that kills whoever takes it is given up
        await database.execute(
            f"update call_jobs set status = 'open', attempts = {MOST_ATTEMPTS} "
            f"where call_id = '{call_id}'"
        )
        await one.look()
        await one.idle()
        assert (await job()).startswith(f"failed|{MOST_ATTEMPTS + 1}|crashed|t|f")
