"""A phone that is a browser: what its page is told, and what is made of what it reports."""

import asyncio
from typing import Any

import pytest

from simulators.phone.browser_phone import BrowserPhone
from simulators.phone.phone import CallOver


class Heard:
    """A page that keeps what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def tell(self, kind: str, **said: Any) -> None:
        self.said.append(" ".join([kind, *map(str, said.values())]))


class Bench:
    """A phone, its page, and the milestones that it has passed."""

    def __init__(self) -> None:
        self.page = Heard()
        self.passed: list[str] = []
        self.phone = BrowserPhone(self.page, on_milestone=lambda name, _: self.passed.append(name))


async def test_milestones_are_passed_once() -> None:
    """In the order in which the browser tells, however often it does."""
    bench = Bench()
    reports: list[dict[str, Any]] = [
        {"ice": False, "received": 0},
        {"ice": True},
        {"ice": True, "dtls": True},
        {"dtls": True, "received": 3, "sent": 5, "lost": 1},
        {"received": 9, "sent": 11, "lost": 1, "audible": True},
        {"received": 9, "sent": 12, "failed": True},
    ]
    bench.phone.allow_media()
    for report in reports:
        bench.phone.report(report)
    assert bench.passed == ["ice-up", "dtls-up", "first-rtp", "first-audible"]
    counts = bench.phone.counts
    assert (counts.packets, counts.lost, counts.early, bench.phone.packets_sent) == (9, 1, 0, 12)
    assert not bench.phone.dtls_failed


async def test_what_comes_before_the_business_may_send_is_counted_as_early() -> None:
    """The rule of Meta's that is broken most: media before accept has returned."""
    bench = Bench()
    bench.phone.report({"received": 4, "audible": True})
    bench.phone.allow_media()
    bench.phone.report({"received": 9})
    assert (bench.phone.counts.early, bench.phone.counts.early_audible) == (4, 1)


@pytest.mark.parametrize("value", [None, True, -5, "12", 1.5, [], {}])
async def test_what_is_no_number_counts_nothing(value: object) -> None:
    """A page may be anybody's."""
    bench = Bench()
    bench.phone.report({"received": value, "lost": value, "ice": value if value else 1})
    assert bench.phone.counts.packets == bench.phone.counts.lost == 0
    assert bench.passed == (["ice-up"] if value is True else [])


async def test_a_connection_that_fails_after_ice_has_failed_at_its_keys() -> None:
    """DTLS is what is left; before ICE it is the network's fault."""
    bench = Bench()
    bench.phone.report({"failed": True})
    assert not bench.phone.dtls_failed
    bench.phone.report({"ice": True, "failed": True})
    assert bench.phone.dtls_failed
    assert bench.passed == ["ice-up", "dtls-failed"]


@pytest.mark.parametrize(("end", "said"), [("end", "over"), ("vanish", "vanished")])
async def test_the_page_is_told_once_that_a_call_is_over(end: str, said: str) -> None:
    """Whoever waits for something learns it, and later reports count nothing."""
    bench = Bench()
    waiting = asyncio.create_task(bench.phone.wait_connected(30))
    await asyncio.sleep(0)
    bench.phone.answered()
    bench.phone.answered()
    getattr(bench.phone, end)()
    bench.phone.end()
    bench.phone.vanish()
    bench.phone.report({"received": 7})
    with pytest.raises(CallOver):
        await waiting
    assert bench.page.said == ["accepted", said]
    assert bench.phone.counts.packets == 0
    await bench.phone.close()


async def test_an_offer_is_not_waited_for_when_its_page_is_closed() -> None:
    """The business is told at once, not after a time-out."""
    bench = Bench()
    answering = asyncio.create_task(bench.phone.answer("v=0"))
    await asyncio.sleep(0)
    assert bench.page.said == ["offer v=0"]
    bench.phone.page_left()
    with pytest.raises(ConnectionError, match="the page was closed"):
        await answering


async def test_keys_are_pressed_by_the_browser() -> None:
    """Those that every phone has; others are refused as elsewhere."""
    bench = Bench()
    bench.phone.press_keys("5#")
    assert bench.page.said == ["keys 5#"]
    with pytest.raises(ValueError, match="key"):
        bench.phone.press_keys("x")
