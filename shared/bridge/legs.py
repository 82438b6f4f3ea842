"""What a leg of a media bridge is asked to be, and what it is (docs/bridge.md); pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from shared.call.ids import CallId
from shared.call.room import call_id_of_room, room_name


class Side(StrEnum):
    """An end of a leg: names the stream that goes there, and what comes from there."""

    ROOM = "room"
    PEER = "peer"


class Gate(StrEnum):
    """What of a stream may leave."""

    CLOSED = "closed"
    """Nothing, and nothing is kept."""
    KEPT = "kept"
    """Nothing; speech is kept for later."""
    HELD = "held"
    """Silence; speech is kept for later."""
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSide:
    """Which participant a leg is, and whom it hears."""

    url: str
    """Of LiveKit, `ws://` or `wss://`."""
    token: str = field(repr=False)
    track: str
    """The name of the track that the leg publishes."""
    hears: str
    """The identity of the participant whose audio the peer gets, whenever that one comes."""
    awaits_answer: bool = False
    """Come into the room only once the peer has answered our offer."""

    def to_json(self) -> dict[str, Any]:
        """Write it as the bridge reads it."""
        return {
            "url": self.url,
            "token": self.token,
            "track": self.track,
            "hears": self.hears,
            "awaits_answer": self.awaits_answer,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSide:
    """What is expected of a leg's WebRTC peer. Without an `offer` the leg offers."""

    offer: str = field(default="", repr=False)
    fmtp: str = ""
    """What our offer says of Opus (RFC 7587 section 6.1)."""
    digits: bool = False
    """Offer telephone events (RFC 4733)."""
    data_channel: str = ""
    """The label of the one that our offer has; empty: none."""
    quiet_on: tuple[str, ...] = ()
    """`type`s of JSON messages on it that announce silence."""
    speech_on: tuple[str, ...] = ()
    """The same, of speech."""
    clear_on: tuple[str, ...] = ()
    """The same; what waits to go to the room is dropped."""
    tell_on: tuple[str, ...] = ()
    """The same; they are told as events."""
    dead_after_s: float = 0
    """How long the peer may be silent on the network; 0: the bridge's default."""
    connect_within_s: float = 0
    """How long it may take to be reached first, if that is longer."""

    def to_json(self) -> dict[str, Any]:
        """Write it as the bridge reads it."""
        return {
            "offer": self.offer,
            "fmtp": self.fmtp,
            "digits": self.digits,
            "data_channel": self.data_channel,
            "quiet_on": list(self.quiet_on),
            "speech_on": list(self.speech_on),
            "clear_on": list(self.clear_on),
            "tell_on": list(self.tell_on),
            "dead_after_s": self.dead_after_s,
            "connect_within_s": self.connect_within_s,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LegSpec:
    """What whoever makes a leg wants of it."""

    id: str
    """`leg_id` names a call's."""
    room: RoomSide
    peer: PeerSide
    fill_room: bool = False
    """Keep what goes to the room going with silence."""
    fill_peer: bool = False
    gates: Mapping[Side, Gate] = field(default_factory=dict)
    """What may leave from the beginning; closed, where it says nothing."""
    lingers_s: float = 0
    """The peer is kept so long after the room is lost."""
    ends_after_s: float = 0
    """End a leg that everybody has forgotten; 0: the bridge's default."""

    def to_json(self) -> dict[str, Any]:
        """Write it as the bridge reads it."""
        return {
            "id": self.id,
            "room": self.room.to_json(),
            "peer": self.peer.to_json(),
            "fill_room": self.fill_room,
            "fill_peer": self.fill_peer,
            "gates": dict(self.gates),
            "lingers_s": self.lingers_s,
            "ends_after_s": self.ends_after_s,
        }


def leg_id(call_id: CallId, identity: str) -> str:
    """Name the leg that is a participant of a call's room."""
    return f"{room_name(call_id)}.{identity}"


def call_of_leg(leg: str) -> tuple[CallId, str] | None:
    """Read call and identity out of a leg's name; `None` for legs that are not of our calls."""
    room, dot, identity = leg.partition(".")
    call_id = call_id_of_room(room)
    return (call_id, identity) if call_id is not None and dot and identity else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LegState:
    """What a leg is and has done. Counts only grow, unless its bridge was started anew."""

    in_room: bool
    participant: str
    """LiveKit's id of the participant that it is; `""` before it is in the room."""
    generation: int
    """Which connection to the peer is the newest."""
    peer: "PeerState"
    """How that one does."""
    gates: Mapping[Side, Gate]
    received: Mapping[Side, "Received"]
    sent: Mapping[Side, "Sent"]

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read a leg's status.

        Raises:
            KeyError, TypeError, ValueError: this is no bridge's.
        """
        return cls(
            in_room=bool(body["in_room"]),
            participant=str(body.get("participant", "")),
            generation=int(body["generation"]),
            peer=PeerState.read(body["peer"]),
            gates={Side(side): Gate(gate) for side, gate in body["gates"].items()},
            received={Side(side): Received.read(one) for side, one in body["received"].items()},
            sent={Side(side): Sent.read(one) for side, one in body["sent"].items()},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerState:
    """A connection to the peer."""

    is_connected: bool
    is_answered: bool
    """Whether its description is known."""
    is_lost: bool
    """Whether `peer-lost` was told of it, and it has not come back."""

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read it; `state` is WebRTC's."""
        return cls(
            is_connected=body["state"] == "connected",
            is_answered=bool(body["answered"]),
            is_lost=bool(body["lost"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What has come from one side: RTP packets, and what is missing by their numbers."""

    packets: int
    lost: int
    jitter_ms: float

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read the counts."""
        return cls(
            packets=int(body["packets"]),
            lost=int(body["lost"]),
            jitter_ms=float(body["jitter_ms"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What has left to one side: RTP packets, the silence among them, pauses over 60 ms."""

    packets: int
    filled: int
    gaps: int
    longest_gap_ms: int

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read the counts."""
        return cls(
            packets=int(body["sent"]),
            filled=int(body["filled"]),
            gaps=int(body["gaps"]),
            longest_gap_ms=int(body["longest_gap_ms"]),
        )
