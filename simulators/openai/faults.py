"""What shall go wrong at the simulated OpenAI, and how often.

Faults are armed by argument, by a scenario's `faults:`, or while it runs by
`POST /sim/faults`. Counts are of occasions: 2 means the next two, -1 means for ever.
"""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class Faults(BaseModel):
    """All faults, none by default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # WebSocket upgrades, and offers of calls, answered with this status
    refuse_connections: int = Field(0, ge=-1)
    refuse_status: int = Field(503, ge=400, le=599)
    # which offers, and seconds that the others wait for their answer
    refuse_calls: int = Field(0, ge=-1)
    # so many calls are taken, and each one after them is refused
    refuse_calls_after: int | None = Field(None, ge=0)
    # models that the account has lost: refused although they are listed
    missing_models: frozenset[str] = frozenset()
    answer_delay_s: float = Field(0.0, ge=0.0, le=120.0)
    # sidebands refused with 503
    refuse_sidebands: int = Field(0, ge=-1)
    # sockets accepted on which nothing is ever said, not even session.created
    mute_sessions: int = Field(0, ge=-1)
    # sessions that get this error event right after session.created, then the socket closes
    error_sessions: int = Field(0, ge=-1)
    error_code: str = "insufficient_quota"
    # replies in whose midst the session gets that error, and is over
    error_replies: int = Field(0, ge=-1)
    # replies in whose midst the socket is cut
    drop_replies: int = Field(0, ge=-1)
    drop_after_ms: int = Field(400, ge=0)
    # seconds added before the first audio of every reply
    first_audio_delay_s: float = Field(0.0, ge=0.0, le=120.0)
    # seconds after which a session expires, instead of the server's 60 minutes
    expire_after_s: float | None = Field(None, gt=0.0)
    # status with which GET /v1/models fails
    models_status: int | None = Field(None, ge=400, le=599)

    # requests to the Responses API: answered with a status, refused by the model, cut off, answered
    # with words that are no JSON, answered with a call of the first function whatever was asked
    fail_responses: int = Field(0, ge=-1)
    response_status: int = Field(500, ge=400, le=599)
    refuse_responses: int = Field(0, ge=-1)
    cut_responses: int = Field(0, ge=-1)
    garble_responses: int = Field(0, ge=-1)
    loop_responses: int = Field(0, ge=-1)
    response_delay_s: float = Field(0.0, ge=0.0, le=120.0)

    def taken(self, name: str) -> tuple[bool, Self]:
        """Use up one occasion of a counted fault; return whether it strikes, and what is left."""
        left = int(getattr(self, name))
        if left == 0:
            return False, self
        return True, self if left < 0 else self.model_copy(update={name: left - 1})
