"""The signature of what is posted to the operator's webhook."""

from controlplane.operators.webhook import signature


def test_the_signature_is_over_time_and_body() -> None:
    """Made by hand: `printf '1700000000.{}' | openssl dgst -sha256 -hmac key`."""
    made = signature("key", "1700000000", b"{}")
    assert made == ("sha256=9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae")
    assert signature("key", "1700000001", b"{}") != made
    assert signature("kex", "1700000000", b"{}") != made
    assert signature("key", "1700000000", b"[]") != made
