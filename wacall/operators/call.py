"""`wacall call NUMBER`: place an outbound call through a running control plane."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from typing import Any

from shared.call.call import FINAL_STATUSES, CallStatus
from wacall import environment
from wacall.operators.client import OperatorRefused, ask
from wacall.operators.display import on_one_line, outcome_of

_POLL_S = 0.5
# what an agent is told fits on a page
_MAX_DEPTH = 32


def main(argv: list[str]) -> int:
    """Place the call and tell how it goes; 1 when it is refused or not answered."""
    parser = argparse.ArgumentParser(prog="wacall call", description=__doc__)
    parser.add_argument("to", metavar="NUMBER", help="+15551234567, or a business-scoped user id")
    parser.add_argument(
        "--from",
        dest="number",
        metavar="ID",
        help="the id of the business number to call from, if there are several",
    )
    parser.add_argument("--profile", help="who speaks for the business, and from whose number")
    parser.add_argument(
        "--context", type=_object, default={}, help='JSON for the agent, such as {"order": 42}'
    )
    parser.add_argument("--idempotency-key", help="the same key never calls twice")
    parser.add_argument("--no-wait", action="store_true", help="do not follow the call")
    arguments = parser.parse_args(argv)
    try:
        return asyncio.run(_call(arguments, environment.load_for_operators()))
    except OperatorRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1


def _object(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise argparse.ArgumentTypeError('a JSON object is needed, such as {"order": 42}')
    if _is_deeper(data, _MAX_DEPTH):
        raise argparse.ArgumentTypeError(f"it is nested more than {_MAX_DEPTH} deep")
    return data


def _is_deeper(part: Any, levels: int) -> bool:
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return levels < 0 or any(_is_deeper(one, levels - 1) for one in inner)


def change(call: Mapping[str, Any]) -> list[str]:
    """Say how the call stands now: its status, and at its end why it came to that."""
    lines = [outcome_of(call)]
    is_over = call["status"] in FINAL_STATUSES
    if is_over and call["status"] != CallStatus.COMPLETED and call.get("why"):
        lines.append(on_one_line(call["why"]))
    return lines


async def _call(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    body = {"to": arguments.to, "context": arguments.context}
    for name, value in (("from", arguments.number), ("profile", arguments.profile)):
        if value is not None:
            body[name] = value
    key = arguments.idempotency_key
    placed = await ask(
        variables,
        "POST",
        "/calls",
        body=body,
        headers={"Idempotency-Key": key} if key is not None else {},
    )
    print(f"call {placed['call_id']}")
    for warning in placed.get("warnings", []):
        print(f"warning: {warning}")
    return 0 if arguments.no_wait else await _follow(placed["call_id"], variables)


async def _follow(call_id: str, variables: Mapping[str, str]) -> int:
    """Print every change of the call's status until it has ended."""
    seen = ""
    while True:
        call = await ask(variables, "GET", f"/calls/{call_id}")
        if call["status"] != seen:
            seen = call["status"]
            print("\n".join(change(call)), flush=True)
        if seen in FINAL_STATUSES:
            return 0 if seen == CallStatus.COMPLETED else 1
        await asyncio.sleep(_POLL_S)
