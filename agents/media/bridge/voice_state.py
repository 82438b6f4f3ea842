"""What another worker needs to go on with a call whose own has died; pure.

It is small, changes a few times a call, and holds nothing that was said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

KEPT_ITEMS = 50
"""So many of the newest turns are named; those before them are not told again by the bridge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceState:
    """Where a voice is attached, and how far it is."""

    bridge: str
    """The address of the leg's bridge."""
    leg: str
    openai_call: str
    """OpenAI's id of the call."""
    model: str
    generation: int
    """Which of the leg's connections that call is."""
    expires_at: float
    """When OpenAI ends the session, in seconds of the wall clock."""
    is_unmuted: bool = False
    has_begun: bool = False
    released_at: float | None = None
    """Since when the caller hears what OpenAI says."""
    given_out: tuple[str, ...] = field(default=(), repr=False)
    """The items of the newest turns that the observer was told of."""
    measured: int = 0
    """So many turns were measured."""
    measured_parts: tuple[str, ...] = field(default=(), repr=False)
    """What OpenAI calls the parts of the newest ones."""

    operator: str = ""
    """Who speaks in the model's place (`OperatorTurn`); `""`: nobody."""
    operators_past: tuple[str, ...] = ()
    """Who did."""

    def to_json(self) -> dict[str, Any]:
        """Write it for a row."""
        return {
            "bridge": self.bridge,
            "leg": self.leg,
            "openai_call": self.openai_call,
            "model": self.model,
            "generation": self.generation,
            "expires_at": self.expires_at,
            "is_unmuted": self.is_unmuted,
            "has_begun": self.has_begun,
            "released_at": self.released_at,
            "given_out": list(self.given_out),
            "measured": self.measured,
            "measured_parts": list(self.measured_parts),
            "operator": self.operator,
            "operators_past": list(self.operators_past),
        }

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read what was written.

        Raises:
            KeyError, TypeError, ValueError: it is none.
        """
        released_at = body["released_at"]
        return cls(
            bridge=str(body["bridge"]),
            leg=str(body["leg"]),
            openai_call=str(body["openai_call"]),
            model=str(body["model"]),
            generation=int(body["generation"]),
            expires_at=float(body["expires_at"]),
            is_unmuted=bool(body["is_unmuted"]),
            has_begun=bool(body["has_begun"]),
            released_at=None if released_at is None else float(released_at),
            given_out=tuple(str(item) for item in body["given_out"]),
            # a worker of an earlier release measured nothing
            measured=int(body.get("measured", 0)),
            measured_parts=tuple(str(part) for part in body.get("measured_parts", ())),
            operator=str(body.get("operator", "")),
            operators_past=tuple(str(one) for one in body.get("operators_past", ())),
        )
