"""Cookies of the dashboard: which are taken, and which requests other pages sent."""

from collections.abc import Callable

import pytest

from controlplane.dashboard.sessions import LASTS_S, Sessions, is_foreign, is_same

KEY = "a" * 40
NONCE = "n" * 24
NOW = 1_800_000_000.0


def test_a_session_holds_for_its_time_at_every_replica() -> None:
    """Nothing is kept: another process with the same key knows it, until it is over."""
    cookie = Sessions(KEY).issue(NOW, NONCE)
    elsewhere = Sessions(KEY)
    found = elsewhere.read(cookie, NOW + LASTS_S - 1)
    assert found is not None
    assert found == Sessions(KEY).read(cookie, NOW)
    assert elsewhere.read(cookie, NOW + LASTS_S) is None


@pytest.mark.parametrize(
    "spoil",
    [
        lambda cookie: None,
        lambda cookie: "",
        lambda cookie: cookie[:-1] + ("0" if cookie[-1] != "0" else "1"),
        lambda cookie: cookie.replace("n", "m", 1),
        lambda cookie: cookie.replace("1.18", "1.19", 1),
        lambda cookie: cookie + "0",
        lambda cookie: cookie.replace("1.", "2.", 1),
        lambda cookie: cookie.upper(),
        lambda cookie: "1." + "9" * 5000,
        lambda cookie: Sessions("b" * 40).issue(NOW, NONCE),
        lambda cookie: Sessions(KEY).issue(NOW + 3600, NONCE),
    ],
)
def test_no_other_cookie_is_taken(spoil: Callable[[str], str | None]) -> None:
    """None, a forged, a lengthened, another key's, or one of the future."""
    sessions = Sessions(KEY)
    assert sessions.read(spoil(sessions.issue(NOW, NONCE)), NOW) is None


def test_the_token_is_the_sessions_own() -> None:
    """Another session's token, none and nonsense are refused; the cookie does not tell it."""
    sessions = Sessions(KEY)
    cookie = sessions.issue(NOW, NONCE)
    mine, other = sessions.read(cookie, NOW), sessions.read(sessions.issue(NOW, "o" * 24), NOW)
    assert mine is not None
    assert other is not None
    assert is_same(mine.csrf_token, mine)
    assert mine.csrf_token not in cookie
    assert not any(is_same(given, mine) for given in (None, "", other.csrf_token, "ü", "\udc80"))


def test_only_the_key_admits() -> None:
    """Nor does a part of it, or what is no Unicode."""
    sessions = Sessions(KEY)
    assert sessions.admits(KEY)
    assert not any(sessions.admits(one) for one in ("", KEY[:-1], KEY + "a", "ü", "\ud800"))


@pytest.mark.parametrize(
    ("site", "origin", "foreign"),
    [
        ("same-origin", "https://calls.example", False),
        ("none", None, False),
        ("same-site", "https://evil.example", True),
        ("cross-site", None, True),
        (None, None, False),
        (None, "https://Calls.example", False),
        (None, "https://evil.example", True),
        (None, "https://calls.example:444", True),
        (None, "null", True),
        # a proxy in front changed the host, and the browser knows better
        ("same-origin", "https://public.example", False),
    ],
)
def test_pages_of_other_origins_are_known(
    site: str | None, origin: str | None, foreign: bool
) -> None:
    """By what browsers say and pages cannot change."""
    assert is_foreign(site, origin, "calls.example") is foreign
