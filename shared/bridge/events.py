"""What a media bridge tells of its legs, one JSON object a line; pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Happening(StrEnum):
    """The kinds of events."""

    READY = "ready"
    """In the room, and listed there."""
    CONNECTED = "connected"
    """The peer's connection stands; `generation`."""
    FIRST_PACKET = "first-packet"
    """`side` has sent its first one; of the peer, `generation`."""
    RELEASED = "released"
    """A held `stream` has opened by itself."""
    DIGIT = "digit"
    """The peer has pressed a `key` and let go, after `duration_ms`."""
    PLAYED = "played"
    """A `clip` has left, whole, to `stream`."""
    JOINED = "participant-joined"
    LEFT = "participant-left"
    ATTRIBUTES = "participant-attributes"
    """Of the participant that the leg hears: `identity`, and all of its `attributes`."""
    DATA = "data"
    """A data message in the room: `topic`, `text`, and `from`; `""`: the server."""
    TALK_BEGAN = "talk-began"
    """Speech begins to leave to `stream`: the room."""
    TALK_ENDED = "talk-ended"
    """It has ceased to; its last packet left `ago_ms` before."""
    MESSAGE = "message"
    """On the peer's data channel, of a type that was asked for: `generation`, `text`."""
    PEER_LOST = "peer-lost"
    """`generation`, `why`; the leg goes on."""
    ROOM_LOST = "room-lost"
    CLOSED = "closed"
    """The last one of a leg; `why`."""


_KINDS = frozenset(kind.value for kind in Happening)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegEvent:
    """Something has happened to a leg."""

    seq: int
    """Grows by one with each event of a bridge; begins anew with the bridge."""
    at: datetime
    """By the bridge's clock."""
    leg: str
    happening: Happening
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def generation(self) -> int:
        """Which connection, of events that are about one; else 0."""
        number = self.data.get("generation")
        return number if isinstance(number, int) else 0

    @property
    def duration_ms(self) -> int:
        """Of `DIGIT`."""
        number = self.data.get("duration_ms")
        return number if isinstance(number, int) else 0

    @property
    def ago_ms(self) -> int:
        """Of `TALK_ENDED`."""
        number = self.data.get("ago_ms")
        return number if isinstance(number, int) else 0

    def text(self, name: str) -> str:
        """Read a word of `data`: `from`, `stream`, `key`, `clip`, `identity`, `why`; `""`: none."""
        word = self.data.get(name)
        return word if isinstance(word, str) else ""

    def words(self, name: str) -> dict[str, str]:
        """Read words by their names: `attributes`."""
        words = self.data.get(name)
        if not isinstance(words, Mapping):
            return {}
        return {str(key): str(word) for key, word in words.items()}

    @classmethod
    def read(cls, line: bytes) -> Self | None:
        """Read a line; `None` for the empty one that says that the bridge lives, and kinds that
        a newer bridge may know.

        Raises:
            ValueError: this is no bridge's line.
        """
        if not line.strip():
            return None
        try:
            body = json.loads(line)
            kind = str(body["type"])
            if kind not in _KINDS:
                return None
            return cls(
                seq=int(body["seq"]),
                at=datetime.fromisoformat(body["at"]),
                leg=str(body.get("leg", "")),
                happening=Happening(kind),
                data=body.get("data") or {},
            )
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError("this is no event of a media bridge") from error
