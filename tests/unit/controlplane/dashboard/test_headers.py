"""What the pages may load, and from where."""

import pytest

from controlplane.dashboard.headers import page_headers


@pytest.mark.parametrize(
    ("url", "connect"),
    [
        ("ws://127.0.0.1:7880", "'self' http://127.0.0.1:7880 ws://127.0.0.1:7880"),
        ("https://sfu.example/path", "'self' https://sfu.example wss://sfu.example"),
        ("wss://[2001:db8::1]:443", "'self' https://[2001:db8::1]:443 wss://[2001:db8::1]:443"),
        ("nonsense; script-src *", "'self'"),
    ],
)
def test_pages_reach_livekit_and_nobody_else(url: str, connect: str) -> None:
    """Over the WebSocket and over HTTP; scripts and styles are of the origin itself."""
    headers = page_headers(url)
    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["connect-src"] == connect
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
