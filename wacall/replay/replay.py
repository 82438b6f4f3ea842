"""`wacall replay FILE ...`: run exported calls again, against a simulated Meta, phone and OpenAI.

0: they went as they had gone; 1: one did not, and how; 2: a file cannot be replayed, and why.
"""

import argparse
import asyncio
import json
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.call.errors import WacallError
from wacall import environment
from wacall.environment import private_folder
from wacall.operators.client import OperatorRefused
from wacall.operators.export import bundle_of
from wacall.replay.bundle import BundledCall, BundleUnfit, call_of, read_bundle
from wacall.replay.plan import CannotReplay, ReplayPlan, media_of, plan_of
from wacall.replay.verdict import differences
from wacall.stack.database import DatabaseFailed
from wacall.stack.processes import ChildFailed

DATA_DIR = Path(".wacall/replay")


def main(argv: list[str]) -> int:
    """Replay files; the worst of what comes of each decides."""
    parser = argparse.ArgumentParser(prog="wacall replay", description=__doc__)
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="as `wacall export` writes it"
    )
    parser.add_argument("--json", action="store_true", help="the verdicts as JSON, nothing else")
    parser.add_argument(
        "--keep", action="store_true", help="leave all running afterwards, with its dashboard"
    )
    parser.add_argument(
        "--data-dir", type=Path, default=DATA_DIR, help="database and logs (%(default)s)"
    )
    options = parser.parse_args(argv)
    say = _nothing if options.json else _say
    try:
        takes = [_take(file) for file in options.files]
        media = media_of([take.plan for take in takes])
    except (BundleUnfit, CannotReplay) as error:
        return _unfit(str(error))
    replay = Replay(takes, media, data_dir=options.data_dir.absolute(), say=say)
    try:
        asyncio.run(replay.run(keeps=options.keep))
    except KeyboardInterrupt:
        say("Everything has been stopped.")
        if not options.keep or len(replay.verdicts) < len(takes):
            return 130
    except (ValueError, ChildFailed, DatabaseFailed, OperatorRefused, WacallError) as error:
        return _unfit(f"The call could not be replayed: {error}")
    except OSError as error:
        return _unfit(f"The call could not be replayed: {error.strerror or error}.")
    if options.json:
        told = [{"file": str(one.file), "differences": one.differences} for one in replay.verdicts]
        print(json.dumps(told, indent=2))
    return 1 if any(one.differences for one in replay.verdicts) else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One file: the call as it was, and how to make it again."""

    file: Path
    was: BundledCall = field(repr=False)
    plan: ReplayPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a file."""

    file: Path
    differences: list[str]


class Replay:
    """Runs files one after the other, on one stack."""

    def __init__(
        self, takes: Sequence[Take], media: str, *, data_dir: Path, say: Callable[[str], None]
    ) -> None:
        """Take the calls, their WA_MEDIA, and who is told."""
        self._takes, self._media, self._data_dir, self._say = takes, media, data_dir, say
        self.verdicts: list[Verdict] = []

    async def run(self, *, keeps: bool) -> None:
        """Replay all; with `keeps` wait for Ctrl-C then."""
        # what takes a second to import is not needed to refuse a file
        from wacall.replay.world import World

        shutil.rmtree(self._data_dir, ignore_errors=True)
        private_folder(self._data_dir)
        configured, say = environment.load(), self._say
        async with World(configured, media=self._media, data_dir=self._data_dir, say=say) as world:
            for take in self._takes:
                for note in take.plan.notes:
                    say(f"{take.file.name}: {note}")
                body = await world.replay(take.plan)
                now = read_call(body)
                found = differences(take.was, now)
                self.verdicts.append(Verdict(file=take.file, differences=found))
                self._tell(take.file.name, now, body, found)
            if keeps:
                say(
                    "Everything is still running; Ctrl-C stops it.\n"
                    f"The dashboard: {world.operator_url}/dashboard/\n"
                    f"The key to sign in: {world.operator_key}\n"
                    "In another terminal:\n"
                    f"  export CONTROLPLANE_URL={world.operator_url} "
                    f"CONTROLPLANE_API_KEY={world.operator_key}\n"
                    "  .venv/bin/wacall calls\n"
                    f"  .venv/bin/wacall inspect {now.id}"
                )
                await asyncio.Event().wait()

    def _tell(
        self, name: str, now: BundledCall, body: Mapping[str, Any], found: Sequence[str]
    ) -> None:
        went = "differently" if found else "as it had gone"
        self._say(f"{name} went {went}: {now.status} ({now.end_reason}).")
        for sentence in found:
            self._say(f"  {sentence}")
        for name in ("why", "advice"):
            if body.get(name) and (name == "why" or body[name] not in body["why"]):
                self._say(f"  {body[name]}")


def _take(file: Path) -> Take:
    """Read a file, and say how its call is made again.

    Raises:
        BundleUnfit: it cannot be read.
        CannotReplay: it cannot be made again.
    """
    try:
        was = read_bundle(file.read_text("utf-8"))
        return Take(file=file, was=was, plan=plan_of(was))
    except OSError as error:
        raise BundleUnfit(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise BundleUnfit(f"{file} cannot be read: it is no UTF-8.") from None
    except BundleUnfit as error:
        raise BundleUnfit(f"{file} cannot be replayed. {error}") from None
    except CannotReplay as error:
        raise CannotReplay(f"{file} cannot be replayed. {error}") from None


def read_call(body: Mapping[str, Any]) -> BundledCall:
    """Read what `GET /calls/{call_id}` answers as a bundle's call.

    Raises:
        BundleUnfit: it has not ended.
    """
    return call_of(bundle_of(body, datetime.now(UTC), with_words=False))


def _unfit(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2


def _say(sentence: str) -> None:
    print(sentence, flush=True)


def _nothing(_: str) -> None:
    """Say nothing."""
