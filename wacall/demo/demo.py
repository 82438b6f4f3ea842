"""`wacall demo`: starts everything, makes a simulated call each way, tells what happens, checks it.

0: every check of what was run holds. Without media bridge there is no call of the business: the
last line says so, and with --require-outbound it is a failure.
"""

import argparse
import asyncio
import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from shared.call.errors import WacallError
from simulators.openai.scenario import load_scenario
from simulators.speech.process import SpeechFailed
from wacall import environment
from wacall.demo.brain import choose_brain
from wacall.demo.callback_checks import judge_callback
from wacall.demo.callback_report import show_callback_report
from wacall.demo.check import Check
from wacall.demo.checks import judge
from wacall.demo.evidence import CallbackEvidence, Evidence
from wacall.demo.narration import Screen, shown_path
from wacall.demo.report import show_report
from wacall.demo.screenplay import Screenplay
from wacall.demo.settings import decide
from wacall.demo.stage import Stage
from wacall.environment import private_folder
from wacall.stack.bridge import find_bridge
from wacall.stack.database import DatabaseFailed
from wacall.stack.file_lock import try_lock
from wacall.stack.openai import SCENARIO
from wacall.stack.processes import ChildFailed

DATA_DIR = Path(".wacall/demo")
RECORDING = "call.wav"
CALLBACK_RECORDING = "callback.wav"
NO_BRIDGE = "there is no media bridge: `make setup` builds it, and says why it could not"
NO_CALLBACK = "the scenario has no `callback`"
WHAT_NOW = (
    "What now: ring the agent yourself with `.venv/bin/wacall try`. README.md says under "
    "`Take real calls` what a real number needs, and `.venv/bin/wacall doctor` what is missing. "
    "`.venv/bin/wacall demo --keep` leaves the demo running, to look at its calls at /dashboard/."
)


class AlreadyRunning(Exception):
    """Another demo has the data directory; the sentence says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """One run of the demo."""

    configured: Mapping[str, str] = field(repr=False)
    """The operator's environment."""
    data_dir: Path
    scenario: Path = SCENARIO
    requires_outbound: bool = False
    """A demo without the business's call is a failed one."""
    keeps: bool = False
    """Leave everything running after the calls, to be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """How it went."""

    evidence: Evidence
    checks: tuple[Check, ...]
    started_s: float
    """Seconds from the start of the demo until the phone rang."""
    callback: CallbackEvidence | None = None
    callback_checks: tuple[Check, ...] = ()
    not_run: str = ""
    """Why the business did not call; empty if it did."""
    code: int | None = None
    """The exit code, if what came of it has been told already."""

    @property
    def all_checks(self) -> tuple[Check, ...]:
        """Those of both calls."""
        return self.checks + self.callback_checks

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.all_checks if not check.holds)


def main(argv: list[str]) -> int:
    """Run the demo; 0 only if every check holds, 1 if not or if it could not start."""
    parser = argparse.ArgumentParser(prog="wacall demo", description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=DATA_DIR, help="database, logs, recording (%(default)s)"
    )
    parser.add_argument(
        "--scenario", type=Path, default=SCENARIO, help="what is said (simulators/scenarios/...)"
    )
    parser.add_argument(
        "--require-outbound",
        action="store_true",
        help="fail if the business cannot call because there is no media bridge",
    )
    parser.add_argument(
        "--keep", action="store_true", help="leave all running afterwards, with its dashboard"
    )
    options = parser.parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # a terminal that does not know our quotation marks shows something else
        sys.stdout.reconfigure(errors="replace")
    screen = Screen.of(sys.stdout, os.environ)
    plan = DemoPlan(
        configured=environment.load(),
        data_dir=options.data_dir.absolute(),
        scenario=options.scenario.absolute(),
        requires_outbound=options.require_outbound,
        keeps=options.keep,
    )
    try:
        with alone(plan.data_dir):
            result = asyncio.run(_play_until_told(plan, screen))
    except KeyboardInterrupt:
        screen.line("Interrupted; everything has been stopped.")
        return 130
    except asyncio.CancelledError:
        screen.line("Told to stop; everything has been stopped.")
        return 143
    except (AlreadyRunning, ValueError, DatabaseFailed, SpeechFailed) as error:
        return _could_not_start(screen, plan, str(error))
    except OSError as error:
        place = f"{shown_path(error.filename)}: " if error.filename else ""
        advice = "repair that, remove it, or use another --data-dir"
        return _could_not_start(screen, plan, f"{place}{error.strerror or error}; {advice}.")
    except ChildFailed as failure:
        return _could_not_start(screen, plan, failure.sentence, failure.tail)
    except WacallError as failure:
        return _could_not_start(screen, plan, str(failure))
    return conclude(screen, plan, result) if result.code is None else result.code


async def play(plan: DemoPlan, screen: Screen) -> DemoResult:
    """Start everything, let the person call and be called back, stop everything, judge.

    Raises:
        BadScenario: the scenario cannot be used.
        ChildFailed: a part did not get ready.
        DatabaseFailed: the local database cannot run.
        ValueError: a variable is malformed; the sentence names it.
    """
    scenario = load_scenario(plan.scenario)
    screenplay, callback = Screenplay.of(scenario), Screenplay.of_callback(scenario)
    not_run = "" if callback is not None else NO_CALLBACK
    if not plan.configured.get("BRIDGE_URL") and find_bridge(plan.configured) is None:
        callback, not_run = None, NO_BRIDGE
    brain = choose_brain(plan.configured)
    settings = decide(plan.configured, brain)
    name = screenplay.name.replace("-", " ").title()
    title = "A WhatsApp call to {}, answered by a voice agent"
    title += ", and its call back" if callback is not None else ""
    screen.line(screen.style(title.format(name), "bold"))
    for sentence in (stand_ins(plan.configured), brain.sentence, *settings.notes):
        screen.paragraph(sentence)
    screen.heading("Starting")
    stage = Stage(
        settings=settings,
        data_dir=plan.data_dir,
        scenario=plan.scenario,
        play=screenplay,
        callback=callback,
        screen=screen,
    )
    async with stage as running:
        # imported by the stage while the others started
        from wacall.demo.callback import show_callback
        from wacall.demo.show import show_call

        evidence = await show_call(running, screen, screenplay, plan.data_dir / RECORDING)
        called = None
        if callback is not None:
            place = plan.data_dir / CALLBACK_RECORDING
            called = await show_callback(running, screen, callback, place)
        result = DemoResult(
            evidence=evidence,
            checks=tuple(judge(evidence, screenplay)),
            started_s=running.started_s,
            callback=called,
            callback_checks=tuple(judge_callback(called, callback)) if called and callback else (),
            not_run=not_run,
        )
        if plan.keeps:
            result = replace(result, code=conclude(screen, plan, result))
            dashboard = f"{running.stack.operator_url}/dashboard/"
            await keep_open(screen, dashboard, settings.environment["CONTROLPLANE_API_KEY"])
        screen.status("Stopping everything …")
    return result


async def keep_open(screen: Screen, dashboard: str, key: str) -> None:
    """Show the way to the dashboard, and wait to be told to stop."""
    screen.heading("EVERYTHING IS STILL RUNNING")
    screen.line(f"The dashboard: {dashboard}")
    screen.line(f"The key to sign in: {key}")
    screen.line("For `wacall calls`, `inspect` and the others, in another terminal:")
    url = dashboard.removesuffix("/dashboard/")
    screen.line(f"  export CONTROLPLANE_URL={url} CONTROLPLANE_API_KEY={key}")
    screen.line("Ctrl-C stops everything.")
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        # this was what it waited for: what is stopped now may take its time, and is no interruption
        if (task := asyncio.current_task()) is not None:
            task.uncancel()


def stand_ins(configured: Mapping[str, str]) -> str:
    """Say what of it is not the real thing, before anything looks as if it were."""
    parts = "Meta and the phone are"
    if not configured.get("SUPABASE_URL"):
        parts = "Meta, the phone and Supabase are"
    return (
        f"Nobody's telephone rings: {parts} stand-ins on this machine. LiveKit, the control plane "
        "and the agent are the real ones."
    )


async def _play_until_told(plan: DemoPlan, screen: Screen) -> DemoResult:
    task = asyncio.current_task()
    if task is not None:
        # SIGINT is asyncio's own business, and does the same
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await play(plan, screen)


@contextlib.contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for ourselves.

    Raises:
        AlreadyRunning: another demo runs in it.
        OSError: it cannot be written to.
    """
    private_folder(data_dir)
    lock = try_lock(data_dir / "lock")
    if lock is None:
        raise AlreadyRunning(
            f"Another demo runs in {shown_path(data_dir)}: wait until it has finished, or "
            "use --data-dir."
        )
    with lock:
        yield


def _could_not_start(screen: Screen, plan: DemoPlan, sentence: str, tail: str = "") -> int:
    screen.line()
    screen.line(screen.style("The demo could not run.", "red", "bold"))
    screen.paragraph(sentence)
    if tail:
        screen.line("What it said last:")
    for line in tail.splitlines():
        screen.line(screen.style(f"  | {line}", "dim"))
    screen.line(f"Logs: {shown_path(plan.data_dir / 'logs')}")
    return 1


def conclude(screen: Screen, plan: DemoPlan, result: DemoResult) -> int:
    """Print what came of it, and return the exit code."""
    screen.heading("THE CALL OF THE PERSON")
    show_report(screen, result.evidence, result.checks)
    if result.callback is not None:
        screen.heading("THE CALL OF THE BUSINESS")
        show_callback_report(screen, result.callback, result.callback_checks)
    screen.line()
    screen.line(f"From the start of the demo to the ringing phone: {result.started_s:.1f} s.")
    count = len(result.all_checks)
    if result.not_run:
        sentence = f"The outbound call was NOT run: {result.not_run}."
        screen.line(screen.style(sentence, "yellow", "bold"))
    if not result.failed:
        what = "the call of the person" if result.not_run else "both calls"
        screen.line(screen.style(f"All {count} checks hold: {what} truly worked.", "green"))
        screen.paragraph(WHAT_NOW)
        return 1 if result.not_run and plan.requires_outbound else 0
    names = ", ".join(check.name for check in result.failed)
    screen.line(screen.style(f"{len(result.failed)} of {count} checks failed:", "red", "bold"))
    screen.paragraph(f"{names}.", indent="  ")
    screen.line(f"Logs: {shown_path(plan.data_dir / 'logs')}")
    return 1
