"""LiveKit's webhooks: is it LiveKit's, and what it says of a call's room.

Source of the rules: LiveKit, Webhooks, read in 2026.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from google.protobuf import json_format
from livekit import api
from livekit.protocol.webhook import WebhookEvent

from controlplane.core.errors import BadSignature, BadWebhook
from shared.call.ids import CallId
from shared.call.room import call_id_of_room


class RoomEventKind(StrEnum):
    """LiveKit's webhook events that mean something for a call."""

    PARTICIPANT_JOINED = "participant_joined"
    PARTICIPANT_LEFT = "participant_left"
    CONNECTION_ABORTED = "participant_connection_aborted"
    """Left without ever having been connected."""
    TRACK_PUBLISHED = "track_published"
    ROOM_FINISHED = "room_finished"


_KINDS = {kind.value: kind for kind in RoomEventKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEvent:
    """One webhook of LiveKit, as far as it concerns a call."""

    kind: RoomEventKind
    call_id: CallId
    identity: str = ""
    is_agent: bool = False
    participant_sid: str = ""
    disconnect_reason: str = ""
    """LiveKit's `DisconnectReason` by name."""


def read_room_event(
    body: bytes, authorization: str, *, api_key: str, api_secret: str
) -> RoomEvent | None:
    """Read one webhook; `None` if it concerns no call, or nothing that we act on.

    Raises:
        BadSignature: the token is not one that the key signed for exactly these bytes.
        BadWebhook: it is signed, and is no event of LiveKit's in JSON and UTF-8.
    """
    _verify(body, authorization, api.TokenVerifier(api_key, api_secret))
    event = WebhookEvent()
    try:
        json_format.Parse(body.decode(), event, ignore_unknown_fields=True)
    except (ValueError, RecursionError, json_format.Error):
        # the cause quotes the body
        raise BadWebhook("LiveKit's webhook is signed, and is no event that we can read.") from None
    call_id, kind = call_id_of_room(event.room.name), _KINDS.get(event.event)
    if call_id is None or kind is None:
        return None
    return RoomEvent(
        kind=kind,
        call_id=call_id,
        identity=event.participant.identity,
        is_agent=event.participant.kind == api.ParticipantInfo.Kind.AGENT,
        participant_sid=event.participant.sid,
        disconnect_reason=_reason_of(event.participant.disconnect_reason),
    )


def _verify(body: bytes, authorization: str, verifier: api.TokenVerifier) -> None:
    """Check the token and the hash in it; like the SDK's receiver, but over the very bytes."""
    try:
        signed = base64.b64decode(verifier.verify(authorization).sha256 or "")
    except Exception:  # the verifier raises bare Exception and pyjwt's whole tree
        signed = b""
    if not hmac.compare_digest(signed, hashlib.sha256(body).digest()):
        raise BadSignature(
            "LiveKit's webhook is not signed with LIVEKIT_API_SECRET; check webhook.api_key "
            "in LiveKit's configuration."
        )


def _reason_of(number: int) -> str:
    """Name the reason; a newer LiveKit's may be one that we have no name for."""
    if not number:
        return ""
    try:
        return api.DisconnectReason.Name(number)
    except ValueError:
        return str(number)
