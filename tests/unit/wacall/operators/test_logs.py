"""One call's lines out of several processes' logs."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wacall.operators.log_lines import NotACall, lines_of, shown, wanted_id
from wacall.operators.logs import main

ID = "9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e"
OTHER = "9b0f3c9e-0000-4a62-9a1d-0d6f7c1b2a3e"
WRITTEN = datetime(2026, 11, 28, 0, 0, 30, tzinfo=UTC)
CONTROLPLANE = f"""23:59:58.000 INFO    Control plane serves. action=serving port=4000
23:59:59.500 INFO    Call answered. action=call-answered call={ID} accept_ms=410.0
00:00:01.000 ERROR   A step failed. action=x call={ID}
Traceback (most recent call last):
  File "a.py", line 1, in f
00:00:02.000 INFO    Call ended. call={OTHER}
no time here
"""
BRIDGE = "\n".join(
    [
        json.dumps({
            "time": "2026-11-28T00:00:00.123456789Z", "level": "INFO", "msg": "A leg was made.",
            "action": "leg-made", "leg": f"wa-{ID}.agent",
        }),
        json.dumps(["no object"]),
        json.dumps({"level": "INFO", "msg": f"no time {ID}"}),
    ]
)  # fmt: skip
LOGS = [("controlplane", CONTROLPLANE, WRITTEN), ("bridge", BRIDGE, WRITTEN)]


def test_the_lines_of_all_processes_stand_in_order_of_time() -> None:
    """Over midnight as well; what has no time of its own stays with the line before it."""
    lines = lines_of(ID, LOGS)
    assert [(line.process, line.at.isoformat(timespec="milliseconds")) for line in lines] == [
        ("controlplane", "2026-11-27T23:59:59.500+00:00"),
        ("bridge", "2026-11-28T00:00:00.123+00:00"),
        ("controlplane", "2026-11-28T00:00:01.000+00:00"),
    ]
    text = "\n".join(shown(line, 12) for line in lines).split("\n")
    assert text[0].startswith("23:59:59.500 controlplane INFO    Call answered. action=")
    assert f"bridge       INFO    A leg was made. action=leg-made leg=wa-{ID}.agent" in text[1]
    assert text[3:] == [
        "    Traceback (most recent call last):",
        '    File "a.py", line 1, in f',
    ]


@pytest.mark.parametrize("given", [ID, ID.upper(), f"wa-{ID}", ID[:13], f" {ID[:9]}7 "])
def test_a_call_is_named_by_id_room_or_the_beginning(given: str) -> None:
    """Eight digits, as they are read aloud, are enough where they are one call's."""
    assert ID.startswith(wanted_id(given))


@pytest.mark.parametrize("given", ["", "9b0f3c9", "wacid.HBg", "../x", "+15550001111"])
def test_what_names_no_call_is_told(given: str) -> None:
    """With what to give instead."""
    with pytest.raises(NotACall, match="first 8 digits"):
        wanted_id(given)


def test_a_beginning_of_two_calls_is_told() -> None:
    """With both ids."""
    with pytest.raises(NotACall, match="2 calls' ids") as told:
        lines_of("9b0f3c9e", LOGS)
    assert ID in str(told.value)


def test_the_command_reads_the_logs_of_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder of `wacall up`, or files; one that has nothing, or is not there, is a sentence."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "bridge.log.1").write_text(BRIDGE)
    (folder / "bridge.log").write_text("")
    assert main([ID, "--data-dir", str(tmp_path), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "time": "2026-11-28T00:00:00.123+00:00", "process": "bridge", "level": "info",
        "message": "A leg was made.", "action": "leg-made", "leg": f"wa-{ID}.agent",
    }  # fmt: skip
    assert main([ID, str(folder / "bridge.log.1")]) == 0
    assert "A leg was made." in capsys.readouterr().out
    assert main([OTHER, "--data-dir", str(tmp_path)]) == 1
    assert "Nothing of this call is in the logs in" in capsys.readouterr().err
    assert main([ID, str(folder / "none.log")]) == 1
    assert "none.log could not be read: No such file" in capsys.readouterr().err
    assert main(["x"]) == 1
    assert "is no call's id" in capsys.readouterr().err
