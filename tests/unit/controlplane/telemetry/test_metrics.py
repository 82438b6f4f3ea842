"""What the control plane shows that is asked for at each look, or goes away again."""

import re
from datetime import UTC, datetime

import pytest

from controlplane.telemetry.metrics import STAGES, Metrics
from controlplane.use_cases.admission import RefusedBy
from shared.call.call import Direction, EndReason, Termination
from tests.paths import ROOT

LINE = {"line": "106540352242922"}


@pytest.mark.parametrize("direction", Direction)
@pytest.mark.parametrize("reason", EndReason)
def test_the_first_end_of_a_kind_is_an_increase(direction: Direction, reason: EndReason) -> None:
    """From 0 to 1: a series that begins with 1 has no increase, and the alert about it is mute."""
    metrics = Metrics()
    termination = Termination.of(reason, answered=False)
    labels = {
        "direction": direction.value, "status": termination.status.value, "reason": reason.value
    }  # fmt: skip
    value = metrics.registry.get_sample_value
    assert value("whatsapp_calls_ended_total", labels) == 0
    metrics.call_ended(direction, termination)
    assert value("whatsapp_calls_ended_total", labels) == 1


def test_each_step_of_a_set_up_is_shown_before_the_first_call() -> None:
    """Those that the use cases note, and no others."""
    noted: set[str] = set()
    for path in (ROOT / "controlplane" / "use_cases").glob("*.py"):
        for line in path.read_text("utf-8").splitlines():
            if "watch.done(" in line:
                noted |= set(re.findall(r'"([\w-]+)"', line))
    assert noted == {stage for stages in STAGES.values() for stage in stages}
    value = Metrics().registry.get_sample_value
    for direction, stages in STAGES.items():
        for stage in stages:
            labels = {"direction": direction.value, "stage": stage}
            assert value("whatsapp_call_stage_seconds_count", labels) == 0


def test_the_first_refusal_and_the_first_failed_turn_are_increases() -> None:
    """As the first end is; of loops, names are known once they turn."""
    metrics = Metrics()
    value = metrics.registry.get_sample_value
    for by in RefusedBy:
        assert value("whatsapp_calls_refused_total", {"by": by.value}) == 0
    assert value("whatsapp_webhooks_refused_total", {"code": "bad-signature"}) == 0
    metrics.loop_turned("sweeper", went_well=True)
    failed = {"loop": "sweeper", "outcome": "failed"}
    assert value("whatsapp_loop_turns_total", failed) == 0


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
