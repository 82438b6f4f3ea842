"""The benchmark of the media hop and of placed calls: what is read, judged and shown."""

from pathlib import Path
from typing import Any

import pytest

from wacall.bench.bench import Plan, main, parse
from wacall.bench.figures import Findings, HopLevel
from wacall.bench.hop import hop_notes
from wacall.bench.outbound import (
    TO_SPEECH,
    TO_TWO_WAY,
    HopView,
    PlacedTimes,
    Watch,
    distributions,
    read_view,
)
from wacall.bench.table import render


def level(calls: int, **changes: Any) -> HopLevel:
    """Make a level at which everything came through."""
    packets = calls * 100
    values: dict[str, Any] = {
        "calls": calls, "window_s": 1.0, "cores": 0.01 + 0.003 * calls, "machine_cores": 0.5,
        "memory": 20_000_000 + 500_000 * calls, "due": packets, "sent": packets, "heard": packets,
    }  # fmt: skip
    return HopLevel(**values | changes)


def times(**changes: float) -> PlacedTimes:
    """Make one call's times."""
    values = {
        "to_202": 25.0, "to_graph": 450.0, "to_offer": 400.0, "to_phone": 170.0, "to_sfu": 180.0,
        "speech_after_accepted": 120.0,
    }  # fmt: skip
    return PlacedTimes(**values | changes)


def query(*, caller_packets: int, flags: list[str]) -> dict[str, Any]:
    """Make what rtpengine 10.5 answers, reduced to one stream for each leg."""
    return {
        "tags": {
            "lk": {"medias": [{"streams": [{"endpoint": {"port": 60247}, "flags": flags}]}]},
            "wa": {"medias": [{"streams": [{"stats": {"packets": caller_packets}}]}]},
        }
    }


def test_a_call_costs_the_hop_the_difference() -> None:
    """What rtpengine uses without calls belongs to no call."""
    one = level(10).per_call(level(0))
    assert one.cores == pytest.approx(0.003)
    assert one.memory == 500_000


@pytest.mark.parametrize(
    ("changes", "carried"),
    [({}, True), ({"heard": 4999}, True), ({"heard": 4990}, False), ({"sent": 4960, "heard": 4960},
     True), ({"sent": 4900, "heard": 4900}, False)],
)  # fmt: skip
def test_a_level_is_carried_if_all_was_sent_and_came(
    changes: dict[str, int], carried: bool
) -> None:
    """One packet in 2000 may be lost, one in 100 be late; more means too many calls."""
    assert level(50, **changes).is_carried is carried


def test_what_the_machine_does_not_carry_is_said() -> None:
    """The notes name the lost packets and the highest number of calls without loss."""
    levels = [level(0), level(10), level(50, heard=4000), level(40, sent=3000, heard=3000)]
    _, fifty, forty = hop_notes(levels)
    assert "1000 of 5000 packets were lost" in fifty
    assert "1000 were not sent in time" in forty
    assert all("without loss: 10." in note for note in (fifty, forty))


def test_rtpengine_tells_of_both_legs() -> None:
    """The caller's packets, the SFU's port, and whether DTLS with the SFU is through."""
    flags = ["RTP", "DTLS fingerprint verified", "ICE"]
    view = read_view(query(caller_packets=7, flags=flags))
    assert view == HopView(caller_packets=7, livekit_is_up=True, livekit_port=60247)
    assert not read_view(query(caller_packets=7, flags=["RTP", "ICE"])).livekit_is_up


@pytest.mark.parametrize("reply", [{}, {"tags": None}, {"tags": {"lk": {"medias": [{}]}}}])
def test_a_call_without_legs_has_no_media(reply: dict[str, Any]) -> None:
    """Before WhatsApp's answer there is nothing to be read, and nothing breaks."""
    assert read_view(reply) == HopView(caller_packets=0, livekit_is_up=False, livekit_port=None)


def test_the_caller_is_through_with_a_packet_after_dtls() -> None:
    """Packets that came while the way to the SFU was closed do not count."""
    watch = Watch()
    looks = [(0, False), (9, False), (9, True), (9, True), (10, True), (11, True)]
    for at, (packets, is_up) in enumerate(looks):
        watch.take(HopView(caller_packets=packets, livekit_is_up=is_up, livekit_port=1), float(at))
    assert watch.flows_at == 4


def test_two_way_is_the_later_of_both_ways() -> None:
    """Whoever is heard last decides; speech after ACCEPTED is told of calls that rang."""
    at_once = [times(to_phone=150.0), times(to_phone=210.0)]
    rows = {one.name: one for one in distributions(at_once, [times(speech_after_accepted=99.0)])}
    assert rows[TO_TWO_WAY].values == [180.0, 210.0]
    assert rows[TO_TWO_WAY].target is not None
    assert rows[TO_SPEECH].values == [99.0]
    assert distributions([], []) == []


def test_the_hop_has_its_block() -> None:
    """Without calls, then each level, with the CPU of one call."""
    text = render(Findings(hop=[level(0), level(1), level(50)]))
    rows = {line.partition("  ")[0]: line.split() for line in text.splitlines()}
    assert rows["CPU per call, % of a core"][-2:] == ["0.30", "0.30"]
    assert rows["packets lost"][-2:] == ["0", "0"]


def test_sections_of_the_hop_can_be_chosen() -> None:
    """They are in the default run, in order."""
    assert {"outbound", "hop"} <= set(Plan().sections)
    assert parse(["--only", "hop", "--only", "outbound"]).sections == ("outbound", "hop")


def test_without_rtpengine_it_is_said_and_the_exit_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sections are left out with a sentence that says what to install; exit code 1."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("wacall.bench.bench.find_hop", lambda _: None)

    assert main(["--only", "hop", "--only", "outbound"]) == 1

    told = capsys.readouterr()
    assert "SKIPPED: Not measured: outbound, hop. The media hop (rtpengine) is not" in told.out
    assert "Not measured: outbound, hop." in told.err
