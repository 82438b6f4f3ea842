from typing import Any

import pytest

from simulators.openai.response_request import RequestRefused, check_order, read_request

USER = {"role": "user", "content": "Hello"}
CALL = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "c1", "output": "done"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "secret"}
FUNCTION = {"type": "function", "name": "f", "parameters": {"type": "object"}, "strict": False}


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"input": "x"}, "model"),
        ({"model": "m"}, "input"),
        ({"model": "m", "input": "x", "temprature": 1}, "temprature"),
        ({"model": "m", "input": "x", "max_output_tokens": 3}, "max_output_tokens"),
        ({"model": "m", "input": "x", "safety_identifier": "x" * 65}, "safety_identifier"),
        ({"model": "m", "input": "x", "metadata": {str(n): "" for n in range(17)}}, "metadata"),
        ({"model": "m", "input": "x", "stream": True}, "stream"),
        ({"model": "m", "input": [{"type": "audio"}]}, "input[0]"),
        ({"model": "m", "input": [{**OUTPUT, "result": 1}]}, "input[0].result"),
        ({"model": "m", "input": [{"role": "robot", "content": "x"}]}, "input[0].role"),
        ({"model": "m", "input": "x", "tools": [FUNCTION, FUNCTION]}, "tools"),
        ({"model": "m", "input": "x", "tools": [{**FUNCTION, "strict": True}]}, "tools[0]"),
        ({"model": "m", "input": "x", "tools": [{**FUNCTION, "strict": None}]}, "tools[0]"),
        ({"model": "m", "input": "x", "tool_choice": "required"}, "tool_choice"),
        (
            {
                "model": "m",
                "input": "x",
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": "n",
                        "strict": True,
                        "schema": {"type": "object", "properties": {}},
                    }
                },
            },
            "text.format.schema",
        ),
    ],
)
def test_a_wrong_field_is_named(body: dict[str, Any], param: str) -> None:
    """As OpenAI does: 400, and which parameter it is."""
    with pytest.raises(RequestRefused) as refused:
        read_request(body)
    assert (refused.value.param or "").startswith(param)


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([USER, OUTPUT], "No tool call found"),
        ([USER, CALL], "No tool output found"),
        ([USER, CALL, USER, OUTPUT], "No tool output found"),
        ([USER, OUTPUT, CALL], "No tool call found"),
        ([USER, CALL, OUTPUT, OUTPUT], "Duplicate function call output"),
        ([USER, CALL, CALL, OUTPUT], "Duplicate function call id"),
        ([USER, {**CALL, "arguments": "{"}, OUTPUT], "Invalid JSON"),
        ([USER, {**THOUGHT, "encrypted_content": None}, CALL, OUTPUT], "not persisted"),
        ([USER, {**THOUGHT, "encrypted_content": "forged"}, CALL, OUTPUT], "could not be verified"),
        ([USER, THOUGHT], "required following item"),
        ([USER, CALL, THOUGHT, OUTPUT], "required following item"),
    ],
)
def test_items_out_of_order_are_refused(items: list[dict[str, Any]], words: str) -> None:
    """Each call has one output after it, and thoughts come back as they were given."""
    _, read = read_request({"model": "m", "input": items})
    with pytest.raises(RequestRefused, match=words):
        check_order(read, encrypted=frozenset({"secret"}))


def test_a_conversation_with_calls_is_taken() -> None:
    """Two calls at once may be answered in any order."""
    second = {**CALL, "call_id": "c2"}, {**OUTPUT, "call_id": "c2"}
    items = [USER, THOUGHT, CALL, second[0], second[1], OUTPUT]
    request, read = read_request({"model": "m", "input": items, "tools": [FUNCTION]})
    check_order(read, encrypted=frozenset({"secret"}))
    assert request.is_stored
