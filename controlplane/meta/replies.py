"""What an answer to a permission request, or Meta's own word, means for the ledger. Pure."""

from datetime import datetime

from controlplane.core.consent import (
    PERMISSION_LASTS,
    ConsentEntry,
    ConsentKind,
    ConsentSource,
    make_entry,
)
from controlplane.meta.events import PermissionReplied
from controlplane.meta.words import PermissionResponse, PermissionSource
from shared.call.ids import PhoneNumberId


def entry_of_reply(
    event: PermissionReplied, *, line: PhoneNumberId, event_id: str, now: datetime
) -> ConsentEntry | None:
    """Turn a `call_permission_reply` into an entry; `None` if we know neither who replied nor what.

    What the event leaves out is taken from the rest: our line, the stored event's id, and now.

    The six cases are told apart by response, source and context (Meta: call permission reply
    webhook): temporary and permanent accept of our request, permanent grant from the business
    profile, reject, automatic callback permission, automatic revocation.
    """
    person = event.party.person
    if person is None or event.response is PermissionResponse.UNKNOWN:
        return None
    at = event.timestamp or now
    granted = event.response is PermissionResponse.ACCEPT
    if event.source is PermissionSource.AUTOMATIC:
        known_by = ConsentSource.CALLBACK if granted else ConsentSource.REVOCATION
    elif event.context_id is None:
        known_by = ConsentSource.PROFILE
    else:
        known_by = ConsentSource.REPLY
    # a temporary permission that does not say until when is no permanent one
    until = None if event.is_permanent else event.expires_at or at + PERMISSION_LASTS
    return make_entry(
        phone_number_id=event.phone_number_id or line,
        person=person,
        kind=ConsentKind.CALL_PERMISSION,
        granted=granted,
        source=known_by,
        source_ref=event.message_id or event_id,
        valid_until=until,
        at=at,
    )
