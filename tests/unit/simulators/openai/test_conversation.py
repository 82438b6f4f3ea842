"""The simulator's conversation: items, truncation, usage, session settings."""

from typing import Any

import pytest

from simulators.openai.config import SemanticVad, ServerVad, SessionConfig
from simulators.openai.conversation import Conversation, Item, spoken_part
from simulators.openai.errors import RealtimeRefusal


def user_text(item_id: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": "hello"}]
    return {"id": item_id, "type": "message", "role": "user", "content": content}


def speech(item_id: str = "said", text: str = "one two three four", ms: int = 4000) -> Item:
    return Item(id=item_id, type="message", role="assistant", text=text, audio_ms=ms)


def code(action, *arguments) -> str:
    with pytest.raises(RealtimeRefusal) as refused:
        action(*arguments)
    return refused.value.code


def test_items_go_where_the_client_puts_them():
    """Without a place an item goes to the end, `root` is the beginning."""
    talk = Conversation()
    assert talk.create(user_text("a"), None)[1] is None
    assert talk.create(user_text("b"), None)[1] == "a"
    assert talk.create(user_text("c"), "a")[1] == "a"
    assert talk.create(user_text("d"), "root")[1] is None
    assert [item.id for item in talk.items] == ["d", "a", "c", "b"]


def test_refusals_leave_the_conversation_as_it_was():
    """Each impossible request has OpenAI's code and changes nothing."""
    talk = Conversation()
    talk.create(user_text("a"), None)
    output = {"type": "function_call_output", "call_id": "call_x", "output": "ok"}
    assert code(talk.create, user_text("a"), None) == "item_create_duplicate_item_id"
    assert code(talk.create, output, None) == "invalid_tool_call_id"
    assert code(talk.create, user_text("b"), "nobody") == "item_create_invalid_item_id"
    assert code(talk.delete, "nobody") == "item_delete_invalid_item_id"
    assert code(talk.truncate, "nobody", 0, 5) == "item_truncate_invalid_item_id"
    assert code(talk.truncate, "a", 0, 5) == "invalid_value"
    bad = {"type": "message", "role": "assistant", "content": [{"type": "input_text"}]}
    assert code(talk.create, bad, None) == "invalid_value"
    assert [item.id for item in talk.items] == ["a"]


def test_truncation_keeps_the_words_that_were_heard():
    """Half of the sound leaves half of the words; more than there is, is refused."""
    talk = Conversation()
    talk.append(speech())
    assert code(talk.truncate, "said", 0, 4001) == "invalid_value"
    item = talk.truncate("said", 0, 2000)
    assert (item.text, item.audio_ms) == ("one two", 2000)


def test_the_words_of_what_was_truncated_are_not_told_any_more():
    """As OpenAI deletes its transcript; the journal's own reader still has them."""
    talk = Conversation()
    talk.append(speech())
    assert talk.retrieve("said").to_json()["content"][0]["transcript"]
    talk.truncate("said", 0, 2000)
    assert talk.retrieve("said").to_json()["content"] == [
        {"type": "output_audio", "transcript": None}
    ]


@pytest.mark.parametrize(
    ("heard_ms", "kept"), [(0, ""), (10, ""), (1000, "one"), (3999, "one two three"), (4000, None)]
)
def test_no_word_is_kept_in_part(heard_ms, kept):
    """A word that was cut was not heard."""
    text = "one two three four"
    assert spoken_part(text, heard_ms, 4000) == (text if kept is None else kept)


def test_usage_counts_the_past_as_cached():
    """The second response finds the first one's input in the cache, in steps of 64."""
    talk = Conversation()
    talk.append(Item(id="u", type="message", role="user", audio_ms=10_000))
    answer = speech(ms=10_000)
    talk.append(answer)
    first = talk.usage(1000, [answer])
    assert first["input_token_details"]["audio_tokens"] == 100
    assert first["output_token_details"]["audio_tokens"] == 200
    assert first["input_token_details"]["cached_tokens"] == 0
    second = talk.usage(1000, [])
    assert second["input_token_details"]["cached_tokens_details"]["audio_tokens"] == 64
    assert second["input_tokens"] == 250 + 300
    assert second["total_tokens"] == second["input_tokens"]


SESSION = SessionConfig(type="realtime", model="gpt-realtime")


def test_update_changes_only_what_it_names():
    """Settings merge deeply, but turn detection is replaced as a whole."""
    audio = {
        "input": {"turn_detection": {"type": "server_vad", "silence_duration_ms": 220}},
        "output": {"voice": "verse"},
    }
    one = SESSION.updated({"type": "realtime", "audio": audio}, has_spoken=False)
    two = one.updated({"type": "realtime", "instructions": "Be kind."}, has_spoken=True)
    assert two.audio.output.voice == "verse"
    detection = two.audio.input.turn_detection
    assert isinstance(detection, ServerVad)
    assert detection.silence_duration_ms == 220
    semantic = {"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "high"}}}
    three = two.updated({"type": "realtime", "audio": semantic}, has_spoken=True)
    assert isinstance(three.audio.input.turn_detection, SemanticVad)
    off = {"input": {"turn_detection": None}}
    four = three.updated({"type": "realtime", "audio": off}, has_spoken=True)
    assert four.audio.input.turn_detection is None
    assert four.audio.output.voice == "verse"


@pytest.mark.parametrize(
    ("change", "expected", "param"),
    [
        (None, "missing_required_parameter", "session"),
        ({}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"type": "realtime", "voice": "verse"}, "unknown_parameter", "session.voice"),
        ({"audio": {"output": {"voice": "joe"}}}, "invalid_value", "session.audio.output.voice"),
        ({"audio": {"output": {"speed": 2.0}}}, "invalid_value", "session.audio.output.speed"),
        (
            {"audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": "high"}}}},
            "invalid_type",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "psychic"}}}},
            "invalid_value",
            "session.audio.input.turn_detection",
        ),
        (
            {"audio": {"input": {"turn_detection": {"type": "semantic_vad", "threshold": 0.5}}}},
            "unknown_parameter",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        ({"tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
        ({"instructions": 5}, "invalid_type", "session.instructions"),
    ],
)
def test_bad_settings_are_refused_by_name(change, expected, param):
    """Every refusal names the parameter that is at fault, as OpenAI does."""
    if change and "type" not in change:
        change = {"type": "realtime", **change}
    with pytest.raises(RealtimeRefusal) as refused:
        SESSION.updated(change, has_spoken=False)
    assert (refused.value.code, refused.value.param) == (expected, param)


def test_voice_is_fixed_once_the_model_has_spoken():
    """OpenAI does not change a voice in the middle of a conversation."""
    change = {"type": "realtime", "audio": {"output": {"voice": "verse"}}}
    assert SESSION.updated(change, has_spoken=False).audio.output.voice == "verse"
    with pytest.raises(RealtimeRefusal) as refused:
        SESSION.updated(change, has_spoken=True)
    assert refused.value.code == "cannot_update_voice"
