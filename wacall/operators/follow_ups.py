"""`wacall follow-ups`: what was agreed for later: list it, say that it is done, or cancel it."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from controlplane.core.follow_up import FollowUpStatus
from wacall import environment
from wacall.operators.client import OperatorRefused, ask
from wacall.operators.display import moment, on_one_line


def main(argv: list[str]) -> int:
    """Run one of the commands; 1 when the control plane refuses."""
    arguments = _parser().parse_args(argv)
    try:
        return asyncio.run(_run(arguments, environment.load_for_operators()))
    except OperatorRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wacall follow-ups", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    listing = commands.add_parser("list", help="show them, those that are due last first")
    listing.add_argument("--status", choices=tuple(FollowUpStatus), help="only these")
    listing.add_argument("--limit", type=int, default=50, help="at most so many, up to 200 (50)")
    listing.add_argument("--before", metavar="TIME", help="due before then, ISO 8601 with a zone")
    listing.add_argument("--json", action="store_true", help="as the API answers, for programs")
    for name, what in (
        ("done", "say that somebody has done it"),
        ("cancel", "say that it is not wanted any more"),
    ):
        command = commands.add_parser(name, help=what)
        command.add_argument("id", help="as `wacall follow-ups list` shows it")
    return parser


async def _run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    if arguments.command != "list":
        path = f"/follow-ups/{quote(arguments.id, safe='')}/{arguments.command}"
        print("\n".join(lines_of(await ask(variables, "POST", path))))
        return 0
    params = {"limit": str(arguments.limit)}
    if arguments.status:
        params["status"] = arguments.status
    if arguments.before:
        params["before"] = arguments.before
    found = await ask(variables, "GET", "/follow-ups", params=params)
    if arguments.json:
        print(json.dumps(found, indent=2))
        return 0
    lines = [line for one in found["follow_ups"] for line in lines_of(one)]
    print("\n".join(lines or ["There are no follow-ups."]))
    return 0


def lines_of(follow_up: Mapping[str, Any]) -> list[str]:
    """Say when, how and what, and beneath it why it is not done yet."""
    who = ", for people" if follow_up["is_for_people"] else ""
    kind = "" if follow_up["kind"] == "follow-up" else f" ({follow_up['kind']})"
    lines = [
        f"{moment(follow_up['due_at'])} UTC  {follow_up['status']}  {follow_up['channel']}{kind}"
        f"{who}: {on_one_line(follow_up['purpose'])}",
        f"    {follow_up['id']}  agreed in call {follow_up['call_id']}",
    ]
    if follow_up["body"]:
        lines.append(f"    text: {on_one_line(follow_up['body'])}")
    if follow_up["placed_call_id"]:
        lines.append(f"    called: {follow_up['placed_call_id']}")
    if follow_up["last_error"]:
        again = f"; next try {moment(follow_up['next_at'])} UTC" if _is_tried(follow_up) else ""
        lines.append(f"    {on_one_line(follow_up['last_error'])}{again}")
    return lines


def _is_tried(follow_up: Mapping[str, Any]) -> bool:
    return follow_up["status"] == FollowUpStatus.OPEN and follow_up["next_at"] is not None
