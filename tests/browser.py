"""A real browser for the tests of pages, and what it complains of while somebody looks."""

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright

from wacall.bootstrap.browser import BROWSERS, BY_HAND
from wacall.environment import LOOPBACK


@contextlib.asynccontextmanager
async def chromium(*arguments: str) -> AsyncIterator[Browser]:
    """Run a browser until the block is left; without one the test fails."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.fail(f"there is no browser to open pages in: {BY_HAND}", pytrace=False)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=list(arguments))
        yield browser
        await browser.close()


@dataclass
class Watched:
    """An open page, and what the browser complained of."""

    page: Page
    console: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    """Addresses elsewhere that the page asked for."""

    def follow(self) -> None:
        """Write down what goes wrong, and who else is asked for something."""
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("warning", "error"):
            self.console.append(message.text)

    def _asked(self, request: Request) -> None:
        if request.url.startswith(("data:", "blob:")):
            return
        if urlsplit(request.url).hostname != LOOPBACK:
            self.foreign.append(request.url)
