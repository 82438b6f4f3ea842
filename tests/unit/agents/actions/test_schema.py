"""Arguments are held to the schema of the profile."""

from typing import Any

import pytest

from agents.actions.schema import check_arguments
from agents.media.tool import ToolProblem

ORDER = {
    "type": "object",
    "properties": {
        "order": {"type": "string", "pattern": "^[A-Z][0-9]+$"},
        "day": {"enum": [1, 2]},
    },
    "required": ["order"],
    "additionalProperties": False,
}


def test_what_fits_is_taken() -> None:
    """Nothing is said."""
    check_arguments(ORDER, {"order": "A12", "day": 2})


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "arguments: 'order' is a required property"),
        ({"order": "12"}, "order: "),
        ({"order": "A1", "day": 3}, "day: 3 is not one of"),
        ({"order": "A1", "else": 1}, "arguments: Additional properties"),
    ],
)
def test_what_does_not_fit_is_explained(given: dict[str, Any], said: str) -> None:
    """By the name of the argument."""
    with pytest.raises(ToolProblem, match=said) as caught:
        check_arguments(ORDER, given)
    assert caught.value.slug == "bad-arguments"


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {"$ref": "http://127.0.0.1:9/schema.json"}}},
        {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}},
        {"type": "object", "properties": {"a": {"type": "strin"}}},
        {"type": "object", "properties": {"a": {"pattern": "("}}},
    ],
)
def test_a_schema_that_cannot_be_used_is_told_and_fetches_nothing(schema: dict[str, Any]) -> None:
    """A `$ref` is no way to have the worker fetch something."""
    with pytest.raises(ToolProblem, match="not set up correctly") as caught:
        check_arguments(schema, {"a": "x"})
    assert caught.value.slug == "bad-schema"
