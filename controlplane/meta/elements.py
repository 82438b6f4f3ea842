"""What elements of all kinds of webhooks have in common: line, person, errors. Pure."""

from collections.abc import Mapping

from controlplane.core.foreign import Json, integer_of, list_of, object_of, text_of
from controlplane.meta.events import ReportedError
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.number import digits_of
from shared.call.person import Party, Person


class Malformed(Exception):
    """The element lacks what its kind needs; the text is the reason."""


def line_of(value: Json) -> PhoneNumberId | None:
    """Return Meta's id of the business line, if the element names one."""
    text = text_of(object_of(value.get("metadata")).get("phone_number_id"))
    return PhoneNumberId(text) if text else None


def as_wacid(text: str | None) -> WhatsAppCallId | None:
    """Return a call's id, of what may be another's."""
    return WhatsAppCallId(text) if text is not None and text.startswith("wacid") else None


def opaque_of(element: Json) -> str | None:
    """Return what we gave Meta to give back."""
    return text_of(element.get("biz_opaque_callback_data"))


def party_of(value: Json, element: Json, side: str) -> Party:
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


def errors_of(element: Json, value: Json) -> tuple[ReportedError, ...]:
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
