"""`wacall inspect --sdp`: the session descriptions of a call side by side, without secrets."""

import difflib
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

from shared.call.description import redacted
from wacall.operators.display import clock, on_one_line

_WIDTH = 62


def descriptions(call: Mapping[str, Any]) -> Iterator[str]:
    """Write Meta's and ours next to each other; a line that both have stands once in the middle."""
    theirs = [one for one in map(_meta, call["timeline"]) if one]
    ours = [one for one in map(_ours, call["timeline"]) if one]
    if not theirs and not ours:
        yield "No session description is on this call's timeline: Meta sent none, or it was purged."
        return
    for left, right in zip_longest(theirs, ours):
        yield f"{_title('Meta', left):<{_WIDTH}} | {_title('wacall', right)}"
        yield f"{'-' * _WIDTH} | {'-' * _WIDTH}"
        yield from _side_by_side(_lines(left), _lines(right))
        yield ""


def _meta(event: Mapping[str, Any]) -> tuple[str, str, str] | None:
    """Find Meta's description in a webhook, wherever its releases put it."""
    found = _find(event["payload"]) if event["source"] == "meta" else None
    if found is None:
        return None
    return event["at"], str(found.get("sdp_type") or "description"), redacted(found["sdp"])


def _find(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, Mapping):
        if isinstance(value.get("sdp"), str):
            return value
        value = list(value.values())
    if isinstance(value, list):
        return next((found for one in value if (found := _find(one))), None)
    return None


def _ours(event: Mapping[str, Any]) -> tuple[str, str, str] | None:
    payload = event["payload"]
    if event["source"] != "controlplane" or event["kind"] != "described":
        return None
    return event["at"], str(payload.get("sdp_type")), redacted(str(payload.get("sdp")))


_Described = tuple[str, str, str]


def _title(who: str, one: _Described | None) -> str:
    return f"{who}: nothing" if one is None else f"{who}: {on_one_line(one[1])}, {clock(one[0])}"


def _lines(one: _Described | None) -> list[str]:
    return [] if one is None else one[2].split("\n")


def _side_by_side(left: list[str], right: list[str]) -> Iterator[str]:
    matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
    for _, a0, a1, b0, b1 in matcher.get_opcodes():
        for theirs, ours in zip_longest(left[a0:a1], right[b0:b1], fillvalue=""):
            for one, other in zip_longest(_cut(theirs), _cut(ours), fillvalue=""):
                yield f"{one:<{_WIDTH}} | {other}".rstrip()


def _cut(line: str) -> list[str]:
    plain = on_one_line(line)
    return [plain[i : i + _WIDTH] for i in range(0, len(plain), _WIDTH)] or [""]
