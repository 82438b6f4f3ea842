"""The settings of a session with OpenAI, and a conversation told to it as text; pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from agents.media.bridge.dialogue import REPLAYED
from agents.media.bridge.utterances import Call, Said
from agents.media.tool import Tool
from agents.media.voice import SpeechOptions

_MAX_ITEMS = 200
"""Of a long conversation the last ones are told again."""
CUT_OFF = " [cut off here]"
"""Behind words of the model's whose rest nobody heard: the customer spoke, or the line broke."""


def session_config(
    options: SpeechOptions,
    model: str,
    instructions: str,
    tools: Sequence[Tool],
    *,
    answers: bool = True,
) -> dict[str, Any]:
    """Write the `session` of `POST /v1/realtime/calls` (openai `RealtimeSessionCreateRequest`).

    Unless it `answers`, it hears and writes down what is said, and is silent.
    """
    return {
        "type": "realtime",
        "model": model,
        "instructions": instructions,
        "output_modalities": ["audio"],
        "audio": {
            "input": {
                "noise_reduction": None
                if options.noise_reduction == "off"
                else {"type": options.noise_reduction},
                "transcription": {"model": options.transcription_model},
                "turn_detection": turn_detection(options, answers=answers),
            },
            "output": {"voice": options.voice},
        },
        "tools": [{"type": "function", **tool.schema()} for tool in tools],
        "tool_choice": "auto",
    }


def turn_detection(options: SpeechOptions, *, answers: bool) -> dict[str, Any]:
    """Write how speech is told from silence, and whether it is answered."""
    return {
        "type": "server_vad",
        "threshold": options.vad_threshold,
        "prefix_padding_ms": options.vad_prefix_ms,
        "silence_duration_ms": options.vad_silence_ms,
        "create_response": answers,
        "interrupt_response": answers,
    }


def listening_update(options: SpeechOptions, *, answers: bool) -> dict[str, Any]:
    """Write the `session.update` that changes whether it answers."""
    listening = {"turn_detection": turn_detection(options, answers=answers)}
    return {
        "type": "session.update",
        "session": {"type": "realtime", "audio": {"input": listening}},
    }


def user_item(text: str) -> dict[str, Any]:
    """Write what the customer is to have said, for `conversation.item.create`."""
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "user", "content": content}


def system_item(text: str) -> dict[str, Any]:
    """Write what the model is to know and nobody has said."""
    content = [{"type": "input_text", "text": text}]
    return {"type": "message", "role": "system", "content": content}


def assistant_item(text: str) -> dict[str, Any]:
    """Write the same of the model."""
    content = [{"type": "output_text", "text": text}]
    return {"type": "message", "role": "assistant", "content": content}


def replayed(history: Iterable[Said | Call], generation: int) -> list[dict[str, Any]]:
    """Write a conversation as items for a new session; their ids say that they are no news."""
    items: list[dict[str, Any]] = []
    for told in list(history)[-_MAX_ITEMS:]:
        items.extend(_items(told))
    return [{**item, "id": f"{REPLAYED}{generation}_{number}"} for number, item in enumerate(items)]


def _items(told: Said | Call) -> list[dict[str, Any]]:
    if isinstance(told, Said):
        if told.role == "user":
            return [user_item(told.text)]
        return [assistant_item(told.text + (CUT_OFF if told.interrupted else ""))]
    # one without an answer is told with it
    return [] if told.output is None else answer_items(told, is_known=False)


def answer_items(call: Call, *, is_known: bool) -> list[dict[str, Any]]:
    """Write what a tool has answered, after the call if a session does not know of that."""
    answer = {"type": "function_call_output", "call_id": call.call_id, "output": call.output}
    if is_known:
        return [answer]
    called = {"call_id": call.call_id, "name": call.name, "arguments": call.arguments or "{}"}
    return [{"type": "function_call", **called}, answer]
