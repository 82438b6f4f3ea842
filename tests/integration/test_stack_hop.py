"""The stack's media hop: started where it can be, told in one line where it cannot."""

from pathlib import Path

from controlplane.rtpengine.address import HopAddress
from wacall.stack.hop import HOW_TO_GET_IT, HopPlan
from wacall.stack.stack import Stack, StackPlan


async def test_without_rtpengine_the_stack_says_so_once(tmp_path: Path) -> None:
    """It goes on, and knows that there is no hop."""
    told: list[str] = []
    plan = StackPlan(environment={"PATH": str(tmp_path)}, data_dir=tmp_path, report=told.append)
    stack = Stack(plan)
    await stack._start_hop()
    assert told == [HOW_TO_GET_IT]
    assert stack.has_hop is False
    assert stack.hop is None
    await stack.stop()


async def test_a_hop_elsewhere_is_used(tmp_path: Path) -> None:
    """RTPENGINE_URL set: nothing is started."""
    stack = Stack(
        StackPlan(environment={"RTPENGINE_URL": "udp://127.0.0.1:2223"}, data_dir=tmp_path)
    )
    await stack._start_hop()
    assert stack.has_hop is True
    assert stack.hop is None


async def test_the_stack_starts_one_and_says_where(tmp_path: Path, hop: object) -> None:
    """With where keys are reported, and the names of its interfaces if it has two."""
    plan = StackPlan(
        environment={"PATH": "/usr/bin:/bin"},
        data_dir=tmp_path,
        hop=HopPlan(whatsapp_ip="127.0.0.2"),
    )
    stack = Stack(plan)
    try:
        await stack._start_hop()
        assert stack.hop is not None
        assert HopAddress.parse(stack.environment["RTPENGINE_URL"]) == stack.hop.address
        assert stack.hop.plan.dtmf_to == stack.environment["HOP_DTMF_LISTEN"]
        assert stack.environment["HOP_INTERFACES"] == "lk,wa"
        assert stack.child("hop").returncode is None
    finally:
        await stack.stop()
    assert stack.child("hop").returncode is not None
