"""`python -m controlplane`: settings, logs, serve, drain on SIGTERM."""

import asyncio
import logging
import os
import sys
from pathlib import Path

from controlplane.app import PARTS, door_limits, make_runner, running
from controlplane.http.door import DoorSite, why_not_served
from controlplane.settings import Settings
from shared.call.errors import WacallError
from shared.process import logs
from shared.process.env_file import read_env_file
from shared.process.signals import Signals

_log = logging.getLogger("controlplane")


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends the drain."""
    signals = Signals()
    async with running(settings) as app:
        runner = make_runner(app)
        await runner.setup()
        try:
            await DoorSite(runner, settings.host, settings.port, door_limits(settings)).start()
            _log.info("Control plane serves.", extra={"action": "serving", "port": settings.port})
            await signals.to_drain()
            _log.info("Draining; a second signal stops at once.", extra={"action": "drain"})
            await signals.drain(app[PARTS].drain())
        except WacallError as error:
            # what is left is any replica's to find
            _log.warning(
                "The drain could not be finished.",
                extra={"action": "drain-failed", "error": error.code},
            )
        finally:
            await runner.cleanup()


def main() -> int:
    """Run the control plane; 2 if the environment is not fit to start."""
    file = Path.cwd() / ".env"
    try:
        written = read_env_file(file) if file.is_file() else {}
        settings = Settings.from_env({**written, **os.environ})
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.configure(settings.log_level, settings.log_format)
    try:
        asyncio.run(serve(settings))
    except OSError as error:
        sys.stderr.write(f"{why_not_served(error, settings.host, settings.port)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
