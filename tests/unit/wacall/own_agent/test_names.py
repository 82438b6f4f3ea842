"""The names of programs that have no more of wacall."""

from shared.call import room
from wacall.own_agent import names


def test_the_names_are_those_of_the_control_plane() -> None:
    """They stand twice, so that the folder can be copied alone; never differently."""
    mine = {name: value for name, value in vars(names).items() if name.isupper()}
    assert len(mine) == 4
    assert mine == {name: getattr(room, name) for name in mine}
    assert {status.name: status.value for status in names.ShownStatus} == {
        status.name: status.value for status in room.ShownStatus
    }
