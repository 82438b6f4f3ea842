"""The clips that are wanted are there, or are tried to be made."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

from agents.clips.key import ClipKey
from agents.clips.maker import ClipsUnmade
from agents.clips.shelf import Shelf
from agents.clips.upkeep import Upkeep

KEY = ClipKey(origin="loopback", model="a", voice="verse", text="One moment.")
BYE = replace(KEY, text="Goodbye.")
OTHER = replace(KEY, voice="marin")
PACKET = bytes([9 << 3, 1, 2])


def opus() -> bytes:
    """An Ogg Opus file of 20 ms."""

    def page(each: bytes) -> bytes:
        return b"OggS" + bytes(22) + bytes([1, len(each)]) + each

    return page(b"OpusHead" + bytes(11)) + page(b"OpusTags" + bytes(8)) + page(PACKET)


class Bench:
    """An upkeep with a maker that notes what it is asked for."""

    def __init__(self, folder: Path) -> None:
        self.now = 0.0
        self.wanted: list[ClipKey] = [KEY, OTHER, BYE]
        self.asked: list[list[ClipKey]] = []
        self.fails_after: int | None = None
        self.shelf = Shelf(folder)
        self.upkeep = Upkeep(self.shelf, self, self._wanted, monotonic=lambda: self.now)

    async def _wanted(self) -> Sequence[ClipKey]:
        return self.wanted

    async def make(self, keys: Sequence[ClipKey]) -> AsyncIterator[tuple[ClipKey, bytes]]:
        self.asked.append(list(keys))
        for place, key in enumerate(keys):
            if place == self.fails_after:
                raise ClipsUnmade("http-503")
            yield key, opus()


async def test_what_is_missing_is_made_once_a_session_for_each_voice(tmp_path: Path) -> None:
    """What is there is not made again, by nobody."""
    bench = Bench(tmp_path)
    await bench.upkeep.look()
    assert sorted(map(len, bench.asked)) == [1, 2]
    assert {key for keys in bench.asked for key in keys} == {KEY, BYE, OTHER}
    assert all(bench.shelf.find(key) for key in bench.wanted)
    await bench.upkeep.look()
    assert len(bench.asked) == 2
    later = Bench(tmp_path)
    await later.upkeep.look()
    assert not later.asked
    assert later.shelf.find(BYE) is not None


async def test_what_could_not_be_made_is_tried_again_later(tmp_path: Path) -> None:
    """What was made before it broke off is kept; what a change wants is made at once."""
    bench = Bench(tmp_path)
    bench.wanted, bench.fails_after = [KEY, BYE], 1
    await bench.upkeep.look()
    assert [bench.shelf.find(key) is not None for key in (KEY, BYE)] == [True, False]
    bench.fails_after = None
    bench.now = 599
    bench.wanted = [KEY, BYE, OTHER]
    await bench.upkeep.look()
    assert bench.asked == [[KEY, BYE], [OTHER]]
    bench.now = 601
    await bench.upkeep.look()
    assert bench.asked[2:] == [[BYE]]
    assert bench.shelf.find(BYE) is not None


async def test_a_clip_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    """A full disk, or something that is no clip."""
    (tmp_path / "clips").write_text("a file, and no folder")
    bench = Bench(tmp_path / "clips")
    await bench.upkeep.look()
    assert all(bench.shelf.find(key) for key in bench.wanted)
