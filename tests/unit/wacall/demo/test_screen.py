"""What the demo shows: readable without colours, in a narrow terminal, and in words."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest

from simulators.phone.recording import Timeline, write_stereo
from tests.unit.wacall.demo.test_checks import PLAY, good_evidence
from wacall.demo.aftermath import look_into
from wacall.demo.checks import judge
from wacall.demo.evidence import Utterance
from wacall.demo.narration import Screen, model_event, phone_event
from wacall.demo.report import setup_steps, show_report


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_report_fits_the_width(width: int) -> None:
    """No line is longer than the terminal."""
    out = io.StringIO()
    evidence = good_evidence()
    show_report(Screen(out, width=width), evidence, judge(evidence, PLAY))
    assert [line for line in out.getvalue().splitlines() if len(line) > width] == []
    for part in ("Martin", "Rent two bikes", "caller-hangup", "call.wav", "[interrupted]"):
        assert part in out.getvalue()


def test_a_failed_check_stands_out() -> None:
    """It says FAILED, what was expected and what was seen."""
    out = io.StringIO()
    checks = judge(good_evidence(), PLAY)
    show_report(Screen(out), good_evidence(), [dataclasses.replace(checks[0], holds=False)])
    assert "FAILED" in out.getvalue()
    assert "seen: right token" in " ".join(out.getvalue().split())


def test_the_set_up_is_in_order() -> None:
    """Both sides' times make one list, earliest first."""
    times = [at for at, _ in setup_steps(good_evidence())]
    assert times == sorted(times)
    assert len(times) == 3


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, True),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
        ({"TERM": "dumb"}, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    environment: dict[str, str], coloured: bool
) -> None:
    """NO_COLOR and TERM=dumb are honoured."""
    out = Terminal()
    Screen.of(out, environment).tell(1.0, "agent", "is ready")
    assert ("\033[3" in out.getvalue()) is coloured


def test_nothing_but_text_goes_into_a_pipe() -> None:
    """Neither colours nor a moving line."""
    out = io.StringIO()
    screen = Screen.of(out, {})
    screen.status("waiting")
    screen.tell(1.0, "agent", "is ready")
    assert out.getvalue() == "   1.00 s  agent          is ready\n"


def test_a_status_is_wiped_by_the_next_line() -> None:
    """The moving line leaves nothing behind."""
    out = Terminal()
    screen = Screen(out, moves=True)
    screen.status("waiting")
    screen.line("done")
    assert out.getvalue() == "waiting\r\033[Kdone\n"


def test_events_are_put_into_words() -> None:
    """What matters is told, in whole words; what does not is left out."""
    assert phone_event("accept-taken") is None
    assert phone_event("ended by business: COMPLETED") == (
        "trouble",
        "the business ends the call, Meta reports COMPLETED",
    )
    assert phone_event("accept-refused: SDP differs") == (
        "trouble",
        "Meta refuses accept: SDP differs",
    )
    assert model_event({"kind": "speech-started"}) is None
    assert model_event({"kind": "heard", "text": "Hello."}) == ("agent hears", "“Hello.”")
    call = {"kind": "tool-called", "text": "upsertLead", "arguments": {"name": "Zoë"}}
    assert model_event(call) == ("tool", 'upsertLead(name="Zoë")')


def test_a_recording_is_looked_into(tmp_path: Path) -> None:
    """Sound counts per channel, and whether it lies where that side spoke."""
    noise = np.random.default_rng(1).integers(-9000, 9000, 48_000).astype(np.int16)
    left, right = Timeline(48_000), Timeline(48_000)
    left.write(48_000 * 4, noise)
    right.write(48_000 * 1, noise)
    right.write(48_000 * 7, noise)
    path = tmp_path / "call.wav"
    write_stereo(path, left, right)
    spoken = [Utterance(text="", start_s=4, end_s=5)]
    heard = [Utterance(text="", start_s=1, end_s=2)]

    found = look_into(path, spoken, heard)

    assert found is not None
    assert (found.channels, round(found.left_s), round(found.right_s)) == (2, 1, 2)
    assert found.left_in_place == 1.0
    assert found.right_in_place == pytest.approx(0.5, abs=0.05)
    assert look_into(tmp_path / "none.wav", spoken, heard) is None
