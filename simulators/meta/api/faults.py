"""Failures of the Graph API on cue: which action fails, how, how often."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from aiohttp import web


class FaultKind(StrEnum):
    """How a request goes wrong."""

    ERROR_BEFORE = "error-before"
    """An error answer; nothing was done."""
    ERROR_AFTER = "error-after"
    """An error answer although the action took effect."""
    DELAY = "delay"
    """`delay_s` late, otherwise right."""
    HANG = "hang"
    """Never an answer, nothing done."""
    DROP_BEFORE = "drop-before"
    """The connection breaks; nothing was done."""
    DROP_AFTER = "drop-after"
    """The connection breaks although the action took effect."""
    REPLY = "reply"
    """`status` and `body` as they stand; nothing was done. For words of Meta's that no state of
    ours leads to; the request has passed the checks of its token, path and form all the same."""
    GARBAGE = "garbage"
    """The action took effect, the answer is 200 but no JSON."""


@dataclass(slots=True, kw_only=True)
class Fault:
    """One failure waiting for its request."""

    action: str
    """`connect`, `pre_accept`, `accept`, `reject`, `terminate`, `messages`, `call_permissions`,
    `settings`, `number` (the read of the line itself), or `*` for all of them."""
    kind: FaultKind
    times: int = 1
    """How many requests it hits; -1 for all."""
    delay_s: float = 0.0
    status: int = 500
    code: int = 131000
    """Meta's "something went wrong"."""
    body: object = field(default=None, repr=False)
    """What `REPLY` answers: JSON, or bytes as they are."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """Build what `REPLY` answers."""
        raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        return web.Response(
            status=self.status,
            body=raw,
            headers={"Content-Type": "application/json", **self.headers},
        )


class Faults:
    """The failures that are set."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let coming requests fail; what was set first comes first."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Work properly again."""
        self._waiting.clear()

    def take(self, action: str) -> Fault | None:
        """Return the failure that hits this request, and use it up."""
        for fault in self._waiting:
            if fault.action in (action, "*") and fault.times != 0:
                if fault.times > 0:
                    fault.times -= 1
                return fault
        return None
