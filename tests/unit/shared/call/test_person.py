"""Who is at the phone: what identifies a person, and how it is cleaned."""

import json
import random
import re

import pytest

from controlplane.meta.webhook import parse_webhook
from shared.call.person import Person
from tests import paths

PLAIN = json.loads((paths.DATA / "webhooks" / "connect_inbound.json").read_text())["plain"]
PIECES = (
    *"0123456789", *"+- ().abc_:", "US.1349", "\t", "\n", "\u00a0", "\x00", "\ud800", "\u0661",
    "\u00b2", "\uff11", "\U0001f44b",
)  # fmt: skip


def foreign_texts(count: int) -> list[str]:
    """Invent what might stand where a number or an id is expected."""
    chosen = random.Random(20260101)
    return ["".join(chosen.choices(PIECES, k=chosen.randrange(12))) for _ in range(count)]


def holds(person: Person | None) -> bool:
    """Whether somebody satisfies the checks of the ledger's tables; nobody always does."""
    if person is None:
        return True
    names = (person.user_id, person.phone)
    is_number = person.phone is None or re.fullmatch(r"[0-9]+", person.phone) is not None
    return any(names) and person.user_id != "" and is_number


@pytest.mark.parametrize(
    "names",
    [{}, {"user_id": ""}, {"phone": ""}, {"phone": "+1555"}, {"phone": "1 555"},
     {"phone": "\u0661\u0665"}, {"phone": "1555\n"}, {"user_id": "US.1", "phone": "hidden"}],
)  # fmt: skip
def test_what_is_no_person_cannot_be_made(names: dict[str, str]) -> None:
    """At least one name; a number is ASCII digits. The error shows neither."""
    with pytest.raises(ValueError, match=r"person|user id") as caught:
        Person(**names)
    assert not any(name in str(caught.value) for name in names.values() if name)


@pytest.mark.parametrize(
    ("user_id", "phone", "person"),
    [
        (None, "+1 555-000", Person(phone="1555000")),
        (" US.1 ", "hidden", Person(user_id="US.1")),
        ("US.1", "1555", Person(user_id="US.1", phone="1555")),
        ("  ", "", None),
        (None, None, None),
        (None, "\u0661\u0665", None),
    ],
)
def test_what_others_wrote_is_cleaned(
    user_id: str | None, phone: str | None, person: Person | None
) -> None:
    """What is written around the digits goes; who is left without a name is nobody."""
    assert Person.of(user_id, phone) == person


def test_whatever_is_written_names_a_valid_person_or_nobody() -> None:
    """A thousand texts for either name; cleaning again changes nothing."""
    for user_id, phone in zip(foreign_texts(2000)[:1000], foreign_texts(2000)[1000:], strict=True):
        person = Person.of(user_id, phone)
        assert holds(person)
        assert person is None or Person.of(person.user_id, person.phone) == person


def test_whatever_meta_writes_as_a_name_the_webhook_is_read() -> None:
    """In the call and in its contact, as text or as another kind of JSON."""
    chosen = random.Random(20260102)
    values: list[object] = [
        *foreign_texts(500),
        None,
        True,
        -7,
        1.5,
        15550001111,
        [],
        {},
        ["1555"],
        "9" * 999,
    ]
    webhook = json.loads(json.dumps(PLAIN))
    value = webhook["entry"][0]["changes"][0]["value"]
    for _ in range(1000):
        written = chosen.choices(values, k=4)
        value["calls"][0]["from"], value["calls"][0]["from_user_id"] = written[:2]
        value["contacts"][0]["wa_id"], value["contacts"][0]["user_id"] = written[2:]
        (event,) = parse_webhook(json.dumps(webhook).encode())
        assert event.kind == "connect"
        assert holds(event.party.person)


def test_a_persons_names_are_not_shown() -> None:
    """Reprs end up in logs."""
    assert repr(Person(user_id="US.1349", phone="15550001111")) == "Person()"
