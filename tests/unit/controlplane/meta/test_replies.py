"""A person's answer, as an entry of the ledger."""

import dataclasses
import json
from datetime import UTC, datetime

import pytest

from controlplane.core.consent import (
    PERMISSION_LASTS,
    ConsentEntry,
    ConsentKind,
    ConsentSource,
)
from controlplane.meta.events import PermissionReplied
from controlplane.meta.replies import entry_of_reply
from controlplane.meta.webhook import parse_webhook
from controlplane.meta.words import PermissionResponse
from shared.call.ids import PhoneNumberId
from shared.call.person import Party
from tests import paths

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LINE = PhoneNumberId("436666719526789")
DATA = paths.DATA / "webhooks" / "call_permission_reply.json"
REPLIES = json.loads(DATA.read_text())


def reply(name: str) -> PermissionReplied:
    (event,) = parse_webhook(json.dumps(REPLIES[name]).encode())
    assert isinstance(event, PermissionReplied)
    assert event.timestamp is not None
    return event


def entry_of(event: PermissionReplied) -> ConsentEntry | None:
    return entry_of_reply(event, line=LINE, event_id="event-1", now=NOW)


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
    entry = entry_of(reply(name))
    assert entry is not None
    assert (entry.kind, entry.granted) == (ConsentKind.CALL_PERMISSION, granted)
    assert entry.source is source
    assert (entry.valid_until is None) is (is_permanent is not False)
    assert entry.person == reply(name).party.person


def test_a_temporary_grant_without_an_expiry_lasts_seven_days() -> None:
    """It must not become a permanent one because Meta left something out."""
    entry = entry_of(dataclasses.replace(reply("temporary"), expires_at=None, timestamp=NOW))
    assert entry is not None
    assert entry.valid_until == NOW + PERMISSION_LASTS


def test_what_a_reply_leaves_out_is_known_otherwise() -> None:
    """The line is ours, the moment is now, and the stored event's id keeps it one row."""
    bare = dataclasses.replace(
        reply("rejected"), phone_number_id=None, timestamp=None, message_id=None
    )
    entry = entry_of(bare)
    assert entry is not None
    assert (entry.phone_number_id, entry.at, entry.source_ref) == (LINE, NOW, "event-1")
    assert entry.id == getattr(entry_of(bare), "id", None)


def test_a_response_that_we_do_not_know_grants_nothing() -> None:
    """A word of Meta's future is neither yes nor no."""
    unheard = dataclasses.replace(
        reply("permanent"), response=PermissionResponse.UNKNOWN, context_id=None
    )
    assert entry_of(unheard) is None


def test_a_reply_of_nobody_grants_nothing() -> None:
    """An entry is somebody's."""
    assert entry_of(dataclasses.replace(reply("permanent"), party=Party(name="Ada"))) is None
