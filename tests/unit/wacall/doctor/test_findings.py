"""The doctor's judgements, on what it may have seen."""

from datetime import date, timedelta

import pytest

from agents.models import ModelInfo
from controlplane.core.meta_time import Skew
from tests import paths
from wacall.doctor.findings import (
    Reach,
    fail,
    judge_candidates,
    judge_clock,
    judge_models,
    judge_transcription,
    ok,
    udp_addresses,
)

TODAY = date(2026, 11, 23)
SDP = paths.DATA / "sdp"


def models(**ends_in_days: int | None) -> list[ModelInfo]:
    """List models by name; a number of days says when one is switched off."""
    return [
        ModelInfo(
            id=name.replace("_", "-"),
            shutdown_date=None if days is None else TODAY + timedelta(days=days),
        )
        for name, days in ends_in_days.items()
    ]


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
    ("days", "status"),
    [(None, "ok"), (200, "ok"), (61, "ok"), (60, "warn"), (0, "warn"), (-9, "warn")],
)
def test_a_model_that_ends_soon_is_a_warning(days: int | None, status: str) -> None:
    """Sixty days are enough to change it in peace."""
    listing = models(first=days, second=None)
    finding = judge_models("OPENAI_REALTIME_MODEL", ["first", "second"], listing, TODAY)
    assert finding.status == status
    assert "first" in finding.message
    if days is not None:
        assert (TODAY + timedelta(days=days)).isoformat() in finding.message
    if status == "warn":
        assert "OPENAI_REALTIME_MODEL" in finding.fix


def test_the_first_model_that_the_account_has_is_judged() -> None:
    """A model that ends does not matter if calls use another one."""
    listing = models(old=3, young=None)
    finding = judge_models("OPENAI_REALTIME_MODEL", ["absent", "young", "old"], listing, TODAY)
    assert (finding.status, finding.message) == ("ok", "Calls use young.")


def test_none_of_the_models_is_a_failure() -> None:
    """Calls would not get a session."""
    finding = judge_models("OPENAI_REALTIME_MODEL", ["absent"], models(other=None), TODAY)
    assert finding.status == "fail"
    assert "OPENAI_REALTIME_MODEL" in finding.message + finding.fix


@pytest.mark.parametrize(
    ("listing", "status"),
    [(models(ear=None), "ok"), (models(ear=400), "ok"), (models(ear=10), "warn"), ([], "warn")],
)
def test_a_missing_transcription_does_not_stop_calls(listing: list[ModelInfo], status: str) -> None:
    """It costs the transcript, so it is a warning that names the variable."""
    finding = judge_transcription("ear", listing, TODAY)
    assert finding.status == status
    assert ("AGENT_TRANSCRIPTION_MODEL" in finding.fix) == (status == "warn")


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
