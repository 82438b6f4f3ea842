"""`wacall export CALL_ID`: one call as a file that may be handed on: no name, number or secret."""

import argparse
import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from shared.call.description import redacted
from wacall import environment
from wacall.operators.client import OperatorRefused
from wacall.operators.one_call import read_one

FORMAT, VERSION = "wacall-call", 1

# Of webhooks and notes only what is known to be nobody's: everything else is left out, whatever
# Meta's next release may call it.
_KEPT = frozenset(
    {
        "event", "status", "direction", "timestamp", "start_time", "end_time", "duration",
        "sdp_type", "code", "message", "meta_code", "meta_subcode", "fbtrace_id", "after_step",
        "cause", "reason", "identity", "disconnect_reason", "type", "field", "key",
    }
)  # fmt: skip
_ROW = (
    "id", "direction", "status", "end_reason", "off_purpose_turns", "room", "profile", "created_at",
    "answered_at", "media_at", "ended_at", "duration_s", "whose", "timings_ms", "turns", "cost",
    "quality",
)  # fmt: skip
_WORDS = ("transcript", "tool_calls", "follow_ups", "messages", "after_call", "outcome")


def main(argv: list[str]) -> int:
    """Write the file; 1 when the control plane refuses, or the file cannot be written."""
    parser = argparse.ArgumentParser(prog="wacall export", description=__doc__)
    parser.add_argument("call", metavar="CALL_ID", help="the id, its first 8 digits, or its room")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="`-` for the standard output"
    )
    parser.add_argument(
        "--with-transcript",
        action="store_true",
        help="what was said, what tools were given, and texts as well: personal data",
    )
    arguments = parser.parse_args(argv)
    try:
        call = asyncio.run(read_one(environment.load_for_operators(), arguments.call))
    except OperatorRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    bundle = bundle_of(call, datetime.now(UTC), with_words=arguments.with_transcript)
    text = json.dumps(bundle, indent=2, ensure_ascii=False)
    file = arguments.output or Path(f"call-{call['id']}.json")
    if str(file) == "-":
        print(text)
        return 0
    try:
        file.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        print(f"{file} could not be written: {error.strerror}.", file=sys.stderr)
        return 1
    print(f"{file} has the call{_warning(arguments.with_transcript)}")
    return 0


def _warning(with_words: bool) -> str:
    if with_words:
        return " and what was said: personal data; hand it on accordingly."
    return ", without names, numbers, words, keys and addresses."


def bundle_of(call: Mapping[str, Any], now: datetime, *, with_words: bool) -> dict[str, Any]:
    """Return the bundle of a call as `GET /calls/{call_id}` answers it.

    Without `with_words` only fields that are known to be nobody's are taken over; Meta's id of the
    call has a phone number in it and never is.
    """
    row = {name: call[name] for name in _ROW if name in call}
    row["timeline"] = [
        {
            **{name: event[name] for name in ("at", "source", "kind", "outcome")},
            "payload": _kept(event["payload"]),
        }
        for event in call["timeline"]
    ]
    row["steps"] = [
        {name: value for name, value in step.items() if name != "detail" or with_words}
        for step in call["steps"]
    ]
    if with_words:
        row |= {name: call[name] for name in _WORDS if name in call}
    else:
        row["tools"] = [
            {name: one[name] for name in ("began_at", "source", "name", "error", "latency_ms")}
            for one in call["tool_calls"]
        ]
    return {"format": FORMAT, "version": VERSION, "exported_at": now.isoformat(), "call": row}


def _kept(value: Any) -> Any:
    """Keep what is allowed, at any depth; a description loses its secrets."""
    if isinstance(value, Mapping):
        kept = {}
        for name, one in value.items():
            if name == "sdp" and isinstance(one, str):
                kept[name] = redacted(one)
            elif isinstance(one, Mapping | list):
                if inner := _kept(one):
                    kept[name] = inner
            elif name in _KEPT or (name.endswith("_ms") and isinstance(one, int | float)):
                kept[name] = one
        return kept
    if isinstance(value, list):
        return [inner for one in value if (inner := _kept(one))]
    return None
