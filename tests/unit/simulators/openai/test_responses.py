import json
from typing import Any

import pytest

from simulators.openai.faults import Faults
from simulators.openai.happening import Journal, Kind
from simulators.openai.response_request import RequestRefused
from simulators.openai.responses import Responses

SCHEMA = {
    "type": "object",
    "properties": {
        "summary": {"type": "string"},
        "outcome": {"type": "string", "enum": ["lead", "other"]},
        "promises": {"type": "array", "items": {"type": "string"}},
        "mood": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["summary", "outcome", "promises", "mood"],
    "additionalProperties": False,
}
DOCUMENT = {
    "now": "2026-11-27T09:00+01:00",
    "call": {"outcome_by_agent": "lead"},
    "lead": None,
    "tool_calls": [],
    "transcript": [
        {"turn": 1, "speaker": "agent", "text": "Hello, how can I help?"},
        {"turn": 2, "speaker": "customer", "text": "My name is Martin, thank you."},
        {"turn": 3, "speaker": "agent", "text": "Fine. I will send you the price list. Goodbye."},
        {"turn": 4, "speaker": "agent", "text": "We will call you on Tuesday at ten."},
    ],
}
LEAD = {"type": "function", "name": "upsertLead", "parameters": {"type": "object"}, "strict": False}


class Desk:
    """A door without its socket."""

    def __init__(self, **faults: Any) -> None:
        self.faults = Faults(**faults)
        self.journal = Journal()
        self._responses = Responses(
            journal=self.journal,
            models=lambda: frozenset({"gpt-5"}),
            faults=lambda: self.faults,
            strikes=self._strikes,
            texts={"price list": "A bike is 14 euros a day."},
        )

    def _strikes(self, name: str) -> bool:
        struck, self.faults = self.faults.taken(name)
        return struck

    def ask(self, *items: dict[str, Any], **more: Any) -> dict[str, Any]:
        body = {
            "model": "gpt-5",
            "input": [{"role": "user", "content": json.dumps(DOCUMENT)}, *items],
            "text": {
                "format": {"type": "json_schema", "name": "n", "strict": True, "schema": SCHEMA}
            },
            "store": False,
            "include": ["reasoning.encrypted_content"],
        }
        return self._responses.answer(body | more)


def said(response: dict[str, Any]) -> Any:
    return json.loads(response["output"][-1]["content"][0]["text"])


def test_the_reader_finds_what_the_agent_promised() -> None:
    """By rules, with the time that was said, and the text that the scenario has for it."""
    answer = said(Desk().ask())
    assert answer["outcome"] == "lead"
    assert answer["mood"] is None
    message, call = answer["promises"]
    assert message["quote"] == "I will send you the price list."
    assert (message["turn"], message["remedy"]) == (3, "message")
    assert message["message"] == "A bike is 14 euros a day."
    assert (call["turn"], call["remedy"], call["due_at"]) == (4, "call", "2026-12-01T10:00")


def test_what_is_not_known_is_written_down_before_the_answer() -> None:
    """A name that no lead has is a call of the tool; its output and the thoughts come back."""
    desk = Desk()
    first = desk.ask(tools=[LEAD])
    thought, call = first["output"]
    assert (call["name"], json.loads(call["arguments"])) == ("upsertLead", {"name": "Martin"})
    output = {"type": "function_call_output", "call_id": call["call_id"], "output": "ok"}
    second = desk.ask(thought, call, output, tools=[LEAD])
    assert said(second)["summary"]
    assert desk.journal.counts[Kind.TOOL_CALLED] == 1
    assert desk.ask(tools=[LEAD], tool_choice="none")["output"][-1]["type"] == "message"


def test_an_answer_that_is_not_stored_cannot_be_continued() -> None:
    """With `store=false` its id means nothing; stored ones go on by it."""
    desk = Desk()
    with pytest.raises(RequestRefused, match="not found"):
        desk.ask(previous_response_id=desk.ask()["id"])
    stored = desk.ask(store=True, include=None)
    assert desk.ask(previous_response_id=stored["id"])["status"] == "completed"


def test_a_model_that_the_account_has_not_is_refused() -> None:
    """404 and `model_not_found`, so that the client tries its next one."""
    with pytest.raises(RequestRefused) as refused:
        Desk().ask(model="gpt-9")
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("fault", "status", "kind"),
    [
        ("refuse_responses", "completed", "refusal"),
        ("cut_responses", "incomplete", "output_text"),
        ("garble_responses", "completed", "output_text"),
    ],
)
def test_faults_are_answers_that_cannot_be_used(fault: str, status: str, kind: str) -> None:
    """Once each, then the model is itself again."""
    desk = Desk(**{fault: 1})
    response = desk.ask()
    part = response["output"][-1]["content"][0]
    assert (response["status"], part["type"]) == (status, kind)
    with pytest.raises(json.JSONDecodeError):
        json.loads(part.get("text", ""))
    assert said(desk.ask())


def test_a_model_that_loops_calls_whatever_was_asked() -> None:
    """Until no function may be called any more."""
    desk = Desk(loop_responses=-1)
    assert desk.ask(tools=[LEAD])["output"][-1]["type"] == "function_call"
    assert desk.ask()["output"][-1]["type"] == "message"
