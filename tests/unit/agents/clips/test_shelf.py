"""Clips are kept whole or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents.clips.key import ClipKey
from agents.clips.shelf import Shelf, ShelfVoice

KEY = ClipKey(origin="loopback", model="a", voice="verse", text="One moment.")


def opus(*packets: bytes) -> bytes:
    """An Ogg Opus file; numbers and checksums are not looked at."""

    def page(*each: bytes) -> bytes:
        return b"OggS" + bytes(22) + bytes([len(each), *map(len, each)]) + b"".join(each)

    return page(b"OpusHead" + bytes(11)) + page(b"OpusTags" + bytes(8)) + page(*packets)


TWENTY_MS, FORTY_MS = bytes([9 << 3, 1, 2]), bytes([9 << 3 | 2, 1, 2])
SOUND = opus(*[TWENTY_MS] * 10)


def test_what_is_kept_is_found_by_whoever_comes_later(tmp_path: Path) -> None:
    """At once by the one who kept it, and by another process once it has loaded it."""
    folder = tmp_path / "clips"
    shelf, later = Shelf(folder), Shelf(folder)
    assert shelf.load([KEY, KEY]) == [KEY]
    clip = shelf.keep(KEY, SOUND)
    assert (clip.name, clip.text, clip.sound, clip.ms) == (KEY.name, KEY.text, SOUND, 200)
    assert shelf.find(KEY) == clip
    assert later.find(KEY) is None
    assert later.load([KEY]) == []
    assert later.find(KEY) == clip
    assert [file.name for file in folder.iterdir()] == [KEY.name], "nothing unfinished is left"
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "sound",
    [
        b"",
        b"RIFF" + bytes(40),
        SOUND[:-1],
        opus(TWENTY_MS, FORTY_MS),
        opus(),
        opus(TWENTY_MS) + bytes(1 << 20),
    ],
)
def test_what_no_bridge_would_play_is_no_clip(tmp_path: Path, sound: bytes) -> None:
    """It is not kept, and a file that is such counts as missing, so that it is made anew."""
    shelf = Shelf(tmp_path)
    with pytest.raises(ValueError, match=r"clip|Ogg|Opus"):
        shelf.keep(KEY, sound)
    (tmp_path / KEY.name).write_bytes(sound)
    assert shelf.load([KEY]) == [KEY]
    shelf.keep(KEY, SOUND)
    assert Shelf(tmp_path).load([KEY]) == []


def test_a_folder_that_takes_nothing_costs_the_next_process_and_not_this_one(
    tmp_path: Path,
) -> None:
    """What was paid for serves for as long as the worker lives."""
    (tmp_path / "clips").write_text("a file, and no folder")
    shelf = Shelf(tmp_path / "clips")
    assert shelf.load([KEY]) == [KEY]
    with pytest.raises(OSError, match="clips"):
        shelf.keep(KEY, SOUND)
    assert shelf.find(KEY) is not None


def test_without_a_folder_there_are_no_clips() -> None:
    """And none is missing on a disk."""
    shelf = Shelf(None)
    assert not shelf.keeps
    assert shelf.load([KEY]) == [KEY]


def test_a_voice_has_clips_of_the_first_model_that_has_some(tmp_path: Path) -> None:
    """Those of another voice, or of no words, are none of its."""
    shelf = Shelf(tmp_path)
    voice = ShelfVoice(shelf, origin="loopback", models=("a", "b"), voice="verse")
    assert voice.find("One moment.") is None
    shelf.keep(replace(KEY, model="b"), SOUND)
    assert voice.find("One moment.") == shelf.find(replace(KEY, model="b"))
    shelf.keep(KEY, SOUND)
    assert voice.find("One moment.") == shelf.find(KEY)
    shelf.keep(replace(KEY, text=""), SOUND)
    assert voice.find("") is None
    assert ShelfVoice(shelf, origin="x", models=("a",), voice="verse").find("One moment.") is None
