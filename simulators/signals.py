"""How a simulator that runs alone is told to end."""

import asyncio
import signal


def end_asked() -> asyncio.Event:
    """Return what is set when SIGINT or SIGTERM comes; needs the running loop."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    return asked
