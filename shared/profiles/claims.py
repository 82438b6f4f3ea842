"""Which version of each profile is used, so that a number has one profile; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.profiles.faults import Fault
from shared.profiles.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A profile's file: what it says now, and what of it has been in use so far."""

    name: str
    file: str
    newest: Profile | None
    """`None`: it cannot be read."""
    used: Profile | None
    """`None`: it is new. Those in use share no number."""


def settle(
    versions: Sequence[Version],
) -> tuple[dict[str, Profile | None], dict[str, list[Fault]]]:
    """Choose what is used from now on, and say whose newest version is not, and why.

    Newest versions are taken together, so that two profiles may swap numbers. Where two claim one
    number, who has had it keeps it, else the first in order; the other one stays as it was.
    """
    by_name = {version.name: version for version in versions}
    chosen = {version.name: version.newest or version.used for version in versions}
    faults: dict[str, list[Fault]] = {}
    while (clash := _clash(versions, chosen)) is not None:
        loser, winner, number = clash
        faults.setdefault(loser, []).append(
            Fault(
                file=by_name[loser].file,
                field="numbers",
                message=f"the number {number} is served by the profile {winner} already "
                f"({by_name[winner].file}); it can have one",
            )
        )
        before = by_name[loser].used
        chosen[loser] = before if chosen[loser] is not before else None
    return chosen, faults


def _clash(
    versions: Sequence[Version], chosen: dict[str, Profile | None]
) -> tuple[str, str, str] | None:
    """Find two that claim one number: who loses it, who has it, the number."""
    holders: dict[str, Version] = {}
    for version in sorted(versions, key=lambda one: chosen[one.name] is not one.used):
        profile = chosen[version.name]
        for line in profile.numbers if profile is not None else ():
            holder = holders.setdefault(line.id, version)
            if holder is version:
                continue
            has_had = version.used is not None and version.used.line(line.id) is not None
            return (
                (holder.name, version.name, line.id)
                if has_had and chosen[holder.name] is not holder.used
                else (version.name, holder.name, line.id)
            )
    return None
