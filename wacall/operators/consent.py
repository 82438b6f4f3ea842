"""`wacall consent`: ask for permission to call, show the ledger, add to it, erase a person."""

import argparse
import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from controlplane.core.consent import ConsentKind
from controlplane.core.wishes import StopDecision
from wacall import environment
from wacall.operators.client import OperatorRefused, ask
from wacall.operators.display import clean, on_one_line

_KINDS = tuple(kind.value for kind in ConsentKind)


def main(argv: list[str]) -> int:
    """Run one of the commands; 1 when the control plane refuses."""
    arguments = _parser().parse_args(argv)
    try:
        return asyncio.run(_run(arguments, environment.load_for_operators()))
    except OperatorRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="wacall consent", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    number = argparse.ArgumentParser(add_help=False)
    number.add_argument("to", metavar="NUMBER", help="+15551234567, or a business-scoped user id")
    line = argparse.ArgumentParser(add_help=False)
    line.add_argument(
        "--from",
        dest="number",
        metavar="ID",
        help="the id of the business number that it is about, if there are several",
    )

    request = commands.add_parser(
        "request", parents=[number, line], help="ask a person for the permission to be called"
    )
    request.add_argument("--text", help="what to say with it (within 24 h of their last message)")
    request.add_argument("--template", metavar="NAME", help="an approved template instead")
    request.add_argument("--language", default="en_US", help="the template's (en_US)")
    request.add_argument(
        "--parameter", action="append", default=[], help="a value of its body; repeat in order"
    )

    listing = commands.add_parser("list", help="show the ledger, newest first")
    listing.add_argument("to", metavar="NUMBER", nargs="?", help="of this person only")
    listing.add_argument("--limit", type=int, default=50)

    for name, what in (
        ("import", "write down a consent that is on paper"),
        ("withdraw", "write down that a consent, or a do_not_call, was withdrawn"),
    ):
        command = commands.add_parser(name, parents=[number, line], help=what)
        command.add_argument("--kind", choices=_KINDS, required=True)
        command.add_argument("--reference", required=True, help="where the paper is")
        command.add_argument("--at", help="when the person said it, ISO 8601 (now)")
        command.add_argument("--note")
        if name == "import":
            command.add_argument("--valid-until", help="ISO 8601; without it, for good")

    decide = commands.add_parser(
        "decide", help="say what a message was that may be a STOP; `consent list` shows its id"
    )
    decide.add_argument("id")
    decide.add_argument("decision", choices=tuple(StopDecision))

    erase = commands.add_parser(
        "erase",
        parents=[number],
        help="forget a person: calls, words, leads and consents; there is no way back",
    )
    erase.add_argument(
        "--forget-do-not-call",
        action="store_true",
        help="their do_not_call as well: then they may be called again",
    )
    erase.add_argument("--yes", action="store_true", help="do not ask")
    return parser


async def _run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    match arguments.command:
        case "request":
            asked = await ask(variables, "POST", "/consents/request", body=_request_body(arguments))
            way = f" with the template {asked['template']}" if asked.get("template") else ""
            print(
                f"Asked{way}. The answer will be in the ledger: wacall consent list {arguments.to}"
            )
            print(f"request {asked['request_id']}")
        case "list":
            params = {"limit": str(arguments.limit)}
            if arguments.to:
                params["to"] = arguments.to
            found = await ask(variables, "GET", "/consents", params=params)
            print("\n".join(clean(_listing(found))))
        case "decide":
            body = {"id": arguments.id, "decision": arguments.decision}
            decided = await ask(variables, "POST", "/consents/decide", body=body)
            print(on_one_line(_stop_line(decided)))
        case "erase":
            if not (arguments.yes or _is_sure(arguments.to)):
                print("Nothing was erased; --yes does it without asking.", file=sys.stderr)
                return 1
            body = {"to": arguments.to, "forget_do_not_call": arguments.forget_do_not_call}
            erased = (await ask(variables, "POST", "/consents/erase", body=body))["erased"]
            print("erased: " + ", ".join(f"{count} {table}" for table, count in erased.items()))
        case command:
            entry = await ask(
                variables, "POST", f"/consents/{command}", body=_entry_body(arguments)
            )
            print(on_one_line(_line(entry)))
    return 0


def _is_sure(to: str) -> bool:
    if not sys.stdin.isatty():
        return False
    return input(f"Erase all that is known of {to}, for good? Type yes: ").strip() == "yes"


def _request_body(arguments: argparse.Namespace) -> dict[str, Any]:
    body: dict[str, Any] = {"to": arguments.to}
    if arguments.number:
        body["from"] = arguments.number
    if arguments.text:
        body["text"] = arguments.text
    if arguments.template:
        body["template"] = {
            "name": arguments.template,
            "language": arguments.language,
            "parameters": arguments.parameter,
        }
    return body


def _entry_body(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {
        "to": arguments.to,
        "from": arguments.number,
        "kind": arguments.kind,
        "reference": arguments.reference,
        "at": arguments.at,
        "valid_until": getattr(arguments, "valid_until", None),
        "note": arguments.note,
    }
    return {name: value for name, value in given.items() if value is not None}


def _listing(found: Mapping[str, Any]) -> list[str]:
    lines = [
        f"now: {state['kind']} is {state['state']}"
        + (f" until {state['valid_until']}" if state["valid_until"] else "")
        for state in found.get("state", [])
    ]
    lines += map(_stop_line, found.get("probable_stops", []))
    lines += map(_request_line, found.get("requests", []))
    return [*lines, *map(_line, found["consents"])] or [
        "The ledger has no consents; `wacall consent request NUMBER` asks for one."
    ]


def _stop_line(stop: Mapping[str, Any]) -> str:
    who = stop["user_id"] or f"+{stop['phone']}"
    if stop["decision"]:
        return f"{stop['at']}  {who}  wrote “{stop['said']}”: {stop['decision']}"
    return (
        f"{stop['at']}  {who}  may have said STOP: “{stop['said']}”; not called until "
        f"{stop['until']}; wacall consent decide {stop['id']} do-not-call|dismissed"
    )


def _request_line(request: Mapping[str, Any]) -> str:
    way = f"template {request['template']}" if request["template"] else "free-form"
    became = request["outcome"] or "its answer was lost"
    if request["failure_code"] is not None:
        became = f"not delivered (Meta's code {request['failure_code']}): {request['reason']}"
    return f"{request['requested_at']}  asked for permission, {way}: {became}"


def _line(entry: Mapping[str, Any]) -> str:
    who = entry["user_id"] or f"+{entry['phone']}"
    word = "granted" if entry["granted"] else "withdrawn"
    until = f" until {entry['valid_until']}" if entry["valid_until"] else ""
    return f"{entry['at']}  {who}  {entry['kind']} {word}{until}  ({entry['source']})"
