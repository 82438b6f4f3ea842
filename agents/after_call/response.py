"""An answer of the Responses API, read from its JSON; pure.

Its items are sent back as they came, fields of newer releases included. Source: OpenAI, Responses
API and function calling, 2026.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agents.after_call.failure import Failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """A function that the model wants to have run."""

    call_id: str
    name: str
    arguments: str = field(repr=False)
    """JSON, as the model wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer: calls of functions, or words."""

    items: Sequence[Mapping[str, Any]] = field(repr=False)
    calls: Sequence[Called] = ()
    text: str = field(default="", repr=False)
    tokens: int = 0


def read_response(body: object) -> Response:
    """Read an answer.

    Raises:
        Failure: it is none, or the model refused, was cut off, or failed.
    """
    if not isinstance(body, Mapping):
        raise Failure("answer-malformed")
    status = body.get("status")
    if status == "incomplete":
        raise Failure("incomplete")
    if status != "completed":
        raise Failure("model-failed" if status == "failed" else "answer-malformed")
    output = body.get("output")
    items = output if isinstance(output, list) else []
    calls: list[Called] = []
    texts: list[str] = []
    for item in items:
        kind = item.get("type") if isinstance(item, Mapping) else None
        if kind == "function_call":
            calls.append(_called(item))
        elif kind == "message":
            texts += _texts(item)
    return Response(items=items, calls=calls, text="".join(texts), tokens=_tokens(body))


def _called(item: Mapping[str, Any]) -> Called:
    call_id, name, arguments = (item.get(key) for key in ("call_id", "name", "arguments"))
    if not (isinstance(call_id, str) and isinstance(name, str) and isinstance(arguments, str)):
        raise Failure("answer-malformed")
    return Called(call_id=call_id, name=name, arguments=arguments)


def _texts(item: Mapping[str, Any]) -> list[str]:
    content = item.get("content")
    texts = []
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind == "refusal":
            raise Failure("refused")
        if kind == "output_text":
            texts.append(str(part.get("text", "")))
    return texts


def _tokens(body: Mapping[str, Any]) -> int:
    usage = body.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, Mapping) else 0
    return total if isinstance(total, int) and total > 0 else 0
