"""Meta's codes: what each means, whose side it is on, and what it says about the next call."""

import re
from collections import Counter
from datetime import timedelta

import pytest

from controlplane.meta.code_table import TABLE, UNLISTED, UNREADABLE, known_as
from controlplane.meta.codes import MetaCode, Scope, Side
from shared.call.denial import Reason

OURS, OPERATOR, PERSON, META = Side.OURS, Side.OPERATOR, Side.PERSON, Side.META
EVERY = (*TABLE, UNLISTED, UNREADABLE)

# Meta's pages, read anew: WhatsApp error codes; Calling API, troubleshooting; Graph API
DOCUMENTED = {
    OURS: [100, 131008, 131009, 131051, 131062, 138007, 138008, 138021, 138023],
    OPERATOR: [
        *[0, 3, 10, 33, 190, 200, 230, 299, 368, 803, 2500],
        *[130497, 131005, 131021, 131030, 131031, 131037, 131042, 131044, 131045, 131047, 131048],
        *[131055, 132000, 132001, 132005, 132007, 132012, 132015, 132016, 133010],
        *[138000, 138013, 138014, 138015, 138018],
    ],
    PERSON: [131026, 131050, 138001, 138003, 138006, 138011, 138017, 138019, 138020, 138022],
    META: [
        *[1, 2, 4, 17, 613, 80007, 80008, 130429, 130472, 131000, 131016, 131049, 131056, 131057],
        *[135000, 138002, 138004, 138005, 138009, 138012],
    ],
}


@pytest.mark.parametrize(
    ("side", "number"),
    [(side, number) for side, numbers in DOCUMENTED.items() for number in numbers],
)
def test_whose_side_a_code_is_on(side: Side, number: int) -> None:
    """Whoever reads it knows who has to act."""
    entry = known_as(number)
    assert entry is not None
    assert entry.side is side


@pytest.mark.parametrize("number", [None, 5, 138016, 999999])
def test_what_is_not_listed_is_not_guessed(number: int | None) -> None:
    """Codes that Meta does not document."""
    assert known_as(number) is None


def test_names_are_slugs_and_numbers_belong_to_one_meaning() -> None:
    """Names are metric labels and what clients of our API see."""
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.name) for entry in EVERY)
    assert max(Counter(entry.name for entry in EVERY).values()) == 1
    assert max(Counter(number for entry in EVERY for number in entry.numbers).values()) == 1


@pytest.mark.parametrize("entry", EVERY, ids=lambda entry: entry.name)
def test_every_advice_is_a_sentence(entry: MetaCode) -> None:
    """What it means and what to do, in one."""
    assert re.fullmatch(r"[A-Z].{30,}[\w)`]\.", entry.advice)


@pytest.mark.parametrize(
    ("numbers", "reason", "seconds", "scope"),
    [
        ((4, 17, 32, 341, 613, 80007, 80008), Reason.RATE_LIMITED, 60, Scope.LINE),
        ((130429,), Reason.RATE_LIMITED, 5, Scope.LINE),
        ((131048,), Reason.RATE_LIMITED, 3600, Scope.LINE),
        ((131056,), Reason.RATE_LIMITED, 60, Scope.PERSON),
        ((131057, 2494100), Reason.RATE_LIMITED, 300, Scope.LINE),
        ((138005,), Reason.RATE_LIMITED, 60, Scope.LINE),
        ((138002,), Reason.CONCURRENCY_LIMIT, 30, Scope.LINE),
    ],
)
def test_how_long_a_code_pauses_when_meta_says_no_time(
    numbers: tuple[int, ...], reason: Reason, seconds: int, scope: Scope
) -> None:
    """Of a pair of numbers only the person waits."""
    for number in numbers:
        entry = known_as(number)
        assert entry is not None
        assert entry.pause is not None
        assert (entry.pause.reason, entry.pause.scope) == (reason, scope)
        assert entry.pause.wait == timedelta(seconds=seconds)
        assert entry.pause.is_rate is (reason is Reason.RATE_LIMITED)


def test_what_stops_a_line_is_for_its_operator_to_mend() -> None:
    """Everything else passes by itself, or concerns one person or message."""
    stopping = {entry.name for entry in EVERY if entry.stops_line}
    assert {"token-expired", "account-locked", "payment-missing", "number-in-sip-mode"} < stopping
    assert all(entry.side is OPERATOR for entry in EVERY if entry.stops_line)
