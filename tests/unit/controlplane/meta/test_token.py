"""The access token, as `debug_token` describes it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.meta.token import TokenInfo, read_token, token_troubles, why_refused

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BOTH = ("whatsapp_business_management", "whatsapp_business_messaging")


def described(**data: Any) -> TokenInfo | None:
    """Read an answer of Graph's."""
    return read_token({"data": {"is_valid": True, **data}})


def test_a_token_is_read() -> None:
    """Type, scopes, accounts, and when it ends."""
    granular = [
        {"scope": BOTH[0], "target_ids": ["102290129340398"]},
        {"scope": BOTH[1], "target_ids": ["102290129340398", 7]},
        {"scope": "pages_show_list", "target_ids": ["8"]},
        {"scope": BOTH[0]},
        "odd",
    ]
    found = described(
        type="SYSTEM_USER", scopes=list(BOTH), granular_scopes=granular, expires_at=1_800_000_000
    )
    assert found == TokenInfo(
        is_valid=True,
        kind="SYSTEM_USER",
        expires_at=datetime.fromtimestamp(1_800_000_000, UTC),
        scopes=BOTH,
        accounts=frozenset({"102290129340398", "7"}),
    )


@pytest.mark.parametrize("data", [{}, {"data": []}, {"data": {}}, {"data": {"is_valid": "yes"}}])
def test_what_is_no_description_is_none(data: dict[str, Any]) -> None:
    """A proxy may answer anything."""
    assert read_token(data) is None


def test_a_token_that_never_expires_has_no_end() -> None:
    """Meta says 0 then."""
    found = described(expires_at=0)
    assert found is not None
    assert found.expires_at is None


@pytest.mark.parametrize(
    ("token", "slugs"),
    [
        (TokenInfo(is_valid=True, scopes=BOTH), []),
        (TokenInfo(is_valid=True), []),
        (TokenInfo(is_valid=True, scopes=BOTH[1:]), []),
        (TokenInfo(is_valid=True, scopes=BOTH[:1]), ["token-scope"]),
        (TokenInfo(is_valid=True, scopes=BOTH, expires_at=NOW + 8 * DAY), []),
        (TokenInfo(is_valid=True, scopes=BOTH, expires_at=NOW + 6 * DAY), ["token-expires"]),
        (
            TokenInfo(is_valid=True, scopes=BOTH[:1], expires_at=NOW),
            ["token-expires", "token-scope"],
        ),
        (TokenInfo(is_valid=False, scopes=BOTH[:1], expires_at=NOW), ["token"]),
    ],
)
def test_what_is_wrong_with_a_token(token: TokenInfo, slugs: list[str]) -> None:
    """Each with a sentence that says what to do."""
    found = token_troubles(token, NOW)
    assert list(found) == slugs
    assert all("WA_ACCESS_TOKEN" in sentence for sentence in found.values())


@pytest.mark.parametrize(
    ("subcode", "words"),
    [
        (458, "removed the app"),
        (460, "password"),
        (463, "it has expired"),
        (467, "it was revoked"),
        (None, "expired or revoked"),
        (1, "expired or revoked"),
    ],
)
def test_why_a_token_is_refused(subcode: int | None, words: str) -> None:
    """By the subcode, as Graph refuses it and as `debug_token` describes it."""
    assert words in why_refused(subcode)
    data = {"is_valid": False, "error": {"code": 190, "subcode": subcode}}
    found = read_token({"data": data})
    assert found is not None
    assert words in token_troubles(found, NOW)["token"]
