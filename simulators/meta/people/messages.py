"""The bodies of webhooks on the field `messages`: permission replies, texts, failed messages. Pure.

Source: Meta, user call permissions; messages webhook reference.
"""

import base64
import secrets

from simulators.meta.people.permissions import Reply
from simulators.meta.webhooks.calls import Caller, Json, Line, contact, metadata


def make_wamid(phone: str) -> str:
    """Mint a message id: base64 of a small binary record that holds the user's number."""
    token = secrets.token_hex(10).upper().encode()
    record = b"\x1d\x18" + bytes([len(phone)]) + phone.encode() + b"\x15\x02\x00\x11\x18\x14"
    return "wamid." + base64.b64encode(record + token + b"\x00").decode()


def permission_reply(wamid: str, user: Caller, line: Line, reply: Reply, at: int) -> Json:
    """Build one `call_permission_reply` message, in any of its six cases."""
    decision: Json = {"response": "accept" if reply.accepted else "reject"}
    if reply.accepted:
        decision["is_permanent"] = reply.is_permanent
    if reply.expires_at is not None:
        decision["expiration_timestamp"] = str(int(reply.expires_at))
    decision["response_source"] = "automatic" if reply.automatic else "user_action"
    context = (
        {}
        if reply.context_id is None
        else {"context": {"from": line.display_phone_number, "id": reply.context_id}}
    )
    return {
        **_sender(user),
        "id": wamid,
        "timestamp": str(at),
        "type": "interactive",
        **context,
        "interactive": {"type": "call_permission_reply", "call_permission_reply": decision},
    }


def text_message(wamid: str, user: Caller, body: str, at: int) -> Json:
    """Build a text that the user has written."""
    return {
        **_sender(user),
        "id": wamid,
        "timestamp": str(at),
        "type": "text",
        "text": {"body": body},
    }


def button_message(wamid: str, user: Caller, text: str, payload: str, at: int) -> Json:
    """Build the tap on a quick-reply button of a template."""
    return {
        **_sender(user),
        "id": wamid,
        "timestamp": str(at),
        "type": "button",
        "button": {"text": text, "payload": payload},
    }


def chosen_message(
    wamid: str, user: Caller, title: str, choice_id: str, at: int, *, kind: str = "button_reply"
) -> Json:
    """Build the tap on a reply button, or (`list_reply`) on a row of a list."""
    return {
        **_sender(user),
        "id": wamid,
        "timestamp": str(at),
        "type": "interactive",
        "interactive": {"type": kind, kind: {"id": choice_id, "title": title}},
    }


def edited_message(wamid: str, user: Caller, original: str, body: str, at: int) -> Json:
    """Build what a text has become (Meta: edit messages webhook, for coexistence)."""
    return {
        **_sender(user),
        "id": wamid,
        "timestamp": str(at),
        "type": "edit",
        "edit": {
            "original_message_id": original,
            "message": {"type": "text", "text": {"body": body}},
        },
    }


def preference_change(line: Line, user: Caller, *, stops: bool, at: int) -> Json:
    """Build the element of `changes` for marketing messages switched off, or on again.

    Source: Meta, user preferences webhook; its timestamp is a number.
    """
    word = "stop" if stops else "resume"
    phone = {} if user.hides_phone else {"wa_id": user.phone}
    return {
        "value": {
            "messaging_product": "whatsapp",
            "metadata": metadata(line),
            "contacts": [contact(user)],
            "user_preferences": [
                {
                    **phone,
                    "detail": f"User requested to {word} marketing messages",
                    "category": "marketing_messages",
                    "value": word,
                    "timestamp": at,
                }
            ],
        },
        "field": "user_preferences",
    }


def messages_change(line: Line, user: Caller, message: Json) -> Json:
    """Build the element of `changes` for one message."""
    return {
        "value": {
            "messaging_product": "whatsapp",
            "metadata": metadata(line),
            "contacts": [contact(user)],
            "messages": [message],
        },
        "field": "messages",
    }


_FAILURES = {
    131026: ("Message undeliverable", "The recipient's WhatsApp is too old for this message."),
    131047: (
        "Re-engagement message",
        "More than 24 hours have passed since the customer last replied to this number.",
    ),
}


def sent_change(line: Line, user: Caller, wamid: str, at: int, opaque: str) -> Json:
    """Build the element of `changes` for a message that Meta has (Meta: status messages)."""
    phone = {} if user.hides_phone else {"recipient_id": user.phone}
    return {
        "value": {
            "messaging_product": "whatsapp",
            "metadata": metadata(line),
            "statuses": [
                {
                    "id": wamid,
                    "status": "sent",
                    "timestamp": str(at),
                    **phone,
                    "recipient_user_id": user.user_id,
                    "biz_opaque_callback_data": opaque,
                }
            ],
        },
        "field": "messages",
    }


def failed_change(
    line: Line, user: Caller, wamid: str, at: int, code: int = 131026, opaque: str | None = None
) -> Json:
    """Build the element of `changes` for a message that was taken, and failed later."""
    title, details = _FAILURES.get(code, ("Message failed", "The message was not delivered."))
    phone = {} if user.hides_phone else {"recipient_id": user.phone}
    return {
        "value": {
            "messaging_product": "whatsapp",
            "metadata": metadata(line),
            "statuses": [
                {
                    "id": wamid,
                    "status": "failed",
                    "timestamp": str(at),
                    **phone,
                    "recipient_user_id": user.user_id,
                    **({} if opaque is None else {"biz_opaque_callback_data": opaque}),
                    "errors": [
                        {
                            "code": code,
                            "title": title,
                            "message": title,
                            "error_data": {"details": details},
                        }
                    ],
                }
            ],
        },
        "field": "messages",
    }


def _sender(user: Caller) -> Json:
    phone = {} if user.hides_phone else {"from": user.phone}
    parent = {} if user.parent_user_id is None else {"from_parent_user_id": user.parent_user_id}
    return {**phone, "from_user_id": user.user_id, **parent}
