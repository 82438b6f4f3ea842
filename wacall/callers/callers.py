"""`wacall callers`: scripted callers talk with the agent, and the database is looked at afterwards.

Everything runs on this machine, with a simulated WhatsApp; with OPENAI_API_KEY or OPENAI_BASE_URL
set the agent is that OpenAI's, at its price, else a simulated one's. No words are compared.
0: the database holds what each caller came for; 1: it does not, or the run could not be held;
2: there is no such caller, or a script cannot be used.
"""

import argparse
import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from shared.call.errors import WacallError
from simulators.callers.script import FOLDER, CallerScript, chosen, load_callers
from simulators.openai.scenario import BadScenario
from simulators.speech.process import SpeechFailed
from wacall import environment
from wacall.callers.report import Result, table
from wacall.environment import private_folder
from wacall.stack.database import DatabaseFailed
from wacall.stack.processes import ChildFailed

DATA_DIR = Path(".wacall/callers")
# the shipped callers call the shipped shop
_SHOP = ("AGENT_PROFILE", "AGENT_PROMPT_FILE", "PROFILES_DIR")


def main(argv: list[str]) -> int:
    """Have callers call, one after the other, and report."""
    parser = argparse.ArgumentParser(
        prog="wacall callers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="this caller; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="the report as JSON, nothing else")
    parser.add_argument(
        "--scripts", type=Path, default=FOLDER, help="a folder of callers of your own, who call "
        "the profile that is configured (else the shipped ones call the shipped shop)",
    )  # fmt: skip
    parser.add_argument(
        "--data-dir", type=Path, default=DATA_DIR, help="database and logs (%(default)s)"
    )
    options = parser.parse_args(argv)
    say = _nothing if options.json else _say
    try:
        known = load_callers(options.scripts)
        scripts = chosen(known, options.only)
    except BadScenario as error:
        print(error, file=sys.stderr)
        return 2
    configured = configured_for(environment.load(), is_shipped=options.scripts == FOLDER)
    try:
        results = asyncio.run(_hold(scripts, known, configured, options.data_dir.absolute(), say))
    except BadScenario as error:
        print(error, file=sys.stderr)
        return 2
    except (ValueError, ChildFailed, DatabaseFailed, SpeechFailed, WacallError) as error:
        print(f"The callers could not call: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The callers could not call: {error.strerror or error}.", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([result.to_json() for result in results], indent=2))
    failed = [result.name for result in results if not result.holds]
    if failed:
        say(f"{len(failed)} of {len(results)} callers did not get what they came for: "
            f"{', '.join(failed)}.")  # fmt: skip
    else:
        say(f"The database holds what all {len(results)} callers came for.")
    return 1 if failed else 0


def configured_for(configured: Mapping[str, str], *, is_shipped: bool) -> dict[str, str]:
    """Leave a business's own profile out, where the callers are the shipped shop's."""
    unwanted = _SHOP if is_shipped else ()
    return {name: value for name, value in configured.items() if name not in unwanted}


def is_real(configured: Mapping[str, str]) -> bool:
    """Whether the agent is another OpenAI's than the simulated one's."""
    return bool(configured.get("OPENAI_API_KEY") or configured.get("OPENAI_BASE_URL"))


async def _hold(
    scripts: Sequence[CallerScript],
    known: Sequence[CallerScript],
    configured: Mapping[str, str],
    data_dir: Path,
    say: Callable[[str], None],
) -> list[Result]:
    # what takes a second to import is not needed to refuse a script
    from wacall.callers.world import World

    shutil.rmtree(data_dir, ignore_errors=True)
    private_folder(data_dir)
    real = is_real(configured)
    url = configured.get("OPENAI_BASE_URL")
    if real:
        say(f"The agent talks with {url or 'the real OpenAI, at your expense'}.")
    else:
        say("Neither OPENAI_API_KEY nor OPENAI_BASE_URL is set: a simulated OpenAI stands in.")
    results = []
    async with World(configured, known, real_openai=real, data_dir=data_dir, say=say) as world:
        for number, script in enumerate(scripts, 1):
            say(f"{number} of {len(scripts)}: {script.name}. {script.about}")
            result = await world.hold(script)
            for line in table([result]):
                say(line)
            results.append(result)
    return results


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _nothing(_: str) -> None:
    """Say nothing."""
