"""Fixtures for every test; the real servers come from `tests.servers`."""

import os

from wacall.environment import with_tools

pytest_plugins = ["tests.servers"]

# the tests run on what they start themselves, whatever the developer has configured
for name in list(os.environ):
    if name.startswith(("LIVEKIT_", "SUPABASE_", "OPENAI_", "WA_", "SFU_", "CONTROLPLANE_")):
        del os.environ[name]
os.environ.update(with_tools(os.environ))
