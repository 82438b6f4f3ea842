"""The breakers of one process: which outcomes count, and for whom."""

import pytest

from controlplane.telemetry.metrics import Metrics
from controlplane.use_cases.breakers import Breakers, Neighbour


def breakers() -> Breakers:
    return Breakers(Metrics(), clock=lambda: 100.0)


@pytest.mark.parametrize(
    ("service", "outcome", "opens"),
    [
        ("graph", "graph-unreachable", True),
        ("livekit", "timeout", True),
        ("livekit", "unreachable", True),
        # an answer is an answer, whatever it says
        ("graph", "graph-server-fault", False),
        ("livekit", "unavailable", False),
        ("graph", "ok", False),
        # we hung up ourselves
        ("graph", "cancelled", False),
        # it is repeated elsewhere, or has a health check of its own
        ("database", "timeout", False),
        ("bridge", "timeout", False),
    ],
)
def test_only_silence_opens_a_breaker(service: str, outcome: str, opens: bool) -> None:
    """Three requests without an answer; the other neighbour's breaker is not concerned."""
    some = breakers()
    for _ in range(3):
        some.observe(service, "terminate", outcome, 1.0)
    assert set(some.problems()) == ({service} if opens else set())
    for name in Neighbour:
        assert some.allows(name) is not (opens and name.value == service)


def test_an_answer_to_anybody_closes_it() -> None:
    """A set-up's request that is answered frees the clean-up."""
    some = breakers()
    for _ in range(3):
        some.observe("graph", "terminate", "graph-unreachable", 5.0)
    some.observe("graph", "cancelled", "cancelled", 1.0)
    assert some.problems()
    some.observe("graph", "pre_accept", "ok", 0.1)
    assert not some.problems()
    assert some.allows(Neighbour.GRAPH)
