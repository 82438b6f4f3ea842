"""A call is recorded as its row says, and no packet is kept that somebody has refused."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from agents.media.tool import ToolProblem, Turn
from agents.media.voice import CallObserver
from agents.recorder import Recorder
from shared.call.ids import CallId
from shared.call.recording import RecordedFile, RecordingStatus
from tests.memory_notes import MemoryNotes
from tests.unit.agents.fake_tape import FakeTape
from tests.unit.agents.scripted_voice import ScriptedVoice

CALL = CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)


class Recorded:
    """One call with its recorder."""

    def __init__(self, tape: FakeTape | None = None, failures: int = 0) -> None:
        self.tape, self.notes = tape or FakeTape(), MemoryNotes(CALL, failures=failures)

        self.recorder = Recorder(
            CALL, 30, tape=lambda: self.tape, store=self.store, now=lambda: NOW
        )

    async def store(self) -> MemoryNotes:
        return self.notes

    async def decline(self) -> str:
        return await self.recorder.tool().run({}, cast(Turn, None))

    @property
    def status(self) -> RecordingStatus | None:
        (recording,) = self.notes.recordings.values() or (None,)
        return recording.status if recording is not None else None


@pytest.mark.parametrize("has_spoken", [True, False])
async def test_a_recording_is_kept_for_its_days(has_spoken: bool) -> None:
    """Who was told of it and talked on has agreed."""
    call = Recorded()
    await call.recorder.begin()
    assert call.status is RecordingStatus.RECORDING
    call.recorder.heard("user" if has_spoken else "assistant")
    await call.recorder.finish()
    (kept,) = call.notes.recordings.values()
    assert (kept.status, kept.keep_until) == (RecordingStatus.KEPT, NOW + timedelta(days=30))
    assert kept.files == (
        RecordedFile(name="peer.opus", bytes=10),
        RecordedFile(name="room.opus", bytes=20),
    )
    assert call.notes.recording_consents == ([(CALL, True)] if has_spoken else [])


async def test_a_recording_begins_when_its_files_do() -> None:
    """Not when the row was written: a slow database would set every line of the sound off."""
    call = Recorded()
    moments = iter([NOW, NOW + timedelta(seconds=3), NOW + timedelta(seconds=60)])
    recorder = Recorder(
        CALL, 30, tape=lambda: call.tape, store=call.store, now=lambda: next(moments)
    )
    await recorder.begin()
    (begun,) = call.notes.recordings.values()
    assert begun.began_at == NOW
    await recorder.finish()
    (kept,) = call.notes.recordings.values()
    assert kept.began_at == NOW + timedelta(seconds=3)
    assert kept.ended_at == NOW + timedelta(seconds=60)


async def test_who_refuses_is_recorded_no_more_and_what_exists_is_deleted() -> None:
    """The end of the call changes nothing of that."""
    call = Recorded()
    await call.recorder.begin()
    assert "deleted" in await call.decline()
    assert call.tape.done == ["begin", "end", "delete"]
    await call.recorder.finish()
    assert call.status is RecordingStatus.DECLINED
    assert call.notes.recording_consents == [(CALL, False)]


@pytest.mark.parametrize("fails", ["end", "delete"])
async def test_what_cannot_be_deleted_now_is_known_to_have_to_go(fails: str) -> None:
    """The row says so before anything else is tried; the model is told the truth."""
    call = Recorded(FakeTape(fails))
    await call.recorder.begin()
    with pytest.raises(ToolProblem, match="could not be stopped"):
        await call.decline()
    assert call.status is RecordingStatus.DECLINED
    assert call.notes.recording_consents == [(CALL, False)]


async def test_no_packet_is_kept_that_no_row_knows_of() -> None:
    """A database that is away costs the recording, not the call."""
    call = Recorded(failures=1)
    await call.recorder.begin()
    assert call.tape.done == []
    await call.recorder.finish()
    assert call.notes.recordings == {}


async def test_a_bridge_that_cannot_record_costs_no_call() -> None:
    """The row stays for the control plane to settle."""
    call = Recorded(FakeTape("begin"))
    await call.recorder.begin()
    await call.recorder.finish()
    assert call.status is RecordingStatus.RECORDING
    assert call.notes.recording_consents == []


async def test_whoever_takes_the_call_over_ends_its_recording() -> None:
    """And does not begin another one."""
    first = Recorded()
    await first.recorder.begin()
    second = Recorded(first.tape)
    second.notes = first.notes
    second.recorder.resume()
    second.recorder.heard("user")
    await second.recorder.finish()
    assert first.tape.done == ["begin", "end"]
    assert first.status is RecordingStatus.KEPT


async def test_a_call_that_nobody_wants_recorded_is_not() -> None:
    """It is off unless a profile turns it on."""
    call = Recorded()
    recorder = Recorder.of(CALL, None, ScriptedVoice(cast(CallObserver, None)), call.store)
    await recorder.begin()
    recorder.resume()
    await recorder.finish()
    assert call.notes.recordings == {}


async def test_where_nobody_can_record_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """A worker that decodes the sound has no packets to keep."""
    notes = MemoryNotes(CALL)

    async def store() -> MemoryNotes:
        return notes

    recorder = Recorder(CALL, 30, tape=lambda: None, store=store)
    await recorder.begin()
    await recorder.finish()
    assert notes.recordings == {}
    actions = [record.__dict__.get("action") for record in caplog.records]
    assert "recording-unavailable" in actions
