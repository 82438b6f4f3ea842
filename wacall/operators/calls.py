"""`wacall calls`: list calls, newest first."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from wacall import environment
from wacall.operators.client import OperatorRefused, ask
from wacall.operators.display import moment, outcome_of, person_of, seconds


def main(argv: list[str]) -> int:
    """Print the list; 1 when the control plane refuses."""
    parser = argparse.ArgumentParser(prog="wacall calls", description=__doc__)
    parser.add_argument("--limit", type=int, default=50, help="at most so many, up to 200 (50)")
    parser.add_argument("--before", metavar="TIME", help="begun before then, ISO 8601 with a zone")
    parser.add_argument("--json", action="store_true", help="as the API answers, for programs")
    arguments = parser.parse_args(argv)
    params = {"limit": str(arguments.limit)}
    if arguments.before:
        params["before"] = arguments.before
    try:
        found = asyncio.run(ask(environment.load_for_operators(), "GET", "/calls", params=params))
    except OperatorRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    print(json.dumps(found, indent=2) if arguments.json else "\n".join(listing(found["calls"])))
    return 0


def listing(calls: Sequence[Mapping[str, Any]]) -> list[str]:
    """Write a table of calls, a line each."""
    if not calls:
        return ["There are no calls."]
    rows = [("BEGAN (UTC)", "CALL", "DIRECTION", "STATUS", "LASTED", "WITH")]
    rows += [
        (
            moment(call["created_at"]),
            call["id"],
            call["direction"],
            outcome_of(call),
            seconds(call["duration_s"]),
            person_of(call),
        )
        for call in calls
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
