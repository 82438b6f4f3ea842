"""Who looks at the sound of live calls asks for nothing where there is none."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast

from controlplane.core.live_rooms import LinkSeen
from controlplane.use_cases.quality_watch import QualityWatch
from shared.call.call import Call, CallStatus, Direction
from shared.call.ids import CallId, PhoneNumberId
from shared.call.person import Party
from shared.call.records import EventRecord
from shared.database.store import CallStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ONE, OTHER = CallId("one"), CallId("other")


def call(call_id: CallId) -> Call:
    return Call(
        id=call_id, wacid=None, direction=Direction.INBOUND, status=CallStatus.ACTIVE,
        phone_number_id=PhoneNumberId("1"), party=Party(), created_at=NOW,
    )  # fmt: skip


class World:
    """Bridges, and a database."""

    def __init__(self) -> None:
        self.seen: dict[tuple[CallId, str], LinkSeen] = {}
        self.live: list[Call] = []
        self.asked = 0
        self.written: list[EventRecord] = []

    async def links(self) -> Mapping[tuple[CallId, str], LinkSeen]:
        return self.seen

    async def live_calls(self) -> list[Call]:
        self.asked += 1
        return self.live

    async def add_events(self, events: Sequence[EventRecord]) -> None:
        self.written += events


async def test_each_live_call_with_a_leg_gets_its_point() -> None:
    """In one request; legs of calls that are over, and calls without legs, get none."""
    world = World()
    watch = QualityWatch(world, cast(CallStore, world), lambda: NOW)
    await watch.look()
    assert (world.asked, world.written) == (0, [])
    world.seen = {(OTHER, "caller"): LinkSeen(lost=1, jitter_ms=2)}
    world.live = [call(ONE)]
    await watch.look()
    assert (world.asked, world.written) == (1, [])
    world.live = [call(ONE), call(OTHER)]
    await watch.look()
    (point,) = world.written
    assert point.call_id == OTHER
    assert point.payload == {"caller": {"lost": 1, "jitter_ms": 2}}
