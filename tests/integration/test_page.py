"""The page of `wacall up --simulate`, as somebody uses it: in a real browser, with real clicks."""

import re
import shutil
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import ConsoleMessage, Page, Request, async_playwright, expect

from tests.integration.up_process import SECRETS, run_up
from wacall.bootstrap.browser import BROWSERS, BY_HAND
from wacall.environment import LOOPBACK

pytestmark = [pytest.mark.spoken, pytest.mark.timeout(240)]

# seconds until an agent has spoken and the recogniser has understood it, beside other work
HEARD_MS = 90_000
# the recogniser is not sure of names
GREETED = re.compile("hello|transcribe|help")
SOON_MS = 20_000
# what a browser itself says of an order that was refused, and of a server that is away
REFUSED = "Failed to load resource: the server responded with a status of 400 (Bad Request)"
AWAY = "Failed to load resource: net::ERR_CONNECTION_REFUSED"


@dataclass
class Visit:
    """An open page, and what the browser complained of."""

    page: Page
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def follow(self) -> None:
        """Write down what goes wrong, and who else is asked for something."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self.console.append(message.text)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).hostname != LOOPBACK and not request.url.startswith("data:"):
            self.foreign.append(request.url)


@pytest.fixture
async def visit() -> AsyncIterator[Visit]:
    """A browser of a phone's size; without one the test fails."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail(f"there is no browser to open pages in: {BY_HAND}", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program)
        visit = Visit(await browser.new_page(viewport={"width": 375, "height": 700}))
        visit.follow()
        yield visit
        await browser.close()


async def is_wider_than_the_screen(page: Page) -> bool:
    """Whether a phone would have to scroll sideways."""
    return bool(
        await page.evaluate("document.documentElement.scrollWidth > document.body.clientWidth + 24")
    )


async def test_a_call_at_the_page(visit: Visit, tmp_path: Path) -> None:
    """Somebody rings, reads what was heard, presses a key, speaks, hangs up; errors are sentences.

    Nothing is configured; nobody but the simulator is asked for anything, the console stays empty.
    """
    page = visit.page
    nothing = dict.fromkeys((*SECRETS, "WA_PHONE_NUMBER_ID"), "")
    async with run_up(tmp_path, "--simulate", **nothing) as up:
        await up.read_ready()
        await page.goto((await up.read_until(r"up +\| Open http")).split()[3])

        call = page.locator("#calls article")
        said = call.locator(".talk li")
        await page.get_by_label("What you say").fill("Hello, my name is Susan.")
        await page.get_by_role("button", name="Call", exact=True).click()
        await expect(call.get_by_text("Your call 1: accepted")).to_be_visible(timeout=SOON_MS)
        heard = said.filter(has_text="heard: ")
        await expect(heard.first).to_contain_text(GREETED, timeout=HEARD_MS)
        await expect(said.filter(has_text="you: Hello, my name is Susan.")).to_be_visible(
            timeout=SOON_MS
        )

        await call.get_by_text("keys", exact=True).click()
        await call.get_by_role("button", name="5", exact=True).click()
        await expect(said.filter(has_text="you: (presses 5)")).to_be_visible(timeout=SOON_MS)
        await call.get_by_label("say").fill("Thank you, goodbye.")
        await call.get_by_role("button", name="Say").click()
        await expect(said.filter(has_text="you: Thank you, goodbye.")).to_be_visible(
            timeout=SOON_MS
        )
        await call.get_by_role("button", name="Hang up").click()
        await expect(call).to_contain_text("ended by user after", timeout=SOON_MS)
        await expect(call.get_by_role("button", name="Hang up")).to_be_hidden()
        assert not await is_wider_than_the_screen(page)
        assert visit.console == []

        problem = page.get_by_role("alert")
        await page.get_by_label("Phone number").fill("my aunt")
        await page.get_by_role("button", name="Add").click()
        await expect(problem).to_contain_text("must be a phone number", timeout=SOON_MS)
        assert visit.console == [REFUSED]
        await page.get_by_label("Phone number").fill("+1 (555) 010-0123")
        await page.get_by_role("button", name="Add").click()
        await expect(page.locator("#people")).to_contain_text("+15550100123, permission: temporary")
        await expect(problem).to_be_empty()

        visit.console.clear()
        await page.route("**/sim/**", lambda route: route.abort("connectionrefused"))
        await expect(problem).to_contain_text("may have been stopped", timeout=SOON_MS)
        await page.get_by_role("button", name="Call", exact=True).click()
        await page.unroute_all()
        await expect(problem).to_be_empty(timeout=SOON_MS)
        assert set(visit.console) == {AWAY}
        assert visit.foreign == []

        up.process.send_signal(signal.SIGTERM)
        output = await up.rest()
        assert up.process.returncode == 0, output
        assert "Warning" not in output
