"""What the doctor says of the configuration alone: everything that is missing, at once."""

import pytest

from wacall.doctor.configuration import is_metas_own, read

WHATSAPP = {
    "WA_VERIFY_TOKEN": "word",
    "WA_APP_SECRET": "secret",
    "WA_ACCESS_TOKEN": "EAAtoken",
    "WA_PHONE_NUMBER_ID": "123",
}
OPENAI = {"OPENAI_API_KEY": "sk-key"}
LIVEKIT = {
    "LIVEKIT_URL": "wss://livekit.example.org",
    "LIVEKIT_API_KEY": "APIkey",
    "LIVEKIT_API_SECRET": "a-secret-of-more-than-32-characters",
}
SUPABASE = {"SUPABASE_URL": "https://db.example.org", "SUPABASE_SECRET_KEY": "sb_secret_x"}


def troubles(environ: dict[str, str]) -> list[str]:
    """Say what fails, each with its fix."""
    return [f"{one.message} {one.fix}" for one in read(environ).findings if one.status == "fail"]


def test_in_a_fresh_clone_all_that_is_missing_is_named_at_once() -> None:
    """Meta's variables first; none of those that `wacall up` makes itself."""
    missing, not_running = troubles({})
    assert missing.startswith(
        "Not set: WA_ACCESS_TOKEN, WA_APP_SECRET, WA_PHONE_NUMBER_ID, WA_VERIFY_TOKEN, "
        "OPENAI_API_KEY. "
    )
    assert ".env" in missing
    assert "LIVEKIT_API_KEY" not in missing + not_running
    assert "LIVEKIT_URL and SUPABASE_URL are empty" in not_running
    assert "Start `wacall up` first" in not_running


def test_before_up_what_is_configured_can_be_looked_at() -> None:
    """Meta and OpenAI are there whether or not the stack runs."""
    found = read(WHATSAPP | OPENAI)
    assert (found.has_livekit, found.has_database) == (False, False)
    assert found.settings is not None
    assert found.agent is not None
    (not_running,) = troubles(WHATSAPP | OPENAI)
    assert "looked at while it runs" in not_running


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        (WHATSAPP | OPENAI | SUPABASE, "LIVEKIT_URL is empty"),
        (WHATSAPP | OPENAI | LIVEKIT, "SUPABASE_URL is empty"),
        (WHATSAPP | LIVEKIT | SUPABASE, "Not set: OPENAI_API_KEY."),
        (OPENAI | LIVEKIT | SUPABASE | {"WA_APP_SECRET": " "}, "Not set: WA_ACCESS_TOKEN, WA_APP_"),
        (
            WHATSAPP | OPENAI | SUPABASE | {"LIVEKIT_URL": "ws://x"},
            "Not set: LIVEKIT_API_KEY, LIVEKIT_API_SECRET.",
        ),
        (
            WHATSAPP | OPENAI | LIVEKIT | {"SUPABASE_URL": "http://x"},
            "Not set: SUPABASE_SECRET_KEY.",
        ),
        (WHATSAPP | OPENAI | LIVEKIT | SUPABASE | {"PORT": "many"}, "The control plane: PORT is"),
    ],
)
def test_each_lack_is_one_finding(environ: dict[str, str], words: str) -> None:
    """Whatever is missing is said once, not once for each service."""
    (told,) = troubles(environ)
    assert words in told


def test_what_is_whole_is_said_to_be() -> None:
    """And without a key for operators there is a warning."""
    found = read(WHATSAPP | OPENAI | LIVEKIT | SUPABASE)
    assert [(one.status, one.about) for one in found.findings] == [
        ("ok", "settings"), ("ok", "settings"), ("warn", "settings"),
    ]  # fmt: skip
    assert (found.has_livekit, found.has_database) == (True, True)


@pytest.mark.parametrize(
    ("url", "real"),
    [
        ("https://graph.facebook.com", True),
        ("http://127.0.0.1:9000", False),
        ("https://notfacebook.com", False),
    ],
)
def test_metas_own_address_is_known(url: str, real: bool) -> None:
    """Behind it are people, not simulators."""
    assert is_metas_own(url) is real
