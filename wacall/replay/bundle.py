"""What `wacall export` has written, read and checked. No I/O.

Only what a replay needs is asked for; what a newer export adds beside it is left alone.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from shared.call.call import CallStatus, Direction

FORMAT, VERSION = "wacall-call", 1


class BundleUnfit(ValueError):
    """The file is no call that can be replayed; the sentence names the field."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Event(_Part):
    """One row of the call's timeline."""

    at: AwareDatetime
    source: str
    kind: str
    payload: Mapping[str, Any] | None = None


class Spoken(_Part):
    """One turn of the transcript."""

    speaker: str
    text: str = Field(repr=False)


class BundledCall(_Part):
    """The call as it was; times are of the control plane's clock."""

    id: str
    direction: Direction
    status: CallStatus
    end_reason: str
    whose: str | None = None
    created_at: AwareDatetime
    answered_at: AwareDatetime | None = None
    ended_at: AwareDatetime
    timings_ms: Mapping[str, float] = Field(default_factory=dict)
    timeline: tuple[Event, ...]
    transcript: tuple[Spoken, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """What the person said, in order; nothing if the bundle has no transcript."""
        return tuple(turn.text for turn in self.transcript if turn.speaker == "user")

    def of_meta(self, kind: str) -> list[Event]:
        """Return Meta's events of a kind."""
        return [event for event in self.timeline if (event.source, event.kind) == ("meta", kind)]


class _Bundle(_Part):
    format: Literal["wacall-call"]
    version: int
    exported_at: datetime | None = None
    call: BundledCall


def read_bundle(text: str) -> BundledCall:
    """Read the text of a bundle.

    Raises:
        BundleUnfit: it is none, of another version, or lacks something; of a call that still goes
            on `ended_at` is missing.
    """
    try:
        body = json.loads(text)
    except ValueError as error:
        raise BundleUnfit(f"It is no JSON: {error}.") from None
    if not isinstance(body, dict) or body.get("format") != FORMAT:
        raise BundleUnfit(f"Its `format` is not {FORMAT}: `wacall export CALL_ID` writes one.")
    if body.get("version") != VERSION:
        raise BundleUnfit(
            f"Its `version` is {body.get('version')!r}, and this release reads {VERSION}; export "
            "the call anew, or use the release that wrote it."
        )
    return call_of(body)


def call_of(body: Mapping[str, Any]) -> BundledCall:
    """Return the call of a bundle's JSON.

    Raises:
        BundleUnfit: a field is missing or malformed.
    """
    try:
        return _Bundle.model_validate(body).call
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BundleUnfit(f"Its field `{place}` cannot be used: {first['msg']}.") from None
