"""What the demo tells while it runs: readable without colours, in words."""

import io

import pytest

from wacall.demo.narration import Screen, model_event, phone_event


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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
