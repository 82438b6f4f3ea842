"""What can record a call: whoever carries its packets, as they are."""

from typing import Protocol


class CannotRecord(Exception):
    """The media bridge did not do what a recording needs; its log says why."""


class Tape(Protocol):
    """The recorder of one call's sound; everything raises `CannotRecord`."""

    @property
    def bridge(self) -> str:
        """The address of the media bridge that has the files."""

    async def begin(self, name: str) -> None:
        """Write both sides into files of this name from now on."""

    async def end(self) -> None:
        """End the files; harmless when nothing is recorded."""

    async def files(self, name: str) -> dict[str, int]:
        """Look at the files: name and bytes."""

    async def delete(self, name: str) -> None:
        """Delete them; harmless when repeated."""
