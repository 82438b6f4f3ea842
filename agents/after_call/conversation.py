"""A conversation with the Responses API: functions are run until there is an answer, within bounds.

Nothing is stored at OpenAI (`store=false`): each request carries all that was said before, the
model's own thoughts in the form that only OpenAI can read (`reasoning.encrypted_content`).
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import openai

from agents.after_call.clerk import Clerk
from agents.after_call.failure import Failure
from agents.after_call.response import Response, read_response
from shared.process.observing import ObserveRequest

_T = TypeVar("_T")

_LISTING_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one conversation may take."""

    rounds: int = 6
    """Requests; in the last one no function can be called any more."""
    calls: int = 24
    """Functions in all."""
    answer_tokens: int = 8_000
    """Of one answer, thoughts included."""
    tokens: int = 250_000
    """Of all requests and answers."""
    seconds: float = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the model is asked."""

    instructions: str = field(repr=False)
    document: str = field(repr=False)
    answer_format: Mapping[str, Any] = field(repr=False)
    clerk: Clerk
    """Who runs the functions."""
    safety_identifier: str = field(repr=False)
    """Stands for the person, and does not tell who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The model's words, and what they took."""

    text: str = field(repr=False)
    model: str
    tokens: int
    rounds: int


class Conversations:
    """The way to the Responses API."""

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        bounds: Bounds | None = None,
        *,
        observe: ObserveRequest = lambda *_: None,
    ) -> None:
        """Take a client that repeats nothing by itself, and who is told of conversations."""
        self._client, self._bounds, self._observe = client, bounds or Bounds(), observe

    async def choose(self, preferred: Sequence[str]) -> list[str]:
        """Say which models to try: those that the account has, in our order.

        All of them where the listing does not come, or has none of them: a stand-in's may not.
        """
        try:
            async with asyncio.timeout(_LISTING_WITHIN_S):
                listed = {model.id async for model in self._client.models.list()}
        except (openai.OpenAIError, TimeoutError, ValueError, TypeError, AttributeError):
            return list(preferred)
        return [model for model in preferred if model in listed] or list(preferred)

    async def ask(self, model: str, question: Question) -> Answered:
        """Lead a conversation to its answer.

        Raises:
            Failure: there is none; its slug says why. `no-model`: another one may be tried.
        """
        outcome, began = "canceled", time.monotonic()
        try:
            answered = await self._within(self._ask(model, question))
            outcome = "ok"
        except Failure as failure:
            outcome = failure.slug
            raise
        finally:
            self._observe("openai", "read_conversation", outcome, time.monotonic() - began)
        return answered

    async def _within(self, work: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(self._bounds.seconds):
                return await work
        except (TimeoutError, openai.APITimeoutError):
            raise Failure("timeout") from None
        except openai.APIStatusError as error:
            raise _failure_of(error) from None
        except openai.OpenAIError:
            # its text may quote what was sent
            raise Failure("no-connection") from None

    async def _ask(self, model: str, question: Question) -> Answered:
        bounds = self._bounds
        items: list[Any] = [{"role": "user", "content": question.document}]
        tokens = calls = 0
        for number in range(1, bounds.rounds + 1):
            response = await self._request(model, question, items, may_call=number < bounds.rounds)
            tokens += response.tokens
            if not response.calls:
                return Answered(text=response.text, model=model, tokens=tokens, rounds=number)
            calls += len(response.calls)
            if calls > bounds.calls:
                break
            if tokens > bounds.tokens:
                raise Failure("too-many-tokens")
            items += response.items
            for call in response.calls:
                said = await question.clerk.run(call.name, call.arguments)
                items.append(
                    {"type": "function_call_output", "call_id": call.call_id, "output": said}
                )
        raise Failure("too-many-rounds")

    async def _request(
        self, model: str, question: Question, items: Sequence[Any], *, may_call: bool
    ) -> Response:
        body: dict[str, Any] = {
            "model": model,
            "instructions": question.instructions,
            "input": list(items),
            "tools": question.clerk.offer(),
            "tool_choice": "auto" if may_call else "none",
            "text": {"format": dict(question.answer_format)},
            "max_output_tokens": self._bounds.answer_tokens,
            "safety_identifier": question.safety_identifier,
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }
        # raw: what comes back is sent back as it came, whatever this release knows of it
        answer = await self._client.responses.with_raw_response.create(**body)
        try:
            return read_response(json.loads(answer.http_response.content))
        except (ValueError, RecursionError):
            raise Failure("answer-malformed") from None


def _failure_of(error: openai.APIStatusError) -> Failure:
    status, code = error.status_code, error.code
    if status == 404 or code == "model_not_found":
        return Failure("no-model")
    if code == "insufficient_quota":
        return Failure("insufficient_quota")
    # what is wrong with a request stays wrong
    is_final = status in (400, 413, 422)
    return Failure(f"http-{status}", asked=_asked(error), is_final=is_final)


def _asked(error: openai.APIStatusError) -> timedelta:
    try:
        return timedelta(seconds=max(0.0, float(error.response.headers.get("retry-after", 0))))
    except (ValueError, OverflowError):
        return timedelta()
