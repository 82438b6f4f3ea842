"""What calls were like at their phones: what is read, judged and shown."""

import dataclasses
from typing import Any

import pytest

from wacall.bench.bench import parse
from wacall.bench.figures import CostLevel, Findings, Usage
from wacall.bench.table import render
from wacall.bench.talk import MediaRun, PhoneReport, is_carried

TOLD: dict[str, Any] = {
    "packets": 500, "sent": 510, "lost": 1, "late": 0, "gaps": 2, "longest_gap_ms": 81.5,
    "turns_ms": [590.0, 640.0], "silences_ms": None, "unanswered": 0, "ice_up": 100.0,
    "dtls_up": 100.1, "first_packet": 101.25, "first_audible": 101.5, "last_packet": 111.25,
}  # fmt: skip


def level(calls: int, **cores: float) -> CostLevel:
    """A level at which each part uses so many cores, and 1 MB a core's hundredth."""
    return CostLevel(
        calls=calls,
        window_s=20,
        parts={
            part.replace("_", " "): Usage(cores=used, memory=round(used * 100_000_000))
            for part, used in cores.items()
        },
        machine_cores=1.0,
        heard_per_s=50.0 if calls else None,
    )


def bridge(**changes: Any) -> MediaRun:
    """A run that meets what it is held to."""
    idle = {"SFU": 0.01, "worker": 0.02, "bridge": 0.0, "control_plane": 0.01}
    busy = {"SFU": 0.21, "worker": 0.1, "bridge": 0.16, "control_plane": 0.02}
    values: dict[str, Any] = {
        "media": "bridge",
        "own_ms": 540.0,
        "costs": [level(0, **idle), level(16, **busy)],
        "to_accept": [210.0, 390.0],
        "reports": [PhoneReport.from_json(TOLD, accepted_at=101.4)],
    }
    return MediaRun(**values | changes)


def row(text: str, name: str) -> str:
    (line,) = [line for line in text.splitlines() if line.startswith(name)]
    return line


def test_a_report_is_read_with_the_moment_of_the_pick_up() -> None:
    """Silence until it is heard counts from `accept`; what never was is nothing."""
    report = PhoneReport.from_json(TOLD, accepted_at=101.4)
    assert report.audible_ms == pytest.approx(100.0)
    assert report.silences_ms == ()
    assert report.listened_s == 10.0
    deaf = PhoneReport.from_json({**TOLD, "first_audible": 0}, accepted_at=101.4)
    assert deaf.audible_ms is None


@pytest.mark.parametrize(
    ("accepted_at", "first_packet", "is_early"),
    [(101.0, 101.2, False), (101.3, 101.2, True), (None, 101.2, True), (None, 0, False)],
)
def test_a_packet_before_the_pick_up_is_early(
    accepted_at: float | None, first_packet: float, is_early: bool
) -> None:
    """So is one of a call that was never picked up."""
    told = {**TOLD, "first_packet": first_packet}
    assert PhoneReport.from_json(told, accepted_at=accepted_at).is_early is is_early


def test_turns_are_told_without_the_time_of_the_far_end() -> None:
    """What OpenAI's stand-in takes by itself is no work of the stack."""
    turns = {one.name: one.values for one in bridge().distributions()}
    assert turns["caller's last sound -> agent's first, less OpenAI's own"] == [50.0, 100.0]
    assert "caller speaks over the agent -> silence" not in turns


def test_gaps_are_told_of_an_hour() -> None:
    """Two in ten seconds are 720 in an hour; without calls there are none."""
    assert bridge().gaps_per_hour == pytest.approx(720)
    assert bridge(reports=[]).gaps_per_hour == 0


def test_every_target_has_its_verdict() -> None:
    """Cost is judged at sixteen calls with the bridge, times at the 95th percentile."""
    worker = bridge(media="worker", costs=[level(0, SFU=0.0, worker=0.0), level(4, worker=0.6)])
    text = render(Findings(media=[worker, bridge()]))
    assert row(text, "bridge + worker: CPU").split()[-5:] == ["<=", "0.02", "at", "16:", "met"]
    assert "0.1500" in row(text, "bridge + worker: CPU")
    assert row(text, "bridge + worker: memory").endswith("<= 4 at 16: met")
    assert row(text, "all of it: CPU").endswith("<= 0.035 at 16: met")
    assert row(text, "bridge: webhook -> accept").endswith("p95 < 400: met")
    assert row(text, "bridge: caller's last sound").endswith("p95 < 60: MISSED")
    costly = bridge(costs=[level(0, SFU=0.0, bridge=0.0), level(16, SFU=0.2, bridge=0.5)])
    text = render(Findings(media=[costly]))
    assert row(text, "bridge + worker: CPU").endswith("<= 0.02 at 16: MISSED")
    assert row(text, "all of it: CPU").endswith("<= 0.035 at 16: MISSED")


def test_a_part_that_does_not_run_has_no_figure() -> None:
    """Pipecat has neither bridge nor worker, and we have no Pipecat."""
    other = bridge(media="pipecat", costs=[level(0, pipecat=0.0), level(16, pipecat=1.6)])
    text = render(Findings(media=[bridge(), other]))
    assert row(text, "SFU: CPU").split()[3:] == ["0.0125"]
    assert row(text, "pipecat: CPU").split()[3:] == ["0.1000"]
    assert row(text, "all of it: CPU").split()[5:7] == ["0.0281", "0.1000"]


def test_a_target_that_was_not_measured_is_not_called_met() -> None:
    """Neither by other numbers of calls, nor by the other kind of media."""
    few = bridge(costs=[level(0, SFU=0.0), level(4, SFU=0.1)])
    text = render(Findings(media=[few]))
    assert row(text, "all of it: CPU").endswith("<= 0.035 at 16: not measured")


@pytest.mark.parametrize(
    ("heard_per_s", "gaps", "is_whole"),
    [(50.0, 0, True), (47.5, 32, True), (47.4, 0, False), (50.0, 33, False)],
)
def test_audio_is_whole_with_few_gaps_and_all_packets(
    heard_per_s: float, gaps: int, is_whole: bool
) -> None:
    """One gap in ten seconds of each call, and a packet in twenty that the worst phone misses."""
    one = dataclasses.replace(level(16, SFU=0.1), heard_per_s=heard_per_s, gaps=gaps)
    assert is_carried(one) is is_whole


def test_calls_per_core_are_those_of_the_most_calls_with_whole_audio() -> None:
    """What broke is no capacity; nothing is told where nothing was carried."""
    idle, four, sixteen = level(0, pipecat=0.0), level(4, pipecat=0.8), level(16, pipecat=1.6)
    broken = dataclasses.replace(sixteen, heard_per_s=30.0)
    run = bridge(media="pipecat", costs=[idle, four, broken])
    assert run.most_carried is four
    assert run.calls_per_core == pytest.approx(5.0)
    assert row(render(Findings(media=[run])), "pipecat: most calls").split()[-2:] == ["4", "5.0"]
    assert bridge(costs=[idle, broken]).calls_per_core is None


def test_pipecat_is_measured_on_demand() -> None:
    """Its installation takes minutes, so it is not in the default run."""
    assert not parse([]).with_pipecat
    assert parse(["--only", "media", "--with", "pipecat"]).with_pipecat


def test_everything_is_in_the_file() -> None:
    """Counts are added up over the run's calls."""
    told = bridge().to_json()
    assert (told["media"], told["calls"], told["lost"], told["gaps_per_hour"]) == (
        "bridge", 1, 1, 720,
    )  # fmt: skip
    assert Findings(media=[bridge()]).to_json()["media"] == [told]
