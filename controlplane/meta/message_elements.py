"""Elements about messages: what people write, what becomes of what we write, who they are. Pure.

Source: Meta, messages webhook (status, system and user preferences messages); user call
permissions, read in 2026.
"""

from collections.abc import Mapping
from typing import Any

from controlplane.core.foreign import Json, list_of, object_of, text_of, time_of, word_of
from controlplane.meta.elements import Malformed, as_wacid, errors_of, line_of, opaque_of, party_of
from controlplane.meta.events import (
    IdentityChanged,
    MessageFailed,
    MessageTaken,
    PermissionReplied,
    PreferenceChanged,
    TextReceived,
    WebhookEvent,
)
from controlplane.meta.texts import words_of_message
from controlplane.meta.words import PermissionResponse, PermissionSource, Preference
from shared.call.person import Party, Person

# what a message's status is once Meta has it (Meta: messages webhook, status messages)
_TAKEN = ("sent", "delivered")
_IDENTITY_CHANGES = ("user_changed_number", "user_changed_user_id", "customer_changed_number")


def parse_message_status(payload: Json, value: Json, status: Json) -> WebhookEvent:
    """Read what became of a message of ours."""
    message_id, word = text_of(status.get("id")), word_of(status.get("status")).casefold()
    opaque = opaque_of(status)
    if message_id is not None and opaque is not None and word in _TAKEN:
        return MessageTaken(
            phone_number_id=line_of(value),
            wacid=None,
            timestamp=time_of(status.get("timestamp")),
            party=party_of(value, status, "recipient"),
            raw=payload,
            message_id=message_id,
            opaque=opaque,
        )
    if word != "failed" or message_id is None:
        raise Malformed("the status of a message, not of a call")
    return MessageFailed(
        phone_number_id=line_of(value),
        wacid=None,
        timestamp=time_of(status.get("timestamp")),
        party=party_of(value, status, "recipient"),
        raw=payload,
        message_id=message_id,
        errors=errors_of(status, value),
        opaque=opaque,
    )


def parse_preference(payload: Json, value: Json, preference: Json) -> WebhookEvent:
    """Read one of `user_preferences` (Meta: user preferences webhook)."""
    if word_of(preference.get("category")) != "marketing_messages":
        raise Malformed("a preference about something else than marketing messages")
    contact = object_of(next(iter(list_of(value.get("contacts"))), None))
    name = text_of(object_of(contact.get("profile")).get("name"))
    user_id = text_of(preference.get("user_id")) or text_of(contact.get("user_id"))
    phone = text_of(preference.get("wa_id")) or text_of(contact.get("wa_id"))
    return PreferenceChanged(
        phone_number_id=line_of(value),
        wacid=None,
        timestamp=time_of(preference.get("timestamp")),
        party=Party(person=Person.of(user_id, phone), name=name),
        raw=payload,
        value=Preference(word_of(preference.get("value"))),
    )


def parse_message(payload: Json, value: Json, message: Json) -> WebhookEvent:
    """Read what a person wrote, tapped or answered."""
    if word_of(message.get("type")) == "system":
        return _parse_system(payload, value, message)
    reply = object_of(message.get("interactive")).get("call_permission_reply")
    context_id = text_of(object_of(message.get("context")).get("id"))
    common: dict[str, Any] = {
        "phone_number_id": line_of(value),
        "timestamp": time_of(message.get("timestamp")),
        "party": party_of(value, message, "from"),
        "raw": payload,
        "message_id": text_of(message.get("id")),
    }
    if not isinstance(reply, Mapping):
        said = words_of_message(message)
        if said is None:
            raise Malformed("a message without words, and no reply to a permission request")
        return TextReceived(**common, wacid=None, text=said.text, payload=said.payload)
    return PermissionReplied(
        **common,
        wacid=as_wacid(context_id),
        response=PermissionResponse(word_of(reply.get("response"))),
        source=PermissionSource(word_of(reply.get("response_source"))),
        is_permanent=reply.get("is_permanent") is True,
        expires_at=time_of(reply.get("expiration_timestamp")),
        context_id=context_id,
    )


def _parse_system(payload: Json, value: Json, message: Json) -> WebhookEvent:
    """Read who somebody was and is (Meta: system messages webhook, 2026-08-11).

    `customer_changed_number` and `new_wa_id` are earlier releases' words. The body says it as
    well, but with a name in it that anybody may choose.
    """
    system = object_of(message.get("system"))
    if word_of(system.get("type")) not in _IDENTITY_CHANGES:
        raise Malformed("a system message about something else than who a person is")
    user_id, sender = text_of(system.get("user_id")), text_of(message.get("from_user_id"))
    former = Person.of(
        text_of(system.get("previous_user_id")) or (sender if sender != user_id else None),
        text_of(message.get("from")),
    )
    current = Person.of(user_id, text_of(system.get("new_wa_id")) or text_of(system.get("wa_id")))
    if former is None or current is None or former == current:
        raise Malformed("a change of who a person is without who they were or are")
    return IdentityChanged(
        phone_number_id=line_of(value),
        wacid=None,
        timestamp=time_of(message.get("timestamp")),
        party=Party(person=current),
        raw=payload,
        former=former,
        current=current,
        message_id=text_of(message.get("id")),
    )
