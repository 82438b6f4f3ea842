from typing import Any

import pytest

from agents.after_call.failure import SENTENCES, Failure
from agents.after_call.response import Called, read_response

SAID = {"type": "message", "content": [{"type": "output_text", "text": "{}"}]}
CALLED = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
THOUGHT = {"type": "reasoning", "id": "rs_1", "news": [1]}


def body(*output: Any, status: str = "completed", **more: Any) -> dict[str, Any]:
    return {"status": status, "output": list(output), "usage": {"total_tokens": 7}, **more}


def test_words_and_calls_are_read_and_items_kept_as_they_came() -> None:
    """Unknown kinds and fields of newer releases included."""
    response = read_response(body(THOUGHT, {"type": "news"}, "odd", CALLED, SAID))
    assert response.calls == [Called(call_id="c1", name="f", arguments="{}")]
    assert (response.text, response.tokens) == ("{}", 7)
    assert response.items[0] is THOUGHT
    assert len(response.items) == 5


@pytest.mark.parametrize(
    ("answer", "slug"),
    [
        (None, "answer-malformed"),
        ([], "answer-malformed"),
        ({}, "answer-malformed"),
        (body(status="in_progress"), "answer-malformed"),
        (body(SAID, status="incomplete"), "incomplete"),
        (body(status="failed"), "model-failed"),
        (body({**CALLED, "call_id": None}), "answer-malformed"),
        (body({**CALLED, "arguments": {}}), "answer-malformed"),
        (
            body({"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}),
            "refused",
        ),
    ],
)
def test_what_cannot_be_used_fails_with_a_slug(answer: Any, slug: str) -> None:
    """Each has a sentence for operators."""
    with pytest.raises(Failure) as failure:
        read_response(answer)
    assert failure.value.slug == slug
    assert failure.value.sentence == SENTENCES[slug]


@pytest.mark.parametrize(
    "answer",
    [
        body(output=None),
        body({"type": "message", "content": None}),
        body({"type": "message", "content": ["odd"]}),
        body(usage={"total_tokens": "many"}),
        body(usage=None),
    ],
)
def test_what_says_nothing_is_an_empty_answer(answer: Any) -> None:
    """Whoever reads the words finds that they are none."""
    response = read_response(answer)
    assert (response.text, list(response.calls)) == ("", [])
