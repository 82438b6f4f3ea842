"""What operators read in a terminal: texts from outside made harmless, times, people."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from shared.call.call import Direction, EndReason

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


def on_one_line(text: object) -> str:
    """Return the text without line ends and what a terminal would obey or turn around."""
    return _UNPRINTABLE.sub(" ", str(text)).strip()


def clean(lines: Iterable[object]) -> list[str]:
    """Return lines of an answer as a terminal may be shown them; their indents stay."""
    return [_UNPRINTABLE.sub(" ", str(line)).rstrip() for line in lines]


def moment(iso: str | None) -> str:
    """Shorten an ISO time of the API's to whole seconds."""
    return "-" if iso is None else iso[:19].replace("T", " ")


def clock(iso: str | None) -> str:
    """Return an ISO time's time of day, with its milliseconds."""
    return "-" if iso is None else f"{iso[11:19]}.{(iso[20:23] if iso[19:20] == '.' else '000')}"


def outcome_of(call: Mapping[str, Any]) -> str:
    """Say how a call stands: its status, and its reason once it is over."""
    reason = call["end_reason"]
    if reason is None:
        return str(call["status"])
    return f"{call['status']}: {reason_in_words(reason, call['direction'])}"


def reason_in_words(reason: str, direction: str) -> str:
    """Write an end reason as it is said; `caller-hangup` names the person, whoever called."""
    if reason == EndReason.CALLER_HANGUP and direction == Direction.OUTBOUND:
        return "callee hung up"
    return reason.replace("-hangup", " hung up").replace("-", " ")


def person_of(call: Mapping[str, Any]) -> str:
    """Say who is at the other end, by everything that is known."""
    caller = call["caller"]
    number = f"+{caller['phone']}" if caller["phone"] else None
    known = [on_one_line(part) for part in (caller["name"], number, caller["user_id"]) if part]
    return ", ".join(known) or "unknown"


def seconds(duration_s: float | None) -> str:
    """Write a duration."""
    return "-" if duration_s is None else f"{duration_s:.0f} s"
