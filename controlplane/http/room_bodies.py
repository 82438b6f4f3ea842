"""What `/rooms` and the routes into a call's room are sent and answer, field by field."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from controlplane.http.body import Answer, Asked, Moment
from shared.call.call import CallStatus

_Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class TrackView(Answer):
    """One track of a participant; what nobody knows is null."""

    sid: str
    name: str
    codec: str | None
    """Its MIME type."""
    muted: bool
    bitrate_bps: int | None
    lost: int | None
    """RTP packets that did not arrive, as a media bridge counts them."""
    jitter_ms: float | None
    quality: str | None
    talking: bool | None


class ParticipantView(Answer):
    """Somebody in a room; `listener-...` is hidden from all others there."""

    identity: str
    kind: str
    state: str
    tracks: list[TrackView]


class RoomView(Answer):
    """A live call beside its room; either may be missing, then `trouble` says so."""

    call_id: UUID | None
    room: str
    age_s: float | None
    status: CallStatus | None
    """The row's; null: there is no row of a live call."""
    agent_state: str | None
    """`listening`, `thinking` or `speaking`, as the agent shows it."""
    taken_over: bool
    """Whether an operator speaks in the agent's place."""
    wants_human: Moment | None
    """Since when the customer waits for a person; null while one speaks with them."""
    trouble: str | None
    """What does not fit, in a sentence."""
    participants: list[ParticipantView] | None
    """Null: LiveKit did not tell."""


class RoomList(Answer):
    """All rooms of live calls, the oldest first."""

    rooms: list[RoomView]


class RoomPassView(Answer):
    """With what a browser comes into a room (livekit-client: `room.connect(url, token)`)."""

    url: str
    token: str
    expires_in_s: int
    """To come in; who is in stays."""


class WordsToWhisper(Asked):
    """What the agent is to know, and the customer not to hear."""

    text: _Words


class HandBack(Asked):
    """The agent is to speak again."""

    note: _Words | None = None
    """What was said meanwhile; the agent has read what the customer said, but not heard you."""


class Told(Answer):
    """It was passed on."""

    call_id: UUID
