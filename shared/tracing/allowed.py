"""What of a span may leave the process: names and attributes by a list; pure.

The list is the only door, also for the spans of libraries. A trace goes to whoever runs the
collector: no phone number, name, text, SDP, token, address, query or id of Meta's is to be in it.
"""

import re
from collections.abc import Callable, Mapping

Value = str | bool | int | float

# a word of a program: it begins with a letter, and holds no number that could be a phone's
_WORD = re.compile(r"(?!.*\d{6})[A-Za-z][A-Za-z0-9_.'-]{0,63}", re.ASCII)
_NAME = re.compile(r"(?!.*\d{6})[A-Za-z][A-Za-z0-9_.:' -]{0,63}", re.ASCII)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
# a phone number is one, too
_MOST = 1e6


def _is_word(value: object) -> bool:
    return isinstance(value, str) and _WORD.fullmatch(value) is not None


def _is_id(value: object) -> bool:
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _MOST


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


ALLOWED: Mapping[str, Callable[[object], bool]] = {
    # ours
    "wacall.call": _is_id,
    **dict.fromkeys(
        (
            "wacall.direction", "wacall.status", "wacall.reason", "wacall.stage", "wacall.event",
            "wacall.service", "wacall.request", "wacall.outcome", "wacall.tool", "wacall.model",
        ),
        _is_word,
    ),
    **dict.fromkeys(
        (
            "wacall.duration_s", "wacall.turn", "wacall.response_ms", "wacall.model_ms",
            "wacall.barge_in_ms", "wacall.cost_usd", "wacall.tokens_in", "wacall.tokens_out",
        ),
        _is_count,
    ),
    "wacall.transcribed": _is_flag,
    # of livekit-agents, where it decodes
    "lk.interrupted": _is_flag,
    "lk.function_tool.is_error": _is_flag,
    **dict.fromkeys(
        (
            "lk.response.ttft", "lk.response.ttfb", "lk.e2e_latency", "lk.end_of_turn_delay",
            "lk.transcription_delay", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens",
        ),
        _is_count,
    ),
    "gen_ai.operation.name": _is_word,
    "gen_ai.request.model": _is_word,
}  # fmt: skip
"""Attribute -> whether a value is of the kind that it may have."""


def allowed(attributes: Mapping[str, object]) -> dict[str, Value]:
    """Return the attributes that may leave."""
    return {
        name: value
        for name, value in attributes.items()
        if isinstance(value, Value) and (fits := ALLOWED.get(name)) is not None and fits(value)
    }


def allowed_name(name: str) -> str:
    """Return a span's name, or `other` in its place."""
    return name if _NAME.fullmatch(name) else "other"
