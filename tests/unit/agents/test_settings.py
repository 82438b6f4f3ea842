"""The worker's settings."""

from pathlib import Path

import pytest

from agents.settings import Settings
from shared.profiles.profile import Profile

LEAST = {
    "LIVEKIT_URL": "http://sfu.example:7880/",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "livekit-secret",
    "SUPABASE_URL": "https://db.example",
    "SUPABASE_SECRET_KEY": "database-secret",
    "OPENAI_API_KEY": "openai-secret",
}
BRIDGE = {"BRIDGE_URL": "http://127.0.0.1:7890"}
NEEDED = {**LEAST, **BRIDGE}


def test_defaults_are_the_documented_ones() -> None:
    """Without further variables the documented values hold, and the URL is one for signalling."""
    settings = Settings.from_env(NEEDED)
    assert settings.livekit_url == "ws://sfu.example:7880"
    assert settings.openai_base_url == "https://api.openai.com/v1"
    assert settings.realtime_models == (
        "gpt-5-realtime-preview",
        "gpt-realtime-2.1",
        "gpt-realtime",
    )
    assert (settings.agent_name, settings.voice) == ("whatsapp-agent", "verse")
    assert (settings.vad_threshold, settings.vad_prefix_ms, settings.vad_silence_ms) == (
        0.5,
        80,
        220,
    )


@pytest.mark.parametrize("name", list(LEAST))
def test_a_missing_variable_is_named(name: str) -> None:
    """What is needed and not there, or empty, is named in one sentence."""
    with pytest.raises(ValueError, match=rf"^{name} is not set"):
        Settings.from_env({**NEEDED, name: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVEKIT_URL", "sfu.example"),
        ("AGENT_VAD_THRESHOLD", "2"),
        ("AGENT_VAD_SILENCE_MS", "soon"),
        ("AGENT_HEALTH_PORT", "70000"),
        ("AGENT_LOAD_THRESHOLD", "-3"),
        ("LOG_LEVEL", "LOUD"),
    ],
)
def test_a_malformed_variable_is_named_without_its_value(name: str, value: str) -> None:
    """What cannot be read is named; the value stays out of the sentence."""
    with pytest.raises(ValueError, match=rf"^{name} is malformed") as caught:
        Settings.from_env({**NEEDED, name: value})
    assert value not in str(caught.value).removeprefix(name)


def test_the_key_may_be_missing_elsewhere_than_at_openai() -> None:
    """A stand-in of OpenAI's needs no key."""
    without = {name: value for name, value in NEEDED.items() if name != "OPENAI_API_KEY"}
    settings = Settings.from_env({**without, "OPENAI_BASE_URL": "http://127.0.0.1:9/v1/"})
    assert settings.openai_api_key is None
    assert settings.openai_base_url == "http://127.0.0.1:9/v1"


def test_the_older_name_of_the_database_key_is_read() -> None:
    """SUPABASE_SERVICE_ROLE_KEY does as well."""
    older = {**NEEDED, "SUPABASE_SERVICE_ROLE_KEY": "older"}
    del older["SUPABASE_SECRET_KEY"]
    assert Settings.from_env(older).supabase_secret_key.get_secret_value() == "older"


def test_models_are_a_list_in_order() -> None:
    """Names are separated by commas; blanks do not count."""
    settings = Settings.from_env({**NEEDED, "OPENAI_REALTIME_MODEL": " a , b,,"})
    assert settings.realtime_models == ("a", "b")


def test_any_load_can_be_accepted() -> None:
    """`inf` switches the load threshold off."""
    assert Settings.from_env({**NEEDED, "AGENT_LOAD_THRESHOLD": "inf"}).load_threshold == float(
        "inf"
    )


def test_a_prompt_file_must_be_there(tmp_path: Path) -> None:
    """A prompt file that is not there stops the start."""
    with pytest.raises(ValueError, match=r"^AGENT_PROMPT_FILE"):
        Settings.from_env({**NEEDED, "AGENT_PROMPT_FILE": str(tmp_path / "none.md")})


def test_secrets_do_not_show() -> None:
    """Neither secret appears in the settings' repr."""
    assert "-secret" not in repr(Settings.from_env(NEEDED))


def test_sound_goes_by_a_bridge_unless_the_worker_is_to_decode_it() -> None:
    """And where none is named, one sentence says both ways out."""
    assert Settings.from_env(NEEDED).media == "bridge"
    assert Settings.from_env({**LEAST, "AGENT_MEDIA": "worker"}).media == "worker"
    with pytest.raises(ValueError, match=r"BRIDGE_URL is not set; .* set AGENT_MEDIA to `worker`"):
        Settings.from_env(LEAST)


def test_what_a_profile_says_goes_before_the_settings() -> None:
    """And what it leaves out is theirs."""
    settings = Settings.from_env({**NEEDED, "AGENT_VOICE": "sage", "AGENT_VAD_SILENCE_MS": "300"})
    least = {"name": "x", "instructions": "x", "business": "x", "purpose": "x", "greeting": "x"}
    assert settings.speech(Profile.model_validate(least)) == settings.speech()
    given = {
        "voice": "cedar",
        "models": {"transcription": "ear"},
        "listening": {"threshold": 0, "prefix_ms": 0, "noise_reduction": "far_field"},
    }
    speech = settings.speech(Profile.model_validate(least | given))
    assert (speech.voice, speech.transcription_model) == ("cedar", "ear")
    assert (speech.vad_threshold, speech.vad_prefix_ms, speech.vad_silence_ms) == (0, 0, 300)
    assert (speech.noise_reduction, settings.speech().noise_reduction) == (
        "far_field",
        "near_field",
    )
