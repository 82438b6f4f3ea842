"""Session descriptions without secrets: no key, no password, no address gets through."""

from pathlib import Path

import pytest

from shared.call.description import redacted
from tests import paths

FILES = sorted(one for one in (paths.DATA / "sdp").glob("**/*.sdp") if one.read_text().strip())


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("a=ice-pwd:abc", "a=ice-pwd:(removed)"),
        ("a=ice-ufrag:abc", "a=ice-ufrag:(removed)"),
        ("a=crypto:1 AES inline:abc", "a=crypto:(removed)"),
        ("a=fingerprint:sha-256 AB:CD", "a=fingerprint:sha-256 (removed)"),
        ("a=ssrc:17 cname:me@host", "a=ssrc:17 cname:(removed)"),
        ("a=ssrc:17", "a=ssrc:17"),
        ("a=msid:stream track", "a=msid:(removed)"),
        ("c=IN IP4 203.0.113.7", "c=IN IP4 (removed)"),
        ("o=- 1 2 IN IP6 2001:db8::1", "o=- 1 2 IN IP6 (removed)"),
        ("a=rtcp:9 IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 (removed)"),
        ("a=candidate:1 1 udp 99 8.8.8.8 3480 typ host ufrag abc",
         "a=candidate:(removed) 1 udp 99 (IPv4-public) 3480 typ host ufrag (removed)"),
        ("a=candidate:1 1 udp 99 fe80::1 3480 typ srflx raddr 127.0.0.1 rport 9",
         "a=candidate:(removed) 1 udp 99 (IPv6-private) 3480 typ srflx raddr (IPv4-loopback) "
         "rport 9"),
        ("a=candidate:1 1 udp 99 host.local 3480 typ host",
         "a=candidate:(removed) 1 udp 99 (name) 3480 typ host"),
        ("a=candidate:1 1 secret", "a=candidate:(removed)"),
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 opus/48000/2"),
    ],
)  # fmt: skip
def test_each_line(line: str, shown: str) -> None:
    """What remains says what was offered, not to whom it belongs."""
    assert redacted(f"v=0\r\n{line}\r\n") == f"v=0\n{shown}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_whole_descriptions_lose_their_secrets(file: Path) -> None:
    """Line by line, so that the number of lines stays."""
    sdp = file.read_text()
    secrets = [
        line.split(":", 1)[1].strip()
        for line in sdp.splitlines()
        if line.startswith(("a=ice-pwd:", "a=ice-ufrag:"))
    ]
    shown = redacted(sdp)
    assert [secret for secret in secrets if secret in shown] == []
    assert len(shown.split("\n")) == len(sdp.rstrip("\r\n").splitlines())


def test_what_has_no_secrets_any_more_stays_as_it_is() -> None:
    """Ours is kept without them, and goes through the same sieve again when it is handed on."""
    once = redacted("a=candidate:7 1 udp 99 8.8.8.8 3480 typ srflx raddr 10.0.0.1 rport 9\na=x")
    assert redacted(once) == once
    assert "(IPv4-public)" in once
