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
from controlplane.meta.elements import Malformed, as_wacid, errors_of, line_of, opaque_of, party_of
from controlplane.meta.events import (
    AccountUpdated,
    AnswerReceived,
    CallStatusChanged,
    OfferReceived,
    PeerHungUp,
    Restriction,
    Unrecognized,
    WebhookEvent,
)
from controlplane.meta.message_elements import (
    parse_message,
    parse_message_status,
    parse_preference,
)
from controlplane.meta.words import (
    HangupStatus,
    PeerStatus,
)
from shared.call.call import Direction
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.number import digits_of
from shared.call.person import Party


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
            raise Malformed(f"a webhook's {word_of(payload['malformed'])} has the wrong shape")
        for name, parse in _PARSERS.items():
            for element in list_of(value.get(name)):
                if not isinstance(element, Mapping):
                    raise Malformed(f"an element of {name} is not an object")
                return parse(payload, value, element)
        if payload.get("field") == "account_update":
            return _parse_account(payload, value)
        if payload.get("field") == "account_settings_update":
            return _parse_settings(payload, value)
        raise Malformed("nothing that concerns the course of a call")
    except Malformed as error:
        return _unrecognized(payload, value, str(error))


# --- one element ---


def _parse_call(payload: Json, value: Json, call: Json) -> WebhookEvent:
    match word_of(call.get("event")).casefold():
        case "connect":
            return _parse_connect(payload, value, call)
        case "terminate":
            return _parse_terminate(payload, value, call)
    raise Malformed("an event of a call that we do not know")


def _parse_connect(payload: Json, value: Json, call: Json) -> WebhookEvent:
    """Read who calls whom, and the description as far as there is one.

    Somebody hears it ring: what lacks, or is not as it should be, is for whoever answers to
    refuse. So only an event without the call's id is malformed.
    """
    sdp, sdp_type = _session(call)
    common: dict[str, Any] = {
        "phone_number_id": line_of(value),
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
        party = party_of(value, call, "to")
        return AnswerReceived(**common, sdp=sdp, party=party, opaque=opaque_of(call))
    return OfferReceived(
        **common,
        sdp=sdp,
        party=party_of(value, call, "from"),
        deeplink_payload=text_of(call.get("deeplink_payload")),
        cta_payload=text_of(call.get("cta_payload")),
        opaque=opaque_of(call),
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
        phone_number_id=line_of(value),
        wacid=_wacid(call),
        timestamp=time_of(call.get("timestamp")),
        party=party_of(value, call, "to" if direction is Direction.OUTBOUND else "from"),
        raw=payload,
        status=HangupStatus(word_of(call.get("status"))),
        direction=direction,
        started_at=time_of(call.get("start_time")),
        ended_at=time_of(call.get("end_time")),
        duration_s=integer_of(call.get("duration")),
        errors=errors_of(call, value),
        opaque=opaque_of(call),
    )


def _parse_status(payload: Json, value: Json, status: Json) -> WebhookEvent:
    if word_of(status.get("type")) != "call":
        return parse_message_status(payload, value, status)
    return CallStatusChanged(
        phone_number_id=line_of(value),
        wacid=_wacid(status),
        timestamp=time_of(status.get("timestamp")),
        party=party_of(value, status, "recipient"),
        raw=payload,
        status=PeerStatus(word_of(status.get("status"))),
        errors=errors_of(status, value),
        opaque=opaque_of(status),
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
        raise Malformed("an update of the account that does not concern calls")
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
        raise Malformed("an update of settings that does not concern calls")
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
    "messages": parse_message,
    "user_preferences": parse_preference,
}


def _unrecognized(payload: Json, value: Json, reason: str) -> Unrecognized:
    elements = [x for name in ELEMENTS for x in list_of(value.get(name))]
    element = object_of(next(iter(elements), value))
    words = (word_of(element.get(name)) for name in ("event", "type", "status"))
    side = "recipient" if "recipient_id" in element else "from"
    return Unrecognized(
        phone_number_id=line_of(value),
        wacid=as_wacid(text_of(element.get("id"))),
        timestamp=time_of(element.get("timestamp")),
        party=party_of(value, element, side),
        raw=payload,
        field=word_of(payload.get("field")) or "?",
        event=next(filter(None, words), "?"),
        reason=reason,
        errors=errors_of(element, value),
    )


def _wacid(element: Json) -> WhatsAppCallId:
    text = text_of(element.get("id"))
    if text is None:
        raise Malformed("an event of a call without the call's id")
    return WhatsAppCallId(text)


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
