"""The contract of the agent's notes, for the Supabase store and for those that stand in for it.

What a stand-in does otherwise than the database fails here, so the tests that use it can be
believed.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
import pytest_asyncio

from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.errors import CallNotFound
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.measured_turn import MeasuredTurn
from shared.call.person import Party, Person
from shared.call.recording import (
    RecordedFile,
    Recording,
    RecordingStatus,
    place_at,
)
from shared.call.records import (
    EventOutcome,
    EventRecord,
    EventSource,
    FollowUp,
    Lead,
    MessageState,
    ToolCall,
    TranscriptTurn,
)
from shared.database.store import CallNotes
from shared.database.supabase import SupabaseStore
from tests.integration.journal_store import JournalNotes, read_journal
from tests.memory_notes import MemoryNotes
from wacall.stack.database import LocalSupabase

NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOBODY = CallId("00000000-0000-4000-8000-000000000000")


class ReadableNotes(CallNotes, Protocol):
    """Notes, and what was made of them."""

    async def list_transcripts(self, call_id: CallId) -> list[TranscriptTurn]: ...

    async def get_recording(self, call_id: CallId) -> Recording | None: ...

    async def list_measured(self, call_id: CallId) -> list[MeasuredTurn]: ...

    async def get_lead(self, call_id: CallId) -> Lead | None: ...

    async def list_follow_ups(self, call_id: CallId) -> list[FollowUp]: ...

    async def list_tool_calls(self, call_id: CallId) -> list[ToolCall]: ...

    async def list_events(self, call_id: CallId) -> list[EventRecord]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the notes on a call left behind beside their own rows."""

    outcome: str | None
    summary: str | None
    end_requested: EndReason | None
    do_not_call: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One implementation, with a live call to take notes of."""

    notes: ReadableNotes
    call_id: CallId
    end_call: Callable[[], Awaitable[object]]
    kept: Callable[[], Awaitable[Kept]]


def desk_in_memory(notes: MemoryNotes, call_id: CallId) -> Desk:
    async def end_call() -> None:
        notes.ended.add(call_id)

    async def kept() -> Kept:
        outcome, summary = notes.outcomes.get(call_id, (None, None))
        return Kept(
            outcome=outcome,
            summary=summary,
            end_requested=notes.requested_ends.get(call_id),
            do_not_call=call_id in notes.not_to_be_called,
        )

    return Desk(notes=notes, call_id=call_id, end_call=end_call, kept=kept)


async def desk_in_supabase(store: SupabaseStore, database: LocalSupabase, call_id: CallId) -> Desk:
    await store.claim_call(
        Call(
            id=call_id,
            wacid=WhatsAppCallId("wacid.1"),
            direction=Direction.INBOUND,
            status=CallStatus.RINGING,
            phone_number_id=PhoneNumberId("1066"),
            party=Party(person=Person(user_id="US.1349", phone="15550001111")),
            created_at=NOW,
        )
    )

    async def end_call() -> Call | None:
        return await store.end_call(
            call_id,
            termination=Termination.of(EndReason.CALLER_HANGUP, answered=False),
            ended_at=NOW + SECOND,
            answered_at=None,
            by_peer=True,
        )

    async def kept() -> Kept:
        call = await store.get_call(call_id)
        assert call is not None
        summary = (await database.execute("select coalesce(summary, '-') from calls")).strip()
        entries = await database.execute(
            "select count(*) from consents where kind = 'do_not_call' and granted"
        )
        assert entries.strip() in ("0", "1")
        return Kept(
            outcome=call.outcome,
            summary=None if summary == "-" else summary,
            end_requested=call.end_requested,
            do_not_call=entries.strip() == "1",
        )

    return Desk(notes=store, call_id=call_id, end_call=end_call, kept=kept)


@pytest.fixture(params=["supabase", "memory", "journal"])
def open_desk(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Awaitable[Desk]]:
    call_id = CallId(str(uuid.uuid4()))
    if request.param == "supabase":
        # only these need a database
        store, database = (request.getfixturevalue(name) for name in ("store", "database"))
        return lambda: desk_in_supabase(store, database, call_id)
    is_journal = request.param == "journal"
    notes = JournalNotes(tmp_path / "j.jsonl", call_id) if is_journal else MemoryNotes(call_id)

    async def in_memory() -> Desk:
        return desk_in_memory(notes, call_id)

    return in_memory


@pytest_asyncio.fixture
async def desk(open_desk: Callable[[], Awaitable[Desk]]) -> Desk:
    """An implementation of the notes, with a live call."""
    return await open_desk()


def turn(call_id: CallId, sequence: int, text: str = "Grüße") -> TranscriptTurn:
    return TranscriptTurn(
        call_id=call_id,
        sequence=sequence,
        speaker="user" if sequence % 2 else "assistant",
        text=text,
        interrupted=sequence == 2,
        spoken_at=NOW + sequence * SECOND,
    )


def measured(call_id: CallId, number: int, cost_usd: float | None = 0.0125) -> MeasuredTurn:
    return MeasuredTurn(
        call_id=call_id,
        number=number,
        began_at=NOW + number * SECOND,
        response_ms=712,
        model_ms=430,
        barge_in_ms=None if number % 2 else 55,
        transcribed=None if number == 1 else True,
        tokens={"text_in": 812, "audio_out": 90, "transcription_s": 1.5},
        cost_usd=cost_usd,
        model="gpt-realtime-2.1",
    )


def event(call_id: CallId, received_at: datetime = NOW) -> EventRecord:
    return EventRecord(
        id=str(uuid.uuid4()),
        source=EventSource.AGENT,
        kind="error",
        received_at=received_at,
        call_id=call_id,
        payload={"cause": "Ünïcode 🌻"},
        outcome=EventOutcome.RECORDED,
    )


def follow_up(call_id: CallId, due_at: datetime = NOW) -> FollowUp:
    return FollowUp(
        id=str(uuid.uuid4()),
        call_id=call_id,
        due_at=due_at,
        channel="message",
        purpose="send the offer",
        time_zone="Europe/Amsterdam",
        kind="promise",
        source="workflow",
        body="Your offer: 49 €",
    )


def lead_of(call_id: CallId, **given: Any) -> Lead:
    return Lead(call_id=call_id, **given)


def tool_call(call_id: CallId, began_at: datetime = NOW, **given: Any) -> ToolCall:
    return ToolCall(
        id=str(uuid.uuid4()),
        call_id=call_id,
        name="upsertLead",
        arguments={"name": "Anna", "nested": [1, {"x": None}]},
        began_at=began_at,
        **given,
    )


async def test_transcripts_come_back_in_order_and_stay_as_first_written(desk: Desk) -> None:
    """A repeated flush changes nothing."""
    turns = [turn(desk.call_id, n, f"Turn {n}: ¿qué tal? 你好\n") for n in (3, 1, 2)]
    await desk.notes.add_transcripts(turns)
    await desk.notes.add_transcripts([turn(desk.call_id, 1, "other"), turn(desk.call_id, 4)])
    await desk.notes.add_transcripts([])
    assert await desk.notes.list_transcripts(desk.call_id) == [
        turns[1],
        turns[2],
        turns[0],
        turn(desk.call_id, 4),
    ]


async def test_what_turns_took_comes_back_in_order_and_stays_as_first_written(desk: Desk) -> None:
    """A repeated flush changes nothing."""
    turns = [measured(desk.call_id, number) for number in (2, 1)]
    await desk.notes.add_measured(turns)
    await desk.notes.add_measured([measured(desk.call_id, 1, None), measured(desk.call_id, 3)])
    await desk.notes.add_measured([])
    assert await desk.notes.list_measured(desk.call_id) == [
        turns[1],
        turns[0],
        measured(desk.call_id, 3),
    ]


async def test_what_the_database_cannot_hold_keeps_no_words_out(desk: Desk) -> None:
    """NUL and lone surrogates come back as replacement characters."""
    await desk.notes.add_transcripts([turn(desk.call_id, 1, "a\x00b\ud800")])
    (kept,) = await desk.notes.list_transcripts(desk.call_id)
    assert kept.text == "a\ufffdb\ufffd"
    lead = await desk.notes.upsert_lead(Lead(call_id=desk.call_id, name="A\x00"))
    assert lead.name == "A\ufffd"
    await desk.notes.log_outcome(desk.call_id, "sale\x00", "a cake\x00")
    said = await desk.kept()
    assert (said.outcome, said.summary) == ("sale\ufffd", "a cake\ufffd")


async def test_a_time_without_a_zone_is_refused(desk: Desk) -> None:
    """Naive times are bugs, and nothing is written."""
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(ValueError, match="without a zone"):
        await desk.notes.add_follow_up(follow_up(desk.call_id, naive))
    assert await desk.notes.list_follow_ups(desk.call_id) == []


async def test_a_lead_fills_up_and_is_corrected(desk: Desk) -> None:
    """None keeps what is there; a value replaces it."""
    call_id, notes = desk.call_id, desk.notes
    assert await notes.get_lead(call_id) is None
    assert await notes.upsert_lead(Lead(call_id=call_id)) == Lead(call_id=call_id)
    await notes.upsert_lead(Lead(call_id=call_id, name="Ana", interest="a cake"))
    lead = await notes.upsert_lead(Lead(call_id=call_id, name="Anna", email="a@example.org"))
    assert lead == Lead(call_id=call_id, name="Anna", email="a@example.org", interest="a cake")
    assert await notes.upsert_lead(Lead(call_id=call_id)) == lead
    assert await notes.get_lead(call_id) == lead


async def test_what_somebody_agreed_to_is_kept(desk: Desk) -> None:
    """A yes and a no stay until they are answered anew; who was not asked has answered nothing."""
    call_id, notes = desk.call_id, desk.notes
    lead = await notes.upsert_lead(Lead(call_id=call_id, may_follow_up=True))
    assert (lead.may_follow_up, lead.may_market) == (True, None)
    lead = await notes.upsert_lead(Lead(call_id=call_id, name="Ana", may_market=False))
    assert (lead.may_follow_up, lead.may_market) == (True, False)
    lead = await notes.upsert_lead(Lead(call_id=call_id, may_follow_up=False))
    assert (lead.may_follow_up, lead.may_market) == (False, False)


async def test_a_lead_written_from_many_sides_loses_nothing(desk: Desk) -> None:
    """Concurrent writers of different fields end in one row with all of them."""
    fields = ("name", "phone", "email", "interest", "notes")
    await asyncio.gather(
        *(desk.notes.upsert_lead(lead_of(desk.call_id, **{field: field})) for field in fields * 4)
    )
    assert await desk.notes.get_lead(desk.call_id) == lead_of(
        desk.call_id, **{field: field for field in fields}
    )


async def test_a_follow_up_is_scheduled_once(desk: Desk) -> None:
    """The same id twice is one row; the soonest comes first."""
    later, sooner = (follow_up(desk.call_id, NOW + n * SECOND) for n in (2, 1))
    for some in (later, sooner, later):
        await desk.notes.add_follow_up(some)
    assert await desk.notes.list_follow_ups(desk.call_id) == [sooner, later]


async def test_the_last_outcome_counts_even_after_the_end(desk: Desk) -> None:
    """The agent's last words may come after the caller hung up."""
    await desk.notes.log_outcome(desk.call_id, "question", "asked for hours")
    await desk.end_call()
    await desk.notes.log_outcome(desk.call_id, "sale", "bought a cake")
    kept = await desk.kept()
    assert (kept.outcome, kept.summary) == ("sale", "bought a cake")


async def test_a_wish_not_to_be_called_is_kept_once(desk: Desk) -> None:
    """Said twice, it is one entry; before, there is none."""
    assert not (await desk.kept()).do_not_call
    for _ in range(2):
        await desk.notes.do_not_call(desk.call_id)
    assert (await desk.kept()).do_not_call


async def test_a_message_is_written_once_and_waits_to_be_sent(desk: Desk) -> None:
    """The same id twice is one message; of one that nobody wrote there is nothing to tell."""
    message = str(uuid.uuid4())
    assert await desk.notes.message_state(message) is None
    for text in ("The list: https://example.org/ä", "other"):
        await desk.notes.write_message(message, desk.call_id, "agent", text)
    assert await desk.notes.message_state(message) == MessageState(status="open")


async def test_a_tools_call_is_written_once(desk: Desk) -> None:
    """The first word counts; those of a call come oldest first."""
    done = tool_call(desk.call_id, NOW + SECOND, result="Grüße", latency_ms=12)
    refused = tool_call(desk.call_id, NOW, result="No.", error="refused", latency_ms=1)
    for some in (done, refused, replace(done, result="other")):
        await desk.notes.add_tool_call(some)
    assert await desk.notes.list_tool_calls(desk.call_id) == [refused, done]


def recording(call_id: CallId) -> Recording:
    return Recording(
        id=Recording.id_of(call_id),
        call_id=call_id,
        status=RecordingStatus.RECORDING,
        place=place_at("http://127.0.0.1:7890"),
        began_at=NOW,
        keep_until=NOW + 30 * 86400 * SECOND,
    )


async def test_a_recording_is_settled_once(desk: Desk) -> None:
    """Who has refused stays refused, whoever ends the call later."""
    begun, files = recording(desk.call_id), [RecordedFile(name="peer.opus", bytes=812)]
    settled: dict[str, Any] = {"files": files, "at": NOW + 2 * SECOND, "began_at": NOW + SECOND}
    assert not await desk.notes.settle_recording(begun.id, RecordingStatus.KEPT, **settled)
    for _ in range(2):
        await desk.notes.add_recording(begun)
    assert await desk.notes.get_recording(desk.call_id) == begun
    assert await desk.notes.settle_recording(begun.id, RecordingStatus.DECLINED, **settled)
    assert not await desk.notes.settle_recording(begun.id, RecordingStatus.KEPT, **settled)
    found = await desk.notes.get_recording(desk.call_id)
    assert found is not None
    assert (found.status, found.files) == (RecordingStatus.DECLINED, tuple(files))
    assert (found.began_at, found.ended_at) == (NOW + SECOND, NOW + 2 * SECOND)
    assert found.bridge == "http://127.0.0.1:7890"
    for granted in (True, False, False):
        await desk.notes.recording_consent(desk.call_id, granted)


async def test_what_the_line_is_not_for_is_counted_once_a_report(desk: Desk) -> None:
    """A report that is written again counts once; one that was refused, or another tool's, not."""
    assert await desk.notes.off_purpose_turns(desk.call_id) == 0
    first, second, refused = (tool_call(desk.call_id, NOW + n * SECOND) for n in range(3))
    for some in (
        replace(first, name="offPurpose"),
        replace(first, name="offPurpose"),
        replace(second, name="offPurpose"),
        replace(refused, name="offPurpose", error="refused"),
        tool_call(desk.call_id, NOW),
    ):
        await desk.notes.add_tool_call(some)
    assert await desk.notes.off_purpose_turns(desk.call_id) == 2
    await desk.end_call()
    await desk.notes.add_tool_call(replace(tool_call(desk.call_id, NOW), name="offPurpose"))
    assert await desk.notes.off_purpose_turns(desk.call_id) == 3
    assert await desk.notes.off_purpose_turns(NOBODY) == 0


async def test_the_first_requested_end_stays(desk: Desk) -> None:
    """Asking again is harmless; asking about an ended or unknown call is False."""
    assert (await desk.kept()).end_requested is None
    assert await desk.notes.request_end(desk.call_id, EndReason.OPENAI_UNREACHABLE)
    assert await desk.notes.request_end(desk.call_id, EndReason.AGENT_HANGUP)
    assert (await desk.kept()).end_requested is EndReason.OPENAI_UNREACHABLE
    await desk.end_call()
    assert not await desk.notes.request_end(desk.call_id, EndReason.AGENT_HANGUP)
    assert not await desk.notes.request_end(NOBODY, EndReason.AGENT_HANGUP)


async def test_the_agents_events_are_on_the_timeline_once(desk: Desk) -> None:
    """A repeated batch adds nothing; the oldest comes first."""
    events = [event(desk.call_id, NOW + n * SECOND) for n in (2, 0, 1)]
    await desk.notes.add_events(events)
    await desk.notes.add_events(events[:1])
    await desk.notes.add_events([])
    assert await desk.notes.list_events(desk.call_id) == [events[1], events[2], events[0]]


WRITES: dict[str, Callable[[CallNotes], Awaitable[object]]] = {
    "add_transcripts": lambda notes: notes.add_transcripts([turn(NOBODY, 1)]),
    "add_measured": lambda notes: notes.add_measured([measured(NOBODY, 1)]),
    "upsert_lead": lambda notes: notes.upsert_lead(Lead(call_id=NOBODY, name="x")),
    "add_follow_up": lambda notes: notes.add_follow_up(follow_up(NOBODY)),
    "log_outcome": lambda notes: notes.log_outcome(NOBODY, "sale", ""),
    "do_not_call": lambda notes: notes.do_not_call(NOBODY),
    "write_message": lambda notes: notes.write_message(NOBODY, NOBODY, "agent", "x"),
    "add_tool_call": lambda notes: notes.add_tool_call(tool_call(NOBODY)),
    "add_events": lambda notes: notes.add_events([event(NOBODY)]),
    "add_recording": lambda notes: notes.add_recording(recording(NOBODY)),
    "recording_consent": lambda notes: notes.recording_consent(NOBODY, True),
}


@pytest.mark.parametrize("write", sorted(WRITES))
async def test_writing_for_an_unknown_call_says_so(desk: Desk, write: str) -> None:
    """The agent's tools can tell the model that the call is not there."""
    with pytest.raises(CallNotFound):
        await WRITES[write](desk.notes)


def test_every_note_has_its_contract() -> None:
    """A method added to the Protocol is tried with an unknown call as well, or known not to be."""
    methods = {name for name in vars(CallNotes) if not name.startswith("_")}
    assert methods == {
        *WRITES, "message_state", "off_purpose_turns", "request_end", "settle_recording", "close",
    }  # fmt: skip


async def test_closed_notes_may_be_closed_again(database: LocalSupabase, tmp_path: Path) -> None:
    """Whoever ends a job need not know whether the notes were closed before."""
    stores: list[CallNotes] = [
        await SupabaseStore.connect(database.url, database.secret_key),
        MemoryNotes(),
        JournalNotes(tmp_path / "journal.jsonl"),
    ]
    for notes in stores:
        await notes.close()
        await notes.close()


async def test_the_journal_has_a_line_for_every_write(tmp_path: Path) -> None:
    """A test in another process reads there what the agent wrote."""
    call_id = CallId(str(uuid.uuid4()))
    notes = JournalNotes(tmp_path / "journal.jsonl", call_id)
    await notes.add_transcripts([turn(call_id, 1)])
    await notes.add_measured([measured(call_id, 1)])
    await notes.upsert_lead(Lead(call_id=call_id, name="Ana"))
    await notes.add_follow_up(follow_up(call_id))
    await notes.log_outcome(call_id, "sale", "")
    await notes.do_not_call(call_id)
    await notes.write_message(str(uuid.uuid4()), call_id, "agent", "x")
    await notes.add_tool_call(tool_call(call_id))
    await notes.add_events([event(call_id)])
    await notes.add_recording(recording(call_id))
    await notes.recording_consent(call_id, True)
    await notes.request_end(call_id, EndReason.AGENT_HANGUP)
    lines = read_journal(tmp_path / "journal.jsonl")
    assert [line["what"] for line in lines] == [
        "turn", "measured", "lead", "follow_up", "outcome", "do_not_call", "message", "tool_call",
        "event", "recording", "recording_consent", "request_end",
    ]  # fmt: skip
    assert {line["call_id"] for line in lines} == {call_id}
