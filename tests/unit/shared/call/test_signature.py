"""Signed requests to operators' servers."""

from datetime import UTC, datetime, timedelta

from shared.call.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, signed_headers

NOW = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)


def test_what_is_signed_is_the_time_and_the_body() -> None:
    """`printf '1795762800.{"a":1}' | openssl dgst -sha256 -hmac secret` says the same."""
    headers = signed_headers("secret", b'{"a":1}', NOW)
    assert headers == {
        TIMESTAMP_HEADER: "1795762800",
        SIGNATURE_HEADER: "sha256=194b346164ee7e32d74d275b4acf1099a19fe2d0da19d8795cd5db3b37eff4ef",
    }


def test_another_secret_body_or_time_is_another_signature() -> None:
    """Each of the three counts."""
    signatures = {
        signed_headers(secret, body, at)[SIGNATURE_HEADER]
        for secret, body, at in (
            ("secret", b"{}", NOW),
            ("other", b"{}", NOW),
            ("secret", b"{ }", NOW),
            ("secret", b"{}", NOW + timedelta(seconds=1)),
        )
    }
    assert len(signatures) == 4


def test_the_signature_is_over_time_and_body() -> None:
    """Made by hand: `printf '1700000000.{}' | openssl dgst -sha256 -hmac key`."""

    def signature(secret: str, timestamp: int, body: bytes) -> str:
        return signed_headers(secret, body, datetime.fromtimestamp(timestamp, UTC))[
            SIGNATURE_HEADER
        ]

    made = signature("key", 1700000000, b"{}")
    assert made == ("sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae")
    assert signature("key", 1700000001, b"{}") != made
    assert signature("kex", 1700000000, b"{}") != made
    assert signature("key", 1700000000, b"[]") != made
