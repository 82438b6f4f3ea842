"""What of a webhook is kept: all of what is about calls and consent, of the rest what it was.

People write to the number about whatever they like. That somebody wrote, when, and what kind of
message it was, is enough; the words, pictures and places are nobody's business here. Pure.
"""

from collections.abc import Mapping
from typing import Any

from controlplane.core.foreign import Json, list_of, object_of
from controlplane.meta.batch import ELEMENTS
from controlplane.meta.events import PermissionReplied, TextReceived, Unrecognized, WebhookEvent
from controlplane.meta.texts import verdict_of
from controlplane.stop.grammar import Verdict

WITHHELD = "…"
"""Stands where something was left out."""

# of an element: who, when, what kind; Meta's own words and ids
_NAMES = (
    "id", "wa_id", "user_id", "from", "from_user_id", "to", "to_user_id", "recipient_id",
    "recipient_user_id", "timestamp", "type", "event", "status", "direction", "errors",
)  # fmt: skip
# of a contact, and of the message that is answered or was forwarded
_CONTACT_NAMES = ("wa_id", "user_id", "input")
_CONTEXT_NAMES = ("id", "from", "from_user_id", "user_id")


def text_decides(event: WebhookEvent) -> bool:
    """Whether the words of this message decide something, so that they are the proof of it."""
    return isinstance(event, TextReceived) and verdict_of(event) is not Verdict.NONE


def what_to_keep(event: WebhookEvent, *, decides: bool, is_ours: bool) -> Json:
    """Return the payload to store.

    Args:
        event: as it was parsed.
        decides: whether its words matter (`text_decides`): then they are kept.
        is_ours: whether it is of our line; what is of another one is none of our business.
    """
    if decides or (is_ours and not _is_chatter(event)):
        return event.raw
    return without_words(event.raw)


def without_words(payload: Json) -> Json:
    """Return a payload with its shape, names and times, but nothing of what somebody said."""
    value = object_of(payload.get("value"))
    if not value:
        # of the wrong shape altogether: what may be in it is not known
        return {**_blank(payload), "malformed": payload.get("malformed", "value"), "redacted": True}
    kept = {name: part for name, part in value.items() if name in ("metadata", "errors")}
    kept |= {name: _blank(part) for name, part in value.items() if name not in kept}
    if "contacts" in value:
        kept["contacts"] = [_named(one, _CONTACT_NAMES) for one in list_of(value["contacts"])]
    for name in ELEMENTS:
        if name in value:
            kept[name] = [_element(one) for one in list_of(value[name])]
    return {**{name: payload[name] for name in payload if name != "value"}, "value": kept,
            "redacted": True}  # fmt: skip


def _is_chatter(event: WebhookEvent) -> bool:
    match event:
        case PermissionReplied():
            return False
        case TextReceived():
            return True
        case Unrecognized():
            return not _is_about_calls(event)
    return False


def _is_about_calls(event: Unrecognized) -> bool:
    """Whether something that we cannot use holds no words of anybody's, for all we know.

    Calls and the account are what this product is about, statuses of messages tell of requests
    for permission; other fields (`history`, `message_echoes`) may bring whole conversations.
    """
    value = object_of(event.raw.get("value"))
    if not value or "messages" in value:
        return False
    return "statuses" in value or event.field == "calls" or event.field.startswith("account")


def _element(element: Any) -> Any:
    kept = _named(element, _NAMES)
    context = object_of(object_of(element).get("context"))
    if context:
        kept["context"] = _named(context, _CONTEXT_NAMES)
    return kept


def _named(part: Any, names: tuple[str, ...]) -> Any:
    if not isinstance(part, Mapping):
        return _blank(part)
    return {name: one if name in names else _blank(one) for name, one in part.items()}


def _blank(part: Any) -> Any:
    """The shape of something: names of fields, and how many there are, but no values."""
    if isinstance(part, Mapping):
        return {name: _blank(one) for name, one in part.items()}
    if isinstance(part, list):
        return [_blank(one) for one in part]
    return part if part is None or isinstance(part, bool) else WITHHELD
