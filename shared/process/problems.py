"""What pydantic finds wrong, in words that a person understands who has not read our code."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

# by pydantic's own names of its errors (pydantic, usage errors: validation errors)
_SENTENCES: Mapping[str, str] = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field",
    "json_invalid": "it is not JSON",
    "json_type": "it must be JSON",
    "model_type": "it must be an object",
    "model_attributes_type": "it must be an object",
    "dict_type": "it must be an object",
    "list_type": "it must be a list",
    "tuple_type": "it must be a list",
    "string_type": "it must be a text",
    "string_too_short": "it is empty",
    "string_unicode": "it is not UTF-8",
    "int_type": "it must be a whole number",
    "int_parsing": "it must be a whole number",
    "int_parsing_size": "it is too large a number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "float_parsing": "it must be a number",
    "finite_number": "it must be a finite number",
    "bool_type": "it must be true or false",
    "bool_parsing": "it must be true or false",
    "timezone_aware": "it needs a time zone, such as Z",
    "datetime_type": "it must be a time such as 2026-01-31T12:00:00Z",
    "datetime_parsing": "it must be a time such as 2026-01-31T12:00:00Z",
    "datetime_from_date_parsing": "it must be a time such as 2026-01-31T12:00:00Z",
    "datetime_object_invalid": "it must be a time such as 2026-01-31T12:00:00Z",
    "path_type": "it must be the path of a file",
}
_WITH_LIMITS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda limit: f"it must be more than {limit['gt']:g}",
    "greater_than_equal": lambda limit: f"it must be {limit['ge']:g} or more",
    "less_than": lambda limit: f"it must be less than {limit['lt']:g}",
    "less_than_equal": lambda limit: f"it must be {limit['le']:g} or less",
    "string_too_long": lambda limit: f"it is longer than {limit['max_length']} characters",
    "too_short": lambda limit: f"it must have {limit['min_length']} parts or more",
    "too_long": lambda limit: f"it must have {limit['max_length']} parts or fewer",
    "enum": lambda limit: f"it must be {limit['expected']}",
    "literal_error": lambda limit: f"it must be {limit['expected']}",
}
_PATTERNS: Mapping[str, str] = {
    r"^[A-Za-z0-9_-]+$": "it may have letters, digits, - and _ only",
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$": "it may have letters, digits and .-_ only, 100 at most",
    r"^\d+$": "it must be digits alone",
    r"^v\d+\.\d+$": "it must be a version such as v24.0",
    r"^[a-z0-9_]{1,512}$": "it may have small letters, digits and _ only",
    r"^[a-z0-9_]{1,512}(:[A-Za-z_]{2,10})?$": "it must be a template, name or name:language",
    r"^[A-Za-z_]{2,10}$": "it must be a language such as en or en_US",
}
"""Every pattern of a setting's or a body's field, in words; a test holds it to that."""


def words_for(problem: ErrorDetails) -> str:
    """Say what is wrong with a field: half a sentence that shows nothing of what was given."""
    kind, limits = problem["type"], problem.get("ctx") or {}
    if kind == "string_pattern_mismatch":
        return _PATTERNS.get(str(limits.get("pattern")), "it is not of the form that is wanted")
    if kind in _WITH_LIMITS:
        return _WITH_LIMITS[kind](limits)
    if kind == "value_error":
        # our own validators speak in sentences
        return problem["msg"].removeprefix("Value error, ")
    return _SENTENCES.get(kind, "it cannot be used")
