"""What a conversation is made of: messages, calls of tools, and the responses they came in; pure.

Times are seconds of the wall clock, lengths milliseconds of sound.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.media.bridge.heard import MS_PER_AUDIO_TOKEN, heard_part

# What OpenAI tells right behind something else is waited for so long, should it be lost.
_SOON_S = 0.3
_TRUNCATED_WITHIN_S = 1.0
_STARTED_WITHIN_S = 10.0
_STOPPED_WITHIN_S = 3.0
_LONGEST_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A turn: what one of both said, as far as it was heard."""

    item: str
    role: str
    """`user` or `assistant`."""
    text: str = field(repr=False)
    at: float
    """When it began, in seconds of the wall clock."""
    interrupted: bool = False


@dataclass(slots=True, kw_only=True)
class Message:
    """What one of both says."""

    id: str
    role: str
    at: float
    text: str = field(default="", repr=False)
    is_complete: bool = False
    """Whether the text is all there; of the model's, it may not have been heard yet."""
    cut_at_ms: float | None = None
    """So much of it was heard, if it was cut off."""
    is_untold_cut: bool = False
    """Whether OpenAI does not know that."""
    is_given_out: bool = False

    def take(self, item: Mapping[str, Any]) -> None:
        """Take what an event says of it."""
        if self.is_complete:
            return
        parts = [part for part in item.get("content") or () if isinstance(part, Mapping)]
        words = [str(part.get("text") or part.get("transcript") or "") for part in parts]
        text = " ".join(filter(None, words))
        self.text = text or self.text
        is_heard = any(part.get("type") == "input_audio" for part in parts)
        if self.role == "user":
            # sound is complete with its transcript, which comes in an event of its own
            self.is_complete = bool(text) or not is_heard
        else:
            self.is_complete = bool(text) and item.get("status") != "in_progress"


@dataclass(slots=True, kw_only=True)
class Call:
    """The model calls a tool."""

    id: str
    at: float
    call_id: str = ""
    name: str = ""
    arguments: str = field(default="", repr=False)
    output: str | None = field(default=None, repr=False)
    """What it was told in answer; `None`: nothing yet."""
    session: int = 1
    """Which of OpenAI's sessions it was called in: no other one takes its answer."""
    is_complete: bool = False
    is_begun: bool = False
    """Whether the tool runs, or has run."""

    def take(self, item: Mapping[str, Any]) -> None:
        """Take what an event says of it."""
        self.call_id = str(item.get("call_id") or self.call_id)
        self.name = str(item.get("name") or self.name)
        self.arguments = str(item.get("arguments") or self.arguments)
        self.is_complete = self.is_complete or item.get("status") == "completed"


@dataclass(slots=True, kw_only=True)
class Response:
    """What OpenAI makes at once: speech, calls of tools, or both."""

    id: str
    created_at: float
    ask: str = ""
    """Which request of ours it answers; empty: OpenAI began it by itself."""
    items: list[str] = field(default_factory=list)
    has_audio: bool = False
    started_at: float | None = None
    """When the first of its sound left OpenAI."""
    stopped_at: float | None = None
    """When the last did."""
    cleared_at: float | None = None
    """When what was left of its sound was dropped."""
    status: str = ""
    """Empty while it is made."""
    done_at: float | None = None
    audio_ms: float | None = None
    """How much sound was made for it."""
    is_settled: bool = False
    """Whether nothing of it can change any more."""

    def adopt(self, item_id: str, item: Mapping[str, Any]) -> None:
        """Note that an item came in it."""
        if item_id not in self.items:
            self.items.append(item_id)
        parts = item.get("content") or ()
        kinds = {part.get("type") for part in parts if isinstance(part, Mapping)}
        self.has_audio = self.has_audio or bool(kinds & {"output_audio", "audio"})

    def take(self, body: Mapping[str, Any], now: float) -> None:
        """Take what `response.created` and `response.done` say of it."""
        metadata = body.get("metadata")
        if isinstance(metadata, Mapping):
            self.ask = str(metadata.get("ask") or self.ask)
        status = str(body.get("status") or "")
        if status in ("", "in_progress") or self.status:
            return
        self.status, self.done_at = status, now
        usage = body.get("usage")
        details = usage.get("output_token_details") if isinstance(usage, Mapping) else None
        tokens = details.get("audio_tokens") if isinstance(details, Mapping) else None
        if isinstance(tokens, int) and tokens > 0:
            self.audio_ms = tokens * MS_PER_AUDIO_TOKEN

    @property
    def was_cut(self) -> bool:
        """Whether its sound was broken off."""
        return self.cleared_at is not None or self.status == "cancelled"

    @property
    def failed(self) -> bool:
        """Whether OpenAI could not make it."""
        return self.status == "failed"

    def heard_ms(self, now: float, released_at: float | None) -> float:
        """Return how much of its sound has been heard until it was cut, or until now."""
        if self.started_at is None or released_at is None:
            return 0.0
        ends = min(moment for moment in (self.cleared_at, now) if moment is not None)
        return max(0.0, (ends - max(self.started_at, released_at)) * 1000)

    def is_over(self, now: float, released_at: float | None) -> bool:
        """Whether all of its sound that will be heard has been heard."""
        if self.cleared_at is not None:
            return True
        if not self.status or self.done_at is None:
            return False
        if self.started_at is None:
            if not self.has_audio:
                return True
            within = _STARTED_WITHIN_S if self.status == "completed" else _SOON_S
            return now - self.done_at > within
        return now >= self._heard_until(released_at)

    def _heard_until(self, released_at: float | None) -> float:
        """Return when its last sound is heard, by what is known now."""
        if self.started_at is None or released_at is None:
            return math.inf
        lag = max(0.0, released_at - self.started_at)
        if self.stopped_at is not None:
            return self.stopped_at + lag
        longest = self.audio_ms / 1000 if self.audio_ms is not None else _LONGEST_S
        return self.started_at + lag + longest + _STOPPED_WITHIN_S

    def may_settle(self, messages: Sequence[Message], now: float) -> bool:
        """Whether OpenAI has told where it cut its speech, or will not tell any more."""
        if self.cleared_at is None or self.started_at is None:
            return True
        is_told = any(message.cut_at_ms is not None for message in messages)
        return is_told or now - self.cleared_at > _TRUNCATED_WITHIN_S

    def said(
        self, message: Message, messages: Sequence[Message], released_at: float | None
    ) -> tuple[str, bool]:
        """Return what was heard of one of its messages, and whether that was cut off."""
        cut = next((one for one in messages if one.cut_at_ms is not None), None)
        cut_ms = cut.cut_at_ms if cut is not None else None
        if cut is None and (self.cleared_at is not None or self._never_started):
            cut = messages[0] if messages else message
            cut_ms = self.heard_ms(self.cleared_at or 0.0, released_at)
        if cut is None or cut_ms is None:
            return message.text, False
        places = [one.id for one in messages]
        if places.index(message.id) < places.index(cut.id):
            return message.text, False
        if message.id != cut.id:
            return "", True
        return heard_part(message.text, cut_ms, self._whole_ms), True

    @property
    def _never_started(self) -> bool:
        return bool(self.status) and self.status != "completed" and self.started_at is None

    @property
    def _whole_ms(self) -> float | None:
        if self.audio_ms is not None:
            return self.audio_ms
        if self.started_at is not None and self.stopped_at is not None and not self.cleared_at:
            return (self.stopped_at - self.started_at) * 1000
        return None
