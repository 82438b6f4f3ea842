"""The control plane's environment."""

import pytest

from controlplane.settings import Settings, retired
from tests.data.environment import LEAST


def test_the_least_environment_is_enough() -> None:
    """Everything that has a default may be left out; a WebSocket URL is as good as an HTTP one."""
    settings = Settings.from_env(LEAST)

    assert settings.port == 4000
    assert settings.livekit_url == "https://sfu.example"
    assert settings.wa_graph_base_url == "https://graph.facebook.com"
    assert settings.controlplane_api_key is None


@pytest.mark.parametrize("name", LEAST)
@pytest.mark.parametrize("value", [None, ""], ids=["missing", "empty"])
def test_a_missing_variable_is_named(name: str, value: str | None) -> None:
    """The start stops with one sentence that names the variable."""
    environ = {key: text for key, text in LEAST.items() if key != name}
    if value is not None:
        environ[name] = value
    with pytest.raises(ValueError, match=name) as caught:
        Settings.from_env(environ)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("WA_PHONE_NUMBER_ID", "+1 555"),
        ("WA_GRAPH_VERSION", "24"),
        ("LIVEKIT_URL", "sfu.example:7880"),
        ("WHIP_TIMEOUT_S", "3"),
        ("AGENT_READY_TIMEOUT_S", "0"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_malformed_variable_is_named_and_not_shown(name: str, value: str) -> None:
    """The sentence names the variable; its value may be a secret."""
    with pytest.raises(ValueError, match=name):
        Settings.from_env({**LEAST, name: value})


def test_the_older_supabase_name_is_accepted() -> None:
    """SUPABASE_SERVICE_ROLE_KEY stands in for SUPABASE_SECRET_KEY."""
    environ = {**LEAST, "SUPABASE_SERVICE_ROLE_KEY": LEAST["SUPABASE_SECRET_KEY"]}
    del environ["SUPABASE_SECRET_KEY"]

    assert Settings.from_env(environ).supabase_secret_key.get_secret_value() == "sb_secret_value"


def test_secrets_do_not_show_in_a_repr() -> None:
    """Whoever prints the settings learns no secret."""
    shown = repr(Settings.from_env(LEAST))

    secrets = ("verify-me", "app-secret", "EAAtoken", "livekit-secret", "sb_secret")
    assert not [secret for secret in secrets if secret in shown]


def test_inbound_media_goes_directly_unless_a_bridge_is_wanted() -> None:
    """WA_MEDIA knows two words."""
    assert Settings.from_env(LEAST).wa_media == "direct"
    assert Settings.from_env({**LEAST, "WA_MEDIA": "bridge"}).wa_media == "bridge"
    with pytest.raises(ValueError, match=r"^WA_MEDIA is malformed"):
        Settings.from_env({**LEAST, "WA_MEDIA": "relay"})


def test_the_hop_of_earlier_releases_is_told_to_be_gone() -> None:
    """Its word stops the start and says what has taken its place; its variables are named."""
    with pytest.raises(ValueError, match=r"^WA_MEDIA is malformed: .*`bridge` does the same"):
        Settings.from_env({**LEAST, "WA_MEDIA": "hop"})
    old = {"RTPENGINE_URL": "udp://127.0.0.1:2223", "HOP_REDIS": " ", "HOP_IP": "127.0.0.1"}
    assert retired({**LEAST, **old}) == ["RTPENGINE_URL", "HOP_IP"]
    assert retired(LEAST) == []


@pytest.mark.parametrize(
    ("given", "said"), [("none", ""), (" None ", ""), ("We rang off.", "We rang off.")]
)
def test_the_words_after_a_lost_call_are_the_operators(given: str, said: str) -> None:
    """Theirs as they are, or none at all."""
    assert Settings.from_env({**LEAST, "LOST_CALL_TEXT": given}).lost_call_text == said


def test_there_are_words_after_a_lost_call_by_default() -> None:
    """A sentence, not the word that stands for it."""
    assert Settings.from_env(LEAST).lost_call_text.startswith("Sorry, our call was cut off")


@pytest.mark.parametrize("key", ["operator", "a" * 40, "0123456789abcde", "abab" * 8])
def test_a_key_that_could_be_guessed_stops_the_start(key: str) -> None:
    """With a sentence that says how to make one, and does not show it."""
    with pytest.raises(ValueError, match=r"^CONTROLPLANE_API_KEY .*openssl rand -hex 32") as caught:
        Settings.from_env({**LEAST, "CONTROLPLANE_API_KEY": key})
    assert key not in str(caught.value)


@pytest.mark.parametrize("key", ["5f0c7a9be1d24386", "operator-key-of-a-person", ""])
def test_a_key_that_is_long_enough_is_taken(key: str) -> None:
    """What openssl makes, in its shortest form; none at all is none."""
    found = Settings.from_env({**LEAST, "CONTROLPLANE_API_KEY": key}).controlplane_api_key
    assert (found.get_secret_value() if found else "") == key


def test_operators_do_not_share_the_port_that_they_left() -> None:
    """One number for both is a mistake that a half-started server would tell worse."""
    assert Settings.from_env(LEAST).operator_port is None
    assert Settings.from_env({**LEAST, "OPERATOR_PORT": "4001"}).operator_port == 4001
    with pytest.raises(ValueError, match=r"OPERATOR_PORT and PORT are the same"):
        Settings.from_env({**LEAST, "PORT": "4001", "OPERATOR_PORT": "4001"})
