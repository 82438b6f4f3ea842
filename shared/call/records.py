"""The rows around a call: events, turns, leads, follow-ups, calls of tools. Pure data."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from shared.call.ids import CallId, WhatsAppCallId

_TOOL_CALLS = uuid.UUID("0c0f2f0e-6c52-5d1b-8a4c-7d9e1b2a3c4d")


class EventSource(StrEnum):
    """Who told us; `call_events.source`."""

    META = "meta"
    LIVEKIT = "livekit"
    CONTROLPLANE = "controlplane"
    AGENT = "agent"
    OPERATOR = "operator"


class EventOutcome(StrEnum):
    """What became of an event; `call_events.outcome`. Null in the row: not worked on yet."""

    HANDLED = "handled"
    DUPLICATE = "duplicate"
    STALE = "stale"
    """Too late to act on."""
    IGNORED = "ignored"
    """Not ours: another business number, or nothing that concerns calls."""
    UNKNOWN = "unknown"
    """A field, event or enum value that we do not know; kept for whoever teaches us."""
    FAILED = "failed"
    RECORDED = "recorded"
    """Needs no work: an error or a note on the timeline."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an event, and of which call it was, as far as that is known."""

    outcome: EventOutcome
    call_id: CallId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRecord:
    """One row of `call_events`, append-only but for its outcome."""

    id: str
    """UUID, minted by whoever writes, so that a repeated write stays one row."""
    source: EventSource
    kind: str
    """`connect`, `terminate`, `status`, `participant_left`, `error`, `step`, ..."""
    received_at: datetime
    call_id: CallId | None = None
    wacid: WhatsAppCallId | None = field(default=None, repr=False)
    payload: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """The raw event: personal data."""
    outcome: EventOutcome | None = None

    @classmethod
    def note(
        cls,
        source: EventSource,
        kind: str,
        at: datetime,
        payload: Mapping[str, Any],
        *,
        call_id: CallId | None = None,
        wacid: WhatsAppCallId | None = None,
        outcome: EventOutcome | None = EventOutcome.RECORDED,
    ) -> Self:
        """Mint the record of something that has just happened; by default it needs no work."""
        return cls(
            id=str(uuid.uuid4()),
            source=source,
            kind=kind,
            received_at=at,
            call_id=call_id,
            wacid=wacid,
            payload=payload,
            outcome=outcome,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptTurn:
    """One row of `transcripts`: a finished turn of one side."""

    call_id: CallId
    sequence: int
    """Order within the call, from 1, unique."""
    speaker: str
    """`user` or `assistant`."""
    text: str = field(repr=False)
    interrupted: bool = False
    """The caller spoke over this turn; `text` holds what was heard of it."""
    spoken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One row of `leads`: at most one per person and business; later calls fill in and correct."""

    call_id: CallId
    """The call that writes; of a row that is read, the newest one that has written."""
    name: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    email: str | None = field(default=None, repr=False)
    interest: str | None = field(default=None, repr=False)
    notes: str | None = field(default=None, repr=False)
    may_follow_up: bool | None = None
    """Whether they agreed to be contacted about what they asked for; `None`: nobody asked."""
    may_market: bool | None = None
    """Whether they agreed to be told of other offers; `None`: nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """One row of `follow_ups`, as it is written: something to be done after the call."""

    id: str
    """UUID derived from call and content, so that a repeated tool call stays one row."""
    call_id: CallId
    due_at: datetime
    channel: str
    """`call`, `message` or `task`; of older rows `email` too."""
    purpose: str = field(repr=False)
    """What shall be done: for people, or for the agent that calls; never sent to the customer."""
    time_zone: str = "UTC"
    """The IANA zone in which the time was agreed."""
    source: str = "agent"
    """`agent` (in the call), `workflow` (after it) or `operator`."""
    kind: str = "follow-up"
    """`follow-up`, `human-request` or `promise`."""
    body: str | None = field(default=None, repr=False)
    """Of a message: the words to send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One row of `tool_calls`: what the model asked for, and what it was told."""

    id: str
    """`ToolCall.id_of`, so that a repeated write stays one row."""
    call_id: CallId
    source: str = "call"
    """`call`, or `workflow`: the work after it."""
    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict, repr=False)
    result: str | None = field(default=None, repr=False)
    """What the model was told."""
    error: str | None = None
    """Why it was not done, as a slug: `refused`, `timeout`, `http-500`, ...; `None`: it was."""
    began_at: datetime
    latency_ms: int | None = None
    """Until the model was told; `None`: it never was."""

    @staticmethod
    def id_of(call_id: CallId, given: str) -> str:
        """Derive the row's id from the call and the model's own id of the tool's call."""
        return str(uuid.uuid5(_TOOL_CALLS, f"{call_id}|{given}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageState:
    """What has become of a row of `messages`."""

    status: str
    """`open`, `sent`, `failed` or `canceled`."""
    last_error: str | None = None
    """Why the last try failed; no personal data."""
