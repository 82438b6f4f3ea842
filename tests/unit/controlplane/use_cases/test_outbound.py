"""From which number a call is placed, and how many there may be of all numbers together."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from controlplane.core.deadlines import Bounds
from controlplane.core.errors import LineUnclear
from controlplane.core.line import AgentTerms, LinePlan, LineTerms, Secret
from controlplane.core.policy import Allowed
from controlplane.use_cases.ending import CallEnder
from controlplane.use_cases.leases import SetupLeases
from controlplane.use_cases.neighbours import Neighbours
from controlplane.use_cases.outbound import CallOrder, CallPlacer, DialPolicy
from controlplane.use_cases.permissions import Permissions
from controlplane.use_cases.setup import CallSetup
from shared.call.denial import Reason
from shared.call.errors import CallDenied
from shared.call.ids import PhoneNumberId
from shared.call.person import Person
from shared.process.tasks import Tasks

SHOP, CLINIC = PhoneNumberId("11"), PhoneNumberId("22")
BOB = Person(phone="31612345678")


class Policy:
    """Lets everybody be called, and remembers from where."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def check(self, _person: Person, *, line: PhoneNumberId, agent: Any) -> Allowed:
        self.asked.append(line)
        return Allowed()


def placer(policy: Policy, *numbers: PhoneNumberId, live: int, ceiling: int) -> CallPlacer:
    """Make one for these numbers, while so many calls of all numbers live; claiming fails."""

    async def live_calls() -> list[None]:
        return [None] * live

    async def no_bridge() -> None:
        raise ZeroDivisionError

    secret = Secret(variable="V", value="v")
    plan = LinePlan.of(
        LineTerms(
            phone_number_id=number, token=secret, app_secret=secret,
            agent=AgentTerms(profile=f"of-{number}"),
        )
        for number in numbers
    )  # fmt: skip
    near = SimpleNamespace(
        store=SimpleNamespace(live_calls=live_calls),
        lines=SimpleNamespace(plan=plan, all=plan.lines),
        legs=SimpleNamespace(choose=no_bridge),
        rooms=None, metrics=None, clock=None,
    )  # fmt: skip
    return CallPlacer(
        cast(Neighbours, near),
        permissions=cast(Permissions, policy),
        ender=cast(CallEnder, None),
        setup=cast(CallSetup, None),
        leases=cast(SetupLeases, None),
        tasks=Tasks(),
        policy=DialPolicy(
            agent_ready_s=1,
            bounds=Bounds(setup_s=1, media_s=1, duration_s=1),
            max_calls=ceiling,
        ),
    )


@pytest.mark.parametrize(
    ("live", "ceiling", "goes_on"), [(1, 2, True), (2, 2, False), (9, 0, True)]
)
async def test_all_numbers_together_keep_below_the_ceiling(
    live: int, ceiling: int, goes_on: bool
) -> None:
    """The policy sees each number by itself; MAX_CONCURRENT_CALLS is of all."""
    one = placer(Policy(), SHOP, CLINIC, live=live, ceiling=ceiling)
    with pytest.raises(ZeroDivisionError if goes_on else CallDenied) as caught:
        await one.place(CallOrder(person=BOB, line=SHOP))
    if isinstance(caught.value, CallDenied):
        assert caught.value.code == Reason.CONCURRENCY_LIMIT


async def test_the_policy_is_asked_about_the_number_that_is_meant() -> None:
    """By its id or its profile; nobody is asked about a number that nobody named."""
    policy = Policy()
    one = placer(policy, SHOP, CLINIC, live=0, ceiling=0)
    for order in (CallOrder(person=BOB, line=SHOP), CallOrder(person=BOB, profile="of-22")):
        with pytest.raises(ZeroDivisionError):
            await one.place(order)
    with pytest.raises(LineUnclear):
        await one.place(CallOrder(person=BOB))
    assert policy.asked == [SHOP, CLINIC]
