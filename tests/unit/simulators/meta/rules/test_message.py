"""What the simulated Meta refuses of the business's messages."""

from typing import Any

import pytest

from simulators.meta.rules.graph import Refusal
from simulators.meta.rules.message import MessageKind, read_message, shown_text
from simulators.meta.rules.outbound import OutboundPolicy

POLICY = OutboundPolicy(templates=frozenset({"we_write"}))
BASE = {"messaging_product": "whatsapp", "to": "+4915550100123"}


def template(*texts: str, name: str = "we_write") -> dict[str, Any]:
    values = [{"type": "text", "text": text} for text in texts]
    body = {"type": "body", "parameters": values}
    return {"name": name, "language": {"code": "de"}, "components": [body]}


@pytest.mark.parametrize(
    ("fields", "kind", "needs_window"),
    [
        ({"type": "text", "text": {"body": "x" * 4096}}, MessageKind.FREE_FORM, True),
        ({"type": "template", "template": template("one two")}, MessageKind.TEMPLATE, False),
    ],
)
def test_a_message_is_taken(fields: dict[str, Any], kind: MessageKind, needs_window: bool) -> None:
    """Free text needs an open window, a template does not."""
    message = read_message({**BASE, **fields}, POLICY)
    assert not isinstance(message, Refusal)
    assert (message.kind, message.needs_window) == (kind, needs_window)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"type": "text", "text": {"body": "x" * 4097}}, 100),
        ({"type": "text", "text": {"body": ""}}, 100),
        ({"type": "template", "template": template("x", name="nobody_knows")}, 132001),
        ({"type": "template", "template": template("one\ntwo")}, 132018),
        ({"type": "template", "template": template("one\ttwo")}, 132018),
        ({"type": "template", "template": template("one     two")}, 132018),
        ({"type": "template", "template": template("")}, 132018),
    ],
)
def test_a_message_that_meta_would_refuse_is_refused(fields: dict[str, Any], code: int) -> None:
    """With Meta's code."""
    refusal = read_message({**BASE, **fields}, POLICY)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"type": "text", "text": {"body": "We missed you."}}, "We missed you."),
        ({"text": {"body": "Without a type"}}, "Without a type"),
        ({"type": "template", "template": template("Ana", "at ten")}, "[we_write] Ana at ten"),
        ({"type": "template", "template": {"name": "ask"}}, "[ask]"),
        (
            {"type": "interactive", "interactive": {"body": {"text": "May we call?"}}},
            "May we call?",
        ),
        ({"type": "interactive", "interactive": {}}, "May we call you on WhatsApp?"),
    ],
)
def test_a_message_is_shown_as_a_text(body: dict[str, Any], shown: str) -> None:
    """In the chat on the page; of a template its name and values, whose words are the account's."""
    assert shown_text(body) == shown
