"""What the control plane shows that is asked for at each look, or goes away again."""

from datetime import UTC, datetime

from controlplane.telemetry.metrics import Metrics

LINE = {"line": "106540352242922"}


def test_an_ill_loop_is_shown_until_it_is_well() -> None:
    """One that is well has no series: nobody has to know the names of all."""
    metrics = Metrics()
    metrics.loops_ill(["sweeper"])
    value = metrics.registry.get_sample_value
    assert value("whatsapp_loop_ill", {"loop": "sweeper"}) == 1
    metrics.loops_ill([])
    assert value("whatsapp_loop_ill", {"loop": "sweeper"}) is None


def test_a_turn_of_a_loop_has_its_time() -> None:
    """Of a failed one as well: the loop lives."""
    metrics = Metrics()
    metrics.loop_turned("retention", went_well=False)
    at = metrics.registry.get_sample_value(
        "whatsapp_loop_last_turn_timestamp_seconds", {"loop": "retention"}
    )
    assert at is not None
    assert at > 1_700_000_000


def test_the_end_of_a_token_is_shown_while_it_has_one() -> None:
    """A token without an end must not look like one that ended in 1970."""
    metrics = Metrics()
    value = metrics.registry.get_sample_value
    at = datetime(2027, 1, 1, tzinfo=UTC)
    metrics.token_expires(LINE["line"], at)
    assert value("whatsapp_token_expires_timestamp_seconds", LINE) == at.timestamp()
    metrics.token_expires(LINE["line"], None)
    metrics.token_expires(LINE["line"], None)
    assert value("whatsapp_token_expires_timestamp_seconds", LINE) is None
