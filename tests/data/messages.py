"""Permission requests as a business sends them: free form, and by template."""

from typing import Any

INTERACTIVE: dict[str, Any] = {
    "type": "call_permission_request",
    "action": {"name": "call_permission_request"},
    "body": {"text": "May we call you about your order?"},
}
FREE_FORM = {
    "messaging_product": "whatsapp",
    "recipient_type": "individual",
    "to": "15550100123",
    "type": "interactive",
    "interactive": INTERACTIVE,
}
TEMPLATE = {
    "messaging_product": "whatsapp",
    "recipient": "US.13491208655302741918",
    "type": "template",
    "template": {"name": "call_permission", "language": {"code": "en"}},
}
