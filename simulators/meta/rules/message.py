"""The Graph API's rules for messages that ask for a call permission. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from simulators.meta.rules.graph import Refusal, check_address
from simulators.meta.rules.outbound import OutboundPolicy

_REQUEST = "call_permission_request"
_LONGEST_TEXT = 4096
"""Meta, text messages."""


class MessageKind(StrEnum):
    """What a message is, as far as calls are concerned."""

    PERMISSION_REQUEST = "permission-request"
    FREE_FORM = "free-form"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A well-formed message."""

    kind: MessageKind
    needs_window: bool
    """Free-form messages are for an open 24 h customer-service window."""


def read_message(body: Any, policy: OutboundPolicy) -> Message | Refusal:
    """Read a message of the business's, or refuse it."""
    if not isinstance(body, dict):
        return _invalid("The body must be a JSON object")
    if body.get("messaging_product") != "whatsapp":
        return _invalid("The parameter messaging_product is required and must be whatsapp")
    if (refusal := check_address(body)) is not None:
        return refusal
    if body.get("recipient_type", "individual") != "individual":
        return _invalid("recipient_type must be individual")
    match body.get("type", "text"):
        case "interactive":
            return _read_interactive(body.get("interactive"))
        case "template":
            return _read_template(body.get("template"), policy)
        case "text":
            text = body.get("text")
            if not isinstance(text, dict) or not isinstance(text.get("body"), str):
                return _invalid("The parameter text['body'] is required")
            if not 0 < len(text["body"]) <= _LONGEST_TEXT:
                return _invalid(f"text['body'] must be 1 to {_LONGEST_TEXT} characters long")
            return Message(kind=MessageKind.FREE_FORM, needs_window=True)
    return _invalid("type must be one of interactive, template, text here")


def shown_text(body: Mapping[str, Any]) -> str:
    """Return what a message that was taken looks like in a chat, as one text.

    Templates are the account's own, and not known here: their name and values are shown.
    """
    match body.get("type", "text"):
        case "interactive":
            asked = body["interactive"].get("body") or {}
            return str(asked.get("text") or "May we call you on WhatsApp?")
        case "template":
            template = body["template"]
            values = [
                str(parameter.get("text", ""))
                for component in template.get("components") or []
                for parameter in component.get("parameters") or []
            ]
            return " ".join([f"[{template.get('name')}]", *values])
    return str(body["text"]["body"])


def outside_window() -> Refusal:
    """Refuse a free-form message outside the customer-service window."""
    details = "More than 24 hours have passed since the customer last replied to this number"
    return Refusal(
        status=400,
        code=131047,
        message="(#131047) Re-engagement message",
        details=details,
        rule="Meta, user call permissions: free form only in an open service window",
    )


def _read_interactive(interactive: object) -> Message | Refusal:
    if not isinstance(interactive, dict):
        return _invalid("The parameter interactive is required")
    if interactive.get("type") != _REQUEST:
        return _invalid(f"interactive['type'] must be {_REQUEST}")
    if interactive.get("action") != {"name": _REQUEST}:
        return _invalid(f"interactive['action'] must be {{'name': '{_REQUEST}'}}")
    for name in ("header", "footer"):
        if name in interactive:
            return _invalid(f"interactive['{name}'] is not allowed in a {_REQUEST}")
    body = interactive.get("body")
    if body is not None and not (isinstance(body, Mapping) and isinstance(body.get("text"), str)):
        return _invalid("interactive['body']['text'] must be a string")
    return Message(kind=MessageKind.PERMISSION_REQUEST, needs_window=True)


def _read_template(template: object, policy: OutboundPolicy) -> Message | Refusal:
    if not isinstance(template, dict) or not isinstance(template.get("name"), str):
        return _invalid("The parameter template['name'] is required")
    language = template.get("language")
    if not isinstance(language, dict) or not isinstance(language.get("code"), str):
        return _invalid("The parameter template['language']['code'] is required")
    if (refusal := _check_parameters(template)) is not None:
        return refusal
    if template["name"] in policy.permission_templates:
        return Message(kind=MessageKind.PERMISSION_REQUEST, needs_window=False)
    if template["name"] in policy.templates:
        return Message(kind=MessageKind.TEMPLATE, needs_window=False)
    return Refusal(
        status=404,
        code=132001,
        message="(#132001) Template name does not exist in the translation",
        details=f"template name ({template['name']}) does not exist in {language['code']}",
        rule="Meta, Cloud API error codes: 132001",
    )


def _check_parameters(template: Mapping[str, Any]) -> Refusal | None:
    """Refuse values that a template cannot hold: on one line, without wide gaps."""
    for component in template.get("components", []):
        for parameter in component.get("parameters", []):
            text = parameter.get("text", "")
            if "\n" in text or "\t" in text or " " * 5 in text or not text:
                return Refusal(
                    status=400,
                    code=132018,
                    message="(#132018) There are issues with the parameters in your template",
                    details="Param text cannot have new-line/tab characters or more than 4 "
                    "consecutive spaces",
                    rule="Meta, Cloud API error codes: 132018, as users report its details",
                )
    return None


def _invalid(details: str) -> Refusal:
    return Refusal(
        status=400,
        code=100,
        message="(#100) Invalid parameter",
        details=details,
        rule="Meta, user call permissions: permission request messages",
    )
