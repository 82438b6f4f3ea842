"""The benchmark of placed calls: what is judged and shown."""

from wacall.bench.bench import Plan, parse
from wacall.bench.outbound import TO_PHONE, TO_SPEECH, PlacedTimes, distributions


def times(**changes: float) -> PlacedTimes:
    """Make one call's times."""
    values = {
        "to_202": 25.0, "to_graph": 450.0, "to_offer": 400.0, "to_phone": 170.0,
        "speech_after_accepted": 120.0,
    }  # fmt: skip
    return PlacedTimes(**values | changes)


def test_the_first_packet_has_a_target_and_speech_is_told_of_calls_that_rang() -> None:
    """The one is of calls that are picked up at once, the other of those that ring first."""
    at_once = [times(to_phone=150.0), times(to_phone=210.0)]
    rows = {one.name: one for one in distributions(at_once, [times(speech_after_accepted=99.0)])}
    assert rows[TO_PHONE].values == [150.0, 210.0]
    assert rows[TO_PHONE].target is not None
    assert rows[TO_SPEECH].values == [99.0]
    assert distributions([], []) == []


def test_placed_calls_are_in_the_default_run_and_can_be_chosen() -> None:
    """In order, whatever the order of the options."""
    assert "outbound" in Plan().sections
    assert parse(["--only", "load", "--only", "outbound"]).sections == ("outbound", "load")
