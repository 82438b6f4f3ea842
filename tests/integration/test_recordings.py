"""Recordings whose files have to go, in the real database: time over, refused, erased, left."""

import uuid
from datetime import UTC, datetime, timedelta

from controlplane.core.errors import FilesOutOfReach
from controlplane.use_cases.recordings import RecordingCare
from shared.call.call import Call, CallStatus, Direction, EndReason, Termination
from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party, Person
from shared.call.recording import RecordedFile, Recording, RecordingStatus, place_at, place_in
from shared.call.records import TranscriptTurn
from shared.database.rest import RestClient
from shared.database.retention import Expiry
from shared.database.supabase import SupabaseStore
from wacall.stack.database import LocalSupabase

BRIDGE = "http://127.0.0.1:7890"
ENDED = datetime.now(UTC) - timedelta(hours=1)


class Folder:
    """Files of recordings; everything that the care asks of a media bridge."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, int]] = {}
        self.is_away = False

    async def sizes(self, recording: Recording) -> dict[str, int]:
        if self.is_away:
            raise FilesOutOfReach
        return self.files.get(recording.id, {})

    async def delete(self, recording: Recording) -> None:
        if self.is_away:
            raise FilesOutOfReach
        self.files.pop(recording.id, None)


async def recorded(
    store: SupabaseStore, folder: Folder, user: str, status: RecordingStatus, keep_days: float
) -> Recording:
    """A call that is over, with a transcript and a recording."""
    call_id = CallId(str(uuid.uuid4()))
    await store.claim_call(
        Call(
            id=call_id,
            wacid=WhatsAppCallId(f"wacid.{user}"),
            direction=Direction.INBOUND,
            status=CallStatus.ACTIVE,
            phone_number_id=PhoneNumberId("1"),
            party=Party(person=Person(user_id=user, phone=None)),
            created_at=ENDED,
            answered_at=ENDED,
        )
    )
    await store.add_transcripts(
        [TranscriptTurn(call_id=call_id, sequence=1, speaker="user", text="Hi", spoken_at=ENDED)]
    )
    await store.end_call(
        call_id,
        termination=Termination.of(EndReason.CALLER_HANGUP, answered=True),
        ended_at=ENDED,
        answered_at=None,
        by_peer=True,
    )
    recording = Recording(
        id=Recording.id_of(call_id),
        call_id=call_id,
        status=RecordingStatus.RECORDING,
        place=place_at(BRIDGE),
        began_at=ENDED,
        keep_until=datetime.now(UTC) + timedelta(days=keep_days),
    )
    await store.add_recording(recording)
    folder.files[recording.id] = {"peer.opus": 10}
    if status is not RecordingStatus.RECORDING:
        files = [RecordedFile(name="peer.opus", bytes=10)]
        await store.settle_recording(recording.id, status, files=files, at=ENDED)
    return recording


async def test_files_that_have_to_go_are_deleted_once_and_others_stay(
    store: SupabaseStore, database: LocalSupabase
) -> None:
    """Whatever the reason; a bridge that is away is asked again, and nothing is marked before."""
    folder = Folder()
    rest = await RestClient.connect(database.url, database.secret_key)
    care = RecordingCare(store, store, Expiry(rest), folder, lambda: datetime.now(UTC))
    kept, kept_status = "kept", RecordingStatus.KEPT
    stays = await recorded(store, folder, kept, kept_status, 1)
    over = await recorded(store, folder, "over", kept_status, -1)
    refused = await recorded(store, folder, "refused", RecordingStatus.DECLINED, 1)
    erased = await recorded(store, folder, "erased", kept_status, 1)
    left = await recorded(store, folder, "left", RecordingStatus.RECORDING, 1)
    await database.execute("select erase_person('erased', null)")
    folder.is_away = True
    await care.look()
    assert set(folder.files) == {one.id for one in (stays, over, refused, erased, left)}
    folder.is_away = False
    await care.look_if_due()
    assert set(folder.files) == {stays.id, left.id}
    await care.look()
    gone = await database.execute("select count(*) from recordings where deleted_at is not null")
    assert gone.strip() == "3"
    # what nobody had settled was settled, and whoever spoke knew of it
    assert left.call_id is not None
    found = await store.get_recording(left.call_id)
    assert found is not None
    assert (found.status, found.files[0].name) == (kept_status, "peer.opus")
    # both can be moved; whoever moves leaves out what has failed, and who is away
    for but, but_at, expected in (
        ([], [], {stays.id, left.id}),
        ([stays.id], ["folder unix:/run/bridge, or (another)"], {left.id}),
        ([], [place_at(BRIDGE)], set()),
    ):
        kept_there = await store.kept_in_folders(at_most=9, but=but, but_at=but_at)
        assert {one.id for one in kept_there} == expected
    there = {"from_place": place_at(BRIDGE), "to_place": place_in("recordings")}
    # the answer to the first one may have got lost
    assert await store.move_recording(stays.id, **there)
    assert await store.move_recording(stays.id, **there)
    assert not await store.move_recording(over.id, **there)
    consents = await database.execute(
        "select user_id || ' ' || granted from consents where kind = 'recording'"
    )
    assert consents.split("\n")[0].strip() == "left true"
    # the words go with the sound whose time was over, and with nothing else
    for recording, turns in ((stays, 1), (over, 0), (refused, 1)):
        assert recording.call_id is not None
        assert len(await store.list_transcripts(recording.call_id)) == turns
    await rest.close()
