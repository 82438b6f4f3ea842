"""A call that was recorded is heard again by operators, and by nobody else."""

import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from controlplane.core.errors import FilesOutOfReach
from controlplane.http.recordings import RecordingRoutes
from controlplane.use_cases.recording_files import path_of
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party
from shared.call.recording import RecordedFile, Recording, RecordingStatus, Sound, place_at
from shared.database.supabase import SupabaseStore
from simulators.supabase.storage import StorageSimulator, StoredBucket, StoredFile
from tests.component.bench import OPERATOR_KEY, Bench, MakeBench, answered
from tests.component.outbound import over
from tests.database_proxy import DatabaseProxy
from tests.ogg import ogg_tone
from tests.serving import serving
from wacall.stack.bridge import EmbeddedBridge
from wacall.stack.database import LocalSupabase

KEY = {"Authorization": f"Bearer {OPERATOR_KEY}"}
SOUNDS = {"caller": ogg_tone(1, 440), "agent": ogg_tone(1, 880)}
FILES = {"caller": "peer.opus", "agent": "room.opus"}


async def recorded(bench: Bench, bridge: EmbeddedBridge) -> tuple[Call, Recording]:
    """A call that is over, and its recording in the folder of the bridge."""
    call = await answered(bench)
    call.hang_up()
    row = await bench.until_released(call)
    assert row.ended_at is not None
    recording = Recording(
        id=Recording.id_of(row.id),
        call_id=row.id,
        status=RecordingStatus.RECORDING,
        place=place_at(bridge.url),
        began_at=row.created_at,
    )
    await bench.store.add_recording(recording)
    folder = bridge.recordings / recording.id
    folder.mkdir()
    for side, name in FILES.items():
        (folder / name).write_bytes(SOUNDS[side])
    files = [RecordedFile(name=FILES[one], bytes=len(SOUNDS[one])) for one in FILES]
    await bench.store.settle_recording(
        recording.id, RecordingStatus.KEPT, files=files, at=row.ended_at
    )
    return row, recording


async def heard(
    http: aiohttp.ClientSession, call: Call, side: str = "caller", part: str | None = None
) -> tuple[int, bytes, dict[str, str]]:
    """Ask for a side's sound."""
    headers = KEY | ({"Range": part} if part else {})
    async with http.get(f"/calls/{call.id}/recording/{side}", headers=headers) as answer:
        return answer.status, await answer.read(), dict(answer.headers)


def code_of(body: bytes) -> str:
    """Read which error it is."""
    error: dict[str, Any] = json.loads(body)["error"]
    return str(error["code"])


async def test_a_recording_is_heard_whole_and_in_parts_and_that_is_written_down(
    make_bench: MakeBench, mortal_bridge: EmbeddedBridge, http: aiohttp.ClientSession
) -> None:
    """With the key alone; from the folder of the media bridge, as long as that is there."""
    bench = await make_bench(**over(mortal_bridge))
    call, _ = await recorded(bench, mortal_bridge)
    async with http.get(f"/calls/{call.id}/recording/caller") as refused:
        assert refused.status == 401
    sound = SOUNDS["caller"]
    for part, status, expected, content_range in (
        (None, 200, sound, None),
        ("bytes=10-19", 206, sound[10:20], f"bytes 10-19/{len(sound)}"),
        ("bytes=-5", 206, sound[-5:], f"bytes {len(sound) - 5}-{len(sound) - 1}/{len(sound)}"),
        ("bytes=0-1,4-5", 200, sound, None),
    ):
        got, body, headers = await heard(http, call, part=part)
        assert (got, body, headers.get("Content-Range")) == (status, expected, content_range)
        assert headers["Content-Type"] == "audio/ogg; codecs=opus"
        assert headers["Cache-Control"] == "private, no-store"
    status, body, headers = await heard(http, call, part="bytes=9999999-")
    assert (status, code_of(body)) == (416, "no-such-part")
    assert headers["Content-Range"] == f"bytes */{len(sound)}"
    assert (await heard(http, call, "agent"))[:2] == (200, SOUNDS["agent"])
    assert code_of((await heard(http, call, "room.opus"))[1]) == "no-recording"
    written = await bench.database.execute(
        "select string_agg(distinct payload->>'side', ' ') from call_events "
        f"where call_id = '{call.id}' and kind = 'recording-heard' and source = 'operator'"
    )
    assert set(written.split()) == {"agent", "caller"}
    async with http.get(f"/calls/{call.id}", headers=KEY) as answer:
        view = (await answer.json())["recording"]
    assert (view["sides"], view["why_not"]) == (["agent", "caller"], None)

    await mortal_bridge.stop()
    status, body, _ = await heard(http, call)
    assert (status, code_of(body)) == (503, "recording-out-of-reach")


async def test_a_recording_is_moved_into_the_bucket_heard_from_there_and_erased_there(
    make_bench: MakeBench,
    mortal_bridge: EmbeddedBridge,
    database: LocalSupabase,
    http: aiohttp.ClientSession,
) -> None:
    """The folder's copy goes when the bucket has all of it; what fails is tried again."""
    bucket = StoredBucket("recordings", public=True)
    storage = StorageSimulator(database.secret_key, bucket)
    async with DatabaseProxy.before(database.url, *storage.routes()) as project:
        bench = await make_bench(
            **over(mortal_bridge), SUPABASE_URL=project.url, RECORDINGS_BUCKET=bucket.name
        )
        care = bench.plane.recording_care
        call, recording = await recorded(bench, mortal_bridge)
        folder = mortal_bridge.recordings / recording.id
        for break_it in ("public", "away"):
            bucket.public, storage.is_away = break_it == "public", break_it == "away"
            await care.look()
            assert (bucket.files, len(list(folder.iterdir()))) == ({}, 2)
        storage.is_away = False
        # what is left of a move that broke off is no recording
        half = path_of(recording, FILES["caller"])
        bucket.files[half] = StoredFile(b"OggS", "audio/ogg")
        await care.look()
        assert not folder.exists()
        found = await bench.store.get_recording(call.id)
        assert found is not None
        assert found.bucket == bucket.name
        kept = {path_of(recording, FILES[side]): sound for side, sound in SOUNDS.items()}
        assert {path: file.data for path, file in bucket.files.items()} == kept

        sound = SOUNDS["caller"]
        assert (await heard(http, call))[:2] == (200, sound)
        status, body, headers = await heard(http, call, part="bytes=10-19")
        assert (status, body) == (206, sound[10:20])
        assert headers["Content-Range"] == f"bytes 10-19/{len(sound)}"
        assert (await heard(http, call, part="bytes=9999999-"))[0] == 416

        storage.is_away = True
        assert code_of((await heard(http, call))[1]) == "recording-out-of-reach"
        await database.execute(f"delete from calls where id = '{call.id}'")
        await care.look()
        assert len(bucket.files) == 2
        storage.is_away = False
        await care.look()
        assert bucket.files == {}
        gone = await database.execute("select count(*) from recordings where deleted_at is null")
        assert (gone.strip(), storage.violations) == ("0", [])


class BrokenFiles:
    """Who has the files goes away in the midst of one."""

    @contextlib.asynccontextmanager
    async def hear(
        self, recording: Recording, file: RecordedFile, part: str | None
    ) -> AsyncIterator[Sound]:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"OggS"
            raise FilesOutOfReach

        yield Sound.of(200, {"Content-Length": str(file.bytes)}, chunks())


async def test_a_recording_that_breaks_off_is_not_taken_for_a_whole_one(
    store: SupabaseStore, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection ends before the length that was promised; the log says so."""
    now = datetime.now(UTC)
    call = Call(
        id=CallId("0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11"),
        wacid=WhatsAppCallId("wacid.broken"),
        direction=Direction.INBOUND,
        status=CallStatus.ACTIVE,
        phone_number_id=PhoneNumberId("1"),
        party=Party(),
        created_at=now,
        answered_at=now,
    )
    await store.claim_call(call)
    recording = Recording(
        id=Recording.id_of(call.id),
        call_id=call.id,
        status=RecordingStatus.KEPT,
        place=place_at("http://10.0.0.6:7890"),
        files=(RecordedFile(name="peer.opus", bytes=10),),
        began_at=now,
    )
    await store.add_recording(recording)

    async def find(_: web.Request) -> Call:
        return call

    routes = RecordingRoutes(store, store, BrokenFiles(), find, lambda: now)
    async with (
        serving(web.get("/{side}", routes.hear)) as url,
        aiohttp.ClientSession() as http,
        http.get(f"{url}/caller") as answer,
    ):
        assert (answer.status, answer.content_length) == (200, 10)
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    assert "A recording broke off while somebody heard it." in caplog.messages
