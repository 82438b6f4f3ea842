"""A number has one profile."""

import pytest

from shared.profiles.claims import Version, settle
from shared.profiles.profile import Profile


def of(name: str, *numbers: str) -> Profile:
    return Profile.model_validate(
        {
            "name": name, "instructions": "x", "business": "x", "purpose": "x", "greeting": "x",
            "numbers": [{"id": number} for number in numbers],
        }
    )  # fmt: skip


def version(name: str, newest: str | None, used: str | None) -> Version:
    """Each as its numbers, a digit each; `None`: not there."""
    return Version(
        name=name,
        file=f"{name}.yaml",
        newest=None if newest is None else of(name, *newest),
        used=None if used is None else of(name, *used),
    )


@pytest.mark.parametrize(
    ("versions", "chosen", "losers"),
    [
        # at the start the first one by name has it
        ([("a", "1", None), ("b", "1", None), ("c", "2", None)], ["1", None, "2"], ["b"]),
        # who has had it keeps it, whatever its name
        ([("a", "1", None), ("b", "1", "1")], [None, "1"], ["a"]),
        ([("a", "12", "1"), ("b", "2", "2")], ["1", "2"], ["a"]),
        ([("a", "12", "1"), ("b", "23", "2")], ["1", "23"], ["a"]),
        # two swap, one hands over
        ([("a", "2", "1"), ("b", "1", "2")], ["2", "1"], []),
        ([("a", "", "1"), ("b", "12", "2")], ["", "12"], []),
        # one of the two cannot be read: what it was counts
        ([("a", None, "1"), ("b", "12", "2")], ["1", "2"], ["b"]),
        ([("a", None, None), ("b", "1", None)], [None, "1"], []),
        # who falls back takes along who counted on it
        ([("a", "2", "1"), ("b", "1", None), ("c", "2", "2")], ["1", None, "2"], ["a", "b"]),
    ],
)
def test_a_number_has_one_profile(
    versions: list[tuple[str, str | None, str | None]],
    chosen: list[str | None],
    losers: list[str],
) -> None:
    """Those in use never share one, and each that is refused is told with the other's name."""
    given = [version(*one) for one in versions]
    used, faults = settle(given)
    found = [
        None if one is None else "".join(line.id for line in one.numbers) for one in used.values()
    ]
    assert found == chosen
    assert sorted(faults) == losers
    for name in losers:
        (fault,) = faults[name]
        assert fault.file == f"{name}.yaml"
        assert "is served by the profile" in fault.message
        assert name not in fault.message.split()
