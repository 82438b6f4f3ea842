"""Fixtures for every test; the real servers come from `tests.servers`."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import settings

from shared.process.logs import TextFormatter
from wacall.environment import with_tools

pytest_plugins = ["tests.servers"]

# properties are checked on the same documents every time; `HYPOTHESIS_PROFILE=search` looks for
# new ones
settings.register_profile("stable", derandomize=True, database=None, deadline=None)
settings.register_profile("search", max_examples=5000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "stable"))

OURS = (
    "LIVEKIT_", "SUPABASE_", "OPENAI_", "WA_", "SFU_", "CONTROLPLANE_", "BRIDGE_",
    "DATABASE_",
)  # fmt: skip

# asyncio's debug mode makes a loop several times slower: a simulated phone, which is one of this
# process's tasks, would no longer keep its 20 ms
SLOW_IN_DEBUG = {"integration", "e2e"}

# the tests run on what they start themselves, whatever the developer has configured
for name in list(os.environ):
    if name.startswith(OURS):
        del os.environ[name]
os.environ.update(with_tools(os.environ))


def pytest_sessionstart(session: pytest.Session) -> None:
    # the reports of failed tests show the data of our log lines too, not their sentences alone
    plugin = session.config.pluginmanager.get_plugin("logging-plugin")
    if plugin is not None:
        plugin.report_handler.setFormatter(TextFormatter())
    # a line for every access to the store says nothing
    logging.getLogger("httpx").setLevel(logging.WARNING)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # two workers (`make test`): a file stays together. What is said and recognised goes first, all
    # of it by one worker: two conversations at once starve each other of two cores, and then words
    # are lost. The others go in the order of their folders: unit tests, of which no file takes
    # long, come last, so that no worker waits for the other one's last file
    items.sort(key=lambda item: not is_spoken(item))
    for item in items:
        item.add_marker(pytest.mark.xdist_group("spoken" if is_spoken(item) else item.path.stem))
        is_timed = item.get_closest_marker("full_speed") is not None
        if not is_timed and not SLOW_IN_DEBUG.intersection(item.path.parts):
            item.add_marker(pytest.mark.usefixtures("asyncio_debug"))


def is_spoken(item: pytest.Item) -> bool:
    """Say whether a test lives by what is heard; the whole stack's tests all do."""
    return "e2e" in item.path.parts or item.get_closest_marker("spoken") is not None


@pytest_asyncio.fixture
async def asyncio_debug() -> AsyncIterator[None]:
    """Let the event loop complain of calls from other threads and of what is never awaited."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    yield
    loop.set_debug(False)
