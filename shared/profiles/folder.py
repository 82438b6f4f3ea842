"""The profiles on the disk: those of the operator's folder, over those that come with wacall.

A change takes effect for the next call: each look compares the files' stamps, and reads what has
changed. An edit that cannot be used leaves the last version that could, and is logged once.
"""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from shared.profiles.claims import Version, settle
from shared.profiles.faults import Fault, NoSuchProfile, ProfilesUnfit
from shared.profiles.profile import Profile
from shared.profiles.reading import Text, read_profile

_log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parents[2] / "agents" / "profiles"
"""Those that come with wacall."""
DEFAULT = "default"
# A program that saves a file may take it away and make it anew.
_GONE_AFTER_S = 2.0

# what `stat` tells of a file: other with every write and every replacement; `None`: not there
_Stamp = tuple[int, int, int, int] | None


@dataclass(slots=True)
class _Kept:
    """One profile's file, as it was last looked at."""

    path: Path
    stamps: dict[Path, _Stamp] = field(default_factory=dict)
    newest: Profile | None = None
    """What the file says now, if it can be read."""
    profile: Profile | None = None
    """The last version that could be used."""
    unreadable: tuple[Fault, ...] = ()
    claimed: tuple[Fault, ...] = ()
    told: tuple[Fault, ...] = ()
    gone_since: float | None = None

    @property
    def faults(self) -> tuple[Fault, ...]:
        return self.unreadable + self.claimed


class Profiles:
    """The profiles of one process. Reads files when it is asked: a stat each, if none has changed.

    `check` at the start of a process raises what is wrong; later on nothing does, but for a
    profile that never could be used.
    """

    def __init__(
        self,
        own: Path | None = None,
        *,
        default: str = DEFAULT,
        shipped: Path | None = SHIPPED,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the operator's folder (`PROFILES_DIR`), and what answers where nothing else does.

        Nothing is read yet. A profile of `own` takes the place of the shipped one of its name.
        `clock` tells seconds.
        """
        self._folders = tuple(folder for folder in (shipped, own) if folder is not None)
        self._default, self._clock = default, clock
        self._kept: dict[str, _Kept] = {}
        self._folder_problem = ""

    # --- asked for each call ---

    def named(self, name: str) -> Profile:
        """The profile of a name.

        Raises:
            NoSuchProfile: there is none.
            ProfilesUnfit: there is one that never could be used.
        """
        self._look()
        return self._of(name)

    def for_number(self, phone_number_id: str) -> Profile | None:
        """The profile that serves a number; `None`: none names it."""
        self._look()
        return self._for_number(phone_number_id)

    def for_call(self, name: str, phone_number_id: str) -> Profile:
        """The profile of a call: the one that its brief names, its number's, or the default.

        Raises:
            NoSuchProfile: there is not even a default.
            ProfilesUnfit: the one that is named never could be used.
        """
        self._look()
        if name in self._kept:
            return self._of(name)
        return self._for_number(phone_number_id) or self._of(self._default)

    def all(self) -> list[Profile]:
        """All that can be used, by name."""
        self._look()
        return self._good()

    # --- asked at a start, and by `wacall profiles` ---

    def faults(self) -> list[Fault]:
        """All that is wrong now, by file; the last good versions may be in use meanwhile."""
        self._look(tells=False)
        return [fault for name in sorted(self._kept) for fault in self._kept[name].faults]

    def check(self) -> None:
        """Raise what is wrong.

        Raises:
            ProfilesUnfit: every fault of every file.
            NoSuchProfile: the default is not there.
        """
        faults = self.faults()
        if faults:
            raise ProfilesUnfit(faults)
        self._of(self._default)

    # --- what is kept ---

    def _good(self) -> list[Profile]:
        kept = (self._kept[name].profile for name in sorted(self._kept))
        return [profile for profile in kept if profile is not None]

    def _for_number(self, number: str) -> Profile | None:
        return next((one for one in self._good() if one.line(number) is not None), None)

    def _of(self, name: str) -> Profile:
        kept = self._kept.get(name)
        if kept is None:
            raise NoSuchProfile(name, self._kept)
        if kept.profile is None:
            raise ProfilesUnfit(kept.faults)
        return kept.profile

    # --- the files ---

    def _look(self, *, tells: bool = True) -> None:
        paths = self._paths()
        if paths is None:
            return
        changed = self._drop_gone(paths)
        for name, path in paths.items():
            kept = self._kept.setdefault(name, _Kept(path))
            kept.gone_since = None
            if kept.path == path and kept.stamps and kept.stamps == _stamps(kept.stamps):
                continue
            kept.path = path
            _read(name, kept)
            changed = True
        if changed:
            self._settle()
        for name, kept in self._kept.items():
            if kept.faults != kept.told:
                kept.told = kept.faults
                if tells:
                    _tell(name, kept)

    def _paths(self) -> dict[str, Path] | None:
        """Find the files by their profiles' names; `None`: a folder cannot be looked into.

        That is no reason to take its profiles for deleted: others would speak in their place.
        """
        found: dict[str, Path] = {}
        for folder in self._folders:
            try:
                names = sorted(os.listdir(folder))
            except OSError as error:
                self._tell_folder(error.strerror or "unreadable")
                if not self._kept:
                    raise ProfilesUnfit(
                        [Fault(file=str(folder), message=f"it cannot be read ({error.strerror})")]
                    ) from None
                return None
            for name in names:
                stem, dot, ending = name.rpartition(".")
                if stem and not name.startswith(".") and dot + ending in (".yaml", ".yml"):
                    found[stem if ending == "yaml" else name] = folder / name
        self._folder_problem = ""
        return found

    def _tell_folder(self, problem: str) -> None:
        if self._kept and problem != self._folder_problem:
            _log.error(
                "The folder of profiles cannot be read; what was read before holds.",
                extra={"action": "profiles-unreadable", "error": problem},
            )
        self._folder_problem = problem

    def _drop_gone(self, paths: dict[str, Path]) -> bool:
        dropped = False
        for name in self._kept.keys() - paths.keys():
            kept = self._kept[name]
            if kept.gone_since is None:
                kept.gone_since = self._clock()
            if self._clock() - kept.gone_since >= _GONE_AFTER_S or kept.profile is None:
                del self._kept[name]
                dropped = True
        return dropped

    def _settle(self) -> None:
        """Let what was read be used, unless two would answer the same number."""
        versions = [
            Version(name=name, file=str(kept.path), newest=kept.newest, used=kept.profile)
            for name, kept in sorted(self._kept.items())
        ]
        used, claimed = settle(versions)
        for name, kept in self._kept.items():
            kept.claimed = tuple(claimed.get(name, ()))
            if kept.profile is not None and used[name] != kept.profile:
                _log.info(
                    "A profile has changed; it holds from the next call.",
                    extra={"action": "profile-changed", "profile": name},
                )
            kept.profile = used[name]


def _tell(name: str, kept: _Kept) -> None:
    about = {"profile": name, "faults": " ".join(map(str, kept.faults))}
    if not kept.faults:
        _log.info(
            "A profile can be used again.", extra={"action": "profile-mended", "profile": name}
        )
    elif kept.profile is None:
        _log.error("A profile cannot be used.", extra={"action": "profile-unusable", **about})
    else:
        _log.error(
            "A profile cannot be used as it stands; the last version that could is.",
            extra={"action": "profile-unusable", **about},
        )


def _read(name: str, kept: _Kept) -> None:
    """Read a profile and the prompt beside it."""
    path = kept.path
    # before the texts: what is written meanwhile is read again
    kept.stamps = _stamps([path])
    kept.newest, kept.unreadable = None, ()

    def beside(file: str) -> Text:
        kept.stamps |= _stamps([path.with_name(file)])
        return Text.of(path.with_name(file))

    try:
        kept.newest = read_profile(name, Text.of(path), beside)
    except ProfilesUnfit as error:
        kept.unreadable = error.faults


def _stamps(paths: "dict[Path, _Stamp] | list[Path]") -> dict[Path, _Stamp]:
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> _Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
