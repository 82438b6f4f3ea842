"""`wacall try`: a whole stack and a simulated WhatsApp, and its page, a phone in the browser."""

import argparse
import asyncio
import os
import sys
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from wacall import environment
from wacall.stack.simulated import simulated
from wacall.stack.up import make_plan, run, simulators_of


def main(argv: list[str]) -> int:
    """Run until Ctrl-C; 0 after that, 1 if a part failed, 2 if the environment is not fit."""
    parser = argparse.ArgumentParser(
        prog="wacall try",
        description="Starts everything that a call needs on this machine, with a simulated "
        "WhatsApp, and opens its page: ring the agent with your own microphone, or be called. "
        "With OPENAI_API_KEY set the agent is OpenAI's real one, else it is simulated too. Ctrl-C "
        "ends all of it.",
    )
    parser.add_argument("--no-open", action="store_true", help="open no browser")
    parser.add_argument(
        "--simulate-openai",
        action="store_true",
        help="simulate OpenAI although OPENAI_API_KEY is set: nothing costs anything",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=environment.DATA_DIR,
        help="database, keys and logs (%(default)s)",
    )
    options = parser.parse_args(argv)
    try:
        configured = environment.load()
        is_real = uses_real_openai(configured) and not options.simulate_openai
        plan = make_plan(
            simulated(configured, real_openai=is_real),
            data_dir=options.data_dir.absolute(),
            with_agent=True,
            with_controlplane=True,
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2

    async def show_page(url: str) -> None:
        plan.report("The microphone is asked for there. Ctrl-C ends everything.")
        if not options.no_open and has_screen(os.environ, sys.platform):
            await asyncio.to_thread(webbrowser.open, url)

    return asyncio.run(run(plan, simulators_of(plan, real_openai=is_real), show_page))


def uses_real_openai(configured: Mapping[str, str]) -> bool:
    """Tell whether there is a key for the real OpenAI; one that only looks like one fails later."""
    return bool(configured.get("OPENAI_API_KEY", "").strip())


def has_screen(environ: Mapping[str, str], platform: str) -> bool:
    """Tell whether a browser with windows can be opened here.

    Elsewhere Python may find one for terminals, which would take the screen from what is told.
    """
    if environ.get("SSH_CONNECTION") and not environ.get("DISPLAY"):
        return False
    return platform in ("darwin", "win32") or any(
        environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
