"""The clips of one worker: in memory, and in a folder that outlives it."""

import logging
import os
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from agents.clips.key import ClipKey
from agents.clips.ogg_opus import read_packets
from agents.media.clip import Clip

_log = logging.getLogger(__name__)

FRAME_MS = 20.0
# four minutes of speech: what a bridge plays at most
_LARGEST = 1 << 20


class Shelf:
    """Keeps clips by what they are made of; who looks for one never waits for a disk."""

    def __init__(self, folder: Path | None) -> None:
        """Take the folder; `None`: nothing is kept, and nothing found."""
        self._folder = folder
        self._clips: dict[ClipKey, Clip] = {}

    @property
    def keeps(self) -> bool:
        """Whether there is a folder."""
        return self._folder is not None

    def find(self, key: ClipKey) -> Clip | None:
        """Return a clip that was loaded, or kept."""
        return self._clips.get(key)

    def load(self, keys: Iterable[ClipKey]) -> list[ClipKey]:
        """Read clips from the folder; return those that are not there, each once.

        A file that is no clip is as good as none: it is made anew.
        """
        missing: list[ClipKey] = []
        for key in dict.fromkeys(keys):
            if key not in self._clips and not self._load(key):
                missing.append(key)
        return missing

    def keep(self, key: ClipKey, sound: bytes) -> Clip:
        """Keep a clip: others find either all of it or nothing.

        Raises:
            ValueError: this cannot be played.
            OSError: the folder does not take it; it is kept in memory all the same.
        """
        clip = clip_of(key, sound)
        self._clips[key] = clip
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, unfinished = tempfile.mkstemp(dir=self._folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(sound)
                Path(unfinished).replace(self._folder / key.name)
            except OSError:
                Path(unfinished).unlink(missing_ok=True)
                raise
        return clip

    def _load(self, key: ClipKey) -> bool:
        if self._folder is None:
            return False
        try:
            with (self._folder / key.name).open("rb") as file:
                self._clips[key] = clip_of(key, file.read(_LARGEST + 1))
        except FileNotFoundError:
            return False
        except (OSError, ValueError) as error:
            _log.warning(
                "A clip cannot be used; it is made anew.",
                extra={"action": "clip-unusable", "error": type(error).__name__},
            )
            return False
        return True


class ShelfVoice:
    """The clips of a shelf in one voice (`Clips`): of the first model that there is one of."""

    def __init__(self, shelf: Shelf, *, origin: str, models: Sequence[str], voice: str) -> None:
        """Take the shelf, and whose voice it is."""
        self._shelf = shelf
        self._origin, self._models, self._voice = origin, models, voice

    def keys(self, text: str) -> list[ClipKey]:
        """Return what a clip of these words may be made of, the best one first."""
        return [
            ClipKey(origin=self._origin, model=model, voice=self._voice, text=text)
            for model in self._models
        ]

    def find(self, text: str) -> Clip | None:
        """Return these words; see `Clips`."""
        if not text:
            return None
        found = (self._shelf.find(key) for key in self.keys(text))
        return next((clip for clip in found if clip is not None), None)


def clip_of(key: ClipKey, sound: bytes) -> Clip:
    """Read a clip.

    Raises:
        ValueError: it is no Ogg Opus in frames of 20 ms, is empty, or too large.
    """
    if len(sound) > _LARGEST:
        raise ValueError("the clip is too large")
    packets = read_packets(sound)
    if not packets or any(packet.ms != FRAME_MS for packet in packets):
        raise ValueError("the clip is not of frames of 20 ms")
    ms = round(packets[-1].at_ms + packets[-1].ms)
    return Clip(name=key.name, text=key.text, sound=sound, ms=ms)
