"""The bodies of business-initiated calls and permission replies, to the field."""

from typing import Any

import pytest

from simulators.meta.people.messages import (
    failed_change,
    messages_change,
    permission_reply,
    text_message,
)
from simulators.meta.people.permissions import Reply
from simulators.meta.webhooks.calls import Caller, Line, Terminated, terminate_call
from simulators.meta.webhooks.outbound import (
    answer_call,
    answer_change,
    call_status,
    statuses_change,
)

LINE = Line()
USER = Caller(phone="15550100123", user_id="US.1349", name="Zoë")
HIDDEN = Caller(
    phone="15550100123",
    user_id="US.1349",
    parent_user_id="US.ENT.77",
    username="zoe",
    hides_phone=True,
)
METADATA = {
    "display_phone_number": LINE.display_phone_number,
    "phone_number_id": LINE.phone_number_id,
}


def test_answer_body() -> None:
    """`connect` of a business's call: the parties exchanged, the echo, the answer twice."""
    call = answer_call("wacid.X", USER, LINE, "v=0\r\n", 1749196895, "ours")
    assert answer_change(LINE, [USER], call) == {
        "field": "calls",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": METADATA,
            "contacts": [
                {"profile": {"name": "Zoë"}, "wa_id": "15550100123", "user_id": "US.1349"}
            ],
            "calls": [
                {
                    "id": "wacid.X",
                    "from": LINE.display_phone_number,
                    "to": "15550100123",
                    "to_user_id": "US.1349",
                    "event": "connect",
                    "timestamp": "1749196895",
                    "direction": "BUSINESS_INITIATED",
                    "biz_opaque_callback_data": "ours",
                    "session": {"sdp_type": "answer", "sdp": "v=0\r\n"},
                    "connection": {"webrtc": {"sdp": '{"type":"answer","sdp":"v=0\\r\\n"}'}},
                }
            ],
        },
    }
    assert "contacts" not in answer_change(LINE, [], call)["value"]
    assert "connection" not in answer_call("wacid.X", USER, LINE, "", 1, legacy=False)


def test_status_body() -> None:
    """A status names the call, the person and the echo."""
    status = call_status("wacid.X", USER, "RINGING", 1749197000, "ours")
    assert statuses_change(LINE, [status]) == {
        "field": "calls",
        "value": {
            "messaging_product": "whatsapp",
            "metadata": METADATA,
            "statuses": [
                {
                    "id": "wacid.X",
                    "type": "call",
                    "status": "RINGING",
                    "timestamp": "1749197000",
                    "recipient_id": "15550100123",
                    "recipient_user_id": "US.1349",
                    "biz_opaque_callback_data": "ours",
                }
            ],
        },
    }


def test_terminate_body() -> None:
    """`terminate` of a business's call has the times that are billed."""
    end = Terminated(status="COMPLETED", at=1671644944, started_at=1671644824)
    assert terminate_call("wacid.X", USER, LINE, end, None, "ours", "BUSINESS_INITIATED") == {
        "id": "wacid.X",
        "from": LINE.display_phone_number,
        "to": "15550100123",
        "to_user_id": "US.1349",
        "event": "terminate",
        "direction": "BUSINESS_INITIATED",
        "timestamp": "1671644944",
        "status": "COMPLETED",
        "start_time": "1671644824",
        "end_time": "1671644944",
        "duration": 120,
        "biz_opaque_callback_data": "ours",
    }


def test_hidden_numbers_stay_hidden() -> None:
    """A person with a username shows ids only, the parent's too."""
    end = Terminated(status="COMPLETED", at=1)
    bodies = [
        answer_change(LINE, [HIDDEN], answer_call("wacid.X", HIDDEN, LINE, "", 1)),
        call_status("wacid.X", HIDDEN, "ACCEPTED", 1),
        terminate_call("wacid.X", HIDDEN, LINE, end, direction="BUSINESS_INITIATED"),
        text_message("wamid.X", HIDDEN, "STOP", 1),
        permission_reply("wamid.X", HIDDEN, LINE, Reply(accepted=True), 1),
        failed_change(LINE, HIDDEN, "wamid.X", 1),
    ]
    for body in bodies:
        assert HIDDEN.phone not in str(body)
        assert "US.1349" in str(body)
    assert bodies[1]["recipient_parent_user_id"] == "US.ENT.77"
    assert bodies[2]["to_parent_user_id"] == "US.ENT.77"
    assert bodies[3]["from_parent_user_id"] == "US.ENT.77"


@pytest.mark.parametrize(
    ("reply", "context", "decision"),
    [
        (
            Reply(accepted=True, expires_at=1768550400.7, context_id="wamid.R"),
            "wamid.R",
            {
                "response": "accept",
                "is_permanent": False,
                "expiration_timestamp": "1768550400",
                "response_source": "user_action",
            },
        ),
        (
            Reply(accepted=True, is_permanent=True, context_id="wamid.R"),
            "wamid.R",
            {"response": "accept", "is_permanent": True, "response_source": "user_action"},
        ),
        (
            Reply(accepted=True, is_permanent=True),
            None,
            {"response": "accept", "is_permanent": True, "response_source": "user_action"},
        ),
        (
            Reply(accepted=False, context_id="wamid.R"),
            "wamid.R",
            {"response": "reject", "response_source": "user_action"},
        ),
        (
            Reply(accepted=True, automatic=True, expires_at=1768550400, context_id="wacid.C"),
            "wacid.C",
            {
                "response": "accept",
                "is_permanent": False,
                "expiration_timestamp": "1768550400",
                "response_source": "automatic",
            },
        ),
        (
            Reply(accepted=False, automatic=True),
            None,
            {"response": "reject", "response_source": "automatic"},
        ),
    ],
    ids=["temporary", "permanent", "profile", "rejected", "callback", "revoked"],
)
def test_permission_replies(reply: Reply, context: str | None, decision: dict[str, Any]) -> None:
    """Each of the six cases has its marks, on the field `messages`."""
    message = permission_reply("wamid.X", USER, LINE, reply, 1768000000)
    wanted = {
        "from": "15550100123",
        "from_user_id": "US.1349",
        "id": "wamid.X",
        "timestamp": "1768000000",
        "type": "interactive",
        "interactive": {
            "type": "call_permission_reply",
            "call_permission_reply": decision,
        },
    }
    if context is not None:
        wanted["context"] = {"from": LINE.display_phone_number, "id": context}
    assert message == wanted
    change = messages_change(LINE, USER, message)
    assert change["field"] == "messages"
    assert change["value"]["messages"] == [message]


def test_text_body() -> None:
    """A text is an ordinary message."""
    assert text_message("wamid.X", USER, "STOP", 7) == {
        "from": "15550100123",
        "from_user_id": "US.1349",
        "id": "wamid.X",
        "timestamp": "7",
        "type": "text",
        "text": {"body": "STOP"},
    }
