import json
from typing import Any

import pytest

from shared.call.records import Lead
from tests.unit.agents.after_call.conversations import (
    CALL_ID,
    NOW,
    call,
    follow_up,
    material,
    tool_call,
)


def document(*args: Any, **kwargs: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(material(*args, **kwargs).document(NOW))
    return found


def test_the_document_tells_all_that_is_known() -> None:
    """Numbered turns and calls, times of the business's own clock, nobody's number."""
    found = document(
        tool_calls=[tool_call("upsertLead"), tool_call("sendMessage", 2, error="timeout")],
        lead=Lead(call_id=CALL_ID, name="Martin"),
        follow_ups=[follow_up("call", NOW)],
        of=call(outcome="lead"),
    )
    assert (found["now"], found["weekday"]) == ("2026-11-27T10:00+01:00", "Friday")
    assert [(one["turn"], one["speaker"]) for one in found["transcript"]] == [
        (1, "agent"),
        (2, "customer"),
    ]
    assert [(one["number"], one["error"]) for one in found["tool_calls"]] == [
        (1, None),
        (2, "timeout"),
    ]
    assert found["lead"]["name"] == "Martin"
    assert found["follow_ups"][0]["due_at"] == "2026-11-27T10:00+01:00"
    assert found["call"]["outcome_by_agent"] == "lead"
    assert "15550001111" not in json.dumps(found)
    assert document()["lead"] is None


@pytest.mark.parametrize(
    ("said", "has_words"),
    [
        ((), False),
        (("Hello?",), False),
        (("> Yes?",), True),
        (("Hello?", "> Yes?"), True),
        # nobody's speech was recognised, and the agent may have promised something all the same
        (("Hello?", "We will call you back."), True),
    ],
)
def test_a_conversation_is_one_in_which_more_than_hello_was_said(
    said: tuple[str, ...], has_words: bool
) -> None:
    """What has no words is not read."""
    assert material(said).has_words is has_words


def test_of_a_very_long_conversation_the_middle_is_left_out() -> None:
    """What is sent is bounded; the turns keep their numbers, the first and the last are there."""
    said = [f"{'> ' if number % 2 else ''}{number} " + "word " * 400 for number in range(150)]
    shown = document(said)["transcript"]
    assert sum(len(one["text"]) for one in shown) < 125_000
    assert (shown[0]["turn"], shown[-1]["turn"]) == (1, 150)
    assert document(["a " * 500_000])["transcript"][0]["turn"] == 1
