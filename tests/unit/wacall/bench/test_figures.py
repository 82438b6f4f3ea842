"""The benchmark's figures: targets, costs, the account of RTP packets."""

import dataclasses

import pytest

from wacall.bench.calls import step_durations
from wacall.bench.figures import (
    CostLevel,
    Distribution,
    Findings,
    RtpAccount,
    Target,
    Throughput,
    Usage,
)

ACCOUNT = RtpAccount(
    calls=2,
    phones_sent=1000,
    phones_heard=990,
    before_media=40,
    sfu_received=2040,
    sfu_sent=2050,
    outside_sfu=0,
    controlplane_udp_ports=(),
    looks=4,
)


def test_a_target_looks_at_its_own_percentile() -> None:
    """One slow call in twenty does not miss a target for the 95th percentile, two do."""
    target = Target(percent=95, below=600)
    assert target.is_met([400.0] * 19 + [900.0])
    assert not target.is_met([400.0] * 18 + [900.0] * 2)
    assert not target.is_met([600.0])


def test_a_distribution_keeps_every_value() -> None:
    """The JSON holds the values in their order, and whether the target was met."""
    one = Distribution(name="x", values=[3.0, 1.0, 2.0], target=Target(percent=99, below=3))
    written = one.to_json()
    assert written["values"] == [3.0, 1.0, 2.0]
    assert (written["p50"], written["max"], written["met"]) == (2.0, 3.0, False)


def test_throughput_counts_cpu_time_not_wall_time() -> None:
    """A core's worth of webhooks follows from the CPU time that they took."""
    one = Throughput(name="x", webhooks=500, wall_s=10.0, cpu_s=1.0)
    assert one.per_core == 500
    assert one.to_json()["per_s_measured"] == 50


@pytest.mark.parametrize(("target", "is_met"), [(None, True), (500, True), (501, False)])
def test_a_throughput_meets_its_target(target: float | None, *, is_met: bool) -> None:
    """By what one core is enough for, whatever else the machine had to do."""
    one = Throughput(name="x", webhooks=500, wall_s=10.0, cpu_s=1.0, target_per_core=target)
    assert one.is_met is is_met


def test_the_cost_of_a_call_is_the_difference() -> None:
    """What a part uses without calls is no call's; the rest is shared among the calls."""
    idle = CostLevel(
        calls=0, window_s=9, machine_cores=0.1, parts={"SFU": Usage(cores=0.01, memory=80)}
    )
    four = CostLevel(
        calls=4, window_s=9, machine_cores=1.0, parts={"SFU": Usage(cores=0.09, memory=92)}
    )
    cost = four.per_call("SFU", idle)
    assert cost.cores == pytest.approx(0.02)
    assert cost.memory == 3


def test_an_account_that_proves_it() -> None:
    """Far ends at the SFU, no socket of ours, and counters that agree: no packet saw Python."""
    assert ACCOUNT.by_python == 0
    assert ACCOUNT.is_proven
    measured = Distribution(name="x", values=[1.0])
    assert Findings(rtp={"cost": ACCOUNT}, distributions=[measured]).problems == []
    assert ACCOUNT.to_json()["expected_at_sfu"] == 2030


@pytest.mark.parametrize(
    ("changes", "by_python"),
    [
        ({"outside_sfu": 500}, 500),
        ({"controlplane_udp_ports": (40000,)}, 1990),
        ({"sfu_received": 1500}, 0),
        ({"sfu_sent": 2500}, 0),
        ({"looks": 0}, 0),
        ({"phones_heard": 0, "sfu_received": 1040, "sfu_sent": 1040}, 0),
    ],
)
def test_accounts_that_do_not(changes: dict[str, object], by_python: int) -> None:
    """Each piece of the proof is needed, and what is missing fails the run."""
    account = dataclasses.replace(ACCOUNT, **changes)  # type: ignore[arg-type]
    assert account.by_python == by_python
    assert not account.is_proven
    findings = Findings(rtp={"cost": account}, distributions=[Distribution(name="x", values=[1.0])])
    assert len(findings.problems) == 1


def test_short_calls_leave_the_counters_out() -> None:
    """Where the allowance is most of the count, the table must not claim that they agree."""
    short = dataclasses.replace(ACCOUNT, calls=20)
    assert short.counters_agree is None
    assert ACCOUNT.counters_agree is True
    assert dataclasses.replace(ACCOUNT, sfu_sent=2300).counters_agree is False


def test_failures_fail_the_run() -> None:
    """One failed call is enough, and a run that measured nothing is no good one."""
    measured = [Distribution(name="x", values=[1.0])]
    assert Findings(distributions=measured).problems == []
    failed = Findings(distributions=measured, failures=["Call 3: it was not accepted."])
    assert "Call 3" in failed.problems[0]
    assert Findings().problems == ["Nothing was measured."]


def test_steps_begin_where_the_one_before_ended() -> None:
    """The times of `calls.timings` become durations that add up to the whole."""
    timings = {
        "claimed_ms": 14.0, "room_ms": 17.0, "agent_ms": 380.0, "whip_ms": 440.0,
        "pre_accept_ms": 450.0, "media_ms": 650.0, "accept_ms": 652.0,
    }  # fmt: skip
    assert step_durations(timings) == {
        "claimed": 14, "room": 3, "agent": 363, "whip": 60, "pre_accept": 10, "media": 200,
        "accept": 2,
    }  # fmt: skip
    del timings["media_ms"]
    assert step_durations(timings)["accept"] == 202
