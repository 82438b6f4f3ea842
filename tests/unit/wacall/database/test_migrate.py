"""How a migration reaches its database."""

import pytest

from wacall.database.migrate import needs_tls


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@db.example.com:5432/postgres", True),
        ("postgresql://u:p@db.example.com/postgres?sslmode=verify-full", False),
        ("postgresql://u:p@localhost/postgres?host=db.example.com", True),
        ("postgresql://u:p@127.0.0.1/postgres", False),
        ("postgresql://u:p@[::1]:5432/postgres", False),
        ("postgresql://u@/postgres?host=/run/postgresql", False),
    ],
)
def test_tls_is_asked_for_wherever_the_network_is(url: str, expected: bool) -> None:
    """Unless the URL says which kind it wants."""
    assert needs_tls(url, {}) is expected


def test_the_environment_may_say_which_kind_of_tls() -> None:
    """PGSSLMODE, which the driver reads by itself."""
    assert not needs_tls("postgresql://u:p@db.example.com/postgres", {"PGSSLMODE": "verify-full"})
