"""What may change in a call's row, as types, so that a misspelt column is found before it runs."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypedDict

from shared.call.call import CallStatus, EndReason
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.person import Party


class CallChanges(TypedDict, total=False):
    """New values of fields of `Call`; what is left out stays.

    Who called whom (`direction`), `origin`, `id`, `created_at`, `profile` and its `max_duration_s`
    never change; `duration_s` and `off_purpose_turns` are counted by the database.
    """

    wacid: WhatsAppCallId | None
    status: CallStatus
    phone_number_id: PhoneNumberId
    party: Party
    deadline_at: datetime | None
    accept_sent_at: datetime | None
    answered_at: datetime | None
    media_at: datetime | None
    ended_at: datetime | None
    end_reason: EndReason | None
    end_requested: EndReason | None
    ended_by_peer: bool
    released_at: datetime | None
    caller_sid: str | None
    bridge: str | None
    dialed_at: datetime | None
    linked_at: datetime | None
    setup_owner: str | None
    setup_until: datetime | None
    setup_takes: int
    answer_sdp: str | None
    timings: Mapping[str, float]
    outcome: str | None


class Mark(StrEnum):
    """A time of a call that one replica sets, once, to claim a piece of its set-up."""

    DIALED = "dialed_at"
    LINKED = "linked_at"
