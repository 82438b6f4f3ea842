"""Fixtures for every test; the real servers come from `tests.servers`."""

import os

import pytest

from controlplane.logs import TextFormatter
from wacall.environment import with_tools

pytest_plugins = ["tests.servers"]

# the tests run on what they start themselves, whatever the developer has configured
for name in list(os.environ):
    if name.startswith(("LIVEKIT_", "SUPABASE_", "OPENAI_", "WA_", "SFU_", "CONTROLPLANE_")):
        del os.environ[name]
os.environ.update(with_tools(os.environ))


def pytest_sessionstart(session: pytest.Session) -> None:
    # the reports of failed tests show the data of our log lines too, not their sentences alone
    plugin = session.config.pluginmanager.get_plugin("logging-plugin")
    if plugin is not None:
        plugin.report_handler.setFormatter(TextFormatter())
