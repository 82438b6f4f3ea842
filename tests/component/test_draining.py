"""What a control plane says while it waits for calls that go on."""

import logging

import pytest

from shared.call.call import CallStatus, EndReason
from tests.component.bench import MakeBench, ended_as


async def test_a_drain_is_told_of_once_with_the_time_that_is_left(
    make_bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    """Not at every look at the calls; then what goes on is ended."""
    bench = await make_bench(DRAIN_ENDS_CALLS="1", DRAIN_TIMEOUT_S="2")
    call = await bench.whatsapp.call()
    await call.accepted(30)
    await bench.until(call, lambda row: row.status is CallStatus.ACTIVE)

    await bench.plane.drain()

    ended_as(await bench.until_released(call), CallStatus.COMPLETED, EndReason.SHUTDOWN)
    (said,) = [record for record in caplog.records if record.__dict__.get("action") == "draining"]
    assert said.levelno == logging.INFO
    assert (said.__dict__["calls"], said.__dict__["left_s"]) == (1, 2)
