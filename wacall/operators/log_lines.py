"""Lines of several processes' logs, of one call, in order of time. Pure.

Ours are JSON or for people (`LOG_FORMAT`); the media bridge's, LiveKit's and the simulators' are
JSON. A line for people has no date: the newest is of the day on which its file was last written.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from wacall.operators.display import on_one_line

_FOR_PEOPLE = re.compile(r"(\d\d):(\d\d):(\d\d)\.(\d{3}) ([A-Z]+) +(.*)", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_PREFIX = re.compile(r"[0-9a-f]{8}[0-9a-f-]{0,28}")
# what stands in front of the line already, or is in every line of the call
_SHOWN = frozenset({"time", "ts", "at", "level", "logger", "msg", "message", "call"})


class NotACall(ValueError):
    """It names no call, or more than one; the sentence says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line, with what follows it up to the next one that has a time."""

    at: datetime
    process: str
    level: str
    text: str
    fields: Mapping[str, Any]
    """Of a JSON line: everything but time, level and message."""
    raw: str


def wanted_id(given: str) -> str:
    """Return the beginning of a call's id, from the id, its room's name, or at least 8 digits.

    Raises:
        NotACall: it is none of them.
    """
    text = given.strip().lower().removeprefix("wa-")
    if not _PREFIX.fullmatch(text):
        raise NotACall(
            f"{on_one_line(given)} is no call's id: give the id as `wacall calls` lists it, its "
            "first 8 digits, or the room's name."
        )
    return text


def lines_of(wanted: str, logs: Iterable[tuple[str, str, datetime]]) -> list[LogLine]:
    """Return the call's lines of all logs, oldest first.

    `logs`: the process, its whole log, and when that was last written to.

    Raises:
        NotACall: `wanted` is the beginning of more than one call's id.
    """
    found = [
        line
        for process, text, written_at in logs
        for line in parsed(process, text, written_at)
        if wanted in line.raw
    ]
    ids = {one for line in found for one in _UUID.findall(line.raw) if one.startswith(wanted)}
    if len(ids) > 1:
        raise NotACall(
            f"{wanted} is the beginning of {len(ids)} calls' ids; give more of it: "
            + ", ".join(sorted(ids)[:5])
        )
    return sorted(found, key=lambda line: line.at)


def parsed(process: str, text: str, written_at: datetime) -> Iterator[LogLine]:
    """Read one log, newest line first; what has no time belongs to the line before it."""
    behind: list[str] = []
    latest = written_at
    for raw in reversed(text.splitlines()):
        line = _json(process, raw) or _for_people(process, raw, latest)
        if line is None:
            # such as a traceback; an object without a time is of nobody
            if not raw.startswith(("{", "[")):
                behind.append(raw)
            continue
        if behind:
            more = "\n".join(reversed(behind))
            line = LogLine(
                at=line.at,
                process=process,
                level=line.level,
                text=f"{line.text}\n{more}",
                fields=line.fields,
                raw=f"{raw}\n{more}",
            )
            behind.clear()
        latest = line.at
        yield line


def _json(process: str, raw: str) -> LogLine | None:
    try:
        found = json.loads(raw)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    at = _moment(found.get("time") or found.get("ts") or found.get("at"))
    if at is None:
        return None
    return LogLine(
        at=at,
        process=process,
        level=str(found.get("level") or "info").upper(),
        text=str(found.get("message") or found.get("msg") or found.get("kind") or ""),
        fields={name: value for name, value in found.items() if name not in _SHOWN},
        raw=raw,
    )


def _moment(value: object) -> datetime | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    try:
        # Go writes nanoseconds, Python reads microseconds
        at = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(value)))
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _for_people(process: str, raw: str, not_after: datetime) -> LogLine | None:
    match = _FOR_PEOPLE.fullmatch(raw)
    if match is None:
        return None
    hour, minute, second, millisecond = (int(part) for part in match.groups()[:4])
    if hour > 23 or minute > 59 or second > 59:
        return None
    day = not_after.astimezone(UTC)
    at = day.replace(hour=hour, minute=minute, second=second, microsecond=millisecond * 1000)
    # a file's time may be a moment older than its last line
    if at > day + timedelta(seconds=60):
        at -= timedelta(days=1)
    return LogLine(at=at, process=process, level=match[5], text=match[6], fields={}, raw=raw)


def shown(line: LogLine, width: int) -> str:
    """Write a line for people; `width` is that of the longest process's name."""
    fields = "".join(f" {name}={value}" for name, value in line.fields.items())
    first, *more = f"{line.text}{fields}".split("\n")
    clock = line.at.strftime("%H:%M:%S.%f")[:-3]
    head = f"{clock} {line.process:<{width}} {line.level:<7} {on_one_line(first)}"
    return "\n".join([head, *(f"    {on_one_line(one)}" for one in more)])
