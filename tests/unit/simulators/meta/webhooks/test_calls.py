"""The simulated webhooks: bodies, signature, bytes."""

import base64
import json

from simulators.meta.webhooks.calls import (
    Caller,
    Line,
    Terminated,
    call_errors,
    caller_at,
    calls_change,
    connect_call,
    encode,
    envelope,
    make_wacid,
    sign,
    terminate_call,
    unknown_changes,
)

LINE = Line()
CALLER = Caller(name="Zoë 李 🎉")


def test_signature_vector() -> None:
    """The signature is HMAC-SHA256 over the exact bytes, as lower-case hex."""
    body = b'{"object":"whatsapp_business_account","entry":[]}'
    assert (
        sign(body, "test_app_secret")
        == "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"
    )


def test_bytes_are_compact_with_lower_case_escapes() -> None:
    """Non-ASCII goes out as lower-case escapes, as Meta signs it."""
    assert encode({"name": "Zoë 李 🎉"}) == b'{"name":"Zo\\u00eb \\u674e \\ud83c\\udf89"}'


def test_connect_body() -> None:
    """A user's `connect` has the documented fields in the documented places."""
    call = connect_call("wacid.X", CALLER, LINE, "v=0\r\n", 1671644824, {"cta_payload": "book"})
    body = envelope(LINE, [calls_change(LINE, [CALLER], [call])])
    assert json.loads(encode(body)) == {
        "object": "whatsapp_business_account",
        "entry": [
            {
                "id": LINE.waba_id,
                "changes": [
                    {
                        "value": {
                            "messaging_product": "whatsapp",
                            "metadata": {
                                "display_phone_number": LINE.display_phone_number,
                                "phone_number_id": LINE.phone_number_id,
                            },
                            "contacts": [
                                {
                                    "profile": {"name": "Zoë 李 🎉"},
                                    "wa_id": CALLER.phone,
                                    "user_id": CALLER.user_id,
                                }
                            ],
                            "calls": [
                                {
                                    "id": "wacid.X",
                                    "from": CALLER.phone,
                                    "from_user_id": CALLER.user_id,
                                    "to": LINE.display_phone_number,
                                    "event": "connect",
                                    "timestamp": "1671644824",
                                    "direction": "USER_INITIATED",
                                    "cta_payload": "book",
                                    "session": {"sdp_type": "offer", "sdp": "v=0\r\n"},
                                }
                            ],
                        },
                        "field": "calls",
                    }
                ],
            }
        ],
    }


def test_hidden_number_leaves_the_fields_out() -> None:
    """A caller with a username shows no number anywhere."""
    caller = Caller(username="zoe", hides_phone=True)
    call = connect_call("wacid.X", caller, LINE, "v=0\r\n", 1)
    body = encode(envelope(LINE, [calls_change(LINE, [caller], [call])]))
    assert b"from_user_id" in body
    assert b'"username":"zoe"' in body
    assert caller.phone.encode() not in body
    assert caller.phone not in repr(caller)


def test_terminate_of_an_answered_call() -> None:
    """Times are strings of seconds, the duration is a number."""
    end = Terminated(status="COMPLETED", at=1671644944, started_at=1671644824)
    call = terminate_call("wacid.X", CALLER, LINE, end, None, "echo")
    assert (call["start_time"], call["end_time"]) == ("1671644824", "1671644944")
    assert (call["duration"], call["status"]) == (120, "COMPLETED")
    assert call["biz_opaque_callback_data"] == "echo"
    assert "errors" not in call


def test_terminate_of_an_unanswered_call() -> None:
    """A call that nobody picked up is COMPLETED without times."""
    call = terminate_call("wacid.X", CALLER, LINE, Terminated(status="COMPLETED", at=7))
    assert call["status"] == "COMPLETED"
    assert not {"start_time", "end_time", "duration"} & set(call)


def test_errors_stand_in_both_places() -> None:
    """A failed call carries its errors beside and inside `calls`."""
    end = Terminated(status="FAILED", at=20, started_at=0, error_code=138021)
    call = terminate_call("wacid.X", CALLER, LINE, end)
    value = calls_change(LINE, [CALLER], [call], call_errors(138021))["value"]
    assert value["errors"][0]["code"] == value["calls"][0]["errors"][0]["code"] == 138021
    assert value["calls"][0]["duration"] == 20


def test_call_ids_hold_both_numbers() -> None:
    """An id looks like Meta's, which makes it personal data; no two are the same."""
    wacid = make_wacid("15550100123", "15550100399")
    record = base64.b64decode(wacid.removeprefix("wacid."))
    assert b"15550100123" in record
    assert b"15550100399" in record
    assert wacid != make_wacid("15550100123", "15550100399")


def test_unknown_events_are_well_formed() -> None:
    """What nobody knows still comes in the envelope."""
    changes = unknown_changes(LINE, 1)
    assert {change["field"] for change in changes} == {"calls", "messages", "account_update"}


def test_each_phone_number_is_another_person() -> None:
    """Each time the same one, and the first one is who calls unless told otherwise."""
    numbers = ["15550100123", "15550100124", "4915550100123", "1555010012"]
    ids = {caller_at(number).user_id for number in numbers}
    assert len(ids) == len(numbers)
    assert caller_at(numbers[1]) == caller_at(numbers[1])
    assert caller_at(numbers[0]) == Caller()
    named = caller_at(numbers[1], "Ana", "US.7")
    assert (named.phone, named.name, named.user_id) == (numbers[1], "Ana", "US.7")
