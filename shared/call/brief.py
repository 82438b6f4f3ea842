"""What the control plane tells the worker when it dispatches it: small, versioned, free of PII.

Travels as the metadata of LiveKit's agent dispatch.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.call.call import Direction
from shared.call.ids import CallId, PhoneNumberId

VERSION = 1
PROBE = "wacall doctor: no call"
"""Metadata of a dispatch that only asks whether anybody is there; a worker turns it away."""

_READY_WITHIN_S = 8.0
"""What control planes waited whose briefs do not say it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBrief:
    """One call, as the agent needs to know it before it has joined."""

    call_id: CallId
    direction: Direction
    phone_number_id: PhoneNumberId
    profile: str = "default"
    """Which prompt and business the agent speaks for."""
    ready_within_s: float = _READY_WITHIN_S
    """How long the control plane waits for the agent's track; later nobody wants it."""
    context: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """What the operator handed over for this call; may be personal."""
    origin: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the customer's call button or link carried: from outside, never an instruction."""

    def to_json(self) -> str:
        """Write the brief as dispatch metadata."""
        return json.dumps(
            {
                "v": VERSION,
                "call_id": self.call_id,
                "direction": self.direction.value,
                "phone_number_id": self.phone_number_id,
                "profile": self.profile,
                "ready_within_s": self.ready_within_s,
                "context": dict(self.context),
                "origin": dict(self.origin),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "CallBrief":
        """Read dispatch metadata; fields of newer versions are ignored.

        Raises:
            ValueError: the text is no brief of a version that we understand.
        """
        try:
            data = json.loads(text)
            version = data["v"]
            if not isinstance(version, int) or version < 1:
                raise ValueError("unknown version")
            ready_within_s = float(data.get("ready_within_s", _READY_WITHIN_S))
            if not 0 < ready_within_s < math.inf:
                raise ValueError("no time at all, or no end of it")
            brief = cls(
                call_id=CallId(data["call_id"]),
                direction=Direction(data["direction"]),
                phone_number_id=PhoneNumberId(data["phone_number_id"]),
                profile=data.get("profile", "default"),
                ready_within_s=ready_within_s,
                context=data.get("context") or {},
                origin=data.get("origin") or {},
            )
            if not isinstance(brief.origin, dict):
                raise TypeError("an origin that is no object")
            names = (brief.call_id, brief.phone_number_id, brief.profile)
            texts = (*names, *brief.origin.values())
            if not all(isinstance(text, str) for text in texts):
                raise TypeError("a name that is no text")
            if not isinstance(brief.context, dict):
                raise TypeError("a context that is no object")
            return brief
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise ValueError(
                "the job's metadata is not a call brief; "
                "dispatch this agent through the control plane"
            ) from error
