"""`wacall demo`: starts everything, places a real call, tells what happens, and checks it."""

import argparse
import asyncio
import contextlib
import fcntl
import io
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from controlplane.errors import ControlPlaneError
from simulators.scenario import load_scenario
from simulators.speech_process import SpeechFailed
from wacall import environment
from wacall.database import DatabaseFailed
from wacall.demo_checks import Check, judge
from wacall.demo_settings import decide
from wacall.evidence import Evidence
from wacall.narration import Screen, shown_path
from wacall.processes import ChildFailed
from wacall.report import show_report
from wacall.screenplay import Screenplay, choose_brain
from wacall.stage import Stage

DATA_DIR = Path(".wacall/demo")
SCENARIO = environment.REPOSITORY / "simulators" / "scenarios" / "harbor-bikes.yaml"
RECORDING = "call.wav"


class AlreadyRunning(Exception):
    """Another demo has the data directory; the sentence says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlan:
    """One run of the demo."""

    configured: Mapping[str, str] = field(repr=False)
    """The operator's environment."""
    data_dir: Path
    scenario: Path = SCENARIO


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """How it went."""

    evidence: Evidence
    checks: tuple[Check, ...]
    started_s: float
    """Seconds from the start of the demo until the phone rang."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.holds)


def main(argv: list[str]) -> int:
    """Run the demo; 0 only if every check holds, 1 if not or if it could not start."""
    parser = argparse.ArgumentParser(prog="wacall demo", description=__doc__)
    parser.add_argument(
        "--data-dir", type=Path, default=DATA_DIR, help="database, logs, recording (%(default)s)"
    )
    parser.add_argument(
        "--scenario", type=Path, default=SCENARIO, help="what is said (simulators/scenarios/...)"
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
    except ControlPlaneError as failure:
        return _could_not_start(screen, plan, str(failure))
    return _conclude(screen, plan, result)


async def play(plan: DemoPlan, screen: Screen) -> DemoResult:
    """Start everything, place the call, hold the conversation, stop everything, judge.

    Raises:
        BadScenario: the scenario cannot be used.
        ChildFailed: a part did not get ready.
        DatabaseFailed: the local database cannot run.
        ValueError: a variable is malformed; the sentence names it.
    """
    screenplay = Screenplay.of(load_scenario(plan.scenario))
    brain = choose_brain(plan.configured)
    settings = decide(plan.configured, brain)
    name = screenplay.name.replace("-", " ").title()
    screen.line(screen.style(f"A WhatsApp call to {name}, answered by a voice agent", "bold"))
    for sentence in (brain.sentence, *settings.notes):
        screen.paragraph(sentence)
    screen.heading("Starting")
    stage = Stage(
        settings=settings,
        data_dir=plan.data_dir,
        scenario=plan.scenario,
        play=screenplay,
        screen=screen,
    )
    async with stage:
        rang_s = stage.elapsed_s
        # imported by the stage while the others started
        from wacall.show import show_call

        evidence = await show_call(stage, screen, screenplay, plan.data_dir / RECORDING)
        screen.status("Stopping everything …")
    return DemoResult(
        evidence=evidence,
        checks=tuple(judge(evidence, screenplay)),
        started_s=rang_s,
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
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(
                f"Another demo runs in {shown_path(data_dir)}: wait until it has finished, or "
                "use --data-dir."
            ) from None
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


def _conclude(screen: Screen, plan: DemoPlan, result: DemoResult) -> int:
    show_report(screen, result.evidence, result.checks)
    screen.line()
    screen.line(f"From the start of the demo to the ringing phone: {result.started_s:.1f} s.")
    count = len(result.checks)
    if not result.failed:
        screen.line(screen.style(f"All {count} checks hold: the call truly worked.", "green"))
        return 0
    names = ", ".join(check.name for check in result.failed)
    screen.line(screen.style(f"{len(result.failed)} of {count} checks failed:", "red", "bold"))
    screen.paragraph(f"{names}.", indent="  ")
    screen.line(f"Logs: {shown_path(plan.data_dir / 'logs')}")
    return 1
