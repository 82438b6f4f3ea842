"""The simulated `POST /v1/responses`: a strict door, and a small reader behind it.

Nothing is streamed and nothing runs in the background. With `store=false` an answer is forgotten
at once, and its thoughts have to be sent back as they came.
"""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from simulators.openai import reader
from simulators.openai.errors import http_error
from simulators.openai.faults import Faults
from simulators.openai.happening import Journal, Kind
from simulators.openai.response_request import (
    FunctionCall,
    Item,
    Message,
    Reasoning,
    RequestRefused,
    ResponseRequest,
    check_order,
    read_request,
)

_KEPT: Final = 1000
# what a token is worth, roughly: enough for bounds to be met
_CHARACTERS_A_TOKEN: Final = 4
_SENTENCES: Final = {
    429: ("rate_limit_exceeded", "Rate limit reached for requests."),
    500: ("server_error", "The server had an error while processing your request."),
}


class Responses:
    """All responses of one simulator."""

    def __init__(
        self,
        *,
        journal: Journal,
        models: Callable[[], frozenset[str]],
        faults: Callable[[], Faults],
        strikes: Callable[[str], bool],
        texts: Mapping[str, str],
    ) -> None:
        """Take what is told of, what may go wrong, and what to write to people, by a word."""
        self._journal, self._models = journal, models
        self._faults, self._strikes, self._texts = faults, strikes, texts
        self._thoughts: OrderedDict[str, None] = OrderedDict()
        self._stored: OrderedDict[str, list[Item]] = OrderedDict()

    async def create(self, request: web.Request) -> web.Response:
        """Answer one request."""
        faults = self._faults()
        if faults.response_delay_s:
            await asyncio.sleep(faults.response_delay_s)
        if self._strikes("fail_responses"):
            return self._failed(faults.response_status)
        try:
            body = await request.json()
        except ValueError:
            message = "We could not parse the JSON body of your request."
            return web.json_response(http_error("invalid_json", message), status=400)
        try:
            return web.json_response(self.answer(body))
        except RequestRefused as refused:
            self._journal.note(Kind.REFUSED, "", 0.0, refused.message)
            status = 404 if refused.code == "model_not_found" else 400
            return web.json_response(refused.to_json(), status=status)

    def _failed(self, status: int) -> web.Response:
        code, message = _SENTENCES.get(status, ("server_error", "The server had an error."))
        if status == 429 and self._faults().error_code == "insufficient_quota":
            code, message = "insufficient_quota", "You exceeded your current quota."
        self._journal.note(Kind.FAULT, "", 0.0, f"answered a request with {status}")
        headers = {"Retry-After": "1"} if status == 429 else {}
        return web.json_response(http_error(code, message), status=status, headers=headers)

    def answer(self, body: object) -> dict[str, Any]:
        """Return the response to a request's body.

        Raises:
            RequestRefused: the request breaks a rule.
        """
        request, items = read_request(body)
        if request.model not in self._models():
            raise RequestRefused(
                f"The model `{request.model}` does not exist or you do not have access to it.",
                code="model_not_found",
                param="model",
            )
        if request.previous_response_id is not None:
            if request.previous_response_id not in self._stored:
                raise RequestRefused(
                    f"Previous response with id '{request.previous_response_id}' not found.",
                    code="previous_response_not_found",
                    param="previous_response_id",
                )
            items = [*self._stored[request.previous_response_id], *items]
        check_order(items, encrypted=frozenset(self._thoughts))
        self._journal.note(
            Kind.RESPONSE_ASKED,
            "",
            0.0,
            model=request.model,
            items=len(items),
            safety_identifier=request.safety_identifier,
        )
        output, status = self._output(request, items)
        response = _response(request, items, output, status)
        if request.is_stored:
            _, given = read_request({"model": request.model, "input": output})
            # its thoughts are kept by OpenAI, and need not come back
            said = [item for item in given if not isinstance(item, Reasoning)]
            self._stored[response["id"]] = [*items, *said]
            while len(self._stored) > _KEPT:
                self._stored.popitem(last=False)
        return response

    def _output(
        self, request: ResponseRequest, items: Sequence[Item]
    ) -> tuple[list[dict[str, Any]], str]:
        thought = self._think(request)
        if self._strikes("refuse_responses"):
            part = {"type": "refusal", "refusal": "I'm sorry, I can't help with that."}
            return [thought, _message(part)], "completed"
        calls = self._calls(request, items)
        if calls:
            return [thought, *calls], "completed"
        text = self._text(request, items)
        if self._strikes("cut_responses"):
            return [thought, _message(_said(text[: len(text) // 2]), "incomplete")], "incomplete"
        if self._strikes("garble_responses"):
            text = "Certainly! Here is what I found: " + text[:-2]
        self._journal.note(Kind.RESPONSE_GIVEN, "", 0.0, text)
        return [thought, _message(_said(text))], "completed"

    def _think(self, request: ResponseRequest) -> dict[str, Any]:
        thought: dict[str, Any] = {"id": _minted("rs"), "type": "reasoning", "summary": []}
        if "reasoning.encrypted_content" in (request.include or ()):
            thought["encrypted_content"] = secrets.token_urlsafe(32)
            self._thoughts[thought["encrypted_content"]] = None
            while len(self._thoughts) > _KEPT:
                self._thoughts.popitem(last=False)
        return thought

    def _calls(self, request: ResponseRequest, items: Sequence[Item]) -> list[dict[str, Any]]:
        offered = [tool.name for tool in request.tools]
        if not offered or request.tool_choice == "none":
            return []
        called = [item.name for item in items if isinstance(item, FunctionCall)]
        wanted: list[tuple[str, dict[str, Any]]] = []
        if self._strikes("loop_responses"):
            wanted = [(offered[0], {})]
        elif (document := reader.document_in(_user_texts(items))) is not None:
            wanted = reader.wanted_calls(document, offered, called)
        for name, arguments in wanted:
            self._journal.note(Kind.TOOL_CALLED, "", 0.0, name, arguments=arguments)
        return [
            {
                "id": _minted("fc"),
                "type": "function_call",
                "status": "completed",
                "call_id": _minted("call"),
                "name": name,
                "arguments": json.dumps(arguments),
            }
            for name, arguments in wanted
        ]

    def _text(self, request: ResponseRequest, items: Sequence[Item]) -> str:
        schema = request.schema_of_answer
        if schema is None:
            return "I have read it."
        document = reader.document_in(_user_texts(items))
        return json.dumps(reader.answer(document, schema, self._texts), ensure_ascii=False)


def _user_texts(items: Sequence[Item]) -> list[str]:
    return [item.text for item in items if isinstance(item, Message) and item.role == "user"]


def _said(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _message(part: Mapping[str, Any], status: str = "completed") -> dict[str, Any]:
    return {
        "id": _minted("msg"),
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [part],
    }


def _minted(kind: str) -> str:
    return f"{kind}_{secrets.token_hex(16)}"


def _response(
    request: ResponseRequest,
    items: Sequence[Item],
    output: Sequence[Mapping[str, Any]],
    status: str,
) -> dict[str, Any]:
    asked = sum(len(item.model_dump_json()) for item in items) + len(request.instructions or "")
    taken, made = asked // _CHARACTERS_A_TOKEN, len(json.dumps(output)) // _CHARACTERS_A_TOKEN
    return {
        "id": _minted("resp"),
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": request.instructions,
        "max_output_tokens": request.max_output_tokens,
        "metadata": request.metadata or {},
        "model": request.model,
        "output": list(output),
        "parallel_tool_calls": request.parallel_tool_calls is not False,
        "previous_response_id": request.previous_response_id,
        "safety_identifier": request.safety_identifier,
        "store": request.is_stored,
        "temperature": 1.0,
        "tool_choice": request.tool_choice or "auto",
        "tools": [tool.model_dump() for tool in request.tools],
        "top_p": 1.0,
        "truncation": request.truncation or "disabled",
        "usage": {
            "input_tokens": taken,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": made,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": taken + made,
        },
    }
