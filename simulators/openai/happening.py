"""What happens at the simulated OpenAI, for those who narrate, test or count."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

_KEPT: Final = 2000


class Kind(StrEnum):
    """All kinds of happenings."""

    SESSION_OPENED = "session-opened"
    SESSION_CONFIGURED = "session-configured"
    SPEECH_STARTED = "speech-started"
    SPEECH_STOPPED = "speech-stopped"
    HEARD = "heard"
    SAYS = "says"
    SAID = "said"
    BARGE_IN = "barge-in"
    TRUNCATED = "truncated"
    ITEM_CREATED = "item-created"
    TOOL_CALLED = "tool-called"
    TOOL_ANSWERED = "tool-answered"
    TOOL_NOT_OFFERED = "tool-not-offered"
    REFUSED = "refused"
    FAULT = "fault"
    SESSION_CLOSED = "session-closed"
    RESPONSE_ASKED = "response-asked"
    RESPONSE_GIVEN = "response-given"


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event: what, in which session, when, and the words that belong to it."""

    kind: Kind
    session: str
    at: datetime
    # seconds since the session began
    elapsed_s: float
    text: str = field(default="", repr=False)
    details: dict[str, Any] = field(default_factory=dict, repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the event for one NDJSON line."""
        return {
            "kind": self.kind,
            "session": self.session,
            "at": self.at.isoformat(timespec="milliseconds"),
            "elapsed_s": round(self.elapsed_s, 3),
            "text": self.text,
            **self.details,
        }


class Journal:
    """Keeps the latest happenings, counts all of them, and tells whoever listens."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.happenings: deque[Happening] = deque(maxlen=_KEPT)
        self._listeners: list[Callable[[Happening], None]] = []

    def listen(self, listener: Callable[[Happening], None]) -> None:
        """Call `listener` with every happening from now on; it must not block."""
        self._listeners.append(listener)

    def note(
        self, kind: Kind, session: str, elapsed_s: float, text: str = "", **details: Any
    ) -> None:
        """Record a happening of now."""
        happening = Happening(
            kind=kind,
            session=session,
            at=datetime.now(UTC),
            elapsed_s=elapsed_s,
            text=text,
            details=details,
        )
        self.counts[kind] += 1
        self.happenings.append(happening)
        for listener in list(self._listeners):
            listener(happening)

    async def follow(self) -> AsyncGenerator[Happening, None]:
        """Yield the kept happenings, then those that come."""
        queue: asyncio.Queue[Happening] = asyncio.Queue()
        for happening in self.happenings:
            queue.put_nowait(happening)
        listener = queue.put_nowait
        self._listeners.append(listener)
        try:
            while True:
                yield await queue.get()
        finally:
            self._listeners.remove(listener)

    async def wait_for(
        self, kind: Kind, *, count: int = 1, timeout_s: float = 10.0
    ) -> list[Happening]:
        """Return the first `count` happenings of a kind, past ones included.

        Raises:
            TimeoutError: they did not come in time.
        """
        found: list[Happening] = []
        async with asyncio.timeout(timeout_s):
            stream = self.follow()
            try:
                async for happening in stream:
                    if happening.kind is kind:
                        found.append(happening)
                    if len(found) == count:
                        break
            finally:
                await stream.aclose()
        return found
