"""docs/openapi.yaml: OpenAPI 3.1 of the control plane, from its routes and bodies."""

from importlib.metadata import version
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from wacall.docs.routes import ROUTES, Param, Route, Who

_REF = "#/components/schemas/{model}"
_SCHEMES: dict[str, dict[str, str]] = {
    Who.OPERATOR.value: {
        "type": "http", "scheme": "bearer", "description": "CONTROLPLANE_API_KEY.",
    },
    Who.META.value: {
        "type": "apiKey", "in": "header", "name": "X-Hub-Signature-256",
        "description": "`sha256=` and the HMAC of the body with WA_APP_SECRET.",
    },
    Who.LIVEKIT.value: {
        "type": "apiKey", "in": "header", "name": "Authorization",
        "description": "LiveKit's token over the body's hash, signed with LIVEKIT_API_SECRET.",
    },
}  # fmt: skip
_MEANINGS = {
    200: "Done.", 201: "Written.", 202: "On its way.", 206: "The part that was asked for.",
    400: "The request is malformed.",
    401: "The key or the signature is missing or wrong.",
    403: "Not allowed: no CONTROLPLANE_API_KEY is configured, or the wrong verify token.",
    404: "There is no such call.", 409: "Not now: the code says why.",
    408: "The body did not come in time.", 413: "The body is larger than this route takes.",
    415: "The body is compressed; send it as it is.",
    416: "There is no such part.", 422: "The key belongs to another request.",
    502: "Meta or LiveKit refused.", 503: "Something that is needed is not there, or draining.",
}  # fmt: skip


def openapi_page() -> str:
    """Write the document as YAML."""
    text: str = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=100)
    return "# Written by `make docs`; a test holds it equal to the code.\n" + text


def document() -> dict[str, Any]:
    """Return the whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "wacall control plane",
            "version": version("wacall"),
            "description": "Operators, probes and webhooks. Errors are JSON with a code and a "
            "sentence.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:4000"}],
        "paths": paths,
        "components": {"schemas": schemas(), "securitySchemes": _SCHEMES},
    }


def schemas() -> dict[str, Any]:
    """Return every body's JSON Schema by its name."""
    models: list[type[BaseModel]] = []
    for route in ROUTES:
        bodies = [route.body, *route.answers.values()]
        models += [body for body in bodies if isinstance(body, type) and body not in models]
    _, found = models_json_schema([(model, "validation") for model in models], ref_template=_REF)
    return {name: _untitled(schema) for name, schema in found["$defs"].items()}


def _untitled(schema: dict[str, Any]) -> dict[str, Any]:
    """Take out the titles, which say the name again."""
    fields = {
        name: {word: value for word, value in field.items() if word != "title"}
        for name, field in schema.get("properties", {}).items()
    }
    kept = {word: value for word, value in schema.items() if word != "title"}
    return kept | ({"properties": fields} if fields else {})


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": route.name, "summary": route.summary}
    if route.notes:
        operation["description"] = route.notes
    operation["security"] = [{route.who.value: []}] if route.who.value else []
    if route.params:
        operation["parameters"] = [_parameter(param) for param in route.params]
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": _content(route.body)}
    elif route.method == "POST" and route.who is not Who.OPERATOR:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}}},
        }
    operation["responses"] = {
        str(status): {"description": _MEANINGS[status], "content": _content(body)}
        for status, body in sorted(route.answers.items())
    }
    return operation


def _parameter(param: Param) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer" if param.format == "int32" else "string"}
    if param.format:
        schema["format"] = param.format
    return {
        "name": param.name,
        "in": param.place,
        "required": param.required,
        "description": param.meaning,
        "schema": schema,
    }


def _content(body: type[BaseModel] | str) -> dict[str, Any]:
    if isinstance(body, str):
        return {body: {"schema": {"type": "string"}}}
    return {"application/json": {"schema": {"$ref": _REF.format(model=body.__name__)}}}
