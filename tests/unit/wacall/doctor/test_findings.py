"""The doctor's judgements, on what it may have seen."""

import pytest

from controlplane.core.meta_time import Skew
from tests import paths
from wacall.doctor.findings import (
    Reach,
    fail,
    judge_candidates,
    judge_clock,
    ok,
    udp_addresses,
)

SDP = paths.DATA / "sdp"


def test_a_finding_is_a_line_and_its_fix_stands_under_it() -> None:
    """What is wrong catches the eye."""
    assert str(ok("graph", "Fine.")) == "ok    graph        Fine."
    lines = str(fail("graph", "Broken.", "Mend it.")).splitlines()
    assert lines[0].startswith("FAIL")
    assert lines[1].strip() == "-> Mend it."


def test_udp_addresses_are_read_and_others_passed_over() -> None:
    """TCP candidates, other attributes and broken lines give no address."""
    answer = "\r\n".join(
        [
            "v=0",
            "c=IN IP4 192.0.2.1",
            "a=candidate:1 1 udp 2130706431 203.0.113.7 7882 typ host",
            "a=candidate:2 1 UDP 1694498815 2001:db8::7 7883 typ srflx raddr 10.0.0.1 rport 9",
            "a=candidate:3 1 tcp 1671430143 198.51.100.9 7881 typ host tcptype passive",
            "a=candidate:4 1 udp",
            "a=end-of-candidates",
            "",
        ]
    )
    assert udp_addresses(answer) == ["203.0.113.7", "2001:db8::7"]
    assert udp_addresses("") == []


def test_livekits_own_answer_has_an_address() -> None:
    """As livekit-server writes it."""
    assert udp_addresses((SDP / "answer-livekit-local.sdp").read_text())


@pytest.mark.parametrize(
    ("addresses", "status"),
    [
        ([], "fail"),
        (["127.0.0.1"], "warn"),
        (["10.0.0.5", "172.17.0.2", "192.168.1.9", "169.254.1.1", "100.64.3.2"], "warn"),
        (["fd00::1", "fe80::1", "::1"], "warn"),
        (["host.local", "not an address"], "warn"),
        (["10.0.0.5", "8.8.8.8"], "ok"),
        (["2606:4700::1111"], "ok"),
    ],
)
def test_only_public_addresses_are_reached_by_meta(addresses: list[str], status: str) -> None:
    """None is a failure, private ones do for simulators."""
    finding = judge_candidates(addresses, Reach())
    assert finding.status == status
    assert ("rtc." in finding.fix) == (status != "ok")


@pytest.mark.parametrize(
    ("reach", "status", "variable"),
    [
        (Reach(is_real=True, is_embedded=True), "fail", "SFU_NODE_IP"),
        (Reach(is_real=True), "fail", "rtc.node_ip"),
        (Reach(is_embedded=True), "warn", "SFU_NODE_IP"),
        (Reach(is_real=True, via_bridge=True), "ok", ""),
    ],
)
def test_private_addresses_fail_towards_real_phones_and_the_right_variable_is_named(
    reach: Reach, status: str, variable: str
) -> None:
    """The addresses that were seen are named, and who configures them."""
    finding = judge_candidates(["127.0.0.1", "10.0.0.5", "10.0.0.5"], reach)
    assert finding.status == status
    assert "127.0.0.1, 10.0.0.5" in finding.message
    assert variable in finding.fix


@pytest.mark.parametrize(
    ("skew", "status", "words"),
    [
        (Skew(seconds=0.4, within_s=0.5, is_known=True), "ok", "agrees"),
        (Skew(seconds=25.2, within_s=0.5, is_known=True), "warn", "25 s ahead of"),
        (Skew(seconds=-25.2, within_s=0.5, is_known=True), "warn", "25 s behind"),
        (Skew(), "warn", "no date"),
    ],
)
def test_the_clock_is_compared_with_metas(skew: Skew, status: str, words: str) -> None:
    """A wrong one is set right for calls, and nowhere else."""
    found = judge_clock(skew)
    assert (found.status, found.about) == (status, "clock")
    assert words in found.message
