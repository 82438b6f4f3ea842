"""When the database's client is dead, by what was answered on it and beside it."""

from typing import Literal

import pytest

from controlplane.core.client_health import ClientHealth, ClientLimits

LIMITS = ClientLimits(silent_s=30, apart_s=10)

Step = tuple[float, Literal["looked", "missed"] | str]


def after(*steps: Step) -> ClientHealth:
    """Attempts by their outcome, and looks, each with its time."""
    health = ClientHealth()
    for at, what in steps:
        if what in ("looked", "missed"):
            health = health.looked(is_answered=what == "looked", now=at)
        else:
            health = health.attempted(what, at)
    return health


@pytest.mark.parametrize(
    ("steps", "now", "is_dead"),
    [
        pytest.param([], 1000, False, id="never tried"),
        pytest.param([(0, "ok")], 1000, False, id="answered, then idle"),
        pytest.param([(0, "timeout")], 1000, False, id="silent, nobody looked"),
        pytest.param([(0, "timeout"), (30, "looked")], 40, False, id="one look"),
        pytest.param([(0, "timeout"), (30, "looked"), (39, "looked")], 40, False, id="too close"),
        pytest.param([(0, "timeout"), (30, "looked"), (40, "looked")], 40, True, id="dead"),
        pytest.param([(0, "cancelled"), (30, "looked"), (40, "looked")], 40, True, id="cancelled"),
        pytest.param([(0, "unreachable"), (30, "looked"), (40, "looked")], 40, True, id="no way"),
        pytest.param(
            [(0, "timeout"), (9, "timeout"), (30, "looked"), (40, "looked")],
            40, True, id="silence begins with the first attempt in vain",
        ),
        pytest.param(
            [(0, "timeout"), (30, "looked"), (35, "ok"), (36, "timeout"), (66, "looked")],
            70, False, id="an answer begins everything anew",
        ),
        pytest.param([(0, "timeout"), (30, "missed"), (40, "missed")], 90, False, id="outage"),
        pytest.param(
            [(0, "timeout"), (30, "looked"), (40, "missed"), (50, "looked")],
            51, False, id="an outage between the looks",
        ),
        pytest.param(
            [(0, "timeout"), (30, "missed"), (40, "looked"), (41, "ok")],
            60, False, id="the database came back, and the client found it",
        ),
        pytest.param(
            [(0, "timeout"), (30, "missed"), (40, "looked"), (50, "looked")],
            50, True, id="the database came back, and the client did not find it",
        ),
        *(
            pytest.param(
                [(0, "timeout"), (30, "looked"), (39, outcome), (40, "looked")],
                40, False, id=f"{outcome} is an answer",
            )
            for outcome in ("ok", "refused", "denied", "failed")
        ),
    ],
)  # fmt: skip
def test_the_verdict(steps: list[Step], now: float, *, is_dead: bool) -> None:
    """Dead needs both: silence on the client, and answers beside it, some time apart."""
    assert after(*steps).is_dead(now, LIMITS) is is_dead


@pytest.mark.parametrize(
    ("steps", "now", "wanted"),
    [
        ([], 100, False),
        ([(0, "ok")], 100, False),
        ([(0, "timeout")], 29.9, False),
        ([(0, "timeout")], 30, True),
        ([(0, "timeout"), (20, "ok"), (21, "timeout")], 31, False),
    ],
)
def test_a_look_waits_for_a_long_silence(steps: list[Step], now: float, *, wanted: bool) -> None:
    """The database gets no request of ours that the client's own answers make needless."""
    assert after(*steps).wants_look(now, LIMITS) is wanted
