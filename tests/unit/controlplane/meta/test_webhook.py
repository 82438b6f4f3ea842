"""Meta's webhooks: signature, handshake, and every shape in tests/data/webhooks."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from controlplane.core.errors import BadSignature, BadWebhook
from controlplane.meta.events import (
    AccountUpdated,
    AnswerReceived,
    CallStatusChanged,
    EventKind,
    IdentityChanged,
    MessageFailed,
    MessageTaken,
    OfferReceived,
    PeerHungUp,
    PermissionReplied,
    PreferenceChanged,
    Restriction,
    TextReceived,
    Unrecognized,
    WebhookEvent,
)
from controlplane.meta.signature import BadHandshake, answer_handshake, find_signer
from controlplane.meta.webhook import parse_stored, parse_webhook
from controlplane.meta.words import (
    HangupStatus,
    PeerStatus,
    PermissionResponse,
    PermissionSource,
    Preference,
)
from shared.call.call import Direction
from shared.call.person import Party, Person
from shared.database.rows import value_for_database
from tests import paths

DATA = paths.DATA / "webhooks"


def account_update(**value: object) -> dict[str, object]:
    """Wrap an account's update as the batch does."""
    return {"entry_id": "1", "field": "account_update", "value": value}


LINE, USER, BSUID = "436666719526789", "15550001111", "US.13491208655302741918"
ADA = Party(person=Person(user_id=BSUID, phone=USER), name="Ada Invented")
SECRET = "test_app_secret"
BODY = b'{"object":"whatsapp_business_account","entry":[]}'
SIGNATURE = "sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756"


def variants() -> Iterator[tuple[str, str, bytes]]:
    """Yield file, variant and body of everything under tests/data/webhooks."""
    for path in sorted(DATA.glob("*.json")):
        for name, webhook in json.loads(path.read_text()).items():
            # as Meta sends it: everything beyond ASCII escaped
            yield path.stem, name, json.dumps(webhook).encode()


BODIES = {f"{stem}/{name}": body for stem, name, body in variants()}


def parse_one(name: str) -> WebhookEvent:
    """Parse a variant that holds one event."""
    (event,) = parse_webhook(BODIES[name])
    return event


def at(seconds: int) -> datetime:
    """Return the time of UNIX seconds."""
    return datetime.fromtimestamp(seconds, UTC)


# --- signature and handshake ---


def test_signature_of_the_test_vector_is_accepted() -> None:
    """HMAC-SHA256 over the exact bytes, lower-case hex."""
    assert find_signer(BODY, SIGNATURE, [SECRET]) == SECRET


@pytest.mark.parametrize(
    ("body", "header", "secret"),
    [
        (BODY, None, SECRET),
        (BODY, "", SECRET),
        (BODY, SIGNATURE.removeprefix("sha256="), SECRET),
        (BODY, SIGNATURE.replace("sha256", "sha1"), SECRET),
        (BODY, SIGNATURE[:-1] + "7", SECRET),
        (BODY, SIGNATURE + " ", SECRET),
        (BODY, "sha256=\u00e9\udcff", SECRET),
        (BODY + b" ", SIGNATURE, SECRET),
        (BODY, SIGNATURE, "another_secret"),
        (BODY, SIGNATURE, ""),
    ],
)
def test_everything_else_is_refused(body: bytes, header: str | None, secret: str) -> None:
    """Missing, cut, foreign or mistyped: 401, whatever the header holds."""
    with pytest.raises(BadSignature) as caught:
        find_signer(body, header, [secret])
    assert caught.value.status == 401


def test_without_a_secret_nothing_is_signed() -> None:
    """Anybody can sign with an empty key."""
    digest = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    with pytest.raises(BadSignature):
        find_signer(BODY, f"sha256={digest}", [""])


HANDSHAKE = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": "t0ken"}


def test_handshake_returns_the_raw_challenge() -> None:
    """The challenge is opaque and goes back as it came."""
    assert answer_handshake(HANDSHAKE, "t0ken") == "1158201444"
    assert answer_handshake({**HANDSHAKE, "hub.challenge": " 00x "}, "t0ken") == " 00x "


@pytest.mark.parametrize(
    ("query", "token"),
    [
        ({}, "t0ken"),
        ({**HANDSHAKE, "hub.verify_token": "other"}, "t0ken"),
        ({**HANDSHAKE, "hub.verify_token": "\udcff\u00e9"}, "t0ken"),
        ({**HANDSHAKE, "hub.mode": "unsubscribe"}, "t0ken"),
        ({**HANDSHAKE, "hub.challenge": ""}, "t0ken"),
        ({**HANDSHAKE, "hub.verify_token": ""}, ""),
    ],
)
def test_wrong_handshake_is_refused(query: dict[str, str], token: str) -> None:
    """403 without telling what was wrong; no token of ours means no handshake."""
    with pytest.raises(BadHandshake) as caught:
        answer_handshake(query, token)
    assert caught.value.status == 403


# --- the shapes ---


def test_inbound_connect_is_an_offer() -> None:
    """Everything that answering needs, in our words."""
    event = parse_one("connect_inbound/plain")
    assert isinstance(event, OfferReceived)
    assert event.phone_number_id == LINE
    assert event.wacid == "wacid.INVENTED0001"
    assert event.party == ADA
    assert event.timestamp == at(1671644824)
    assert event.sdp.startswith("v=0\r\n")
    assert event.kind is EventKind.CONNECT


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("hidden_number", Party(person=Person(user_id=BSUID), name="Ada Invented")),
        ("empty_number", Party(person=Person(user_id=BSUID), name="Ada Invented")),
        ("no_contacts", Party(person=Person(user_id=BSUID, phone=USER))),
        ("no_direction", ADA),
        ("no_sdp_type", ADA),
        ("garbage_timestamp", ADA),
        ("non_ascii_name", Party(person=Person(user_id=BSUID, phone=USER), name="Łucja 李 👋🏽")),
    ],
)
def test_every_inbound_variant_is_an_offer(name: str, party: Party) -> None:
    """Numbers, contacts, names, directions may lack; the call is answered all the same."""
    event = parse_one(f"connect_inbound/{name}")
    assert isinstance(event, OfferReceived)
    assert event.party == party


def test_payloads_of_links_and_buttons_are_kept() -> None:
    """They tell which campaign a call comes from."""
    event = parse_one("connect_inbound/payloads")
    assert isinstance(event, OfferReceived)
    assert (event.deeplink_payload, event.cta_payload) == ("campaign-7", "button-3")


@pytest.mark.parametrize(
    ("told", "origin"),
    [
        ({}, {}),
        (
            {"cta_payload": "a", "deeplink_payload": "b"},
            {"cta_payload": "a", "deeplink_payload": "b"},
        ),
        ({"biz_opaque_callback_data": "c"}, {"biz_opaque_callback_data": "c"}),
        ({"cta_payload": 7, "deeplink_payload": " "}, {"cta_payload": "7"}),
        (
            {"cta_payload": {"a": 1}, "deeplink_payload": ["b"], "biz_opaque_callback_data": None},
            {},
        ),
        ({"deeplink_payload": "x" * 5000}, {"deeplink_payload": "x" * 512}),
    ],
)
def test_what_came_along_with_the_tap(told: dict[str, object], origin: dict[str, str]) -> None:
    """By Meta's names; nothing that is no text, and no more than a button can carry."""
    offer = parse_stored(connect(**USER_CALLS, **told))
    assert isinstance(offer, OfferReceived)
    assert offer.origin == origin


def test_garbage_timestamp_is_no_timestamp() -> None:
    """The offer's age is then unknown, not an error."""
    assert parse_one("connect_inbound/garbage_timestamp").timestamp is None


def connect(**call: object) -> dict[str, Any]:
    """A stored `connect` with these fields of the call's."""
    metadata = {"phone_number_id": LINE, "display_phone_number": "+1 317-555-1399"}
    element = {"id": "wacid.INVENTED0001", "event": "connect", "timestamp": "1671644824", **call}
    return {"field": "calls", "value": {"metadata": metadata, "calls": [element]}}


SDP = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n"
OFFERED = {"sdp_type": "offer", "sdp": SDP}
USER_CALLS = {"direction": "USER_INITIATED"}


@pytest.mark.parametrize(
    ("call", "sdp"),
    [
        (USER_CALLS, ""),
        ({**USER_CALLS, "session": None}, ""),
        ({**USER_CALLS, "session": "v=0"}, ""),
        ({**USER_CALLS, "session": {"sdp_type": "offer"}}, ""),
        ({**USER_CALLS, "session": {"sdp_type": "offer", "sdp": 7}}, ""),
        ({**USER_CALLS, "session": {"sdp_type": "offer", "sdp": " "}}, ""),
        ({**USER_CALLS, "session": {"sdp_type": "answer", "sdp": SDP}}, ""),
        ({**USER_CALLS, "session": {"sdp_type": "novelty", "sdp": SDP}}, SDP),
        ({**USER_CALLS, "session": {"sdp": {"type": "offer", "sdp": SDP}}}, SDP),
        ({**USER_CALLS, "connection": {"webrtc": {"sdp": SDP}}}, SDP),
        ({"connection": {"webrtc": {"sdp": SDP}}}, SDP),
        ({"connection": {"webrtc": {"sdp": {"type": "offer", "sdp": SDP}}}}, SDP),
        ({"session": OFFERED, "connection": {"webrtc": {"sdp": "older"}}}, SDP),
        ({"session": {"sdp": ""}, "connection": {"webrtc": {"sdp": SDP}}}, SDP),
        ({"event": "CONNECT", "session": OFFERED}, SDP),
        ({"direction": "inbound", "session": OFFERED}, SDP),
        ({"direction": "sideways", "session": OFFERED}, SDP),
        ({"direction": 7, "to": "13175551399", "session": {"sdp": SDP}}, SDP),
        ({"to": "+13175551399", "session": {"sdp": SDP}}, SDP),
        # nothing tells who calls whom: a call that nobody placed is one that somebody makes
        ({"session": {"sdp": SDP}}, SDP),
        ({}, ""),
    ],
)
def test_whatever_rings_is_an_offer(call: dict[str, object], sdp: str) -> None:
    """It can be answered or refused at Meta; kept as unrecognized it would ring out."""
    event = parse_stored(connect(**call))
    assert isinstance(event, OfferReceived)
    assert event.wacid == "wacid.INVENTED0001"
    assert event.sdp == sdp


@pytest.mark.parametrize(
    ("call", "sdp"),
    [
        ({"direction": "BUSINESS_INITIATED"}, ""),
        ({"direction": "outbound", "session": {"sdp": SDP}}, SDP),
        ({"direction": "BUSINESS_INITIATED", "session": OFFERED}, ""),
        ({"session": {"sdp_type": "Answer", "sdp": SDP}}, SDP),
        ({"connection": {"webrtc": {"sdp": {"type": "answer", "sdp": SDP}}}}, SDP),
        ({"from": "+13175551399", "session": {"sdp": SDP}}, SDP),
        ({"to_user_id": BSUID}, ""),
    ],
)
def test_whatever_answers_our_call_is_an_answer(call: dict[str, object], sdp: str) -> None:
    """So that a placed call ends with a reason, not when its time is up."""
    event = parse_stored(connect(**call))
    assert isinstance(event, AnswerReceived)
    assert event.sdp == sdp


@pytest.mark.parametrize("name", ["without_session", "without_line", "neither_direction_nor_type"])
def test_an_odd_connect_is_an_offer(name: str) -> None:
    """Without its line as well, which is then ours: it rings here."""
    event = parse_one(f"connect_odd/{name}")
    assert isinstance(event, OfferReceived)
    assert event.phone_number_id == (None if name == "without_line" else LINE)


def test_a_contradiction_is_what_the_direction_says() -> None:
    """And its description is none that could be used."""
    event = parse_one("connect_odd/contradiction")
    assert isinstance(event, AnswerReceived)
    assert event.sdp == ""


@pytest.mark.parametrize("name", ["plain", "no_contacts", "no_direction", "hidden_number"])
def test_outbound_connect_is_an_answer(name: str) -> None:
    """Told apart by sdp_type even without a direction; the person is the callee."""
    event = parse_one(f"connect_outbound/{name}")
    assert isinstance(event, AnswerReceived)
    assert event.opaque == "call-7"
    phone = None if name == "hidden_number" else USER
    assert event.party.person == Person(user_id=BSUID, phone=phone)


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("ringing", PeerStatus.RINGING),
        ("accepted", PeerStatus.ACCEPTED),
        ("rejected", PeerStatus.REJECTED),
        ("mixed_case", PeerStatus.RINGING),
        ("unknown_word", PeerStatus.UNKNOWN),
    ],
)
def test_status_of_an_outbound_call(name: str, status: PeerStatus) -> None:
    """Any case; a word of next year's is UNKNOWN."""
    event = parse_one(f"status/{name}")
    assert isinstance(event, CallStatusChanged)
    assert event.status is status
    assert event.party == Party(person=Person(user_id=BSUID, phone=USER))
    assert event.opaque == "call-7"


@pytest.mark.parametrize(
    ("name", "status", "duration_s", "codes", "was_answered"),
    [
        ("answered", HangupStatus.COMPLETED, 120, [], True),
        ("unanswered", HangupStatus.COMPLETED, None, [], False),
        ("mixed_case", HangupStatus.COMPLETED, 120, [], True),
        ("failed_error_beside", HangupStatus.FAILED, 20, [138021], True),
        ("failed_error_inside", HangupStatus.FAILED, 20, [138021], True),
        ("failed_error_both", HangupStatus.FAILED, 20, [138021], True),
        ("bare", HangupStatus.UNKNOWN, None, [], False),
    ],
)
def test_terminate(
    name: str, status: HangupStatus, duration_s: int | None, codes: list[int], was_answered: bool
) -> None:
    """Answered or not follows from the times; errors are read from both places, once each."""
    event = parse_one(f"terminate/{name}")
    assert isinstance(event, PeerHungUp)
    assert event.status is status
    assert event.duration_s == duration_s
    assert [error.code for error in event.errors] == codes
    assert event.was_answered is was_answered


def test_terminate_tells_its_times() -> None:
    """Start and end are what the row's times are made of."""
    event = parse_one("terminate/answered")
    assert isinstance(event, PeerHungUp)
    assert (event.started_at, event.ended_at) == (at(1671644824), at(1671644944))
    assert event.direction is Direction.INBOUND


@pytest.mark.parametrize("name", ["outbound", "outbound_no_direction"])
def test_terminate_of_an_outbound_call_is_about_the_callee(name: str) -> None:
    """The business's own number is never taken for the person's."""
    event = parse_one(f"terminate/{name}")
    assert isinstance(event, PeerHungUp)
    assert event.direction is Direction.OUTBOUND
    assert event.party.person is not None
    assert event.party.person.phone == USER


@pytest.mark.parametrize(
    ("name", "response", "source", "is_permanent", "expires", "context"),
    [
        ("temporary", "ACCEPT", "USER_ACTION", False, 1768550400, "wamid.INVENTED"),
        ("permanent", "ACCEPT", "USER_ACTION", True, None, "wamid.INVENTED"),
        ("from_profile", "ACCEPT", "USER_ACTION", True, None, None),
        ("rejected", "REJECT", "USER_ACTION", False, None, "wamid.INVENTED"),
        ("automatic_callback", "ACCEPT", "AUTOMATIC", False, 1768550400, "wacid.INVENTED0001"),
        ("auto_revoked", "REJECT", "AUTOMATIC", False, None, None),
    ],
)
def test_permission_reply(
    name: str,
    response: str,
    source: str,
    is_permanent: bool,
    expires: int | None,
    context: str | None,
) -> None:
    """The six cases that Meta tells apart by these marks."""
    event = parse_one(f"call_permission_reply/{name}")
    assert isinstance(event, PermissionReplied)
    assert event.response is PermissionResponse[response]
    assert event.source is PermissionSource[source]
    assert event.is_permanent is is_permanent
    assert event.expires_at == (at(expires) if expires else None)
    assert event.context_id == context
    assert event.wacid == (context if context and context.startswith("wacid") else None)
    assert event.party == ADA
    assert event.message_id == "wamid.INVENTEDREPLY"


@pytest.mark.parametrize(
    ("name", "field", "event_name"),
    [
        ("recording", "calls", "call_recording_available"),
        ("transcription", "calls", "call_transcription_available"),
        ("voicemail", "messages", "audio"),
        ("message_status", "messages", "delivered"),
        ("call_created", "calls", "call_created"),
        ("payment_missing", "calls", "?"),
        ("unknown_field", "brand_new_field", "?"),
    ],
)
def test_other_webhooks_are_kept(name: str, field: str, event_name: str) -> None:
    """What we do not act on is still one event with its field, its name and all of its content."""
    event = parse_one(f"others/{name}")
    assert isinstance(event, Unrecognized)
    assert (event.field, event.event) == (field, event_name)
    sent = json.loads(BODIES[f"others/{name}"])["entry"][0]["changes"][0]["value"]
    assert event.raw["value"] == sent


def test_missing_payment_method_shows_its_code() -> None:
    """131044 comes as an error webhook on an inbound call."""
    event = parse_one("others/payment_missing")
    assert isinstance(event, Unrecognized)
    assert [error.code for error in event.errors] == [131044]


@pytest.mark.parametrize("name", [name for name in BODIES if name.startswith("malformed/")])
def test_malformed_elements_are_kept_with_a_reason(name: str) -> None:
    """Nothing of Meta's shape-shifting raises; the reason is a sentence of ours."""
    event = parse_one(name)
    assert isinstance(event, Unrecognized)
    assert len(event.reason) > 10
    assert USER not in event.reason


FORMER_ID, CURRENT_ID = "US.1000000000000000001", "US.2000000000000000002"


@pytest.mark.parametrize(
    ("message", "former", "current"),
    [
        # ids of the ones before are told since August 2026, in earlier webhooks only the sender's
        (
            {"from": USER, "from_user_id": FORMER_ID,
             "system": {"type": "user_changed_number", "wa_id": "15550002222"}},
            Person(user_id=FORMER_ID, phone=USER),
            Person(phone="15550002222"),
        ),
        (
            {"from": USER, "from_user_id": CURRENT_ID,
             "system": {"type": "user_changed_number", "wa_id": "15550002222",
                        "user_id": CURRENT_ID, "previous_user_id": FORMER_ID}},
            Person(user_id=FORMER_ID, phone=USER),
            Person(user_id=CURRENT_ID, phone="15550002222"),
        ),
        (
            {"from": USER, "from_user_id": CURRENT_ID,
             "system": {"type": "user_changed_number", "wa_id": "15550002222",
                        "user_id": CURRENT_ID}},
            Person(phone=USER),
            Person(user_id=CURRENT_ID, phone="15550002222"),
        ),
        (
            {"from": USER, "system": {"type": "customer_changed_number", "wa_id": USER,
                                      "new_wa_id": 15550002222}},
            Person(phone=USER),
            Person(phone="15550002222"),
        ),
        (
            {"from_user_id": FORMER_ID,
             "system": {"type": "user_changed_user_id", "user_id": CURRENT_ID}},
            Person(user_id=FORMER_ID),
            Person(user_id=CURRENT_ID),
        ),
    ],
)  # fmt: skip
def test_a_change_of_number_or_id_is_read(
    message: dict[str, Any], former: Person, current: Person
) -> None:
    """Who they were and who they are, in the words of several years."""
    value = {"messages": [{"id": "wamid.1", "type": "system", **message}]}
    event = parse_stored({"field": "messages", "value": value})
    assert isinstance(event, IdentityChanged)
    assert (event.former, event.current, event.message_id) == (former, current, "wamid.1")
    assert event.party.person == current


@pytest.mark.parametrize("name", ["changed_number", "changed_user_id"])
def test_metas_own_samples_of_changes_are_read(name: str) -> None:
    """From August 2026: both ids, and the numbers where they are shared."""
    event = parse_one(f"people/{name}")
    assert isinstance(event, IdentityChanged)
    assert (event.former.user_id, event.current.user_id) == (FORMER_ID, CURRENT_ID)
    assert (event.former.phone is None) == (name == "changed_user_id")


@pytest.mark.parametrize(
    "message",
    [
        {"system": {"type": "user_changed_number", "wa_id": "15550002222"}},
        {"from": USER, "system": {"type": "user_changed_number"}},
        {"from": USER, "system": {"type": "user_changed_number", "wa_id": USER}},
        {"from": USER, "system": {"type": "customer_identity_changed", "wa_id": "15550002222"}},
        {"from": USER, "system": "user_changed_number"},
        {"from": USER},
        # a name that somebody chose is no proof of who they were
        {"system": {"type": "user_changed_user_id", "user_id": CURRENT_ID,
                    "body": f"User x changed from {FORMER_ID} to {CURRENT_ID}"}},
    ],
)  # fmt: skip
def test_a_change_that_does_not_say_who_is_none(message: dict[str, Any]) -> None:
    """Half a change links nobody."""
    value = {"messages": [{"id": "wamid.1", "type": "system", **message}]}
    assert isinstance(parse_stored({"field": "messages", "value": value}), Unrecognized)


def test_a_text_is_read_and_kept_out_of_reprs() -> None:
    """A person's words, for whoever looks for STOP; a tapped quick reply counts as its text."""
    event = parse_one("others/text_message")
    assert isinstance(event, TextReceived)
    assert event.text == "hello"
    assert event.message_id
    assert "hello" not in repr(event)
    message = {"type": "button", "button": {"text": "Stop", "payload": "x"}, "from": USER}
    tapped = parse_stored({"field": "messages", "value": {"messages": [message]}})
    assert isinstance(tapped, TextReceived)
    assert tapped.text == "Stop"


@pytest.mark.parametrize(
    ("name", "value"), [("stop", Preference.STOP), ("resume", Preference.RESUME)]
)
def test_a_switch_for_marketing_messages_is_read(name: str, value: Preference) -> None:
    """Meta's own button in the chat; a switch for something else is kept, and means nothing."""
    event = parse_one(f"user_preferences/{name}")
    assert isinstance(event, PreferenceChanged)
    assert event.value is value
    assert event.party.person == Person(phone=USER)
    assert event.timestamp is not None
    body = BODIES[f"user_preferences/{name}"].replace(b"marketing_messages", b"sea_shanties")
    (other,) = parse_webhook(body)
    assert isinstance(other, Unrecognized)


def test_a_message_that_fails_later_is_read() -> None:
    """By its id, with Meta's code."""
    event = parse_one("message_failed/outside_window")
    assert isinstance(event, MessageFailed)
    assert event.message_id == "wamid.REQ1"
    assert [error.code for error in event.errors] == [131047]
    assert event.party.person == Person(phone=USER)
    assert event.message_id not in repr(event)


def status_of(**fields: str) -> WebhookEvent:
    status = {"id": "wamid.T1", "timestamp": "1767225600", "recipient_id": USER, **fields}
    metadata = {"phone_number_id": "1", "display_phone_number": "15550001111"}
    return parse_stored(
        {"field": "messages", "value": {"metadata": metadata, "statuses": [status]}}
    )


@pytest.mark.parametrize("word", ["sent", "delivered", "Sent"])
def test_a_message_of_ours_that_meta_has_is_read(word: str) -> None:
    """By what we gave it: the answer to our request may have been lost."""
    event = status_of(status=word, biz_opaque_callback_data="ours")
    assert isinstance(event, MessageTaken)
    assert (event.opaque, event.message_id, event.kind) == ("ours", "wamid.T1", "message-taken")
    assert event.party.person == Person(phone=USER)
    assert "ours" not in repr(event)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "sent"},
        {"status": "read", "biz_opaque_callback_data": "ours"},
        {"status": "sent", "biz_opaque_callback_data": "ours", "id": ""},
    ],
    ids=["another program's", "read, hence known", "without its id"],
)
def test_other_statuses_of_messages_tell_nothing(fields: dict[str, str]) -> None:
    """Kept and counted."""
    assert isinstance(status_of(**fields), Unrecognized)


def test_meta_warns_about_calls_and_restricts_them() -> None:
    """Its words are kept; several restrictions may come at once, or one alone, without a list."""
    warned = parse_one("others/account_violation")
    assert isinstance(warned, AccountUpdated)
    assert warned.violation == "USER_INITIATED_CALLS_LOW_PICKUP_RATE"
    assert warned.restrictions == ()
    hidden = {"restriction_type": "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN"}
    paused = {"restriction_type": "RESTRICTED_BUSINESS_INITIATED_CALLING", "expiration": 1767225600}
    for info in ([hidden, paused], paused):
        restricted = parse_stored(account_update(restriction_info=info))
        assert isinstance(restricted, AccountUpdated)
        assert restricted.violation is None
        assert restricted.restrictions[-1] == Restriction(
            what="RESTRICTED_BUSINESS_INITIATED_CALLING", until=datetime(2026, 1, 1, tzinfo=UTC)
        )


@pytest.mark.parametrize(
    "value",
    [
        {"event": "AD_ACCOUNT_LINKED", "waba_info": {"waba_id": "1"}},
        {"violation_info": {"violation_type": "SCAM"}},
        {"restriction_info": [{"restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION"}]},
        {"restriction_info": "RESTRICTED_BUSINESS_INITIATED_CALLING", "violation_info": ["CALL"]},
    ],
)
def test_an_account_has_other_troubles(value: dict[str, object]) -> None:
    """Kept and counted, like everything that is not about calls."""
    assert isinstance(parse_stored(account_update(**value)), Unrecognized)


# --- as people met them ---


def test_a_contact_without_a_profile_is_a_number() -> None:
    """An offer and a status in one change: nobody's name is needed for either."""
    offer, ringing = parse_webhook(BODIES["met/no_profile"])
    assert isinstance(offer, OfferReceived)
    assert isinstance(ringing, CallStatusChanged)
    assert offer.party == ringing.party == Party(person=Person(phone=USER))
    assert (offer.timestamp, ringing.timestamp) == (at(1790000000), at(1790000001))


def test_a_terminate_of_another_writer_is_read() -> None:
    """ISO 8601, numbers with `+`, a direction in plain words, an error without a message."""
    event = parse_one("met/odd_terminate")
    assert isinstance(event, PeerHungUp)
    assert event.timestamp == datetime(2026, 5, 5, 18, 16, 42, tzinfo=UTC)
    assert event.direction is Direction.INBOUND
    assert event.party.person == Person(phone="15559876543")
    assert [error.code for error in event.errors] == [138021]
    assert not event.was_answered


def test_permission_replies_out_of_order_are_told_apart() -> None:
    """Each has its own time and request; `accepted` is a yes as `accept` is."""
    replies = parse_webhook(BODIES["met/permission_replies"])
    found = [
        (reply.response, reply.timestamp, reply.context_id, reply.is_permanent)
        for reply in replies
        if isinstance(reply, PermissionReplied)
    ]
    assert found == [
        (PermissionResponse.REJECT, at(1790000100), "wamid.REQ2", False),
        (PermissionResponse.ACCEPT, at(1790000090), "wamid.REQ1", False),
        (PermissionResponse.ACCEPT, at(1790000200), None, True),
    ]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("accepted", "ACCEPT"), ("ACCEPTED", "ACCEPT"), ("rejected", "REJECT"),
        ("accept", "ACCEPT"), ("acceptedly", "UNKNOWN"), ("ed", "UNKNOWN"), ("", "UNKNOWN"),
        (None, "UNKNOWN"), (7, "UNKNOWN"),
    ],
)  # fmt: skip
def test_a_reply_in_the_past_tense_is_a_reply(word: Any, meant: str) -> None:
    """A no that we could not read would be a call that nobody wants."""
    assert PermissionResponse(word) is PermissionResponse[meant]


@pytest.mark.parametrize(("wa_plus", "from_plus"), [("", "+"), ("+", ""), ("+", "+")])
def test_contacts_are_found_with_and_without_a_plus(wa_plus: str, from_plus: str) -> None:
    """Numbers are one person's however they are written; two contacts, each with its call."""
    people = {"15550001111": "Ada Invented", "15550002222": "Bob Invented"}
    contacts = [{"wa_id": wa_plus + p, "profile": {"name": name}} for p, name in people.items()]
    calls = [
        {**connect(**USER_CALLS)["value"]["calls"][0], "id": f"wacid.{p}", "from": from_plus + p}
        for p in reversed(people)
    ]
    change = {"field": "calls", "value": {"contacts": contacts, "calls": calls}}
    events = parse_webhook(json.dumps({"entry": [{"changes": [change]}]}).encode())
    assert [event.party for event in events] == [
        Party(person=Person(phone=p), name=people[p]) for p in reversed(people)
    ]


# --- the batch ---


def test_all_of_a_batch_is_read() -> None:
    """Entries, changes and elements, in order; broken ones do not lose their neighbours."""
    events = parse_webhook(BODIES["batch/mixed"])
    assert [type(event).__name__ for event in events] == [
        "OfferReceived",
        "Unrecognized",
        "OfferReceived",
        "PeerHungUp",
        "PeerHungUp",
        "CallStatusChanged",
        "Unrecognized",
        "Unrecognized",
        "PermissionReplied",
        "Unrecognized",
        "PeerHungUp",
        "Unrecognized",
    ]


def test_contacts_of_a_batch_find_their_calls() -> None:
    """By id, whatever the order; nobody gets somebody else's name."""
    events = parse_webhook(BODIES["batch/mixed"])
    names = [event.party.name for event in events if isinstance(event, OfferReceived)]
    assert names == ["Ada Invented", "Bob Invented"]


def test_errors_of_a_batch_are_those_of_the_failed_call() -> None:
    """An error beside several calls does not stain those that went well."""
    events = parse_webhook(BODIES["batch/mixed"])
    ends = [event for event in events if isinstance(event, PeerHungUp)]
    assert [[error.code for error in event.errors] for event in ends] == [[], [138021], []]


def test_empty_batch_is_empty() -> None:
    """Meta's smallest body."""
    assert parse_webhook(BODY) == []


@pytest.mark.parametrize("name", BODIES)
def test_events_can_be_read_again_from_the_database(name: str) -> None:
    """After a crash the stored payload alone yields the same event."""
    for event in parse_webhook(BODIES[name]):
        assert parse_stored(json.loads(json.dumps(event.raw))) == event


@pytest.mark.parametrize("payload", [{}, {"value": 7}, {"malformed": 1}, {"value": {"calls": [7]}}])
def test_stored_nonsense_is_unrecognized(payload: dict[str, Any]) -> None:
    """Reading the database again never fails."""
    assert isinstance(parse_stored(payload), Unrecognized)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"null",
        b"\xff{}",
        b'{"a":NaN}',
        b"[" * 100000,
    ],
)
def test_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    """400, and the message holds nothing of the body."""
    with pytest.raises(BadWebhook) as caught:
        parse_webhook(body)
    assert caught.value.status == 400
    assert caught.value.__cause__ is None


def test_what_postgres_cannot_store_is_replaced() -> None:
    """NUL and lone surrogates become U+FFFD; pairs are characters and stay."""
    body = BODIES["connect_inbound/plain"]
    body = body.replace(b"Ada Invented", rb"A\u0000d\ud800a \ud83d\udc4b")
    (event,) = parse_webhook(body)
    assert event.party.name == "A\ufffdd\ufffda \U0001f44b"
    stored = json.dumps(event.raw)
    assert "\\u0000" not in stored
    json.loads(stored)["value"]["contacts"][0]["profile"]["name"].encode()


def test_numbers_beyond_json_become_text() -> None:
    """A double's infinity cannot be written as JSON again."""
    (event,) = parse_webhook(b'{"entry":[{"changes":[{"field":"x","value":{"n":1e999}}]}]}')
    assert json.loads(json.dumps(event.raw, allow_nan=False))["value"]["n"] == "1e999"


def test_words_of_meta_that_are_no_words_stay_out_of_labels() -> None:
    """`field` and `event` may be logged, so they hold short plain words only."""
    body = {"entry": [{"changes": [{"field": "+1 555 000", "value": {"event": "x" * 99}}]}]}
    (event,) = parse_webhook(json.dumps(body).encode())
    assert isinstance(event, Unrecognized)
    assert (event.field, event.event) == ("?", "?")


@pytest.mark.parametrize("name", BODIES)
def test_no_event_shows_personal_data(name: str) -> None:
    """Numbers, names, call ids and SDP stay out of repr, hence out of tracebacks and logs."""
    for event in parse_webhook(BODIES[name]):
        shown = repr(event)
        for secret in (USER, "15550002222", BSUID, "Invented", "INVENTED", "v=0", "campaign"):
            assert secret not in shown


def test_large_batch_is_read_in_linear_time() -> None:
    """A 3 MB body of a thousand calls and contacts is no attack."""
    webhook = json.loads(BODIES["connect_inbound/plain"])
    value = webhook["entry"][0]["changes"][0]["value"]
    call, contact = value["calls"][0], value["contacts"][0]
    call["session"]["sdp"] += "a=x\r\n" * 400
    value["calls"] = [{**call, "id": f"wacid.{i}", "from": f"1555{i:07}"} for i in range(1000)]
    value["contacts"] = [
        {**contact, "wa_id": f"1555{i:07}", "user_id": f"US.{i}"} for i in range(1000)
    ]
    for one in value["calls"]:
        del one["from_user_id"]
    events = parse_webhook(json.dumps(webhook).encode())
    assert len(events) == 1000
    assert [event.party.person for event in events] == [
        Person(user_id=f"US.{i}", phone=f"1555{i:07}") for i in range(1000)
    ]


@pytest.mark.parametrize(
    "spoilt",
    [
        '"duration": ' + "9" * 5000,
        '"duration": 1e999',
        '"end_time": "999999999999", "start_time": "253402300799"',
        '"novelty": ' + "[" * 600 + "]" * 600,
        '"novelty": ' + '{"a":' * 600 + "1" + "}" * 600,
        '"novelty": ' + "[" * 100_000 + '"]]"' + "]" * 100_000,
        '"novelty": ' + '{"a\\"[": [' * 50_000 + "1" + "]}" * 50_000,
        '"novelty": "\\ud800"',
    ],
    ids=["digits", "exponent", "times", "lists", "objects", "abyss", "mixed-abyss", "surrogate"],
)
def test_a_field_that_is_out_of_bounds_does_not_lose_the_hang_up(spoilt: str) -> None:
    """The hang-up is read, and can be written as JSON again, however deep the stack is by then."""
    call = f'{{"id": "wacid.X", "event": "terminate", {spoilt}}}'
    value = f'{{"metadata": {{"phone_number_id": "1"}}, "calls": [{call}]}}'
    body = f'{{"entry": [{{"changes": [{{"field": "calls", "value": {value}}}]}}]}}'
    (event,) = parse_webhook(body.encode())
    assert isinstance(event, PeerHungUp)
    assert event.wacid == "wacid.X"
    written = json.dumps(value_for_database(event.raw))
    assert written.count("[") + written.count("{") < 100
    assert max(len(digits) for digits in re.findall(r"[\[{]+", written)) <= 64


def test_the_secret_that_signed_is_found_among_several() -> None:
    """Each app signs with its own; where it stands in the list is of no matter."""
    for secrets in ([SECRET, "other"], ["other", SECRET], ["", "other", SECRET, "third"]):
        assert find_signer(BODY, SIGNATURE, secrets) == SECRET
    with pytest.raises(BadSignature):
        find_signer(BODY, SIGNATURE, ["other", "third"])


def test_what_is_no_signature_costs_no_hash() -> None:
    """Strangers cannot make the door work as many times as there are apps."""

    def secrets() -> Iterator[str]:
        raise AssertionError("nothing is to be hashed")
        yield

    for header in (None, "", "sha256=", "sha256=xyz", f"sha1={'0' * 40}", "0" * 64):
        with pytest.raises(BadSignature):
            find_signer(BODY, header, secrets())
