"""How an action's request is written and signed."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from agents.actions.request import Request, is_allowed, request_of
from shared.call.ids import CallId
from shared.call.signature import SIGNATURE_HEADER, signed_headers
from shared.profiles.action import Action

CALL = CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d")
NOW = datetime(2026, 11, 27, 7, tzinfo=UTC)
GIVEN = {"order": "A 12&b=ü", "lines": [1, 2], "paid": True}


def written(given: str = "call_1", secret: str | None = "key", **action: Any) -> Request:
    declared = {"name": "findOrder", "description": "Finds.", "url": "https://shop.example/orders"}
    return request_of(
        Action.model_validate(declared | action),
        GIVEN,
        call_id=CALL,
        given=given,
        secret=secret,
        now=NOW,
    )


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_arguments_are_the_body_and_that_is_signed(method: str) -> None:
    """Byte for byte as it is sent."""
    request = written(method=method)
    assert request.body == '{"order":"A 12&b=ü","lines":[1,2],"paid":true}'.encode()
    assert request.url == "https://shop.example/orders"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers.items() >= signed_headers("key", request.body, NOW).items()


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_of_a_request_without_a_body_the_query_is_signed(method: str) -> None:
    """What the URL has already stays; values cannot break out of theirs."""
    request = written(method=method, url="https://shop.example/orders?shop=1#top")
    assert request.body is None
    query = urlsplit(request.url).query
    assert parse_qsl(query) == [
        ("shop", "1"),
        ("order", "A 12&b=ü"),
        ("lines", "[1,2]"),
        ("paid", "true"),
    ]
    assert request.headers.items() >= signed_headers("key", query.encode(), NOW).items()
    assert urlsplit(request.url).netloc == "shop.example"


def test_the_same_wish_has_the_same_key() -> None:
    """Another worker that takes the call over sends it again under the key of the first."""
    keys = [written(given).headers["Idempotency-Key"] for given in ("call_1", "call_1", "call_2")]
    assert keys[0] == keys[1] != keys[2]


def test_without_a_secret_nothing_is_signed() -> None:
    """The profile names none."""
    assert SIGNATURE_HEADER not in written(secret=None).headers


def test_a_profile_s_headers_take_the_place_of_none_of_ours() -> None:
    """However they are spelled."""
    request = written(
        headers={"X-Shop": "harbor", "idempotency-key": "1", "x-wacall-signature": "0"}
    )
    assert request.headers["X-Shop"] == "harbor"
    assert "idempotency-key" not in request.headers
    assert "x-wacall-signature" not in request.headers


@pytest.mark.parametrize(
    ("method", "may"),
    [("GET", True), ("PUT", True), ("DELETE", True), ("POST", False), ("PATCH", False)],
)
def test_what_may_arrive_twice(method: str, may: bool) -> None:
    """By HTTP's own words (RFC 9110, section 9.2.2)."""
    assert written(method=method).may_arrive_twice is may


@pytest.mark.parametrize(
    ("url", "hosts", "allowed"),
    [
        ("https://shop.example/x", (), True),
        ("http://shop.example/x", (), False),
        ("http://localhost:8000/x", ("localhost",), True),
        ("http://localhost:8000/x", (), False),
        ("ftp://localhost/x", ("localhost",), False),
    ],
)
def test_only_tls_goes_out(url: str, hosts: tuple[str, ...], allowed: bool) -> None:
    """But for hosts that the settings name."""
    assert is_allowed(url, hosts) is allowed
