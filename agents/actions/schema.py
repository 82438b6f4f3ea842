"""What the model gives an action, held to the JSON schema that the profile declares; pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import UnknownType, ValidationError
from referencing import Registry
from referencing.exceptions import Unresolvable

from agents.media.tool import ToolProblem

_MOST_TOLD = 5
_LONGEST = 200


def check_arguments(schema: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Compare what the model gives with the schema.

    Raises:
        ToolProblem: names each argument and what is wrong with it; or the schema cannot be used.
    """
    # without a registry of its own a `$ref` would be fetched from wherever it points to
    validator: Any = Draft202012Validator(schema, registry=Registry())
    try:
        faults: Iterable[ValidationError] = validator.iter_errors(given)
        told = [_words(fault) for fault, _ in zip(faults, range(_MOST_TOLD), strict=False)]
    except (UnknownType, Unresolvable, re.error, RecursionError, TypeError, ValueError):
        raise ToolProblem(
            "Not done: this is not set up correctly. Apologise, and offer that somebody gets back "
            "to them.",
            slug="bad-schema",
        ) from None
    if told:
        raise ToolProblem(
            f"Not done. {'; '.join(told)}. Correct it and call again.", slug="bad-arguments"
        )


def _words(fault: ValidationError) -> str:
    where = ".".join(str(part) for part in fault.absolute_path) or "arguments"
    return f"{where}: {fault.message[:_LONGEST]}"
