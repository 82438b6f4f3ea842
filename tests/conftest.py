"""Fixtures for every test; the real servers come from `tests.servers`."""

import asyncio
import functools
import logging
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from shared.process.logs import TextFormatter
from tests import paths
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

_begun = False

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
    # what is said and recognised goes first; unit tests, of which no file takes long, come last, so
    # that no worker waits for the other one's last file
    items.sort(key=lambda item: not is_spoken(item.nodeid))
    for item in items:
        is_timed = item.get_closest_marker("full_speed") is not None
        if not is_timed and not SLOW_IN_DEBUG.intersection(item.path.parts):
            item.add_marker(pytest.mark.usefixtures("asyncio_debug"))
        if is_spoken(item.nodeid):
            # an ear mistakes a word now and then, and a machine that stops for a second loses some:
            # whoever fails twice in a row is broken. The summary names who was asked twice
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_runtest_logstart(nodeid: str) -> None:
    """Let workers whose tests wait most of their time step back behind the one that talks."""
    global _begun
    if not _begun and "PYTEST_XDIST_WORKER" in os.environ and not is_spoken(nodeid):
        os.nice(5)
    _begun = True


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a file together, and on one worker all that is said and heard (`make test`).

    Two conversations at once starve each other of two cores, and then words are lost. xdist's own
    groups are a name behind a test's id, which pytest 9.2 keeps elsewhere: they are not seen.
    """
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = lambda nodeid: "spoken" if is_spoken(nodeid) else file_of(nodeid)
    return scheduler


def is_spoken(nodeid: str) -> bool:
    """Say whether a test lives by what is heard; the whole stack's tests all do."""
    file = file_of(nodeid)
    return file.startswith("tests/e2e/") or _has_ears(file)


def file_of(nodeid: str) -> str:
    """Return the file of a test, from the repository."""
    return nodeid.partition("::")[0]


@functools.cache
def _has_ears(file: str) -> bool:
    return "pytest.mark.spoken" in (paths.ROOT / file).read_text("utf-8")


@pytest_asyncio.fixture
async def asyncio_debug() -> AsyncIterator[None]:
    """Let the event loop complain of calls from other threads and of what is never awaited."""
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    yield
    loop.set_debug(False)
