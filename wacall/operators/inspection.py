"""`wacall inspect CALL_ID`: why a call ended, what happened when, and what was said."""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from wacall import environment
from wacall.operators.client import OperatorRefused
from wacall.operators.descriptions import descriptions
from wacall.operators.display import clock, moment, on_one_line, outcome_of, person_of, seconds
from wacall.operators.follow_ups import lines_of
from wacall.operators.one_call import read_one

_WIDTH = 24
# characters of a bar: with its words a line fits a wide terminal


def main(argv: list[str]) -> int:
    """Print the call; 1 when the control plane refuses or does not know it."""
    parser = argparse.ArgumentParser(prog="wacall inspect", description=__doc__)
    parser.add_argument("call", metavar="CALL_ID", help="the id, its first 8 digits, or its room")
    parser.add_argument("--sdp", action="store_true", help="both descriptions of the media")
    parser.add_argument("--json", action="store_true", help="as the API answers, for programs")
    arguments = parser.parse_args(argv)
    try:
        call = asyncio.run(read_one(environment.load_for_operators(), arguments.call))
    except OperatorRefused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(call, indent=2))
    else:
        print("\n".join(descriptions(call) if arguments.sdp else page(call)))
    return 0


def page(call: Mapping[str, Any]) -> Iterator[str]:
    """Write everything that is known of a call, for people; times are UTC."""
    yield f"call {call['id']}"
    yield f"{call['direction']}, {outcome_of(call)}"
    if call["why"]:
        yield on_one_line(call["why"])
    if call.get("advice"):
        # of a code of Meta's the reason has it already
        advice = call["advice"] if call["advice"] not in (call["why"] or "") else ""
        yield on_one_line(f"whose side: {call['whose']}. {advice}")
    yield ""
    timings = call["timings_ms"].items()
    facts = {
        "with": person_of(call),
        "began": moment(call["created_at"]),
        "answered": moment(call["answered_at"]),
        "media": moment(call["media_at"]),
        "ended": moment(call["ended_at"]),
        "lasted": seconds(call["duration_s"]),
        "outcome": on_one_line(call["outcome"] or "-"),
        "purpose": off_purpose(call.get("off_purpose_turns", 0)),
        "origin": on_one_line(", ".join(f"{k} {v}" for k, v in call["origin"].items())) or "-",
        "cost": cost_of(call.get("cost") or {}),
        "room": call["room"],
        "set-up": ", ".join(f"{k.removesuffix('_ms')} {v:.0f} ms" for k, v in timings) or "-",
    }
    for name, value in facts.items():
        yield f"{name:<9} {value}"
    yield from waterfall(call.get("steps") or [])
    yield ""
    yield "timeline"
    for event in call["timeline"]:
        yield f"  {clock(event['at'])}  {event['source']:<12} {_event(event)}".rstrip()
    yield ""
    yield "transcript"
    for turn in call["transcript"]:
        cut = " (interrupted)" if turn["interrupted"] else ""
        yield f"  {clock(turn['at'])}  {turn['speaker']:<9} {on_one_line(turn['text'])}{cut}"
    if not call["transcript"]:
        yield "  nothing was written down"
    yield from _tools(call.get("tool_calls") or [])
    yield from _after_call(call.get("after_call"))
    yield from _errands(call)


def cost_of(cost: Mapping[str, Any]) -> str:
    """Say what a call cost, and for what; of a part without a price nobody knows the sum."""
    kinds = sorted((cost.get("by_kind") or {}).items())
    parts = ", ".join(f"{on_one_line(kind)} {usd:.4f}" for kind, usd in kinds)
    if cost.get("usd") is not None:
        return f"{cost['usd']:.4f} USD" + (f" ({parts})" if parts else "")
    return f"not known whole; USD: {parts}" if parts else "-"


def waterfall(steps: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Draw each step where it lay in the call: a bar for what took time, a point for what did not.

    A control plane of an earlier release tells no steps; then nothing is drawn.
    """
    if not steps:
        return
    yield ""
    yield "what happened"
    whole = max(1, *(step["at_ms"] + (step["took_ms"] or 0) for step in steps))
    for step in steps:
        took = step["took_ms"]
        before = min(_WIDTH - 1, step["at_ms"] * _WIDTH // whole)
        wide = 0 if took is None else max(1, min(_WIDTH - before, took * _WIDTH // whole))
        bar = (" " * before + ("#" * wide or "|")).ljust(_WIDTH)
        lasted = "" if took is None else f"{took} ms"
        marks = [" SLOW"] if step["slow"] else []
        marks += [f" FAULT: {on_one_line(step['fault'])}"] if step["fault"] else []
        said = f" ({on_one_line(step['detail'])})" if step["detail"] else ""
        yield (
            f"  {step['at_ms'] / 1000:>8.3f} s [{bar}] {lasted:>9}  {step['who']:<12} "
            f"{on_one_line(step['what'])}{said}{''.join(marks)}"
        )


def _tools(tools: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write what the agent did, and what came of it."""
    if not tools:
        return
    yield ""
    yield "tools"
    for tool in tools:
        took = "never answered" if tool["latency_ms"] is None else f"{tool['latency_ms']} ms"
        became = tool["error"] or tool["result"] or "done"
        name = on_one_line(tool["name"])
        yield f"  {clock(tool['began_at'])}  {name}  {took}  {on_one_line(became)}"


def off_purpose(turns: int) -> str:
    """Say how often the person asked for what the line is not for."""
    return "kept to" if turns == 0 else f"left {turns} {'time' if turns == 1 else 'times'}"


def _after_call(work: Mapping[str, Any] | None) -> Iterator[str]:
    """Write what a model found in the conversation."""
    if work is None:
        return
    yield ""
    why = f" ({on_one_line(work['last_error'])})" if work["last_error"] else ""
    yield f"after the call: {work['status']}{why}"
    found = work["findings"]
    if found is None:
        return
    yield f"  {on_one_line(found['summary'])}"
    facts = {
        "outcome": found["outcome"],
        "sentiment": found["sentiment"],
        "missing": ", ".join(found["missing"]),
        "off purpose": ", ".join(f"turn {turn}" for turn in found["off_purpose_turns"]),
    }
    for name, value in facts.items():
        yield f"  {name:<11} {on_one_line(value) or '-'}"
    for one in found["promises"]:
        yield f"  promise     {one['standing']}, turn {one['turn']}: {on_one_line(one['quote'])}"


def _errands(call: Mapping[str, Any]) -> Iterator[str]:
    """Write what was agreed for later, and the texts, of a control plane that tells them."""
    if follow_ups := call.get("follow_ups"):
        yield ""
        yield "follow-ups"
        for one in follow_ups:
            yield from (f"  {line}" for line in lines_of(one))
    if messages := call.get("messages"):
        yield ""
        yield "texts to the person"
        for one in messages:
            why = f" ({on_one_line(one['last_error'])})" if one["last_error"] else ""
            yield (
                f"  {clock(one['created_at'])}  {one['kind']:<12} {one['status']}{why}: "
                f"{on_one_line(one['body'])}"
            )


def _event(event: Mapping[str, Any]) -> str:
    said = event["payload"].get("message") or event["payload"].get("cause") or ""
    parts = (event["kind"], event["outcome"] if event["source"] == "meta" else "", said)
    return "  ".join(on_one_line(part) for part in parts if part)
