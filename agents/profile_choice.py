"""Which profile a worker's call is led by: one of the folder, or that of AGENT_PROMPT_FILE."""

import contextlib
import logging

from agents.prompt_file import read_prompt
from agents.settings import Settings
from shared.profiles.faults import NoSuchProfile, ProfilesUnfit
from shared.profiles.folder import Profiles
from shared.profiles.profile import Profile
from shared.profiles.reading import Text

_log = logging.getLogger(__name__)


class ProfileChoice:
    """The profiles of one worker process."""

    def __init__(self, settings: Settings) -> None:
        """Take the settings; nothing is read yet."""
        self._file, self._default = settings.prompt_file, settings.agent_profile
        self._profiles = Profiles(settings.profiles_dir, default=settings.agent_profile)
        self._can_record = settings.media == "bridge"
        self._unrecorded: set[str] = set()
        self._of_file: Profile | None = None
        self._told = ""

    def for_call(self, profile: str, phone_number_id: str) -> Profile:
        """The profile of a call: what its brief names, else its number's, else the default.

        AGENT_PROMPT_FILE is the default where it is set. Where nobody can record, nobody is told
        that it is recorded.

        Raises:
            ValueError: there is none that can be used.
        """
        chosen = self._chosen(profile, phone_number_id)
        if self._can_record or chosen.recording is None:
            return chosen
        if chosen.name not in self._unrecorded:
            self._unrecorded.add(chosen.name)
            _log.error(
                "A profile wants its calls recorded, and only a media bridge can; they are not.",
                extra={"action": "recording-unavailable", "profile": chosen.name},
            )
        return chosen.model_copy(update={"recording": None})

    def _chosen(self, profile: str, phone_number_id: str) -> Profile:
        if self._file is None:
            return self._profiles.for_call(profile, phone_number_id)
        if profile != self._default:
            if profile in (one.name for one in self._profiles.all()):
                return self._profiles.named(profile)
            if served := self._profiles.for_number(phone_number_id):
                return served
        return self._read_file()

    def all(self) -> list[Profile]:
        """Every profile that calls may be led by; what cannot be used is left out."""
        profiles = self._profiles.all()
        if self._file is not None:
            with contextlib.suppress(ValueError):
                profiles = [*profiles, self._read_file()]
        return profiles

    def check(self) -> Profile:
        """Return the default, once everything can be used.

        Raises:
            ValueError: all that is wrong: file, line and field, or the variable that chooses.
        """
        if self._file is not None:
            if faults := self._profiles.faults():
                raise ProfilesUnfit(faults)
            try:
                return self._parse()
            except ValueError as error:
                raise ValueError(f"AGENT_PROMPT_FILE: {error}.") from None
        try:
            self._profiles.check()
        except NoSuchProfile as error:
            raise ValueError(f"AGENT_PROFILE: {error}.") from None
        if not self._can_record:
            for profile in self._profiles.all():
                if profile.recording is not None:
                    raise ValueError(
                        f"AGENT_MEDIA is `worker`, which cannot record, and the profile "
                        f"{profile.name} has `recording`; set AGENT_MEDIA to `bridge`, or take it "
                        "out of the profile."
                    )
        return self._profiles.named(self._default)

    def _read_file(self) -> Profile:
        """Read the file as it is now; a broken edit leaves the last version that could be used."""
        try:
            self._of_file, self._told = self._parse(), ""
        except ValueError as error:
            if self._of_file is None:
                raise
            if str(error) != self._told:
                self._told = str(error)
                _log.error(
                    "The prompt cannot be used as it stands; the last version that could is.",
                    extra={"action": "prompt-unusable", "error": self._told},
                )
        return self._of_file

    def _parse(self) -> Profile:
        assert self._file is not None
        text = Text.of(self._file)
        if text.problem:
            raise ValueError(f"the prompt file cannot be used: {text.problem}")
        return read_prompt(text.text, self._default)
