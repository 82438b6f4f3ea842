"""Meta's webhooks: the exact bodies, and the signature over the exact bytes. Pure."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

SIGNATURE_HEADER = "X-Hub-Signature-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The business's side: one number of one WhatsApp Business Account.

    The number is British: those of the US may not place calls.
    """

    phone_number_id: str = "436666719526789"
    display_phone_number: str = "442079460399"
    waba_id: str = "102290129340398"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The person at the phone; invented."""

    phone: str = field(default="15550100123", repr=False)
    """Digits without `+`."""
    name: str = field(default="Zoë Müller-Łukasz", repr=False)
    user_id: str = field(default="US.13491208655302741918", repr=False)
    """Business-scoped user id."""
    parent_user_id: str | None = field(default=None, repr=False)
    username: str | None = field(default=None, repr=False)
    hides_phone: bool = False
    """With a username Meta leaves the phone fields out (business-scoped ids, 2026)."""


def caller_at(phone: str, name: str | None = None, user_id: str | None = None) -> Caller:
    """Return who has a phone number: the same person each time, and another for each number."""
    someone = Caller()
    if user_id is None:
        is_first = phone == someone.phone
        user_id = someone.user_id if is_first else f"US.1349{phone.rjust(16, '0')}"
    return Caller(phone=phone, name=someone.name if name is None else name, user_id=user_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminated:
    """How a call ended, as Meta tells it."""

    status: str
    """`COMPLETED`, even for an unanswered call, or `FAILED`."""
    at: int
    started_at: int | None = None
    """UNIX seconds; only if the call was picked up."""
    error_code: int | None = None

    @property
    def duration_s(self) -> int | None:
        """Whole seconds; none if the call was never picked up."""
        return None if self.started_at is None else self.at - self.started_at


_ERRORS = {
    138019: "Client set-up failure",
    138020: "Client could not reach the relay",
    138021: "No media was received from the business",
    138022: "The client sent no media",
    138023: "The call was accepted but no media was exchanged",
}


# --- the bodies ---


def make_wacid(caller: str, callee: str) -> str:
    """Mint a call id: base64 of a small binary record that holds both numbers, as Meta's does."""
    token = secrets.token_hex(16).upper().encode()
    record = b"\x1c"
    for number in (caller.encode(), callee.encode()):
        record += b"\x18" + bytes([len(number)]) + number + b"\x15\x02\x00"
    record += b"\x12\x18" + bytes([len(token)]) + token + b"\x00"
    return "wacid." + base64.b64encode(record).decode()


def connect_call(
    wacid: str,
    caller: Caller,
    line: Line,
    offer: str,
    at: int,
    payloads: Mapping[str, str] | None = None,
) -> Json:
    """Build `calls[0]` of a user-initiated `connect`."""
    return {
        "id": wacid,
        **parties(caller, line),
        "event": "connect",
        "timestamp": str(at),
        "direction": "USER_INITIATED",
        **(payloads or {}),
        "session": {"sdp_type": "offer", "sdp": offer},
    }


def terminate_call(
    wacid: str,
    caller: Caller,
    line: Line,
    end: Terminated,
    payloads: Mapping[str, str] | None = None,
    opaque: str | None = None,
    direction: str = "USER_INITIATED",
) -> Json:
    """Build `calls[0]` of a `terminate`."""
    call: Json = {
        "id": wacid,
        **parties(caller, line, direction),
        "event": "terminate",
        "direction": direction,
        "timestamp": str(end.at),
        "status": end.status,
    }
    if end.started_at is not None:
        call |= {
            "start_time": str(end.started_at),
            "end_time": str(end.at),
            "duration": end.duration_s,
        }
    if opaque is not None:
        call["biz_opaque_callback_data"] = opaque
    call |= payloads or {}
    if end.error_code is not None:
        # documented beside `calls`, seen in both places
        call["errors"] = call_errors(end.error_code)
    return call


def call_errors(code: int) -> list[Json]:
    """Build the `errors` of a failed call."""
    message = _ERRORS.get(code, "The call failed")
    return [
        {
            "code": code,
            "title": message,
            "message": message,
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
            "error_data": {"details": message},
        }
    ]


def calls_change(
    line: Line,
    callers: Sequence[Caller],
    calls: Sequence[Json],
    errors: Sequence[Json] = (),
) -> Json:
    """Build one element of `changes` for field `calls`."""
    value: Json = {
        "messaging_product": "whatsapp",
        "metadata": metadata(line),
        "contacts": [contact(caller) for caller in callers],
        "calls": list(calls),
    }
    if errors:
        value["errors"] = list(errors)
    return {"value": value, "field": "calls"}


def metadata(line: Line) -> Json:
    """Build what says which of the business's numbers it is about."""
    return {
        "display_phone_number": line.display_phone_number,
        "phone_number_id": line.phone_number_id,
    }


def envelope(line: Line, changes: Sequence[Json]) -> Json:
    """Build a whole webhook body."""
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": line.waba_id, "changes": list(changes)}],
    }


def unknown_changes(line: Line, at: int) -> list[Json]:
    """Build what a business has never seen: an unknown call event, a message, another field."""
    return [
        {
            "value": {
                "messaging_product": "whatsapp",
                "metadata": metadata(line),
                "calls": [
                    {
                        "id": make_wacid("15550100188", line.display_phone_number),
                        "event": "teleported",
                        "timestamp": str(at),
                        "direction": "SIDEWAYS",
                        "novelty": {"depth": [1, 2, 3]},
                    }
                ],
            },
            "field": "calls",
        },
        {
            "value": {
                "messaging_product": "whatsapp",
                "metadata": metadata(line),
                "statuses": [
                    {"id": "wamid.x", "type": "message", "status": "read", "timestamp": str(at)}
                ],
            },
            "field": "messages",
        },
        {"value": {"event": "ACCOUNT_NOVELTY"}, "field": "account_update"},
    ]


def parties(user: Caller, line: Line, direction: str = "USER_INITIATED") -> Json:
    """Build who calls whom: `from`, `to` and the user's ids."""
    mine, theirs = ("from", "to") if direction == "USER_INITIATED" else ("to", "from")
    ids = {f"{mine}_user_id": user.user_id}
    if user.parent_user_id is not None:
        ids[f"{mine}_parent_user_id"] = user.parent_user_id
    phone = {} if user.hides_phone else {mine: user.phone}
    if mine == "from":
        return {**phone, **ids, theirs: line.display_phone_number}
    return {theirs: line.display_phone_number, **phone, **ids}


def contact(caller: Caller) -> Json:
    """Build one element of `contacts`."""
    profile = {"name": caller.name}
    if caller.username is not None:
        profile["username"] = caller.username
    phone = {} if caller.hides_phone else {"wa_id": caller.phone}
    parent = {} if caller.parent_user_id is None else {"parent_user_id": caller.parent_user_id}
    return {"profile": profile, **phone, "user_id": caller.user_id, **parent}


# --- the bytes ---


def encode(payload: object) -> bytes:
    """Write JSON as Meta sends and signs it: compact, non-ASCII escaped in lower-case hex."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def sign(body: bytes, app_secret: str) -> str:
    """Compute the signature header: HMAC-SHA256 over the exact bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()
