"""Meta's webhooks: the whole batch as typed events (who sent it: `webhook_auth`).

An event is always parsed from a payload of one element (`webhook_batch`), and keeps it as `raw`:
what is stored and what was parsed cannot differ.

Source of the rules: Meta, WhatsApp Business Platform, Calling API (user-initiated calls,
business-initiated calls, call permissions) and Webhooks (overview), read in 2026.
"""

from collections.abc import Mapping
from typing import Any

from controlplane.core.foreign import (
    Json,
    integer_of,
    list_of,
    object_of,
    text_of,
    time_of,
    word_of,
)
from controlplane.meta.account_events import account_changes, settings_changes
from controlplane.meta.batch import ELEMENTS, split_webhook
from controlplane.meta.events import (
    AccountUpdated,
    AnswerReceived,
    CallStatusChanged,
    IdentityChanged,
    MessageFailed,
    MessageTaken,
    OfferReceived,
    PeerHungUp,
    PermissionReplied,
    PreferenceChanged,
    ReportedError,
    Restriction,
    TextReceived,
    Unrecognized,
    WebhookEvent,
)
from controlplane.meta.texts import words_of_message
from controlplane.meta.words import (
    HangupStatus,
    PeerStatus,
    PermissionResponse,
    PermissionSource,
    Preference,
)
from shared.call.call import Direction
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.number import digits_of
from shared.call.person import Party, Person

# what a message's status is once Meta has it (Meta: messages webhook, status messages)
_TAKEN = ("sent", "delivered")
_IDENTITY_CHANGES = ("user_changed_number", "user_changed_user_id", "customer_changed_number")


class _Malformed(Exception):
    """The element lacks what its kind needs; the text is the reason."""


def parse_webhook(body: bytes) -> list[WebhookEvent]:
    """Read everything that a webhook brings, in its order; bad elements become `Unrecognized`.

    Raises:
        BadWebhook: the body is not a JSON object in UTF-8.
    """
    return [parse_stored(payload) for payload in split_webhook(body)]


def parse_stored(payload: Json) -> WebhookEvent:
    """Read an event from what `raw` held: `parse_stored(event.raw) == event`. Never fails."""
    value = object_of(payload.get("value"))
    try:
        if "malformed" in payload:
            raise _Malformed(f"a webhook's {word_of(payload['malformed'])} has the wrong shape")
        for name, parse in _PARSERS.items():
            for element in list_of(value.get(name)):
                if not isinstance(element, Mapping):
                    raise _Malformed(f"an element of {name} is not an object")
                return parse(payload, value, element)
        if payload.get("field") == "account_update":
            return _parse_account(payload, value)
        if payload.get("field") == "account_settings_update":
            return _parse_settings(payload, value)
        raise _Malformed("nothing that concerns the course of a call")
    except _Malformed as error:
        return _unrecognized(payload, value, str(error))


# --- one element ---


def _parse_call(payload: Json, value: Json, call: Json) -> WebhookEvent:
    match word_of(call.get("event")).casefold():
        case "connect":
            return _parse_connect(payload, value, call)
        case "terminate":
            return _parse_terminate(payload, value, call)
    raise _Malformed("an event of a call that we do not know")


def _parse_connect(payload: Json, value: Json, call: Json) -> WebhookEvent:
    """Read who calls whom, and the description as far as there is one.

    Somebody hears it ring: what lacks, or is not as it should be, is for whoever answers to
    refuse. So only an event without the call's id is malformed.
    """
    sdp, sdp_type = _session(call)
    common: dict[str, Any] = {
        "phone_number_id": _line(value),
        "wacid": _wacid(call),
        "timestamp": time_of(call.get("timestamp")),
        "raw": payload,
    }
    # one documented sample lacks `direction`, real ones have it
    implied = {"offer": Direction.INBOUND, "answer": Direction.OUTBOUND}.get(sdp_type)
    direction = _direction(call) or implied or _guess_direction(value, call)
    # a description that contradicts it is not what is awaited
    sdp = sdp if implied in (direction, None) else ""
    if direction is Direction.OUTBOUND:
        party = _party(value, call, "to")
        return AnswerReceived(**common, sdp=sdp, party=party, opaque=_opaque(call))
    return OfferReceived(
        **common,
        sdp=sdp,
        party=_party(value, call, "from"),
        deeplink_payload=text_of(call.get("deeplink_payload")),
        cta_payload=text_of(call.get("cta_payload")),
        opaque=_opaque(call),
    )


def _session(call: Json) -> tuple[str, str]:
    """Return the description and Meta's word for what it is; each may be empty.

    Before `session` there was `connection.webrtc`; it counts where the newer place has nothing.
    """
    places = (call.get("session"), object_of(call.get("connection")).get("webrtc"))
    for place in map(object_of, places):
        sdp = place.get("sdp")
        if isinstance(sdp, Mapping):
            place, sdp = sdp, sdp.get("sdp")
        if isinstance(sdp, str) and sdp.strip():
            word = word_of(place.get("sdp_type")) or word_of(place.get("type"))
            return sdp, word.casefold()
    return "", ""


def _parse_terminate(payload: Json, value: Json, call: Json) -> WebhookEvent:
    direction = _direction(call) or _guess_direction(value, call)
    return PeerHungUp(
        phone_number_id=_line(value),
        wacid=_wacid(call),
        timestamp=time_of(call.get("timestamp")),
        party=_party(value, call, "to" if direction is Direction.OUTBOUND else "from"),
        raw=payload,
        status=HangupStatus(word_of(call.get("status"))),
        direction=direction,
        started_at=time_of(call.get("start_time")),
        ended_at=time_of(call.get("end_time")),
        duration_s=integer_of(call.get("duration")),
        errors=_errors(call, value),
        opaque=_opaque(call),
    )


def _parse_status(payload: Json, value: Json, status: Json) -> WebhookEvent:
    if word_of(status.get("type")) != "call":
        return _parse_message_status(payload, value, status)
    return CallStatusChanged(
        phone_number_id=_line(value),
        wacid=_wacid(status),
        timestamp=time_of(status.get("timestamp")),
        party=_party(value, status, "recipient"),
        raw=payload,
        status=PeerStatus(word_of(status.get("status"))),
        errors=_errors(status, value),
        opaque=_opaque(status),
    )


def _parse_message_status(payload: Json, value: Json, status: Json) -> WebhookEvent:
    message_id, word = text_of(status.get("id")), word_of(status.get("status")).casefold()
    opaque = _opaque(status)
    if message_id is not None and opaque is not None and word in _TAKEN:
        return MessageTaken(
            phone_number_id=_line(value),
            wacid=None,
            timestamp=time_of(status.get("timestamp")),
            party=_party(value, status, "recipient"),
            raw=payload,
            message_id=message_id,
            opaque=opaque,
        )
    if word != "failed" or message_id is None:
        raise _Malformed("the status of a message, not of a call")
    return MessageFailed(
        phone_number_id=_line(value),
        wacid=None,
        timestamp=time_of(status.get("timestamp")),
        party=_party(value, status, "recipient"),
        raw=payload,
        message_id=message_id,
        errors=_errors(status, value),
        opaque=opaque,
    )


def _parse_preference(payload: Json, value: Json, preference: Json) -> WebhookEvent:
    """Read one of `user_preferences` (Meta: user preferences webhook)."""
    if word_of(preference.get("category")) != "marketing_messages":
        raise _Malformed("a preference about something else than marketing messages")
    contact = object_of(next(iter(list_of(value.get("contacts"))), None))
    name = text_of(object_of(contact.get("profile")).get("name"))
    user_id = text_of(preference.get("user_id")) or text_of(contact.get("user_id"))
    phone = text_of(preference.get("wa_id")) or text_of(contact.get("wa_id"))
    return PreferenceChanged(
        phone_number_id=_line(value),
        wacid=None,
        timestamp=time_of(preference.get("timestamp")),
        party=Party(person=Person.of(user_id, phone), name=name),
        raw=payload,
        value=Preference(word_of(preference.get("value"))),
    )


def _parse_message(payload: Json, value: Json, message: Json) -> WebhookEvent:
    if word_of(message.get("type")) == "system":
        return _parse_system(payload, value, message)
    reply = object_of(message.get("interactive")).get("call_permission_reply")
    context_id = text_of(object_of(message.get("context")).get("id"))
    common: dict[str, Any] = {
        "phone_number_id": _line(value),
        "timestamp": time_of(message.get("timestamp")),
        "party": _party(value, message, "from"),
        "raw": payload,
        "message_id": text_of(message.get("id")),
    }
    if not isinstance(reply, Mapping):
        said = words_of_message(message)
        if said is None:
            raise _Malformed("a message without words, and no reply to a permission request")
        return TextReceived(**common, wacid=None, text=said.text, payload=said.payload)
    return PermissionReplied(
        **common,
        wacid=_as_wacid(context_id),
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
        raise _Malformed("a system message about something else than who a person is")
    user_id, sender = text_of(system.get("user_id")), text_of(message.get("from_user_id"))
    former = Person.of(
        text_of(system.get("previous_user_id")) or (sender if sender != user_id else None),
        text_of(message.get("from")),
    )
    current = Person.of(user_id, text_of(system.get("new_wa_id")) or text_of(system.get("wa_id")))
    if former is None or current is None or former == current:
        raise _Malformed("a change of who a person is without who they were or are")
    return IdentityChanged(
        phone_number_id=_line(value),
        wacid=None,
        timestamp=time_of(message.get("timestamp")),
        party=Party(person=current),
        raw=payload,
        former=former,
        current=current,
        message_id=text_of(message.get("id")),
    )


def _parse_account(payload: Json, value: Json) -> WebhookEvent:
    """Read what concerns calls (Meta: account_update webhook)."""
    violation = word_of(object_of(value.get("violation_info")).get("violation_type"))
    info = value.get("restriction_info")
    restrictions = tuple(
        Restriction(what=word, until=time_of(one.get("expiration")))
        for one in map(object_of, [info] if isinstance(info, Mapping) else list_of(info))
        if "CALL" in (word := word_of(one.get("restriction_type")))
    )
    changes = account_changes(value)
    if "CALL" not in violation and not restrictions and not changes:
        raise _Malformed("an update of the account that does not concern calls")
    return AccountUpdated(
        phone_number_id=None,
        wacid=None,
        timestamp=time_of(payload.get("entry_time")),
        party=Party(),
        raw=payload,
        violation=violation or None,
        restrictions=restrictions,
        changes=changes,
        account=text_of(payload.get("entry_id")),
    )


def _parse_settings(payload: Json, value: Json) -> WebhookEvent:
    """Read what was changed in a number's calling settings (Meta: account_settings_update)."""
    changes = settings_changes(value)
    if not changes:
        raise _Malformed("an update of settings that does not concern calls")
    line = text_of(object_of(value.get("phone_number_settings")).get("phone_number_id"))
    return AccountUpdated(
        phone_number_id=PhoneNumberId(line) if line else None,
        wacid=None,
        timestamp=time_of(value.get("timestamp")) or time_of(payload.get("entry_time")),
        party=Party(),
        raw=payload,
        violation=None,
        restrictions=(),
        changes=changes,
        account=text_of(payload.get("entry_id")),
    )


_PARSERS = {
    "calls": _parse_call,
    "statuses": _parse_status,
    "messages": _parse_message,
    "user_preferences": _parse_preference,
}


def _unrecognized(payload: Json, value: Json, reason: str) -> Unrecognized:
    elements = [x for name in ELEMENTS for x in list_of(value.get(name))]
    element = object_of(next(iter(elements), value))
    words = (word_of(element.get(name)) for name in ("event", "type", "status"))
    side = "recipient" if "recipient_id" in element else "from"
    return Unrecognized(
        phone_number_id=_line(value),
        wacid=_as_wacid(text_of(element.get("id"))),
        timestamp=time_of(element.get("timestamp")),
        party=_party(value, element, side),
        raw=payload,
        field=word_of(payload.get("field")) or "?",
        event=next(filter(None, words), "?"),
        reason=reason,
        errors=_errors(element, value),
    )


def _line(value: Json) -> PhoneNumberId | None:
    text = text_of(object_of(value.get("metadata")).get("phone_number_id"))
    return PhoneNumberId(text) if text else None


def _wacid(element: Json) -> WhatsAppCallId:
    text = text_of(element.get("id"))
    if text is None:
        raise _Malformed("an event of a call without the call's id")
    return WhatsAppCallId(text)


def _as_wacid(text: str | None) -> WhatsAppCallId | None:
    return WhatsAppCallId(text) if text is not None and text.startswith("wacid") else None


def _opaque(element: Json) -> str | None:
    return text_of(element.get("biz_opaque_callback_data"))


def _direction(call: Json) -> Direction | None:
    directions = {
        "user_initiated": Direction.INBOUND,
        "inbound": Direction.INBOUND,
        "business_initiated": Direction.OUTBOUND,
        "outbound": Direction.OUTBOUND,
    }
    return directions.get(word_of(call.get("direction")).casefold())


def _guess_direction(value: Json, call: Json) -> Direction | None:
    # numbers are written with and without `+`
    business = digits_of(text_of(object_of(value.get("metadata")).get("display_phone_number")))
    if call.get("from_user_id") or (business and digits_of(text_of(call.get("to"))) == business):
        return Direction.INBOUND
    if call.get("to_user_id") or (business and digits_of(text_of(call.get("from"))) == business):
        return Direction.OUTBOUND
    return None


def _party(value: Json, element: Json, side: str) -> Party:
    """Merge the element's `from`, `to` or `recipient` with its contact; all are optional.

    What cannot be a number is none: the call is answered all the same.
    """
    contact = next((c for c in list_of(value.get("contacts")) if isinstance(c, Mapping)), {})
    number = element.get("recipient_id" if side == "recipient" else side)
    user_id = text_of(element.get(f"{side}_user_id")) or text_of(contact.get("user_id"))
    phone = digits_of(text_of(number)) or text_of(contact.get("wa_id"))
    return Party(
        person=Person.of(user_id, phone),
        name=text_of(object_of(contact.get("profile")).get("name")),
    )


def _errors(element: Json, value: Json) -> tuple[ReportedError, ...]:
    """Read the errors beside the calls and those inside; real dumps have had both, repeated."""
    found: dict[int, ReportedError] = {}
    for foreign in [*list_of(element.get("errors")), *list_of(value.get("errors"))]:
        error = object_of(foreign)
        code = integer_of(error.get("code"))
        if code is not None and code not in found:
            details = text_of(object_of(error.get("error_data")).get("details"))
            message = details or text_of(error.get("message")) or text_of(error.get("title"))
            found[code] = ReportedError(code=code, message=message)
    return tuple(found.values())
