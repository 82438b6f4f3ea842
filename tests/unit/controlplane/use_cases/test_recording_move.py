"""Recordings on their way into the bucket, and processes that die on it."""

import contextlib
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import cast

import pytest

from controlplane.core.errors import FilesOutOfReach, NoRecording
from controlplane.use_cases.recording_files import KeptFiles, path_of
from controlplane.use_cases.recording_move import RecordingMove
from shared.call.errors import StoreUnavailable
from shared.call.ids import CallId
from shared.call.recording import (
    FILE_NAMES,
    RecordedFile,
    Recording,
    RecordingStatus,
    Sound,
    place_at,
    place_in,
)
from shared.database.bucket import Bucket
from shared.database.recordings import Recordings

DEAD, ALIVE = "http://10.0.0.6:7890", "http://10.0.0.7:7890"
NAME = "recordings"


def recording(number: int, bridge: str = ALIVE) -> Recording:
    call_id = CallId(f"0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b{number:02d}")
    return Recording(
        id=Recording.id_of(call_id),
        call_id=call_id,
        status=RecordingStatus.KEPT,
        place=place_at(bridge),
        files=tuple(RecordedFile(name=name, bytes=3) for name in FILE_NAMES),
        began_at=datetime(2026, 11, 27, 12, number, tzinfo=UTC),
    )


@dataclass
class World:
    """The rows, the folders of the bridges, and the bucket."""

    rows: dict[str, Recording]
    folders: set[str]
    """Recordings that a bridge has."""
    stored: dict[str, int] = field(default_factory=dict)
    loses: int = 0
    """So many bytes of each file do not arrive."""
    is_public: bool | None = False
    dies_at: str = ""
    erased: bool = False
    """All rows lose their calls once they have been listed."""

    @classmethod
    def of(cls, *recordings: Recording) -> "World":
        return cls(
            {one.id: one for one in recordings},
            {one.id for one in recordings},
        )

    async def look(self) -> None:
        """One look, by a process that dies where it is told to."""
        folders, bucket = Folders(self), cast(Bucket, FakeBucket(self))
        with contextlib.suppress(KeyboardInterrupt):
            await RecordingMove(cast(Recordings, Rows(self)), folders, bucket, lambda: 0).look()

    def die(self, at: str) -> None:
        if self.dies_at == at:
            raise KeyboardInterrupt


@dataclass
class Rows:
    world: World

    async def kept_in_folders(
        self, *, at_most: int, but: Collection[str], but_at: Collection[str]
    ) -> list[Recording]:
        found = [
            one
            for one in self.world.rows.values()
            if one.bridge is not None and one.id not in but and one.place not in but_at
        ]
        return found[:at_most]

    async def move_recording(self, recording_id: str, *, from_place: str, to_place: str) -> bool:
        self.world.die("row")
        if self.world.erased:
            self.world.rows.pop(recording_id)
            return False
        row = self.world.rows[recording_id]
        assert row.place in (from_place, to_place)
        self.world.rows[recording_id] = replace(row, place=to_place)
        return True


@dataclass
class Folders:
    world: World

    async def sizes(self, recording: Recording) -> dict[str, int]:
        return {}

    async def delete(self, recording: Recording) -> None:
        self.world.die("folder")
        self.world.folders.discard(recording.id)

    @contextlib.asynccontextmanager
    async def hear(
        self, recording: Recording, file: RecordedFile, part: str | None
    ) -> AsyncIterator[Sound]:
        if recording.bridge == DEAD:
            raise FilesOutOfReach
        if recording.id not in self.world.folders:
            raise NoRecording
        yield Sound.of(200, {"Content-Length": "3"}, _three())


async def _three() -> AsyncIterator[bytes]:
    yield b"abc"


@dataclass
class FakeBucket:
    world: World
    name: str = NAME

    async def is_public(self) -> bool | None:
        return self.world.is_public

    async def size_of(self, path: str) -> int | None:
        return self.world.stored.get(path)

    async def put(self, path: str, chunks: AsyncIterator[bytes], length: int) -> None:
        self.world.stored[path] = length - self.world.loses
        self.world.die("put")

    async def remove(self, paths: Sequence[str]) -> None:
        for path in paths:
            self.world.stored.pop(path, None)


def all_of(*recordings: Recording) -> dict[str, int]:
    return {path_of(one, name): 3 for one in recordings for name in FILE_NAMES}


async def test_one_bridge_that_is_away_holds_up_no_other() -> None:
    """Nor does a recording that is not where its row says."""
    stuck, lost, fine, late = recording(1, DEAD), recording(2), recording(3), recording(4)
    world = World.of(stuck, lost, fine, late)
    world.folders.discard(lost.id)
    await world.look()
    assert world.stored == all_of(fine, late)
    assert world.folders == {stuck.id}
    places = {one.id: one.place for one in world.rows.values()}
    assert places[fine.id] == places[late.id] == place_in(NAME)
    assert (places[stuck.id], places[lost.id]) == (stuck.place, lost.place)


@pytest.mark.parametrize("erased", [False, True])
@pytest.mark.parametrize("dies_at", ["put", "folder", "row"])
async def test_whoever_dies_in_between_leaves_nothing_that_no_row_knows_of(
    dies_at: str, erased: bool
) -> None:
    """The next look finishes it; or its deletion finds both copies."""
    one = recording(1)
    world = World.of(one)
    world.dies_at = dies_at
    await world.look()
    assert world.rows[one.id].place == one.place
    world.dies_at = ""
    if erased:
        files = KeptFiles(Folders(world), lambda _: cast(Bucket, FakeBucket(world)), NAME)
        await files.delete(world.rows[one.id])
        assert (world.stored, world.folders) == ({}, set())
    else:
        await world.look()
        assert (world.stored, world.folders) == (all_of(one), set())
        assert world.rows[one.id].bucket == NAME


async def test_what_is_erased_while_it_is_moved_does_not_stay_in_the_bucket() -> None:
    """The row says no, and the bucket is emptied again."""
    world = World.of(recording(1))
    world.erased = True
    await world.look()
    assert (world.stored, world.folders) == ({}, set())


@pytest.mark.parametrize(("loses", "is_public"), [(1, False), (0, True), (0, None)])
async def test_a_folder_keeps_what_the_bucket_does_not_have(
    loses: int, is_public: bool | None
) -> None:
    """All of it, in a bucket that is nobody else's."""
    one = recording(1)
    world = World.of(one)
    world.loses, world.is_public = loses, is_public
    await world.look()
    assert world.folders == {one.id}
    assert world.rows == {one.id: one}


@pytest.mark.parametrize("moved_to", [None, "another"])
async def test_a_recording_is_found_in_the_bucket_that_its_row_names(moved_to: str | None) -> None:
    """Whatever the setting says by now; a bucket that is away is asked again."""
    one = replace(recording(1), place=place_in(NAME))
    world = World.of(one)
    world.stored, world.folders = all_of(one), set()
    asked: list[str] = []

    def bucket(name: str) -> Bucket:
        asked.append(name)
        return cast(Bucket, FakeBucket(world))

    await KeptFiles(Folders(world), bucket, moved_to).delete(one)
    assert (asked, world.stored) == ([NAME], {})

    def away(_: str) -> Bucket:
        raise StoreUnavailable

    with pytest.raises(FilesOutOfReach):
        await KeptFiles(Folders(world), away, moved_to).delete(one)
