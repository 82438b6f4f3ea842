"""Imported once, before the job processes are forked: pays for what is lazy in our libraries.

OpenAI's and livekit-agents' messages build their validators when they are first used: some 80 ms
of CPU, which every first call of a process would spend while a phone rings.
"""

from livekit.agents.llm import AgentConfigUpdate, ChatMessage, FunctionCall, FunctionCallOutput
from livekit.agents.voice import AgentStateChangedEvent, ConversationItemAddedEvent
from openai.types import realtime as wire
from openai.types.realtime.realtime_audio_formats import AudioPCM
from openai.types.realtime.realtime_audio_input_turn_detection import ServerVad
from openai.types.realtime.realtime_response_create_params import RealtimeResponseCreateParams
from openai.types.realtime.session_update_event import SessionUpdateEvent

from agents import tools  # noqa: F401 - its schemas are made on import


def _warm() -> None:
    pcm = AudioPCM(rate=24000, type="audio/pcm")
    request = wire.RealtimeSessionCreateRequest(
        type="realtime",
        model="none",
        output_modalities=["audio"],
        audio=wire.RealtimeAudioConfig(
            input=wire.RealtimeAudioConfigInput(
                format=pcm,
                transcription=wire.AudioTranscription(model="none"),
                turn_detection=ServerVad(type="server_vad"),
            ),
            output=wire.RealtimeAudioConfigOutput(format=pcm, voice="verse"),
        ),
    )
    messages = (
        SessionUpdateEvent(type="session.update", session=request, event_id="none"),
        wire.InputAudioBufferAppendEvent(type="input_audio_buffer.append", audio=""),
        wire.ResponseCreateEvent(
            type="response.create", response=RealtimeResponseCreateParams(instructions="none")
        ),
        wire.ResponseCancelEvent(type="response.cancel"),
        wire.ConversationItemTruncateEvent(
            type="conversation.item.truncate", item_id="none", content_index=0, audio_end_ms=0
        ),
    )
    for message in messages:
        message.model_dump(by_alias=True, exclude_unset=True)
    said = ChatMessage(role="user", content=["none"])
    for model in (
        AgentConfigUpdate(instructions="none"),
        FunctionCall(call_id="none", name="none", arguments="{}"),
        FunctionCallOutput(call_id="none", name="none", output="", is_error=False),
        AgentStateChangedEvent(old_state="initializing", new_state="listening"),
        ConversationItemAddedEvent(item=said),
    ):
        model.model_dump()


_warm()
