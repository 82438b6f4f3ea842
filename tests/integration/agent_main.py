"""A worker as `python -m agents` runs it, with a journal for a database."""

import asyncio
import os

from agents.logs import quieten
from agents.settings import Settings
from agents.worker import build_server, serve
from shared.process.logs import configure
from tests.integration.journal_store import connect_journal


def main() -> None:
    settings = Settings.from_env(os.environ)
    configure(settings.log_level, settings.log_format)
    quieten(settings.log_level)
    asyncio.run(serve(build_server(settings, connect_journal)))


if __name__ == "__main__":
    main()
