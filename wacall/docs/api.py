"""docs/api.md: the same as docs/openapi.yaml, for people."""

from collections.abc import Iterable, Iterator
from typing import Any

from controlplane.core import errors as core_errors
from controlplane.http.middleware import CODES
from controlplane.meta import graph_errors, signature
from shared.bridge import errors as bridge_errors
from shared.call.denial import SENTENCES
from shared.call.errors import WacallError
from shared.database import rest
from wacall.docs.markdown import GENERATED, table
from wacall.docs.openapi import schemas
from wacall.docs.routes import ROUTES, Route, Who

# whoever defines errors has to be imported before they can be counted
_DEFINING = (bridge_errors, core_errors, graph_errors, signature, rest)

_WHO = {
    Who.META: "Meta",
    Who.LIVEKIT: "LiveKit",
    Who.OPERATOR: "operator",
    Who.ANYBODY: "anybody",
}
_HEAD = f"""{GENERATED}
# HTTP

The control plane's routes; [openapi.yaml](openapi.yaml) has the same for programs. Operators send
`Authorization: Bearer` with `CONTROLPLANE_API_KEY`; without a configured key their routes answer
403. Put a TLS proxy in front that lets `/wa/webhook` through from the internet, and nothing else.

An error is `{{"error": {{"code": "kebab-case", "message": "a sentence"}}}}`, with `retry_at` if it
is known when the same request may succeed.

"""
_META = """Besides these there is `graph-` with the name of what Meta refuses, status 502:
[codes.md](codes.md).

"""


def api_page() -> str:
    """Write the page."""
    overview = table(
        ["route", "who", "what"],
        ((f"`{route.method} {route.path}`", _WHO[route.who], route.summary) for route in ROUTES),
    )
    routes = "".join(_route(route) for route in ROUTES if route.who is Who.OPERATOR)
    return f"{_HEAD}{overview}{routes}\n## Bodies\n{_bodies()}\n## Codes\n\n{_META}{_codes()}"


def _route(route: Route) -> str:
    parts = [f"\n## {route.method} {route.path}\n\n{route.summary}"]
    if route.notes:
        parts.append(f" {route.notes}")
    parts.append("\n")
    if route.params:
        rows = ((f"`{param.name}`", param.place, param.meaning) for param in route.params)
        parts.append("\n" + table(["parameter", "in", "meaning"], rows))
    if route.body is not None:
        parts.append(f"\nBody: [{route.body.__name__}](#{route.body.__name__.lower()}).\n")
    said = [
        f"{status} [{body.__name__}](#{body.__name__.lower()})"
        for status, body in route.answers.items()
        if not isinstance(body, str) and status < 300
    ]
    failures = [str(status) for status in sorted(route.answers) if status >= 300]
    parts.append(f"\nAnswers: {', '.join(said)}; or {', '.join(failures)}.\n")
    return "".join(parts)


def _bodies() -> str:
    parts = []
    for name, schema in schemas().items():
        if "properties" not in schema:
            continue
        required = schema.get("required", [])
        rows = (
            (
                f"`{field}`",
                _type(one) + ("" if field in required else ", optional"),
                " ".join(one.get("description", "").split()),
            )
            for field, one in schema["properties"].items()
        )
        said = str(schema.get("description", ""))
        parts.append(f"\n### {name}\n\n{said}\n\n{table(['field', 'type', 'meaning'], rows)}")
    return "".join(parts)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _named(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if "enum" in schema:
        return _words(schema["enum"])
    if "const" in schema:
        return _words([schema["const"]])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format", schema.get("type", "anything")))


def _named(name: str) -> str:
    schema = schemas()[name]
    return _words(schema["enum"]) if "enum" in schema else f"[{name}](#{name.lower()})"


def _words(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _codes() -> str:
    rows = sorted(set(_errors(WacallError)))
    known = {code for code, _, _ in rows}
    rows += [
        (code, str(status), sentence)
        for code, (status, sentence) in CODES.items()
        if code not in known
    ]
    rows += [(reason.value, "409", sentence) for reason, sentence in SENTENCES.items()]
    return table(
        ["code", "status", "meaning"],
        ((f"`{code}`", status, sentence) for code, status, sentence in rows),
    )


def _errors(parent: type[WacallError]) -> Iterator[tuple[str, str, str]]:
    """Every error that a caller can be told, once a code: the class that introduces it."""
    for child in parent.__subclasses__():
        if "code" in vars(child) and not child.__module__.startswith("tests"):
            yield child.code, str(child.status), (child.__doc__ or "").partition("\n")[0]
        yield from _errors(child)
