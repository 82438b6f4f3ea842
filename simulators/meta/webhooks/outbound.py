"""The bodies of webhooks about business-initiated calls: the answer, and the statuses. Pure.

Source: Meta, business-initiated calls. `terminate` is the same as for a user's call, with the
parties exchanged.
"""

import json
from collections.abc import Sequence

from simulators.meta.webhooks.calls import Caller, Json, Line, contact, metadata, parties

BUSINESS_INITIATED = "BUSINESS_INITIATED"


def answer_call(
    wacid: str,
    user: Caller,
    line: Line,
    answer: str,
    at: int,
    opaque: str | None = None,
    *,
    legacy: bool = True,
) -> Json:
    """Build `calls[0]` of a business-initiated `connect`."""
    call: Json = {
        "id": wacid,
        **parties(user, line, BUSINESS_INITIATED),
        "event": "connect",
        "timestamp": str(at),
        "direction": BUSINESS_INITIATED,
    }
    if opaque is not None:
        call["biz_opaque_callback_data"] = opaque
    call["session"] = {"sdp_type": "answer", "sdp": answer}
    if legacy:
        duplicate = json.dumps({"type": "answer", "sdp": answer}, separators=(",", ":"))
        call["connection"] = {"webrtc": {"sdp": duplicate}}
    return call


def answer_change(line: Line, users: Sequence[Caller], call: Json) -> Json:
    """Build the element of `changes` for an answer; without users there is no `contacts`."""
    value: Json = {"messaging_product": "whatsapp", "metadata": metadata(line)}
    if users:
        value["contacts"] = [contact(user) for user in users]
    return {"value": value | {"calls": [call]}, "field": "calls"}


def call_status(wacid: str, user: Caller, status: str, at: int, opaque: str | None = None) -> Json:
    """Build one element of `statuses`: RINGING, ACCEPTED or REJECTED."""
    phone = {} if user.hides_phone else {"recipient_id": user.phone}
    parent = (
        {} if user.parent_user_id is None else {"recipient_parent_user_id": user.parent_user_id}
    )
    echo = {} if opaque is None else {"biz_opaque_callback_data": opaque}
    return {
        "id": wacid,
        "type": "call",
        "status": status,
        "timestamp": str(at),
        **phone,
        "recipient_user_id": user.user_id,
        **parent,
        **echo,
    }


def statuses_change(line: Line, statuses: Sequence[Json]) -> Json:
    """Build the element of `changes` for statuses of calls."""
    return {
        "value": {
            "messaging_product": "whatsapp",
            "metadata": metadata(line),
            "statuses": list(statuses),
        },
        "field": "calls",
    }
