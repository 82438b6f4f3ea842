"""A tool that an operator declares: the model calls it, one of the operator's servers does it."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from pydantic import AfterValidator, Field

from shared.profiles.part import Part, Variable, Words
from shared.profiles.tool_names import BUILT_IN

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", value):
        raise ValueError("it must be letters, digits and _, beginning with a letter")
    if value in BUILT_IN:
        raise ValueError("a tool that comes with wacall has this name")
    return value


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.username is not None or re.search(r"\s", value):
        raise ValueError("it must be a URL such as https://shop.example/orders, without a password")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise ValueError("it must begin with https://")
    return value


def _schema(value: dict[str, Any]) -> dict[str, Any]:
    properties, required = value.get("properties", {}), value.get("required", [])
    if value.get("type") != "object" or not isinstance(properties, dict):
        raise ValueError("it must be the JSON schema of an object: `type: object`, `properties`")
    if not isinstance(required, list) or not {str(one) for one in required} <= set(properties):
        raise ValueError("its `required` must be a list of names that `properties` has")
    try:
        Draft202012Validator.check_schema(value, format_checker=Draft202012Validator.FORMAT_CHECKER)
    except SchemaError as error:
        where = ".".join(str(part) for part in error.absolute_path)
        raise ValueError(f"it is no JSON schema: {where}: {error.message[:200]}") from None
    return value


class Action(Part):
    """One tool of the operator's own."""

    name: Annotated[str, AfterValidator(_name)]
    """What the model calls it, such as `findOrder`."""
    description: Words
    """What it does, and when the model shall call it."""
    parameters: Annotated[dict[str, Any], AfterValidator(_schema)] = Field(
        default_factory=lambda: {"type": "object", "properties": {}}
    )
    """The JSON schema of what the model gives: an object."""
    url: Annotated[str, AfterValidator(_url)]
    """Where it is sent, `https://`."""
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    """How: POST, or GET, PUT, PATCH, DELETE."""
    secret: Variable | None = None
    """The variable with the key that requests are signed by."""
    headers: dict[str, str] = Field(default_factory=dict)
    """Further headers, such as `X-Shop: harbor`; no secrets."""
    timeout_s: float = Field(8, gt=0, le=60)
    """How long it may take, in seconds."""
