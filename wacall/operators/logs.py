"""`wacall logs CALL_ID`: what all processes have logged of one call, in order of time."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from wacall import environment
from wacall.operators.log_lines import LogLine, NotACall, lines_of, shown, wanted_id


def main(argv: list[str]) -> int:
    """Print the lines; 1 when a log cannot be read, or none has a line of the call."""
    parser = argparse.ArgumentParser(prog="wacall logs", description=__doc__)
    parser.add_argument("call", metavar="CALL_ID", help="the id, its first 8 digits, or its room")
    parser.add_argument(
        "logs",
        metavar="FILE",
        nargs="*",
        help="a process's log; `-` is the standard input. Without any, those of `wacall up` here",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=environment.DATA_DIR,
        help="that of `wacall up` (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="an object for each line, for programs")
    options = parser.parse_args(argv)
    try:
        wanted = wanted_id(options.call)
        lines = lines_of(wanted, list(_read(options.logs, options.data_dir / "logs")))
    except NotACall as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"{error.filename} could not be read: {error.strerror}.", file=sys.stderr)
        return 1
    if not lines:
        where = "these logs" if options.logs else f"the logs in {options.data_dir / 'logs'}"
        print(
            f"Nothing of this call is in {where}. Logs of processes elsewhere can be given as "
            "files, or piped in: `kubectl logs … | wacall logs CALL_ID -`.",
            file=sys.stderr,
        )
        return 1
    width = max(len(line.process) for line in lines)
    for line in lines:
        print(_as_json(line) if options.json else shown(line, width))
    return 0


def _read(given: list[str], folder: Path) -> Iterator[tuple[str, str, datetime]]:
    if not given:
        # a full log goes on as the older one (`.log.1`)
        files = sorted([*folder.glob("*.log"), *folder.glob("*.log.1")])
    else:
        files = [Path(name) for name in given if name != "-"]
    if "-" in given:
        yield "stdin", sys.stdin.read(), datetime.now(UTC)
    for file in files:
        text = file.read_text("utf-8", "replace")
        process = Path(file.name.removesuffix(".1")).stem
        yield process, text, datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _as_json(line: LogLine) -> str:
    head = {
        "time": line.at.isoformat(timespec="milliseconds"),
        "process": line.process,
        "level": line.level.lower(),
        "message": line.text,
    }
    return json.dumps({**head, **line.fields}, ensure_ascii=False)
