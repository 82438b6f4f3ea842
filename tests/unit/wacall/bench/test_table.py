"""The benchmark's table, its progress, its options and the webhooks that it sends."""

import io

import pytest

from controlplane.meta.events import OfferReceived
from controlplane.meta.webhook import parse_webhook
from simulators.meta.webhooks.calls import Line
from wacall.bench.bench import Plan, parse
from wacall.bench.figures import (
    CostLevel,
    Distribution,
    Findings,
    RtpAccount,
    Target,
    Throughput,
    Usage,
)
from wacall.bench.progress import Progress
from wacall.bench.table import render
from wacall.bench.webhooks import late_connect, message_status


def cost(calls: int, cores: float, memory: int) -> CostLevel:
    return CostLevel(
        calls=calls, window_s=9, machine_cores=0.5, parts={"SFU": Usage(cores=cores, memory=memory)}
    )


def full() -> Findings:
    return Findings(
        distributions=[
            Distribution(
                name="webhook -> accept",
                values=[float(value) for value in range(1, 101)],
                target=Target(percent=95, below=600),
            ),
            Distribution(name="a step", values=[12.34, 123.4], is_part=True),
            Distribution(name="slow", values=[70.0], target=Target(percent=99, below=50)),
        ],
        throughputs=[
            Throughput(name="stored", webhooks=500, wall_s=2.0, cpu_s=1.0, target_per_core=1000)
        ],
        costs=[cost(0, 0.01, 80_000_000), cost(4, 0.09, 92_000_000)],
        rtp={
            "cost": RtpAccount(
                calls=1, phones_sent=1000, phones_heard=900, before_media=5, sfu_received=1905,
                sfu_sent=1906, outside_sfu=0, controlplane_udp_ports=(), looks=2,
            )
        },
        attempted=5,
        failures=["Call 2: it was not accepted."],
        notes=["One run."],
    )  # fmt: skip


def cells(text: str, name: str) -> list[str]:
    (line,) = [line for line in text.splitlines() if line.strip().startswith(name)]
    return line.split()


def test_every_figure_has_its_row() -> None:
    """Percentiles, verdicts, throughput, costs per call and the RTP account are all shown."""
    text = render(full())
    assert cells(text, "webhook -> accept")[3:] == [
        "100", "50.0", "95.0", "99.0", "100", "p95", "<", "600:", "met",
    ]  # fmt: skip
    assert cells(text, "slow")[-1] == "MISSED"
    assert cells(text, "stored")[1:] == [
        "500", "500", "2.00", "250", "1000", "/s/core:", "MISSED",
    ]  # fmt: skip
    assert cells(text, "SFU: CPU, cores")[-2:] == ["0.010", "0.020"]
    assert cells(text, "SFU: memory, MB")[-2:] == ["80", "3.0"]
    assert cells(text, "handled by Python")[-5:] == ["0", "must", "be", "0:", "met"]
    assert cells(text, "counters and phones")[-1] == "agree"
    assert "5 calls placed; 1 failures." in text
    assert "FAILED: Call 2: it was not accepted." in text
    assert text.endswith("- One run.")


def test_a_99th_percentile_needs_a_hundred_values() -> None:
    """Of two values it would only repeat the maximum, so it is left out."""
    assert cells(render(full()), "a step") == ["a", "step", "2", "12.3", "123", "123"]


def test_columns_are_aligned() -> None:
    """Within a block, the numbers of a column end at the same place."""
    lines = render(full()).splitlines()
    heading = next(line for line in lines if line.startswith("milliseconds"))
    row = next(line for line in lines if line.startswith("slow"))
    assert heading.index("p50") + 3 == row.index("70.0") + 4


def test_what_was_not_measured_has_no_block() -> None:
    """A run of one section shows only that one."""
    text = render(Findings(distributions=[Distribution(name="x", values=[1.0])]))
    assert "signed webhooks" not in text
    assert "RTP" not in text


def test_progress_without_a_terminal_is_few_lines() -> None:
    """A step is told when it begins and when it is through, not every time."""
    stream = io.StringIO()
    progress = Progress(stream)
    for number in range(1, 101):
        progress.tell("calls", number, 100)
    lines = stream.getvalue().splitlines()
    assert [line.split("  ")[-1] for line in lines] == ["calls 1 of 100", "calls 100 of 100"]


def test_options() -> None:
    """Sections keep their order; `--quick` measures less; `--calls` counts."""
    assert parse([]) == Plan()
    assert parse(["--only", "calls", "--only", "cost"]).sections == ("cost", "calls")
    quick = parse(["--quick", "--calls", "7"])
    assert quick.calls == 7
    assert quick.webhooks < Plan().webhooks


@pytest.mark.parametrize("argv", [["--calls", "0"], ["--calls", "many"], ["--only", "all"]])
def test_options_that_mean_nothing(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong option ends with the usage and exit code 2."""
    with pytest.raises(SystemExit) as caught:
        parse(argv)
    assert caught.value.code == 2
    assert "usage: wacall bench" in capsys.readouterr().err


def test_the_webhooks_are_what_the_control_plane_understands() -> None:
    """A late `connect` is a whole offer; a message's status is stored and nothing else."""
    (offer,) = parse_webhook(late_connect(Line()))
    assert isinstance(offer, OfferReceived)
    assert "a=fingerprint:sha-256" in offer.sdp
    (status,) = parse_webhook(message_status(Line()))
    assert not isinstance(status, OfferReceived)
