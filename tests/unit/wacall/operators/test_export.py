"""A call as a file: what is in it, and above all what is not."""

import json
from datetime import UTC, datetime
from typing import Any

from wacall.operators.export import bundle_of

AT = "2026-03-01T12:00:30.123456+00:00"
SECRETS = ("15550001111", "Zoë", "wacid.SECRET", "hunter2", "She said", "203.0.113.9", "Meta's own")
CALL: dict[str, Any] = {
    "id": "9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e",
    "wacid": "wacid.SECRET",
    "status": "failed",
    "end_reason": "peer-failed",
    "why": "Meta's own words about Zoë",
    "caller": {"name": "Zoë", "phone": "15550001111", "user_id": None},
    "timeline": [
        {
            "at": AT, "source": "meta", "kind": "connect", "outcome": "handled",
            "payload": {
                "id": "wacid.SECRET", "from": "15550001111", "event": "connect",
                "session": {"sdp_type": "offer",
                            "sdp": "v=0\r\na=ice-pwd:hunter2\r\nc=IN IP4 203.0.113.9\r\n"},
                "contacts": [{"profile": {"name": "Zoë"}}], "errors": [{"code": 138006}],
            },
        },
        {
            "at": AT, "source": "controlplane", "kind": "error", "outcome": "recorded",
            "payload": {"message": "Meta ended the call.", "meta_code": 138006,
                        "meta_detail": "Meta's own", "timings_ms": {"claimed_ms": 3.5}},
        },
    ],
    "steps": [{"at_ms": 1.0, "what": "The person spoke.", "detail": "She said so."}],
    "transcript": [{"text": "She said so."}],
    "tool_calls": [
        {"began_at": AT, "source": "call", "name": "upsertLead", "arguments": {"name": "Zoë"},
         "result": "She said", "error": None, "latency_ms": 3}
    ],
}  # fmt: skip
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def test_what_may_be_handed_on_has_nothing_of_anybodys() -> None:
    """Neither in fields that we know nor in those that Meta may add; codes and times remain."""
    bundle = bundle_of(CALL, NOW, with_words=False)
    text = json.dumps(bundle, ensure_ascii=False)
    assert [secret for secret in SECRETS if secret in text] == []
    assert (bundle["format"], bundle["version"]) == ("wacall-call", 1)
    connect, error = bundle["call"]["timeline"]
    assert connect["payload"] == {
        "event": "connect",
        "session": {
            "sdp_type": "offer",
            "sdp": "v=0\na=ice-pwd:(removed)\nc=IN IP4 (removed)",
        },
        "errors": [{"code": 138006}],
    }
    assert error["payload"]["meta_code"] == 138006
    assert error["payload"]["timings_ms"] == {"claimed_ms": 3.5}
    assert bundle["call"]["steps"] == [{"at_ms": 1.0, "what": "The person spoke."}]
    assert bundle["call"]["tools"][0]["name"] == "upsertLead"


def test_words_are_there_if_they_are_asked_for() -> None:
    """What was said and given; never keys, addresses, or Meta's id of the call."""
    bundle = bundle_of(CALL, NOW, with_words=True)
    text = json.dumps(bundle, ensure_ascii=False)
    assert bundle["call"]["transcript"] == CALL["transcript"]
    assert bundle["call"]["tool_calls"] == CALL["tool_calls"]
    assert bundle["call"]["steps"] == CALL["steps"]
    for secret in ("wacid.SECRET", "hunter2", "203.0.113.9"):
        assert secret not in text
