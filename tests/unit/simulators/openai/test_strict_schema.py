from typing import Any

import pytest

from simulators.openai.strict_schema import SchemaRefused, check_strict


def of(properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A schema that is strict as far as its properties are."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


def test_a_schema_of_all_that_is_admitted_is_taken() -> None:
    """References, nullable fields, enumerations, formats, lists of objects."""
    check_strict(
        of(
            {
                "a": {"type": ["string", "null"], "description": "text", "pattern": "^a"},
                "b": {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]},
                "c": {"$ref": "#/$defs/C"},
                "d": {"type": "array", "items": of({"e": {"type": "boolean"}}), "maxItems": 3},
                "f": {"type": "string", "enum": ["x", "y"]},
                "g": {"type": "string", "format": "date-time"},
            },
            **{"$defs": {"C": of({})}},
        )
    )


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param("string", id="no object"),
        pytest.param({"type": "array", "items": {"type": "string"}}, id="a list at the root"),
        pytest.param({"anyOf": [of({}), of({})]}, id="alternatives at the root"),
        pytest.param(of({"a": {"type": "string", "minLength": 1}}), id="a length"),
        pytest.param(of({"a": {"type": "string", "default": ""}}), id="a default"),
        pytest.param(of({"a": {"type": "string", "format": "uri"}}), id="an unknown format"),
        pytest.param(of({"a": {}}), id="no type"),
        pytest.param(of({"a": {"type": "array"}}), id="a list of anything"),
        pytest.param(of({"a": {"type": "string"}}, required=[]), id="an optional property"),
        pytest.param(of({}, additionalProperties=True), id="more properties"),
        pytest.param(of({"a": {"type": "object", "properties": {}}}), id="more, further inside"),
        pytest.param(of({"a": {"$ref": "#/$defs/A"}}), id="a reference to nothing"),
        pytest.param(
            of({"a": {"$ref": "#/$defs/A", "description": "x"}}, **{"$defs": {"A": of({})}}),
            id="words beside a reference",
        ),
    ],
)
def test_what_openai_refuses_is_refused(schema: Any) -> None:
    """Each rule of the supported subset."""
    with pytest.raises(SchemaRefused):
        check_strict(schema)
