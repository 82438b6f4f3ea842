"""OpenAI's events, written short."""

from itertools import count
from typing import Any

from agents.media.bridge.dialogue import Dialogue
from agents.media.bridge.utterances import Said

_NUMBERS = count()


def event(kind: str, **fields: Any) -> dict[str, Any]:
    """An event with an id of its own."""
    return {"type": kind, "event_id": f"event_{next(_NUMBERS)}", **fields}


def message(item: str, role: str, text: str | None, *, kind: str, status: str = "completed") -> Any:
    """A message as OpenAI writes it."""
    word = "text" if kind.endswith("text") else "transcript"
    content = [] if status == "in_progress" else [{"type": kind, word: text}]
    return {"id": item, "type": "message", "role": role, "status": status, "content": content}


def heard_item(item: str, previous: str | None = None) -> list[dict[str, Any]]:
    """The caller has said something; what, is told later."""
    told = message(item, "user", None, kind="input_audio")
    return [
        event("input_audio_buffer.speech_started", item_id=item),
        event("input_audio_buffer.speech_stopped", item_id=item),
        event("conversation.item.added", item=told, previous_item_id=previous),
        event("conversation.item.done", item=told, previous_item_id=previous),
    ]


def transcript(item: str, text: str) -> dict[str, Any]:
    """What it was."""
    kind = "conversation.item.input_audio_transcription.completed"
    return event(kind, item_id=item, transcript=text)


def buffer(what: str, response: str) -> dict[str, Any]:
    """Of OpenAI's output buffer."""
    return event(f"output_audio_buffer.{what}", response_id=response)


def created(response: str, ask: str = "") -> dict[str, Any]:
    """A response begins."""
    body = {"id": response, "status": "in_progress", "metadata": {"ask": ask} if ask else None}
    return event("response.created", response=body)


def speaks(response: str, item: str, text: str, previous: str | None = None) -> list[Any]:
    """The model makes speech."""
    begun = message(item, "assistant", "", kind="output_audio", status="in_progress")
    return [
        event("response.output_item.added", response_id=response, item=begun),
        event("conversation.item.added", item=begun, previous_item_id=previous),
        event(
            "response.output_audio_transcript.delta", response_id=response, item_id=item, delta=text
        ),
    ]


def done(
    response: str, *items: Any, status: str = "completed", audio_ms: int = 0, reason: str = ""
) -> dict[str, Any]:
    """A response is made, or will not be."""
    usage = {"output_token_details": {"audio_tokens": audio_ms // 50}}
    body = {
        "id": response,
        "status": status,
        "status_details": {"reason": reason} if reason else None,
        "output": list(items),
        "usage": usage if audio_ms else None,
    }
    return event("response.done", response=body)


def spoken(item: str, text: str, status: str = "completed") -> Any:
    """Speech of the model's as it stands in the conversation."""
    told = message(item, "assistant", text, kind="output_audio")
    return told | {"status": status}


def cut_at(item: str, ms: int) -> dict[str, Any]:
    """OpenAI has cut its own speech."""
    return event("conversation.item.truncated", item_id=item, content_index=0, audio_end_ms=ms)


class Clocked:
    """A dialogue with a clock, and the turns that have come of it."""

    def __init__(self) -> None:
        self.dialogue = Dialogue()
        self.dialogue.released_at = 0.0
        self.now = 100.0
        self.turns: list[Said] = []

    def take(self, *events: dict[str, Any], after: float = 0.0) -> None:
        """Let time pass, then take events."""
        self.now += after
        for one in events:
            self.dialogue.take(one, self.now)
            self.turns.extend(self.dialogue.settle(self.now))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.turns.extend(self.dialogue.settle(self.now))

    @property
    def said(self) -> list[tuple[str, str, bool]]:
        """Role, words, and whether they were interrupted."""
        return [(turn.role, turn.text, turn.interrupted) for turn in self.turns]

    def speak(self, response: str, item: str, text: str, audio_ms: int = 1000) -> None:
        """Have a response made, whose sound has begun to leave."""
        self.take(created(response), *speaks(response, item, text))
        self.take(buffer("started", response), after=0.3)
        self.take(done(response, spoken(item, text), audio_ms=audio_ms), after=0.1)
