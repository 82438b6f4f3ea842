"""Renewing a session: when it was lost, and when it soon will be."""

import asyncio
from typing import cast

import pytest

from agents.media.bridge import renewing
from agents.media.bridge.openai_session import Session
from agents.media.bridge.renewing import PLANNED, UNQUIET, Renewal
from agents.media.bridge.sideband import Sideband
from agents.media.voice import OpenAIUnreachable
from shared.call.call import EndReason
from tests.eventually import eventually


def a_session(call_id: str, *, expires_at: float = 3600) -> Session:
    return Session(
        call_id=call_id,
        model="gpt-realtime-2.1",
        generation=2,
        sideband=cast(Sideband, None),
        began_at=0,
        expires_at=expires_at,
    )


class Owner:
    """Makes what a test says, and keeps what it is told."""

    def __init__(self, *makes: str) -> None:
        """Take what becomes of each session that is made: `""`, or the cause of its failure."""
        self.makes = list(makes)
        self.told: list[str] = []
        self.release = asyncio.Event()
        self.release.set()
        self.renewal = Renewal(self)

    async def make_another(self, *, may_wait: bool) -> Session:
        self.told.append("make, in a pause" if may_wait else "make")
        await self.release.wait()
        cause = self.makes.pop(0)
        if cause:
            raise OpenAIUnreachable(cause)
        return a_session("new")

    def gap_opened(self, *, is_planned: bool) -> None:
        self.told.append("switch" if is_planned else "gap")

    async def gap_closed(self, session: Session) -> None:
        self.told.append(session.call_id)

    def not_renewed(self, reason: EndReason, cause: str) -> None:
        self.told.append(f"{reason} {cause}")


async def renewed(owner: Owner, why: str, last: str) -> list[str]:
    """Let it be renewed, and wait for the last thing that is told."""
    owner.renewal.begin(why)
    await eventually(lambda: owner.told and owner.told[-1] == last, 3)
    await owner.renewal.close()
    return owner.told


async def test_a_lost_session_is_told_at_once_and_has_a_successor() -> None:
    """Before another one is made: the caller hears of it meanwhile."""
    owner = Owner("")
    owner.release.clear()
    owner.renewal.begin("peer-lost")
    assert owner.told == ["gap"]
    assert owner.renewal.has_gap
    owner.release.set()
    assert await renewed(owner, "sideband-gone", "new") == ["gap", "make", "new"]
    assert not owner.renewal.has_gap


@pytest.mark.parametrize(
    ("makes", "told"),
    [
        (["http-503", ""], ["gap", "make", "make", "new"]),
        (["timeout"] * 3, ["gap", "make", "make", "make", "openai-unreachable timeout"]),
        (["insufficient_quota"], ["gap", "make", "openai-quota insufficient_quota"]),
        (["invalid_api_key"], ["gap", "make", "openai-key-refused invalid_api_key"]),
    ],
)
async def test_what_may_pass_is_tried_again_and_nothing_else(
    makes: list[str], told: list[str]
) -> None:
    """Three times, without much ado; what OpenAI refuses the account is not asked for twice."""
    assert await renewed(Owner(*makes), "peer-lost", told[-1]) == told


async def test_a_planned_renewal_is_not_noticed() -> None:
    """The old session serves until the new one takes its place."""
    owner = Owner("")
    owner.release.clear()
    owner.renewal.begin(PLANNED)
    await eventually(lambda: owner.told == ["make, in a pause"])
    assert not owner.renewal.has_gap
    owner.release.set()
    assert await renewed(owner, PLANNED, "new") == ["make, in a pause", "switch", "new"]


@pytest.mark.parametrize("cause", ["http-503", "insufficient_quota", UNQUIET])
async def test_a_planned_renewal_that_fails_costs_nothing(cause: str) -> None:
    """There is a session still; it is tried again later, at once only if somebody just spoke."""
    owner = Owner(cause)
    session = a_session("old")
    assert owner.renewal.is_due(session, 3500)
    owner.renewal.begin(PLANNED)
    await eventually(lambda: not owner.makes)
    await asyncio.sleep(0)
    assert owner.told == ["make, in a pause"]
    assert not owner.renewal.has_gap
    assert owner.renewal.is_due(session, 3500) is (cause == UNQUIET)
    await owner.renewal.close()


async def test_a_session_that_ends_while_it_is_renewed_is_lost_all_the_same() -> None:
    """The caller hears of it, and the renewal is no longer one that may fail quietly."""
    owner = Owner("http-503", "")
    owner.release.clear()
    owner.renewal.begin(PLANNED)
    await eventually(lambda: owner.told == ["make, in a pause"])
    owner.renewal.begin("peer-lost")
    owner.release.set()
    await eventually(lambda: owner.told[-1] == "new", 3)
    assert owner.told == ["make, in a pause", "gap", "make", "new"]
    await owner.renewal.close()


async def test_a_session_is_waited_for_no_longer_than_a_caller_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All tries share one bound."""
    monkeypatch.setattr(renewing, "_WITHIN_S", 0.2)
    owner = Owner("", "", "")
    owner.release.clear()
    owner.renewal.begin("peer-lost")
    await eventually(lambda: owner.told[-1] == "openai-unreachable timeout", 3)
    assert owner.told.count("make") == 1
    await owner.renewal.close()
