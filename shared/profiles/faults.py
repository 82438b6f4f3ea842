"""What is wrong with a profile, and where: file, line and field."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong."""

    file: str
    message: str
    """Half a sentence, about the field, or a whole one."""
    line: int | None = None
    """From 1; `None`: the file as a whole."""
    field: str = ""
    """Such as `numbers.0.id`; empty: no single one."""

    def __str__(self) -> str:
        """Write such as `salon.yaml, line 12, voise: there is no such field`."""
        places = [self.file]
        if self.line is not None:
            places.append(f"line {self.line}")
        if self.field:
            places.append(self.field)
        return f"{', '.join(places)}: {self.message.rstrip('.')}."


class ProfilesUnfit(ValueError):
    """Profiles that cannot be used: every fault, one a line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Take what is wrong."""
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class NoSuchProfile(ValueError):
    """There is no profile of a name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Take the name, and those that there are."""
        super().__init__(
            f"there is no profile {name}; there are: {', '.join(sorted(known)) or 'none'}"
        )
