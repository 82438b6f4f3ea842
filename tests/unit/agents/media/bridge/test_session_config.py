"""What OpenAI is told of a session, and of a conversation that it has not heard."""

from agents.media.bridge.session_config import replayed, session_config
from agents.media.bridge.utterances import Call, Said
from agents.media.tool import Tool, Turn
from agents.media.voice import SpeechOptions

OPTIONS = SpeechOptions(
    api_key="sk-secret",
    base_url="http://openai/v1",
    connect_timeout_s=5,
    voice="verse",
    transcription_model="gpt-transcribe",
    vad_threshold=0.5,
    vad_prefix_ms=80,
    vad_silence_ms=220,
)


async def run(_: dict[str, object], __: Turn) -> str:
    return ""


def test_a_session_is_what_the_settings_say() -> None:
    """Voice, detection of turns, transcription, tools."""
    tool = Tool(name="x", description="Do it.", parameters={"type": "object"}, run=run)
    session = session_config(OPTIONS, "gpt-realtime-2.1", "Be kind.", [tool])
    assert session["model"] == "gpt-realtime-2.1"
    assert session["instructions"] == "Be kind."
    detection = session["audio"]["input"]["turn_detection"]
    assert (detection["threshold"], detection["prefix_padding_ms"]) == (0.5, 80)
    assert (detection["silence_duration_ms"], detection["interrupt_response"]) == (220, True)
    assert session["audio"]["input"]["transcription"] == {"model": "gpt-transcribe"}
    assert session["audio"]["output"] == {"voice": "verse"}
    assert session["tools"] == [
        {
            "type": "function",
            "name": "x",
            "description": "Do it.",
            "parameters": {"type": "object"},
        }
    ]
    assert "sk-secret" not in str(session)


def test_a_conversation_is_told_again_as_text() -> None:
    """With ids that say so, what was cut off marked, and tools with their answers."""
    history: list[Said | Call] = [
        Said(item="a", role="assistant", text="Hello the", at=1, interrupted=True),
        Said(item="b", role="user", text="A table.", at=2),
        Call(id="c", at=3, call_id="1", name="x", arguments="{}", output="Done."),
        Call(id="d", at=4, call_id="2", name="y"),
    ]
    items = replayed(history, 2)
    assert [item["id"] for item in items] == ["again_2_0", "again_2_1", "again_2_2", "again_2_3"]
    assert items[0]["content"] == [{"type": "output_text", "text": "Hello the [cut off here]"}]
    assert items[1]["content"] == [{"type": "input_text", "text": "A table."}]
    assert (items[2]["type"], items[2]["call_id"]) == ("function_call", "1")
    assert (items[3]["type"], items[3]["output"]) == ("function_call_output", "Done.")


def test_a_long_conversation_is_told_from_its_end() -> None:
    """It is bounded."""
    history = [Said(item=str(n), role="user", text=str(n), at=n) for n in range(500)]
    items = replayed(history, 2)
    assert len(items) == 200
    assert items[-1]["content"][0]["text"] == "499"
    assert all(len(item["id"]) <= 32 for item in items)
