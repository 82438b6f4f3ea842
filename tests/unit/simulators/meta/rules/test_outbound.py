"""The refusals of business-initiated calls and of messages, as a table."""

from dataclasses import replace
from typing import Any

import pytest

from simulators.meta.people.bill import Bill
from simulators.meta.people.permissions import PermissionPolicy
from simulators.meta.people.person import People, Person
from simulators.meta.rules.message import Message, MessageKind, read_message
from simulators.meta.rules.outbound import (
    Load,
    OutboundPolicy,
    addressed,
    check_call,
    check_limits,
    check_number,
    check_queries,
    check_recipient,
)
from simulators.meta.webhooks.calls import Caller
from tests.data.messages import FREE_FORM, INTERACTIVE, TEMPLATE

NOW = 1_768_000_000.0
POLICY = OutboundPolicy()


def somebody() -> Person:
    person = Person(caller=Caller())
    person.permission.allow(NOW, permanent=False)
    return person


@pytest.mark.parametrize(
    ("number", "changes", "code", "status"),
    [
        ("442079460399", {}, None, None),
        ("15550100399", {}, 138013, 400),
        ("201000000000", {}, 138013, 400),
        ("842412345678", {}, 138013, 400),
        ("2348012345678", {}, 138013, 400),
        ("442079460399", {"paused": True}, 138014, 400),
        ("442079460399", {"calling_enabled": False}, 138000, 401),
        ("442079460399", {"sip_mode": True}, 131055, 400),
    ],
)
def test_numbers_that_may_not_call(
    number: str, changes: dict[str, Any], code: int | None, status: int | None
) -> None:
    """The number's country, settings and quality each have their code."""
    refusal = check_number(number, replace(POLICY, **changes))
    assert (refusal and refusal.code, refusal and refusal.status) == (code, status)


def test_people_who_cannot_be_called() -> None:
    """Strangers and old clients are 138001; a test number calls only its list."""
    person = somebody()
    assert check_recipient(person, person.phone, POLICY) is None
    for nobody in (None, Person(caller=Caller(), callable=False)):
        refusal = check_recipient(nobody, "15550100123", POLICY)
        assert refusal is not None
        assert (refusal.code, refusal.status) == (138001, 400)
    testing = replace(POLICY, allowed_recipients=frozenset({"15550100124"}))
    refusal = check_recipient(person, person.phone, testing)
    assert refusal is not None
    assert refusal.code == 131030


def test_calls_that_are_not_allowed() -> None:
    """No permission, an expired one, a call going on, and too many connected calls."""
    person = somebody()
    assert check_call(person, is_on_call=False, now=NOW) is None
    busy = check_call(person, is_on_call=True, now=NOW)
    assert busy is not None
    assert (busy.code, busy.status) == (138003, 400)
    expired = check_call(person, is_on_call=False, now=NOW + 8 * 86_400)
    assert expired is not None
    assert (expired.code, expired.status) == (138006, 401)
    person = somebody()
    person.permission.policy = PermissionPolicy(connected_per_day=1)
    person.permission.connected(NOW, by_business=True)
    limited = check_call(person, is_on_call=False, now=NOW + 60)
    assert limited is not None
    assert (limited.code, limited.status) == (138012, 400)
    assert f"({int(NOW) + 86_400})" in (limited.details or "")


@pytest.mark.parametrize(
    ("load", "code"),
    [
        (Load(live=1, initiated_at=[NOW - 2]), None),
        (Load(live=2, initiated_at=[]), 138002),
        (Load(live=0, initiated_at=[NOW - 0.5, NOW - 0.1]), 138005),
        (Load(live=0, initiated_at=[NOW - 3, NOW - 2, NOW - 90_000]), None),
        (Load(live=0, initiated_at=[NOW - 4, NOW - 3, NOW - 2]), 138005),
    ],
)
def test_limits_of_the_number(load: Load, code: int | None) -> None:
    """Too many at once, in a second, in a day: each is a 429."""
    policy = replace(POLICY, concurrent=2, initiations_per_s=2, initiations_per_day=3)
    refusal = check_limits(load, policy, NOW)
    assert (refusal and refusal.code) == code
    assert refusal is None or refusal.status == 429


def test_reads_of_permissions_are_limited() -> None:
    """The sixth in a second is 613."""
    assert check_queries([NOW - 0.1] * 4 + [NOW - 1.5], POLICY, NOW) is None
    refusal = check_queries([NOW - 0.1] * 5, POLICY, NOW)
    assert refusal is not None
    assert (refusal.code, refusal.status) == (613, 429)


def test_the_phone_number_wins() -> None:
    """`to` is read as digits; `recipient` counts where `to` is missing."""
    assert addressed({"to": "+1 (555) 010-0123", "recipient": "US.1"}) == "15550100123"
    assert addressed({"recipient": "US.1"}) == "US.1"


def test_permission_requests_are_read() -> None:
    """Free form needs an open window, a template does not."""
    kind = MessageKind.PERMISSION_REQUEST
    assert read_message(FREE_FORM, POLICY) == Message(kind=kind, needs_window=True)
    assert read_message(TEMPLATE, POLICY) == Message(kind=kind, needs_window=False)
    text = {"messaging_product": "whatsapp", "to": "15550100123", "text": {"body": "Hello"}}
    assert read_message(text, POLICY) == Message(kind=MessageKind.FREE_FORM, needs_window=True)


@pytest.mark.parametrize(
    ("changes", "code", "details"),
    [
        ({"messaging_product": "sms"}, 100, "messaging_product"),
        ({"to": None}, 100, "to or recipient"),
        ({"recipient_type": "group"}, 100, "recipient_type"),
        ({"type": "sticker"}, 100, "type must be"),
        ({"type": "text"}, 100, "text['body']"),
        ({"interactive": None}, 100, "interactive"),
        ({"interactive": INTERACTIVE | {"type": "button"}}, 100, "type"),
        ({"interactive": INTERACTIVE | {"action": {}}}, 100, "action"),
        ({"interactive": INTERACTIVE | {"footer": {"text": "x"}}}, 100, "footer"),
        ({"interactive": INTERACTIVE | {"body": "x"}}, 100, "body"),
        ({"type": "template", "template": {"name": "x"}}, 100, "language"),
        (
            {"type": "template", "template": {"name": "x", "language": {"code": "en"}}},
            132001,
            "does not exist",
        ),
    ],
)
def test_malformed_messages_are_refused(changes: Any, code: int, details: str) -> None:
    """Whatever is wrong with a message is said."""
    refusal = read_message(FREE_FORM | changes, POLICY)
    assert not isinstance(refusal, Message)
    assert refusal.code == code
    assert details in (refusal.details or "")


def test_people_are_unique() -> None:
    """Nobody shares a number or an id; both find the person."""
    people = People()
    person = people.add(Person(caller=Caller()))
    assert people.find(person.phone) is people.find(person.user_id) is person
    with pytest.raises(ValueError, match="already"):
        people.add(Person(caller=Caller(phone="15550100777")))
    assert person.country == "US"
    assert person.phone not in repr(person)


def test_bill_counts_pulses() -> None:
    """56 seconds are ten pulses; a second is one; a call that was answered at all is one."""
    bill = Bill()
    for seconds in (56.0, 60.0, 60.1, 1.0, 0.0):
        bill.charge(wacid="wacid.X", country="US", duration_s=seconds)
    assert [charge.pulses for charge in bill.charges] == [10, 10, 11, 1, 1]
    assert bill.pulses == 33
