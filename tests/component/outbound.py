"""How a placed call's story is told: somebody to call, and what the call has come to."""

from collections.abc import Awaitable, Callable
from typing import Any

from shared.call.call import Call
from shared.call.ids import CallId
from simulators.meta.people.callee_plan import CalleePlan
from simulators.meta.people.person import Person
from simulators.meta.webhooks.calls import Caller
from tests.component.bench import Bench
from tests.eventually import until_row
from wacall.stack.bridge import EmbeddedBridge

Place = Callable[..., Awaitable[tuple[int, dict[str, Any]]]]
"""Asks for a call as an operator does: the HTTP status and the body."""


def over(*bridges: EmbeddedBridge) -> dict[str, str]:
    """Name media bridges to a control plane."""
    return {
        "BRIDGE_URL": ",".join(bridge.url for bridge in bridges),
        "BRIDGE_TOKEN": bridges[0].token,
    }


def make_person(bench: Bench, *, permitted: bool = True, **plan: Any) -> Person:
    """Make somebody who can be called."""
    person = bench.whatsapp.add_person(Person(caller=Caller(), plan=CalleePlan(**plan)))
    if permitted:
        bench.whatsapp.outbound.grant(person, permanent=True)
    return person


async def until(
    bench: Bench, call_id: str, fits: Callable[[Call], bool], deadline_s: float = 30
) -> Call:
    """Wait until the call's row fits."""
    return await until_row(lambda: bench.store.get_call(CallId(call_id)), fits, deadline_s)


async def held(bench: Bench, bridge: EmbeddedBridge) -> frozenset[CallId]:
    """The calls whose caller's leg a bridge has."""
    return await bench.plane.near.legs.holds(bridge.url)


async def released(
    bench: Bench, bridge: EmbeddedBridge, call_id: str, deadline_s: float = 40
) -> Call:
    """Wait for the clean end: neither LiveKit nor the bridge holds anything of the call."""
    row = await until(bench, call_id, lambda call: call.released_at is not None, deadline_s)
    assert row.room not in await bench.plane.near.rooms.rooms()
    assert call_id not in await held(bench, bridge)
    return row
