"""What OpenAI admits as a schema of structured outputs and of strict functions.

Source: OpenAI, Structured outputs, "Supported schemas", 2026: every object names all of its
properties as required and admits no others; the root is an object and no `anyOf`; of JSON Schema
only the keywords below; at most 5000 properties in 10 levels.
"""

from collections.abc import Mapping
from typing import Any, Final

_ANNOTATIONS: Final = {"title", "description"}
_OF_TYPE: Final[dict[str, set[str]]] = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "format"},
    "number": {"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "integer": {"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "boolean": set(),
    "null": set(),
}
_FORMATS: Final = {
    *("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"),
}
_DEEPEST: Final = 10
_MOST_PROPERTIES: Final = 5000


class SchemaRefused(ValueError):
    """The schema is none that OpenAI takes; the text says where and why, in OpenAI's manner."""


def check_strict(schema: object) -> None:
    """Hold a schema to the rules.

    Raises:
        SchemaRefused: it breaks one.
    """
    root = _object(schema, ())
    if root.get("type") != "object" or "anyOf" in root:
        raise SchemaRefused("In context=(), schema must be a JSON Schema of 'type: \"object\"'.")
    definitions = _object(root.get("$defs", {}), ("$defs",))
    checker = _Checker(set(definitions))
    for name, one in definitions.items():
        checker.check(one, ("$defs", name), 0)
    checker.check({key: value for key, value in root.items() if key != "$defs"}, (), 0)


class _Checker:
    def __init__(self, definitions: set[str]) -> None:
        self._definitions = definitions
        self._properties = 0

    def check(self, schema: object, place: tuple[str, ...], depth: int) -> None:
        part = _object(schema, place)
        if depth > _DEEPEST:
            raise _refused(place, "the schema is nested too deeply")
        if "$ref" in part:
            self._check_reference(part, place)
            return
        if "anyOf" in part:
            _only(part, _ANNOTATIONS | {"anyOf"}, place)
            for number, one in enumerate(part["anyOf"]):
                self.check(one, (*place, "anyOf", str(number)), depth + 1)
            return
        kinds = part.get("type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if not kinds or any(kind not in _OF_TYPE for kind in kinds):
            raise _refused(place, "schema must have a 'type' key")
        allowed = _ANNOTATIONS | {"type", "enum", "const"}
        for kind in kinds:
            allowed |= _OF_TYPE[kind]
        _only(part, allowed, place)
        if part.get("format", "date") not in _FORMATS:
            raise _refused(place, f"'{part['format']}' is not a valid format")
        if "object" in kinds:
            self._check_object(part, place, depth)
        if "array" in kinds:
            self.check(part.get("items"), (*place, "items"), depth + 1)

    def _check_reference(self, part: Mapping[str, Any], place: tuple[str, ...]) -> None:
        others = sorted(part.keys() - {"$ref"})
        if others:
            raise _refused(place, f"$ref cannot have keywords {set(others)}")
        if str(part["$ref"]).removeprefix("#/$defs/") not in self._definitions:
            raise _refused(place, f"reference to undefined schema '{part['$ref']}'")

    def _check_object(self, part: Mapping[str, Any], place: tuple[str, ...], depth: int) -> None:
        properties = _object(part.get("properties", {}), (*place, "properties"))
        if part.get("additionalProperties") is not False:
            raise _refused(
                place, "'additionalProperties' is required to be supplied and to be false"
            )
        missing = sorted(properties.keys() - set(part.get("required", ())))
        if missing or len(part.get("required", ())) != len(properties):
            raise _refused(
                place,
                "'required' is required to be supplied and to be an array including every key in "
                f"properties. Missing '{', '.join(missing)}'",
            )
        self._properties += len(properties)
        if self._properties > _MOST_PROPERTIES:
            raise _refused(place, "the schema has too many properties")
        for name, one in properties.items():
            self.check(one, (*place, "properties", name), depth + 1)


def _object(value: object, place: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _refused(place, f"{value!r} is not of type 'object'")
    return value


def _only(part: Mapping[str, Any], allowed: set[str], place: tuple[str, ...]) -> None:
    others = sorted(part.keys() - allowed)
    if others:
        raise _refused(place, f"'{others[0]}' is not permitted")


def _refused(place: tuple[str, ...], why: str) -> SchemaRefused:
    return SchemaRefused(f"In context={place!r}, {why}.")
