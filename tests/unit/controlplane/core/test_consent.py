"""What a person said, as entries of the ledger."""

import dataclasses
import json
from datetime import UTC, datetime, timedelta

import pytest

from controlplane.core.consent import (
    PERMISSION_LASTS,
    ConsentEntry,
    ConsentKind,
    ConsentSource,
    Permission,
    entry_of_reply,
    is_stop,
    make_entry,
    nameless,
)
from controlplane.core.foreign import PermissionResponse, PermissionSource
from controlplane.meta.events import PermissionReplied
from controlplane.meta.webhook import parse_webhook
from shared.call.ids import PhoneNumberId
from shared.call.person import Party
from tests import paths

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LINE = PhoneNumberId("436666719526789")
ADA = Party(user_id="US.1349", phone="15550001111")
DATA = paths.DATA / "webhooks" / "call_permission_reply.json"
REPLIES = json.loads(DATA.read_text())


def entry_of(name: str) -> ConsentEntry | None:
    (event,) = parse_webhook(json.dumps(REPLIES[name]).encode())
    assert isinstance(event, PermissionReplied)
    assert event.timestamp is not None
    return entry_of_reply(
        phone_number_id=LINE,
        party=event.party,
        response=event.response,
        source=event.source,
        is_permanent=event.is_permanent,
        expires_at=event.expires_at,
        context_id=event.context_id,
        source_ref=event.message_id or "",
        at=event.timestamp,
    )


@pytest.mark.parametrize(
    ("name", "granted", "source", "is_permanent"),
    [
        ("temporary", True, ConsentSource.REPLY, False),
        ("permanent", True, ConsentSource.REPLY, True),
        ("from_profile", True, ConsentSource.PROFILE, True),
        ("rejected", False, ConsentSource.REPLY, None),
        ("automatic_callback", True, ConsentSource.CALLBACK, False),
        ("auto_revoked", False, ConsentSource.REVOCATION, None),
    ],
)
def test_the_six_replies_become_entries(
    name: str, granted: bool, source: ConsentSource, is_permanent: bool | None
) -> None:
    """Who said what, and until when, by the marks of Meta's page."""
    entry = entry_of(name)
    assert entry is not None
    assert (entry.kind, entry.granted) == (ConsentKind.CALL_PERMISSION, granted)
    assert entry.source is source
    assert (entry.valid_until is None) is (is_permanent is not False)
    assert entry.party.name is None


def test_a_temporary_grant_without_an_expiry_lasts_seven_days() -> None:
    """It must not become a permanent one because Meta left something out."""
    entry = entry_of_reply(
        phone_number_id=LINE,
        party=ADA,
        response=PermissionResponse.ACCEPT,
        source=PermissionSource.USER_ACTION,
        is_permanent=False,
        expires_at=None,
        context_id="wamid.1",
        source_ref="wamid.2",
        at=NOW,
    )
    assert entry is not None
    assert entry.valid_until == NOW + PERMISSION_LASTS


def test_a_response_that_we_do_not_know_grants_nothing() -> None:
    """A word of Meta's future is neither yes nor no."""
    assert (
        entry_of_reply(
            phone_number_id=LINE,
            party=ADA,
            response=PermissionResponse.UNKNOWN,
            source=PermissionSource.USER_ACTION,
            is_permanent=True,
            expires_at=None,
            context_id=None,
            source_ref="wamid.2",
            at=NOW,
        )
        is None
    )


def test_the_same_source_gives_the_same_entry() -> None:
    """A re-delivered webhook stays one row; another kind from the same message is another one."""

    def made(kind: ConsentKind) -> ConsentEntry:
        return make_entry(
            phone_number_id=LINE,
            party=ADA,
            kind=kind,
            granted=True,
            source=ConsentSource.TEXT,
            source_ref="wamid.1",
            at=NOW,
        )

    assert made(ConsentKind.DO_NOT_CALL).id == made(ConsentKind.DO_NOT_CALL).id
    assert made(ConsentKind.DO_NOT_CALL).id != made(ConsentKind.RECORDING).id


def test_an_entry_shows_no_personal_data() -> None:
    """Reprs end up in logs."""
    entry = entry_of("temporary")
    shown = repr(dataclasses.replace(entry, note="by Ada")) if entry else ""
    assert entry is not None
    for private in (entry.party.phone, entry.party.user_id, entry.source_ref, "by Ada"):
        assert private
        assert private not in shown


def test_a_person_is_digits_or_an_id() -> None:
    """What Meta or an operator writes around the digits goes; nobody is an error."""
    assert nameless(Party(phone="+1 555-000", name="Ada")) == Party(phone="1555000")
    with pytest.raises(ValueError, match="neither"):
        nameless(Party(name="Ada", phone="none"))


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-1, True), (0, False), (1, False)], ids=["before", "at", "after"]
)
def test_a_permission_ends_at_its_expiry(seconds: int, holds: bool) -> None:
    """Nobody tells us; the clock does."""
    permission = Permission(granted=True, valid_until=NOW)
    assert permission.holds(NOW + timedelta(seconds=seconds)) is holds


@pytest.mark.parametrize(
    "text",
    ["STOP", "stop", " Stop. ", "STOP!!", "Don't call me", "Don’t call me", "Unsubscribe",
     "opt-out", "Do not call", "baja", "СТОП", "停止", "إيقاف", "रोकें", "ARRÊT"],
)  # fmt: skip
def test_stop_is_understood(text: str) -> None:
    """In any case, with marks, and in other languages."""
    assert is_stop(text)


@pytest.mark.parametrize(
    "text", ["", "!", "please don't stop the repair", "Which bus stop?", "stop by at nine", "hello"]
)
def test_a_sentence_with_the_word_is_no_stop(text: str) -> None:
    """Only the whole message counts."""
    assert not is_stop(text)
