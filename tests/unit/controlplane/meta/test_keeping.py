"""What of a webhook is stored: the words that decide something, and no others."""

import json
from typing import Any

import pytest

from controlplane.meta.events import TextReceived, WebhookEvent
from controlplane.meta.keeping import WITHHELD, text_decides, what_to_keep, without_words
from controlplane.meta.webhook import parse_stored, parse_webhook
from controlplane.stop.grammar import Verdict, judge
from tests import paths

PRIVATE = "private words"
ADA, LINE = "15550001111", "436666719526789"
VALUE: dict[str, Any] = {
    "messaging_product": "whatsapp",
    "metadata": {"display_phone_number": "15550009999", "phone_number_id": LINE},
    "contacts": [{"wa_id": ADA, "user_id": "US.1", "profile": {"name": PRIVATE}}],
}
HEAD = {"id": "wamid.1", "from": ADA, "from_user_id": "US.1", "timestamp": "1762216151"}


def event_of(message: dict[str, Any] | None = None, **parts: Any) -> WebhookEvent:
    """Parse one message, or one change with other parts."""
    field = parts.pop("field", "messages")
    value = {**VALUE, **({"messages": [{**HEAD, **message}]} if message else {}), **parts}
    return parse_stored({"entry_id": "1", "field": field, "value": value})


def kept(event: WebhookEvent, *, is_ours: bool = True) -> dict[str, Any]:
    """What would be stored."""
    return dict(what_to_keep(event, decides=is_ours and text_decides(event), is_ours=is_ours))


MESSAGES: dict[str, dict[str, Any]] = {
    "text": {"type": "text", "text": {"body": PRIVATE}},
    "sentence-with-stop": {"type": "text", "text": {"body": f"stop by at five, {PRIVATE}"}},
    "button": {"type": "button", "button": {"text": PRIVATE, "payload": PRIVATE}},
    "image": {"type": "image", "image": {"id": PRIVATE, "caption": PRIVATE, "sha256": PRIVATE}},
    "document": {"type": "document", "document": {"filename": PRIVATE, "id": PRIVATE}},
    "location": {"type": "location", "location": {"latitude": 48.2, "longitude": 16.37}},
    "contacts": {"type": "contacts", "contacts": [{"phones": [{"phone": PRIVATE}]}]},
    "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.0", "emoji": PRIVATE}},
    "flow": {"type": "interactive", "interactive": {"nfm_reply": {"response_json": PRIVATE}}},
    "order": {"type": "order", "order": {"text": PRIVATE, "product_items": [{"item_price": 7}]}},
    "referral": {
        "type": "text",
        "text": {"body": "Hello"},
        "referral": {"source_url": PRIVATE, "body": PRIVATE},
    },
    "answer": {
        "type": "text",
        "text": {"body": "yes"},
        "context": {"id": "wamid.0", "from": "15550009999", "referred_product": {"x": PRIVATE}},
    },
    "unsupported": {"type": "unsupported", "errors": [{"code": 131051, "title": "Unsupported"}]},
    "of-tomorrow": {"type": "dream", "dream": {"deep": [[{"er": PRIVATE}]], "text": PRIVATE}},
}
ELSEWHERE = {
    "echo": event_of(field="smb_message_echoes", message_echoes=[{"text": {"body": PRIVATE}}]),
    "history": event_of(field="history", history=[{"threads": [{"messages": [PRIVATE]}]}]),
    "malformed-change": parse_stored({"malformed": "change", "data": {"value": PRIVATE}}),
    "malformed-entry": parse_stored({"malformed": "entry", "data": [PRIVATE]}),
    "messages-no-list": event_of(field="calls", messages=PRIVATE),
    "message-no-object": event_of(messages=[PRIVATE]),
    "contacts-no-list": event_of({"type": "text", "text": {"body": "Hi"}}, contacts=PRIVATE),
}


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_of_what_people_write_only_who_when_and_what_kind_is_kept(message: dict[str, Any]) -> None:
    """No word, name, file or place; ids, times and Meta's own errors stay, and so does the line."""
    event = event_of(message)
    found = kept(event)
    text = json.dumps(found)
    assert PRIVATE not in text
    assert "48.2" not in text
    assert found["redacted"] is True
    assert found["value"]["metadata"] == VALUE["metadata"]
    (element,) = found["value"]["messages"]
    assert {name: element[name] for name in HEAD} == HEAD
    assert element["type"] == message["type"]
    assert element.get("errors") == message.get("errors")
    # whoever is erased is found by these
    assert found["value"]["contacts"][0]["wa_id"] == ADA
    if "context" in message:
        assert element["context"]["id"] == "wamid.0"
    # what is stored can still be read, and says nothing
    again = parse_stored(found)
    assert again.party.person == event.party.person
    assert not isinstance(again, TextReceived) or judge(again.text) is Verdict.NONE


@pytest.mark.parametrize("event", ELSEWHERE.values(), ids=ELSEWHERE)
def test_words_in_other_places_are_not_kept_either(event: WebhookEvent) -> None:
    """Other fields of Meta's, and shapes that are none, may bring words as well."""
    assert PRIVATE not in json.dumps(kept(event))


@pytest.mark.parametrize(
    "text", ["STOP", "stop!", "Please stop", "Bitte nicht mehr anrufen", "stop it John"]
)
def test_a_stop_is_kept_as_it_came(text: str) -> None:
    """It is the proof of what the person wants, and what an operator decides about."""
    event = event_of({"type": "text", "text": {"body": text}})
    assert kept(event) == event.raw
    assert parse_stored(kept(event)) == event


def test_what_is_about_calls_and_consent_is_kept_as_it_came() -> None:
    """Every call, permission and account update that Meta is known to send."""
    names = ("connect_inbound", "connect_outbound", "terminate", "status", "call_permission_reply")
    for name in names:
        for webhook in json.loads((paths.DATA / "webhooks" / f"{name}.json").read_text()).values():
            for event in parse_webhook(json.dumps(webhook).encode()):
                if "messages" not in event.raw["value"] or name == "call_permission_reply":
                    assert kept(event) == event.raw, name
    for parts in (
        {"field": "calls", "calls": [{"id": "wacid.1", "event": "mystery"}]},
        {"field": "account_settings_update", "phone_number_settings": {"calling": {}}},
        {"statuses": [{"id": "wamid.1", "status": "failed", "errors": [{"code": 131047}]}]},
    ):
        event = event_of(**parts)
        assert kept(event) == event.raw


def test_of_another_line_nothing_is_kept_but_that_it_was() -> None:
    """Its calls are none of ours: no description of the session, no STOP's words."""
    call = {"id": "wacid.1", "event": "connect", "session": {"sdp": PRIVATE, "sdp_type": "offer"}}
    found = kept(event_of(field="calls", calls=[call]), is_ours=False)
    assert PRIVATE not in json.dumps(found)
    assert found["value"]["calls"][0]["session"] == {"sdp": WITHHELD, "sdp_type": WITHHELD}
    stop = event_of({"type": "text", "text": {"body": "STOP"}})
    assert "STOP" not in json.dumps(kept(stop, is_ours=False))


def test_leaving_out_twice_is_leaving_out_once() -> None:
    """A row that was redacted stays as it is."""
    once = without_words(event_of(MESSAGES["order"]).raw)
    assert without_words(once) == once
