"""How the embedded media hop is started."""

import pytest

from wacall.stack.hop import HopPlan, command_line, plan_of


def test_the_embedded_hop_is_controlled_from_loopback_alone() -> None:
    """In user space, without anybody's configuration file, and silent about SDP."""
    command = command_line("rtpengine", HopPlan(dtmf_to="127.0.0.1:9", redis="127.0.0.1:6379/5"), 7)
    assert "--listen-http=127.0.0.1:7" in command
    assert not any(
        part.startswith(("--listen-ng", "--listen-cli", "--listen-tcp")) for part in command
    )
    assert {"--table=-1", "--config-file=none", "--delete-delay=0", "--interface=127.0.0.1",
            "--dtmf-log-dest=127.0.0.1:9", "--redis=127.0.0.1:6379/5",
            "--log-level-control=3"} <= set(command)  # fmt: skip


def test_a_hop_in_two_networks_has_two_interfaces() -> None:
    """WhatsApp is told the public address, LiveKit is reached inside."""
    plan = plan_of({"HOP_IP": "10.0.0.5", "HOP_ADVERTISED_IP": "203.0.113.7"})
    assert plan.interfaces == ("lk", "wa")
    command = command_line("rtpengine", plan, 7)
    assert "--interface=lk/127.0.0.1" in command
    assert "--interface=wa/10.0.0.5!203.0.113.7" in command


def test_an_unanswered_call_outlives_its_ring_timeout() -> None:
    """The hop must not forget what still rings."""
    assert plan_of({"RING_TIMEOUT_S": "90"}).offer_timeout_s > 90


@pytest.mark.parametrize(
    ("name", "value"), [("HOP_IP", "x"), ("HOP_ADVERTISED_IP", "host"), ("HOP_PORT_MIN", "40000"),
                        ("HOP_CONTROL_PORT", "-1")]
)  # fmt: skip
def test_malformed_variables_are_named(name: str, value: str) -> None:
    """One sentence, with the variable."""
    with pytest.raises(ValueError, match=f"^{name} is malformed"):
        plan_of({name: value})


def test_a_password_is_no_argument() -> None:
    """Whoever may list processes would read it."""
    plan = plan_of({"HOP_REDIS": "p@ss@127.0.0.1:6379/5"})
    assert "--redis=127.0.0.1:6379/5" in command_line("rtpengine", plan, 7)
    assert plan.redis_password == "p@ss"
    assert "p@ss" not in repr(plan)
