"""The nouns of a call: direction, status, reasons to end, the call itself.

Pure data. Nothing here knows about HTTP, the database or the clock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.call.ids import CallId, PhoneNumberId, WhatsAppCallId
from shared.call.person import Party
from shared.call.room import room_name


class Direction(StrEnum):
    """Who called whom, seen from the business."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class CallStatus(StrEnum):
    """Where a call stands; `calls.status` in the database."""

    DIALING = "dialing"
    """Outbound: asked Graph to call; nothing rings yet."""
    RINGING = "ringing"
    """The callee's side rings. An inbound call starts here."""
    CONNECTING = "connecting"
    """Inbound: we are answering; the media path is being built."""
    ACTIVE = "active"
    """Answered."""
    COMPLETED = "completed"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def is_final(self) -> bool:
        """Whether the call is over; a final status never changes."""
        return self in FINAL_STATUSES


FINAL_STATUSES = frozenset(
    {
        CallStatus.COMPLETED,
        CallStatus.NO_ANSWER,
        CallStatus.REJECTED,
        CallStatus.FAILED,
        CallStatus.CANCELED,
    }
)
LIVE_STATUSES = frozenset(CallStatus) - FINAL_STATUSES


class EndReason(StrEnum):
    """Why a call ended; `calls.end_reason`."""

    CALLER_HANGUP = "caller-hangup"
    AGENT_HANGUP = "agent-hangup"
    OPERATOR_HANGUP = "operator-hangup"
    CALLER_SILENT = "caller-silent"
    """Nobody said anything, also when the agent had asked."""
    VOICEMAIL = "voicemail"
    """Outbound: a machine answered."""
    MAX_DURATION = "max-duration"
    COST_CAP = "cost-cap"
    """The model has cost what one call's may."""
    MEDIA_LOST = "media-lost"
    """The phone vanished in mid-call (ICE lost, caller's leg gone), or Meta broke the call off."""
    MEDIA_TIMEOUT = "media-timeout"
    """Answered, but the phone's media never came up."""
    MEDIA_SILENT = "media-silent"
    """The phone is there, but its audio stopped coming (mute stream)."""
    STALE_OFFER = "stale-offer"
    """The offer reached us too late to be answered."""
    BAD_OFFER = "bad-offer"
    """The offer's SDP cannot be used."""
    AGENT_NOT_READY = "agent-not-ready"
    AGENT_LOST = "agent-lost"
    OPENAI_UNREACHABLE = "openai-unreachable"
    OPENAI_KEY_REFUSED = "openai-key-refused"
    OPENAI_QUOTA = "openai-quota"
    OPENAI_MODEL_UNKNOWN = "openai-model-unknown"
    MODEL_LOST = "model-lost"
    """The model was lost in mid-call and did not come back, or an apology stood in for it."""
    ROOM_REFUSED = "room-refused"
    """LiveKit did not give us a room."""
    ROOM_LOST = "room-lost"
    WHIP_REFUSED = "whip-refused"
    BRIDGE_REFUSED = "bridge-refused"
    """No media bridge took the call."""
    BRIDGE_LOST = "bridge-lost"
    """The media bridge that carried the call died, or lost it."""
    HOP_REFUSED = "hop-refused"
    """Of calls before there were media bridges."""
    GRAPH_REFUSED = "graph-refused"
    PEER_FAILED = "peer-failed"
    """Meta reports that the call failed."""
    SETUP_TIMEOUT = "setup-timeout"
    """The set-up did not finish in time, for example because its process died."""
    REJECTED = "rejected"
    BUSY = "busy"
    """Inbound: refused, for no further call can be taken now."""
    CALLER_LIMIT = "caller-limit"
    """Inbound: refused, for this person calls more than they may."""
    NOT_ANSWERED = "not-answered"
    SHUTDOWN = "shutdown"
    INTERNAL = "internal"


GUESSED_REASONS = frozenset(
    {
        EndReason.MEDIA_LOST,
        EndReason.MEDIA_TIMEOUT,
        EndReason.MEDIA_SILENT,
        EndReason.ROOM_LOST,
        EndReason.AGENT_LOST,
        EndReason.SETUP_TIMEOUT,
        EndReason.NOT_ANSWERED,
    }
)
"""Ends that we infer, from silence or from who is gone: Meta may know better
(`is_guessed_end` in schema.sql)."""

# reason -> (status if the call had been answered, status if not)
_VERDICTS: Mapping[EndReason, tuple[CallStatus, CallStatus]] = {
    EndReason.CALLER_HANGUP: (CallStatus.COMPLETED, CallStatus.CANCELED),
    EndReason.AGENT_HANGUP: (CallStatus.COMPLETED, CallStatus.CANCELED),
    EndReason.OPERATOR_HANGUP: (CallStatus.COMPLETED, CallStatus.CANCELED),
    EndReason.CALLER_SILENT: (CallStatus.COMPLETED, CallStatus.CANCELED),
    EndReason.VOICEMAIL: (CallStatus.COMPLETED, CallStatus.CANCELED),
    EndReason.MAX_DURATION: (CallStatus.COMPLETED, CallStatus.FAILED),
    EndReason.COST_CAP: (CallStatus.COMPLETED, CallStatus.CANCELED),
    EndReason.MEDIA_LOST: (CallStatus.COMPLETED, CallStatus.FAILED),
    EndReason.MEDIA_SILENT: (CallStatus.COMPLETED, CallStatus.FAILED),
    EndReason.SHUTDOWN: (CallStatus.COMPLETED, CallStatus.FAILED),
    EndReason.STALE_OFFER: (CallStatus.NO_ANSWER, CallStatus.NO_ANSWER),
    EndReason.NOT_ANSWERED: (CallStatus.NO_ANSWER, CallStatus.NO_ANSWER),
    EndReason.REJECTED: (CallStatus.REJECTED, CallStatus.REJECTED),
    EndReason.BUSY: (CallStatus.REJECTED, CallStatus.REJECTED),
    EndReason.CALLER_LIMIT: (CallStatus.REJECTED, CallStatus.REJECTED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Termination:
    """How a call ended: the one value that row, log, metric and Graph action follow."""

    status: CallStatus
    reason: EndReason

    @classmethod
    def of(cls, reason: EndReason, *, answered: bool) -> "Termination":
        """Derive the final status from the reason and from whether the call was answered.

        Reasons without an entry of their own are faults: `failed` either way.
        """
        if_answered, if_not = _VERDICTS.get(reason, (CallStatus.FAILED, CallStatus.FAILED))
        return cls(status=if_answered if answered else if_not, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One row of `calls`."""

    id: CallId
    wacid: WhatsAppCallId | None = field(repr=False)
    """Unknown for an outbound call until Graph has answered."""
    direction: Direction
    status: CallStatus
    phone_number_id: PhoneNumberId
    party: Party
    created_at: datetime
    deadline_at: datetime | None = None
    """When somebody has to look at this call again; what it means follows from the status."""
    accept_sent_at: datetime | None = None
    """From here on Meta must be told `terminate`; before, `reject`.

    Outbound: when `connect` left."""
    answered_at: datetime | None = None
    media_at: datetime | None = None
    """When ICE and DTLS between phone and SFU stood: LiveKit publishes the track before its first
    packet."""
    ended_at: datetime | None = None
    duration_s: float | None = None
    end_reason: EndReason | None = None
    end_requested: EndReason | None = None
    """What the agent asked for; the control plane ends the call with it."""
    ended_by_peer: bool = False
    """Meta told us of the end, so Meta needs no `terminate`."""
    released_at: datetime | None = None
    """When room and Meta's side had been cleaned up after the end."""
    caller_sid: str | None = None
    """LiveKit's participant id of the accepted leg; what happens to others is not this call's."""
    bridge: str | None = None
    """Control address of the media bridge that has the caller's leg; whoever ends it asks there."""
    dialed_at: datetime | None = None
    """Outbound: when one replica began to dial; no other may."""
    linked_at: datetime | None = None
    """Outbound: when one replica took Meta's answer to build the media path; no other may."""
    setup_owner: str | None = None
    """Which process works on the set-up; `None`: nobody has to."""
    setup_until: datetime | None = None
    """Until when it says so, by its own clock: renewed while it lives (`core.lease`)."""
    setup_takes: int = 0
    """How often the set-up was taken over from a process that had fallen silent."""
    answer_sdp: str | None = field(default=None, repr=False)
    """What Meta is answered with; kept from before `accept` until the call is answered or over."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Set-up step -> milliseconds since the offer reached us."""
    profile: str | None = None
    """Who speaks for the business; None: of earlier releases, or a call that nobody took."""
    max_duration_s: float | None = None
    """How long the profile lets it last; None: as long as all calls."""
    meta_usd_per_minute: float | None = None
    """Outbound: Meta's price on the day it was placed; None: not known."""
    meta_cost_usd: float | None = field(default=None, compare=False)
    """What Meta bills for it. None: not known, or it goes on. The database counts, so that a call
    which was written and is read again is the same one."""
    outcome: str | None = None
    """What the agent logged with `logOutcome`."""
    off_purpose_turns: int = 0
    """How often the person asked for what the line is not for."""
    origin: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Inbound: what the call button or link carried, by Meta's names; anybody can write one."""

    @property
    def room(self) -> str:
        """The LiveKit room of this call."""
        return room_name(self.id)
