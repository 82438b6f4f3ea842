"""`wacall simulate openai`: the simulated OpenAI alone, telling what happens on stdout."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from simulators.openai.happening import Happening
from simulators.openai.scenario import BadScenario, Scenario, load_scenario
from simulators.openai.server import MAX_SESSION_S, PACE, OpenAISimulator
from simulators.signals import end_asked
from simulators.speech import ear, voice


def main(argv: list[str]) -> int:
    """Serve until SIGINT or SIGTERM; return the exit status."""
    options = _parser().parse_args(argv)
    try:
        scenario = load_scenario(options.scenario) if options.scenario else None
        asyncio.run(_serve(options, scenario))
    except BadScenario as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"cannot listen on port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    finally:
        ear.close()
        voice.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wacall simulate openai", description=__doc__)
    parser.add_argument("--port", type=int, default=8090, help="port on 127.0.0.1 (8090)")
    parser.add_argument(
        "--scenario", type=Path, help="YAML file of what is said and heard; without: free talk"
    )
    parser.add_argument(
        "--pace", type=float, default=PACE, help=f"speed of speech, multiple of real time ({PACE})"
    )
    parser.add_argument(
        "--max-session", type=float, default=MAX_SESSION_S, help="seconds until a session expires"
    )
    parser.add_argument("--json", action="store_true", help="tell what happens as NDJSON")
    return parser


async def _serve(options: argparse.Namespace, scenario: Scenario | None) -> None:
    asked = end_asked()
    simulator = OpenAISimulator(
        port=options.port,
        scenario=scenario,
        pace=options.pace,
        max_session_s=options.max_session,
    )
    simulator.journal.listen(_tell_json if options.json else _tell)
    async with simulator:
        ready = {"kind": "ready", "base_url": simulator.base_url}
        print(json.dumps(ready) if options.json else f"ready {simulator.base_url}", flush=True)
        await asked.wait()


def _tell_json(happening: Happening) -> None:
    print(json.dumps(happening.to_json(), ensure_ascii=False), flush=True)


def _tell(happening: Happening) -> None:
    details = " ".join(f"{name}={value}" for name, value in happening.details.items())
    line = f"{happening.elapsed_s:8.3f} {happening.session[-6:]:6} {happening.kind:18}"
    print(f"{line} {happening.text} {details}".rstrip(), flush=True)
