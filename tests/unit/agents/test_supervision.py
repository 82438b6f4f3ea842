"""Of a dead agent is told on two ways, either of which is enough."""

import asyncio

import pytest

from agents.settings import Settings
from agents.supervision import Guard, Losses
from shared.call.call import EndReason
from shared.call.ids import CallId
from shared.database.store import CallNotes
from tests.memory_notes import MemoryNotes

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")
SETTINGS = Settings.from_env(
    {
        # nobody is there: the other way has to do
        "LIVEKIT_URL": "ws://127.0.0.1:9",
        "LIVEKIT_API_KEY": "key",
        "LIVEKIT_API_SECRET": "secret-of-thirty-two-characters-.",
        "SUPABASE_URL": "http://127.0.0.1:9",
        "SUPABASE_SECRET_KEY": "secret",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
        "AGENT_MEDIA": "worker",
    }
)


def losses_with(store: MemoryNotes) -> Losses:
    async def connect(_: Settings) -> CallNotes:
        return store

    return Losses(SETTINGS, connect)


def actions(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.__dict__["action"] for record in caplog.records if "action" in record.__dict__]


async def test_the_row_is_told_though_livekit_is_away(caplog: pytest.LogCaptureFixture) -> None:
    """The end is requested, the timeline says why; that LiveKit could not be told is logged."""
    store = MemoryNotes(CALL)
    losses = losses_with(store)
    losses.tell_soon(CALL)
    await losses.close()
    assert store.requested_ends == {CALL: EndReason.AGENT_LOST}
    (event,) = store.events.values()
    assert event.payload == {"reason": "agent-lost", "cause": "process-died"}
    assert actions(caplog) == ["agent-died", "agent-death-untold"]


async def test_neither_way_may_fail_loudly(caplog: pytest.LogCaptureFixture) -> None:
    """With database and LiveKit away both are logged, and nothing is raised."""
    losses = losses_with(MemoryNotes(CALL, failures=9))
    await losses.tell(CALL)
    await losses.close()
    assert sorted(actions(caplog)) == ["agent-death-untold", "agent-death-untold", "agent-died"]


async def test_a_guard_whose_process_is_cancelled_tells(caplog: pytest.LogCaptureFixture) -> None:
    """As the framework cancels all tasks of a job process that has lost its worker."""
    store = MemoryNotes(CALL)
    # the loop is the session's: what others have running there is theirs
    others = asyncio.all_tasks()
    guard = Guard(CALL, losses_with(store))
    await asyncio.sleep(0)
    for task in asyncio.all_tasks() - others:
        task.cancel()
    await asyncio.gather(*asyncio.all_tasks() - others, return_exceptions=True)
    assert store.requested_ends == {CALL: EndReason.AGENT_LOST}
    guard.stand_down()


async def test_a_guard_that_stood_down_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """The call was finished: what is cancelled after that is no loss."""
    store = MemoryNotes(CALL)
    others = asyncio.all_tasks()
    guard = Guard(CALL, losses_with(store))
    await asyncio.sleep(0)
    guard.stand_down()
    await asyncio.gather(*asyncio.all_tasks() - others)
    assert store.requested_ends == {}
    assert actions(caplog) == []
