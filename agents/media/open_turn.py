"""One of the agent's turns while it may still change; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.media.measures import Measures


@dataclass(slots=True, kw_only=True)
class OpenTurn:
    """What is known of a turn so far; times are seconds of the wall clock."""

    began_at: float
    is_told: bool = False
    """Whether another process has told of it."""
    item: str = ""
    """What OpenAI calls what the person said."""
    speech_s: float = 0.0
    """How long the person spoke."""
    finished_at: float | None = None
    """When the person had finished."""
    noticed_at: float | None = None
    """When OpenAI knew."""
    transcribed: bool | None = None
    responses: dict[str, str] = field(default_factory=dict)
    """Responses and their status; empty while one is made."""
    has_calls: bool = False
    """Whether the newest one called a tool."""
    model_at: float | None = None
    """When OpenAI's first audio left it."""
    audio_at: float | None = None
    """When the agent's first audio left us."""
    spoken_over_at: float | None = None
    quiet_at: float | None = None
    """When the last packet left that was spoken over."""
    tokens: dict[str, float] = field(default_factory=dict)
    model: str | None = None

    @property
    def is_made(self) -> bool:
        """Whether nothing of it is being made."""
        return all(self.responses.values())

    @property
    def is_heard(self) -> bool:
        """Whether anything of it has been heard, or is on its way."""
        return self.audio_at is not None or self.model_at is not None

    @property
    def awaits_more(self) -> bool:
        """Whether the next response belongs to it."""
        if not self.is_made:
            return False
        if not self.responses or self.has_calls:
            return True
        newest = list(self.responses.values())[-1]
        return newest != "completed" and not self.is_heard

    def respond(self, response: str, body: Mapping[str, Any]) -> None:
        """Take what `response.created` and `response.done` say."""
        status = str(body.get("status") or "")
        known = self.responses.setdefault(response, "")
        if known or status in ("", "in_progress"):
            return
        self.responses[response] = status
        output = body.get("output")
        calls = (item for item in output or () if isinstance(item, Mapping))
        self.has_calls = any(item.get("type") == "function_call" for item in calls)
        self.use(tokens_of(body.get("usage")))

    def fail(self) -> None:
        """Learn that nothing comes of what is being made."""
        self.responses = {name: status or "failed" for name, status in self.responses.items()}

    def use(self, used: Mapping[str, float]) -> None:
        """Add what was used."""
        for kind, count in used.items():
            if count:
                self.tokens[kind] = self.tokens.get(kind, 0) + count

    def measures(self, number: int) -> Measures:
        """Say what it comes to."""
        heard_at = self.audio_at if self.audio_at is not None else self.model_at
        return Measures(
            number=number,
            began_at=self.began_at,
            response_ms=_ms(self.finished_at, heard_at),
            model_ms=_ms(self.noticed_at, self.model_at),
            barge_in_ms=_ms(self.spoken_over_at, self.quiet_at),
            transcribed=bool(self.transcribed) if self.item else None,
            tokens=dict(self.tokens),
            model=self.model,
        )


def _ms(since: float | None, until: float | None) -> int | None:
    if since is None or until is None:
        return None
    # two events that overtake each other are not before their cause
    return max(0, round((until - since) * 1000))


def tokens_of(usage: object) -> dict[str, int]:
    """Read `usage` of `response.done` by kind; what is cached is billed otherwise, and apart."""
    if not isinstance(usage, Mapping):
        return {}
    given = _part(usage, "input_token_details")
    made = _part(usage, "output_token_details")
    text, audio = _count(given, "text_tokens"), _count(given, "audio_tokens")
    cached = _part(given, "cached_tokens_details")
    if cached:
        text_cached, audio_cached = _count(cached, "text_tokens"), _count(cached, "audio_tokens")
    else:
        # nobody says of what: instructions, which are text, are cached first
        text_cached = min(text, _count(given, "cached_tokens"))
        audio_cached = min(audio, _count(given, "cached_tokens") - text_cached)
    return {
        "text_in": max(0, text - text_cached),
        "text_cached": text_cached,
        "text_out": _count(made, "text_tokens"),
        "audio_in": max(0, audio - audio_cached),
        "audio_cached": audio_cached,
        "audio_out": _count(made, "audio_tokens"),
    }


def transcribed_s(usage: object, speech_s: float) -> float:
    """Read how many seconds were transcribed; where it is not told, the speech was so long."""
    if isinstance(usage, Mapping) and usage.get("type") == "duration":
        seconds = usage.get("seconds")
        if isinstance(seconds, int | float):
            return round(float(seconds), 3)
    return round(speech_s, 3)


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    return part if isinstance(part, Mapping) else {}


def _count(body: Mapping[str, Any], name: str) -> int:
    count = body.get(name)
    return count if isinstance(count, int) and count > 0 else 0
