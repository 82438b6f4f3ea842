"""How often Graph is asked whether somebody permits calls, and what is remembered of it."""

from datetime import UTC, datetime, timedelta

import pytest

from controlplane.meta.graph import PermissionReport
from controlplane.meta.graph_errors import GraphRefused, GraphUnreachable
from controlplane.meta.permission_lookup import PermissionLookup
from shared.call.errors import CallDenied
from shared.call.person import Person

ADA, BOB = Person(phone="15550001111"), Person(user_id="NL.77")
NO = PermissionReport(
    granted=False, valid_until=None, is_permanent=False, may_call=False, call_limit_until=None
)
YES = PermissionReport(
    granted=True, valid_until=None, is_permanent=True, may_call=True, call_limit_until=None
)
SECOND = timedelta(seconds=1)


class World:
    """Graph, and the clock."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
        self.answer: PermissionReport | Exception = NO
        self.asked: list[Person] = []
        self.lookup = PermissionLookup(self.ask, clock=lambda: self.now)

    async def ask(self, party: Person) -> PermissionReport:
        self.asked.append(party)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def world() -> World:
    return World()


async def test_a_no_is_believed_for_a_minute(world: World) -> None:
    """Of that person; then Graph is asked again."""
    for person in (ADA, ADA, BOB):
        assert await world.lookup.permission_of(person) is None
    assert world.asked == [ADA, BOB]
    world.now += 59 * SECOND
    await world.lookup.permission_of(ADA)
    assert world.asked == [ADA, BOB]
    world.now += SECOND
    await world.lookup.permission_of(ADA)
    assert world.asked == [ADA, BOB, ADA]


async def test_a_yes_is_not_remembered(world: World) -> None:
    """The ledger does that, until it ends."""
    world.answer = YES
    assert await world.lookup.permission_of(ADA) == YES
    assert await world.lookup.permission_of(ADA) == YES
    assert world.asked == [ADA, ADA]


async def test_an_erased_person_is_forgotten(world: World) -> None:
    """Here as everywhere; twice is no error."""
    await world.lookup.permission_of(ADA)
    world.lookup.forget(ADA)
    world.lookup.forget(ADA)
    await world.lookup.permission_of(ADA)
    assert world.asked == [ADA, ADA]


async def test_five_questions_a_second_are_asked(world: World) -> None:
    """The sixth is refused with the moment when it may come back; people known as no are free."""
    people = [Person(user_id=f"NL.{number}") for number in range(6)]
    for person in people[:5]:
        await world.lookup.permission_of(person)
    with pytest.raises(CallDenied) as caught:
        await world.lookup.permission_of(people[5])
    assert (caught.value.code, caught.value.retry_at) == ("rate-limited", world.now + SECOND)
    assert await world.lookup.permission_of(people[0]) is None
    world.now += SECOND
    await world.lookup.permission_of(people[5])
    assert world.asked == people


async def test_meta_asks_for_silence_and_gets_it_for_a_minute(world: World) -> None:
    """Nobody is asked about, and whoever wanted to know is told when to come back."""
    world.answer = GraphRefused(http_status=400, meta_code=613)
    ends = world.now + 60 * SECOND
    for later in (0 * SECOND, 1 * SECOND, 58 * SECOND):
        world.now += later
        with pytest.raises(CallDenied) as caught:
            await world.lookup.permission_of(ADA)
        assert (caught.value.code, caught.value.retry_at) == ("rate-limited", ends)
    assert world.asked == [ADA]
    world.now, world.answer = ends, YES
    assert await world.lookup.permission_of(ADA) == YES


async def test_whom_graph_does_not_know_has_permitted_nothing(world: World) -> None:
    """A refusal about the person is a no, but not one to be remembered."""
    world.answer = GraphRefused(http_status=400, meta_code=131026)
    assert await world.lookup.permission_of(ADA) is None
    world.answer = YES
    assert await world.lookup.permission_of(ADA) == YES


@pytest.mark.parametrize(("code", "seconds"), [(613, 7), (4, 600), (80007, 90)])
async def test_meta_says_how_long_the_silence_lasts(world: World, code: int, seconds: int) -> None:
    """Then it is that long, and no minute."""
    wait = seconds * SECOND
    world.answer = GraphRefused(http_status=400, meta_code=code, asked_wait=wait)
    ends = world.now + wait
    for later in (0 * SECOND, wait - SECOND):
        world.now += later
        with pytest.raises(CallDenied) as caught:
            await world.lookup.permission_of(ADA)
        assert (caught.value.code, caught.value.retry_at) == ("rate-limited", ends)
    assert world.asked == [ADA]


@pytest.mark.parametrize("code", [190, 10, 131031, 131055, 138000])
async def test_a_dead_token_says_nothing_about_the_person(world: World, code: int) -> None:
    """Whoever wants to call learns what is to be mended, and not that somebody said no."""
    world.answer = GraphRefused(http_status=401, meta_code=code)
    with pytest.raises(GraphRefused):
        await world.lookup.permission_of(ADA)


async def test_silence_is_no_answer(world: World) -> None:
    """Then nobody knows, and that is an error."""
    world.answer = GraphUnreachable()
    with pytest.raises(GraphUnreachable):
        await world.lookup.permission_of(ADA)
