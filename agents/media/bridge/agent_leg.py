"""What the agent's leg is asked to be: a participant on one side, OpenAI on the other; pure."""

from dataclasses import dataclass, field

from shared.bridge.legs import Gate, LegSpec, PeerSide, RoomSide, Side
from shared.call.room import AGENT_TRACK, CALLER_IDENTITY

_CLEARED = "output_audio_buffer.cleared"
_STOPPED = "output_audio_buffer.stopped"
_STARTED = "output_audio_buffer.started"
_INTERRUPTED = "input_audio_buffer.speech_started"
PEER = PeerSide(
    data_channel="oai-events",
    quiet_on=(_STOPPED, _CLEARED),
    speech_on=(_STARTED,),
    # OpenAI stops at speech; what it has sent already may still wait in the leg
    clear_on=(_CLEARED, _INTERRUPTED),
    # what a broken sideband, or another worker, must not miss
    tell_on=(
        "conversation.item.done",
        "conversation.item.input_audio_transcription.completed",
        "conversation.item.input_audio_transcription.failed",
        "conversation.item.truncated",
        "response.created",
        "response.done",
        _STARTED,
        _STOPPED,
        _CLEARED,
        _INTERRUPTED,
        "input_audio_buffer.speech_stopped",
    ),
)
# the leg outlives its room so long, for the caller's last words to be transcribed
_LINGERS_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomAccess:
    """The agent's way into the call's room."""

    url: str
    """Of LiveKit."""
    token: str = field(repr=False)
    """Of a participant `agent`, of kind agent, that may publish, subscribe, and set attributes."""


def agent_leg(leg: str, room: RoomAccess) -> LegSpec:
    """Write what a leg of this name is to be: it offers to OpenAI, and keeps the phone going."""
    return LegSpec(
        id=leg,
        room=RoomSide(
            url=room.url,
            token=room.token,
            track=AGENT_TRACK,
            hears=CALLER_IDENTITY,
            # the phone is answered once the track is there, so that a track means: OpenAI is there
            awaits_answer=True,
        ),
        peer=PEER,
        fill_room=True,
        # a greeting may be spoken long before the phone is picked up
        gates={Side.ROOM: Gate.KEPT},
        lingers_s=_LINGERS_S,
    )
