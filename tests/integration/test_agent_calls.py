"""The agent's side of a call as a lease on its row, in the real database."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.call.agent_lease import HeldCall
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.errors import CallNotFound
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.person import Party
from shared.call.records import TranscriptTurn
from shared.database.supabase import SupabaseStore
from wacall.stack.database import LocalSupabase

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
"""By a clock that is wrong: nobody compares it with another one."""
CALL = CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7")
STATE = {"v": 1, "phase": "talking", "turns": 1}


def turn(sequence: int, text: str = "Hello.") -> TranscriptTurn:
    return TranscriptTurn(
        call_id=CALL,
        sequence=sequence,
        speaker="assistant",
        text=text,
        interrupted=False,
        spoken_at=NOW,
    )


async def claim(store: SupabaseStore) -> None:
    call = Call(
        id=CALL,
        wacid=WhatsAppCallId("wacid.agent-calls"),
        direction=Direction.INBOUND,
        status=CallStatus.ACTIVE,
        phone_number_id=PhoneNumberId("1"),
        party=Party(),
        created_at=NOW,
        answered_at=NOW,
    )
    assert await store.claim_call(call) is not None


async def test_state_and_turns_are_written_by_one_worker_alone(store: SupabaseStore) -> None:
    """The first that keeps a call has it; what another one writes is not written at all."""
    await claim(store)
    assert await store.keep_agent(CALL, "a", STATE, [turn(1)]) is True
    assert await store.keep_agent(CALL, "b", STATE, [turn(2)]) is False
    assert await store.keep_agent(CALL, "a", {**STATE, "turns": 2}, [turn(1, "Again."), turn(2)])
    kept = await store.list_transcripts(CALL)
    assert [(one.sequence, one.text) for one in kept] == [(1, "Hello."), (2, "Hello.")]


def measured(number: int, cost_usd: float | None) -> MeasuredTurn:
    tokens = {"audio_out": 40}
    return MeasuredTurn(call_id=CALL, number=number, began_at=NOW, tokens=tokens, cost_usd=cost_usd)


async def test_what_turns_took_is_kept_with_the_state_and_summed_on_the_call(
    store: SupabaseStore, database: LocalSupabase
) -> None:
    """By the worker that has the call alone; one price that nobody knows, and the sum is none."""
    await claim(store)

    async def cost() -> str:
        return (await database.execute("select coalesce(cost_usd::text, '-') from calls")).strip()

    assert await cost() == "-"
    turns = [measured(1, 0.01), measured(2, 0.0025)]
    assert await store.keep_agent(CALL, "a", STATE, [], turns)
    assert await store.keep_agent(CALL, "a", STATE, [], turns[:1])
    assert not await store.keep_agent(CALL, "b", STATE, [], [measured(3, 1.0)])
    assert await store.list_measured(CALL) == turns
    assert await cost() == "0.012500"
    await store.add_measured([measured(3, None)])
    assert await cost() == "-"


async def test_of_a_call_that_is_not_there_nothing_is_kept(store: SupabaseStore) -> None:
    """As for everything else that the agent writes."""
    with pytest.raises(CallNotFound):
        await store.keep_agent(CALL, "a", STATE, [])


async def test_whoever_beats_sees_all_live_calls(store: SupabaseStore) -> None:
    """With what their workers wrote last, and nothing of a worker that has left."""
    await claim(store)
    await store.keep_agent(CALL, "a", STATE, [])
    assert await store.seen_agents() == [HeldCall(call_id=CALL, worker="a", until=None)]
    held = HeldCall(call_id=CALL, worker="a", until=NOW)
    assert await store.beat("a", NOW) == [held]
    assert await store.beat("b", NOW) == [held]
    later = NOW + timedelta(seconds=1)
    assert await store.beat("a", later) == [replace(held, until=later)]
    await store.leave_worker("a")
    assert await store.seen_agents() == [replace(held, until=None)]


async def test_of_many_takers_one_wins(store: SupabaseStore) -> None:
    """And learns what the one before has kept."""
    await claim(store)
    await store.keep_agent(CALL, "a", STATE, [])
    (held,) = await store.beat("a", NOW)
    taken = await asyncio.gather(*(store.take_agent(held, f"taker-{n}") for n in range(5)))
    (won,) = [one for one in taken if one is not None]
    assert (won.takes, won.state) == (1, STATE)
    assert await store.keep_agent(CALL, "a", STATE, [turn(1)]) is False
    assert await store.list_transcripts(CALL) == []


async def test_a_worker_that_has_written_since_keeps_its_call(store: SupabaseStore) -> None:
    """The looks were of before; what decides is the row."""
    await claim(store)
    await store.keep_agent(CALL, "a", STATE, [])
    (held,) = await store.beat("a", NOW)
    await store.beat("a", NOW + timedelta(seconds=1))
    assert await store.take_agent(held, "b") is None


async def test_taking_twice_is_taking_once(store: SupabaseStore) -> None:
    """The answer to the first one may have been lost."""
    await claim(store)
    await store.keep_agent(CALL, "a", STATE, [])
    (held,) = await store.beat("a", NOW)
    assert await store.take_agent(held, "b") == await store.take_agent(held, "b")


async def test_a_call_that_is_over_is_nobodys(store: SupabaseStore) -> None:
    """It is neither seen nor taken; its last words may still be written."""
    await claim(store)
    await store.keep_agent(CALL, "a", STATE, [])
    (held,) = await store.beat("a", NOW)
    await store.end_call(
        CALL,
        termination=Termination.of(EndReason.CALLER_HANGUP, answered=True),
        ended_at=NOW,
        answered_at=None,
        by_peer=True,
    )
    assert await store.seen_agents() == []
    assert await store.take_agent(held, "b") is None
    assert await store.keep_agent(CALL, "a", STATE, [turn(1)]) is True
