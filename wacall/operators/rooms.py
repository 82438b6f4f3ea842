"""`wacall rooms`: the rooms of live calls, who is in them, and how their sound comes in."""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from wacall import environment
from wacall.operators.client import OperatorRefused, ask

_WATCH_EACH_S = 2.0


def main(argv: list[str]) -> int:
    """Print the rooms; 1 when the control plane refuses."""
    parser = argparse.ArgumentParser(prog="wacall rooms", description=__doc__)
    parser.add_argument("--json", action="store_true", help="as the API answers, for programs")
    parser.add_argument("--watch", action="store_true", help="again every 2 s, until Ctrl-C")
    arguments = parser.parse_args(argv)
    variables = environment.load_for_operators()
    while True:
        try:
            found = asyncio.run(ask(variables, "GET", "/rooms"))
        except OperatorRefused as refusal:
            print(refusal, file=sys.stderr)
            return 1
        shown = json.dumps(found, indent=2) if arguments.json else "\n".join(shown_rooms(found))
        if not arguments.watch:
            print(shown)
            return 0
        # a terminal begins anew at its top; a file keeps everything
        top = "\x1b[2J\x1b[H" if sys.stdout.isatty() else ""
        print(f"{top}{shown}", flush=True)
        time.sleep(_WATCH_EACH_S)


def shown_rooms(found: Mapping[str, Any]) -> list[str]:
    """Write each room in a line, and who is in it in lines below."""
    rooms: Sequence[Mapping[str, Any]] = found["rooms"]
    if not rooms:
        return ["There are no rooms."]
    return [line for room in rooms for line in _room(room)]


def _room(room: Mapping[str, Any]) -> list[str]:
    age = "-" if room["age_s"] is None else f"{room['age_s']:.0f} s"
    words = [room["call_id"] or room["room"], age, room["status"] or "no row"]
    if room["taken_over"]:
        words.append("an operator speaks")
    elif room["agent_state"]:
        words.append(f"agent {room['agent_state']}")
    if room["wants_human"]:
        words.append(f"WANTS A PERSON since {room['wants_human']}")
    lines = ["  ".join(words)]
    if room["trouble"]:
        lines.append(f"  ! {room['trouble']}")
    if room["participants"] is None:
        return [*lines, "  LiveKit does not tell who is there."]
    for person in room["participants"]:
        lines.append(f"  {person['identity']} ({person['kind']}, {person['state']})")
        lines += [f"    {_track(track)}" for track in person["tracks"]]
    return lines


def _track(track: Mapping[str, Any]) -> str:
    words = [track["name"] or track["sid"], track["codec"] or "codec unknown"]
    if track["muted"]:
        words.append("muted")
    if track["lost"] is not None:
        words.append(f"{track['lost']} lost, jitter {track['jitter_ms']} ms")
    return ", ".join(words)
