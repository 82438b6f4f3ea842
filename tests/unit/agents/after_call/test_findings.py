import json
from typing import Any

import pytest

from agents.after_call.findings import Findings, Unfit, answer_format, read_findings
from simulators.openai.strict_schema import check_strict

OUTCOMES = ("resolved", "lead")
GOOD: dict[str, Any] = {
    "summary": "They want a bike.",
    "outcome": "lead",
    "sentiment": "positive",
    "missing": ["email"],
    "off_purpose_turns": [4],
    "promises": [
        {
            "turn": 3,
            "quote": "I will send it.",
            "backed_by": None,
            "remedy": "message",
            "due_at": None,
            "purpose": "Send it.",
            "message": "Here it is.",
        }
    ],
}


def test_the_schema_is_one_that_openai_takes() -> None:
    """Strict structured outputs admit a part of JSON Schema only; the outcomes are ours."""
    form = answer_format(OUTCOMES)
    assert form["strict"] is True
    check_strict(form["schema"])
    assert form["schema"]["properties"]["outcome"]["enum"] == ["resolved", "lead"]
    assert "enum" not in Findings.model_json_schema()["properties"]["outcome"]


def test_a_good_answer_is_read() -> None:
    """Long texts are cut: a schema cannot bound them."""
    long = GOOD | {"summary": " a " * 5000}
    assert read_findings(json.dumps(GOOD), OUTCOMES).promises[0].quote == "I will send it."
    assert len(read_findings(json.dumps(long), OUTCOMES).summary) <= 2000


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Certainly! Here is what I found:",
        "[]",
        "null",
        "[" * 5000,
        json.dumps(GOOD)[:-2],
        *(json.dumps(without(name)) for name in GOOD),
        json.dumps(GOOD | {"outcome": "sold"}),
        json.dumps(GOOD | {"summary": "  "}),
        json.dumps(GOOD | {"sentiment": "furious"}),
        json.dumps(GOOD | {"missing": ["shoe size"]}),
        json.dumps(GOOD | {"promises": [{"turn": 1}]}),
        json.dumps(GOOD | {"off_purpose_turns": ["four"]}),
        json.dumps(GOOD | {"more": 1}),
    ],
)
def test_any_other_answer_is_unfit(text: str) -> None:
    """Whatever a model writes is held to the schema, and never quoted in an error."""
    with pytest.raises(Unfit) as unfit:
        read_findings(text, OUTCOMES)
    assert unfit.value.__cause__ is None
    assert "bike" not in str(unfit.value)
