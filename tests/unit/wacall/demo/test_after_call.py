from typing import Any

import pytest

from wacall.demo.after_call import after_call_of, is_settled

PROMISE = {"turn": 3, "quote": "I will send it.", "standing": "follow-up", "follow_up": "f1"}
FINDINGS = {
    "model": "gpt-5",
    "summary": "They want a bike.",
    "outcome": "lead",
    "sentiment": "positive",
    "promises": [PROMISE, PROMISE | {"standing": "backed", "follow_up": None}],
}


def shown(status: str = "done", sent: str = "done", **follow_up: Any) -> dict[str, Any]:
    row = {"id": "f1", "source": "workflow", "channel": "message", "status": sent} | follow_up
    work = {"status": status, "last_error": None, "findings": FINDINGS}
    messages = [{"body": "As promised."}]
    return {"after_call": work, "follow_ups": [row], "messages": messages}


@pytest.mark.parametrize(
    ("told", "settled"),
    [
        ({}, False),
        ({"after_call": None, "follow_ups": []}, False),
        (shown("open"), False),
        (shown(sent="open"), False),
        (shown(sent="open", channel="task"), True),
        (shown(sent="open", source="agent"), True),
        (shown(), True),
        (shown("failed", sent="failed"), True),
    ],
)
def test_it_is_waited_for_what_is_done_by_itself(told: dict[str, Any], settled: bool) -> None:
    """People's tasks, and calls that are due some other day, are not waited for."""
    assert is_settled(told) is settled


def test_a_promise_is_shown_with_what_became_of_it() -> None:
    """The follow-up's channel and status stand beside it; texts of other calls do not."""
    after = after_call_of(shown(), ["Of another call.", "As promised."])
    assert after is not None
    sent, backed = after.promises
    assert (sent.channel, sent.status, backed.channel) == ("message", "done", "")
    assert after.texts == ("As promised.",)
    assert after_call_of({"after_call": None}, []) is None
