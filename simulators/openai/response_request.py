"""A request to `POST /v1/responses`, held to what OpenAI documents and to the order of its items.

Field names, ranges and defaults are those of OpenAI's `ResponseCreateParams`; what the simulator
does not act on is checked all the same.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from simulators.openai.strict_schema import SchemaRefused, check_strict


class RequestRefused(Exception):
    """The request is answered with 400."""

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.param = message, code, param

    def to_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {
            "error": {
                "message": self.message,
                "type": "invalid_request_error",
                "param": self.param,
                "code": self.code,
            }
        }


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _InputText(_Part):
    type: Literal["input_text"]
    text: str


class _OutputText(_Part):
    type: Literal["output_text"]
    text: str
    annotations: list[Any] = []
    logprobs: list[Any] | None = None


class _Refusal(_Part):
    type: Literal["refusal"]
    refusal: str


_Content = Annotated[_InputText | _OutputText | _Refusal, Field(discriminator="type")]
_Status = Literal["in_progress", "completed", "incomplete"]


class Message(_Part):
    """Somebody's words."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[_Content]
    id: str | None = None
    status: _Status | None = None
    phase: Literal["commentary", "final_answer"] | None = None

    @property
    def text(self) -> str:
        """All of its words."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if not isinstance(part, _Refusal))


class FunctionCall(_Part):
    """What the model called in an earlier answer."""

    type: Literal["function_call"]
    call_id: str = Field(min_length=1, max_length=64)
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")
    arguments: str
    id: str | None = None
    status: _Status | None = None


class FunctionCallOutput(_Part):
    """What came of it."""

    type: Literal["function_call_output"]
    call_id: str = Field(min_length=1, max_length=64)
    output: str
    id: str | None = None
    status: _Status | None = None


class Reasoning(_Part):
    """What the model thought in an earlier answer."""

    type: Literal["reasoning"]
    id: str
    summary: list[Any]
    content: list[Any] | None = None
    encrypted_content: str | None = None
    status: _Status | None = None


Item = FunctionCall | FunctionCallOutput | Reasoning | Message


class Function(_Part):
    """A tool that the model may call."""

    type: Literal["function"]
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    parameters: dict[str, Any] | None
    strict: bool | None
    description: str | None = None


class _JsonSchema(_Part):
    type: Literal["json_schema"]
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None
    description: str | None = None


class _Plain(_Part):
    type: Literal["text", "json_object"]


class _Text(_Part):
    format: Annotated[_JsonSchema | _Plain, Field(discriminator="type")] | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class _ReasoningOptions(_Part):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = None


class ResponseRequest(_Part):
    """The body of a request."""

    model: str
    input: str | list[Any]
    instructions: str | None = None
    tools: list[Function] = []
    tool_choice: Literal["none", "auto", "required"] | None = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: int | None = Field(None, ge=1)
    text: _Text | None = None
    store: bool | None = None
    include: list[Literal["reasoning.encrypted_content"]] | None = None
    previous_response_id: str | None = None
    max_output_tokens: int | None = Field(None, ge=16)
    safety_identifier: str | None = Field(None, max_length=64)
    prompt_cache_key: str | None = None
    reasoning: _ReasoningOptions | None = None
    metadata: dict[str, str] | None = Field(None, max_length=16)
    service_tier: Literal["auto", "default", "flex", "fast", "scale", "priority"] | None = None
    truncation: Literal["auto", "disabled"] | None = None
    stream: Literal[False] | None = None
    background: Literal[False] | None = None

    @property
    def schema_of_answer(self) -> dict[str, Any] | None:
        """The JSON schema that the answer has to follow; `None`: it is free."""
        form = self.text.format if self.text is not None else None
        return form.schema_ if isinstance(form, _JsonSchema) else None

    @property
    def is_stored(self) -> bool:
        """Whether the answer can be continued by its id."""
        return self.store is not False


def read_request(body: object) -> tuple[ResponseRequest, list[Item]]:
    """Read a request and its items.

    Raises:
        RequestRefused: a field, an item, a schema, or the items' order is wrong.
    """
    try:
        request = ResponseRequest.model_validate(body)
    except ValidationError as error:
        raise _refusal_of(error, "") from None
    if isinstance(request.input, str):
        items: list[Item] = [Message(role="user", content=request.input)]
    else:
        items = [_item(item, number) for number, item in enumerate(request.input)]
    _check_schemas(request)
    return request, items


_KINDS: Final[Mapping[str, type[Item]]] = {
    "message": Message,
    "function_call": FunctionCall,
    "function_call_output": FunctionCallOutput,
    "reasoning": Reasoning,
}


def _item(item: object, number: int) -> Item:
    where = f"input[{number}]"
    if not isinstance(item, dict):
        raise RequestRefused(f"Invalid type for '{where}'.", code="invalid_type", param=where)
    kind = item.get("type", "message")
    if kind not in _KINDS:
        raise RequestRefused(
            f"Invalid value: '{kind}'. Supported values are: {', '.join(sorted(_KINDS))}.",
            code="invalid_value",
            param=where,
        )
    try:
        return _KINDS[kind].model_validate(item)
    except ValidationError as error:
        raise _refusal_of(error, f"{where}.") from None


def _refusal_of(error: ValidationError, before: str) -> RequestRefused:
    found = error.errors(include_url=False, include_input=False)[0]
    param = before + ".".join(str(part) for part in found["loc"])
    if found["type"] == "extra_forbidden":
        return RequestRefused(
            f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param
        )
    if found["type"] == "missing":
        return RequestRefused(
            f"Missing required parameter: '{param}'.",
            code="missing_required_parameter",
            param=param,
        )
    return RequestRefused(
        f"Invalid value for '{param}': {found['msg']}.", code="invalid_value", param=param
    )


def _check_schemas(request: ResponseRequest) -> None:
    names = [tool.name for tool in request.tools]
    if len(set(names)) < len(names):
        raise RequestRefused("Tool names must be unique.", code="invalid_value", param="tools")
    if request.tool_choice == "required" and not names:
        raise RequestRefused(
            "Tool choice 'required' must be specified with 'tools' parameter.", param="tool_choice"
        )
    form = request.text.format if request.text is not None else None
    if isinstance(form, _JsonSchema) and form.strict:
        try:
            check_strict(form.schema_)
        except SchemaRefused as refused:
            raise RequestRefused(
                f"Invalid schema for response_format '{form.name}': {refused}",
                code="invalid_json_schema",
                param="text.format.schema",
            ) from None
    for number, tool in enumerate(request.tools):
        try:
            # functions are strict unless they say otherwise
            if tool.strict is not False:
                check_strict(tool.parameters)
            elif (tool.parameters or {}).get("type") != "object":
                raise SchemaRefused("schema must be a JSON Schema of 'type: \"object\"'")
        except SchemaRefused as refused:
            raise RequestRefused(
                f"Invalid schema for function '{tool.name}': {refused}",
                code="invalid_function_parameters",
                param=f"tools[{number}].parameters",
            ) from None


def check_order(items: Sequence[Item], *, encrypted: frozenset[str]) -> None:
    """Hold the items to their order; `encrypted` is what the simulator has given out.

    Raises:
        RequestRefused: an output without its call, a call without its output, a call twice, or
            thoughts that cannot be read or stand alone.
    """
    called: dict[str, bool] = {}
    for number, item in enumerate(items):
        where = f"input[{number}]"
        match item:
            case FunctionCall():
                if item.call_id in called:
                    raise RequestRefused(
                        f"Duplicate function call id '{item.call_id}'.", param=where
                    )
                called[item.call_id] = False
                _check_arguments(item, where)
            case FunctionCallOutput():
                if item.call_id not in called:
                    raise RequestRefused(
                        f"No tool call found for function call output with call_id {item.call_id}.",
                        param="input",
                    )
                if called[item.call_id]:
                    raise RequestRefused(
                        f"Duplicate function call output for call_id {item.call_id}.", param=where
                    )
                called[item.call_id] = True
            case Reasoning():
                _check_thoughts(item, items[number + 1 : number + 2], encrypted)
            case Message():
                if missing := _unanswered(called):
                    raise RequestRefused(
                        f"No tool output found for function call {missing}.", param="input"
                    )
    if missing := _unanswered(called):
        raise RequestRefused(f"No tool output found for function call {missing}.", param="input")


def _unanswered(called: Mapping[str, bool]) -> str | None:
    return next((call_id for call_id, answered in called.items() if not answered), None)


def _check_arguments(call: FunctionCall, where: str) -> None:
    try:
        json.loads(call.arguments)
    except ValueError:
        raise RequestRefused(
            f"Invalid JSON in arguments of '{call.name}'.", code="invalid_value", param=where
        ) from None


def _check_thoughts(item: Reasoning, following: Sequence[Item], encrypted: frozenset[str]) -> None:
    if item.encrypted_content is None:
        raise RequestRefused(
            f"Item with id '{item.id}' not found. Items are not persisted when `store` is set to "
            "false. Try again with `store` set to true, or remove this item from your input.",
            param="input",
        )
    if item.encrypted_content not in encrypted:
        raise RequestRefused(
            "The encrypted content could not be verified.",
            code="invalid_encrypted_content",
            param="input",
        )
    if not following or isinstance(following[0], FunctionCallOutput):
        raise RequestRefused(
            f"Item '{item.id}' of type 'reasoning' was provided without its required following "
            "item.",
            param="input",
        )
