"""`python -m controlplane`: settings, logs, serve, drain on SIGTERM."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from aiohttp import web

from controlplane.app import PARTS, door_limits, make_operator_app, make_runner, running
from controlplane.core.line import LinesUnfit
from controlplane.http.door import DoorSite, NotServed, why_not_served
from controlplane.line_plan import Environ, read_environ
from controlplane.settings import Settings, retired
from shared.call.errors import WacallError
from shared.process import logs
from shared.process.signals import Signals

_log = logging.getLogger("controlplane")


async def serve(settings: Settings, environ: Environ) -> None:
    """Serve until SIGTERM or SIGINT; a second signal ends the drain.

    Raises:
        NotServed: a port cannot be listened at.
        LinesUnfit: the business numbers cannot be served as they are configured.
    """
    signals = Signals()
    async with running(settings, environ=environ) as app, listening(settings, app):
        try:
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


@contextlib.asynccontextmanager
async def listening(settings: Settings, app: web.Application) -> AsyncIterator[None]:
    """Listen at PORT, and at OPERATOR_PORT if there is one.

    Raises:
        NotServed: the sentence names the variable.
    """
    doors = [("", app, settings.host, settings.port)]
    if settings.operator_port is not None:
        operators = make_operator_app(app[PARTS])
        # first: nobody is to be sent here before the probes can be asked
        doors.insert(0, ("OPERATOR_", operators, settings.operator_host, settings.operator_port))
    async with contextlib.AsyncExitStack() as stack:
        for of, one, host, port in doors:
            runner = make_runner(one)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            try:
                await DoorSite(runner, host, port, door_limits(settings)).start()
            except OSError as error:
                raise NotServed(why_not_served(error, host, port, of=of)) from error
        yield


def main() -> int:
    """Run the control plane; 2 if the environment is not fit to start."""
    read = read_environ(Path.cwd() / ".env")
    try:
        environ = read()
        settings = Settings.from_env(environ)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.configure(settings.log_level, settings.log_format)
    if unread := retired(environ):
        _log.warning(
            "Variables of the media hop are set, and nobody reads them: media bridges have taken "
            "its place, see BRIDGE_URL.",
            extra={"action": "settings-retired", "variables": ", ".join(unread)},
        )
    try:
        asyncio.run(serve(settings, read))
    except LinesUnfit as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except NotServed as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
