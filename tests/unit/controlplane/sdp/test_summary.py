"""A log line tells the shape of a description, whatever somebody has written into it."""

import pytest

from controlplane.sdp.summary import summary

OFFER = """v=0
o=- 4611 2 IN IP4 203.0.113.9
s=-
t=0 0
a=ice-lite
m=audio 3484 UDP/TLS/RTP/SAVPF 111 126
c=IN IP4 203.0.113.9
a=rtpmap:111 opus/48000/2
a=rtpmap:126 telephone-event/8000
a=ice-ufrag:UFRAG
a=ice-pwd:PASSWORDPASSWORDPASSWORD
a=fingerprint:sha-256 AB:CD:EF
a=setup:actpass
a=candidate:1 1 udp 2122 203.0.113.9 3484 typ host
a=candidate:2 1 udp 2122 2001:db8::9 3484 typ host
a=candidate:3 1 tcp 99 203.0.113.9 9 typ srflx raddr 10.0.0.9 rport 9
a=ptime:20
a=sendrecv
"""
SECRETS = ("UFRAG", "PASSWORD", "AB:CD", "203.0.113", "db8", "10.0.0", "3484", "4611")


def test_the_shape_is_told_and_nothing_else() -> None:
    """Of an offer like Meta's."""
    found = summary(OFFER)

    assert found == {
        "direction": "sendrecv",
        "codecs": "opus/48000/2,telephone-event/8000",
        "candidates": "host:2,srflx-tcp:1",
        "setup": "actpass",
        "ice_lite": True,
        "ptime_ms": 20,
    }
    assert not any(secret in str(found) for secret in SECRETS)


@pytest.mark.parametrize(
    ("line", "by", "name", "told"),
    [
        ("a=rtpmap:111 opus/48000/2", "a=rtpmap:111 +15551234567", "codecs", "other,telephone"),
        ("a=rtpmap:111 opus/48000/2\n", "", "codecs", "other,telephone-event/8000"),
        ("a=setup:actpass", "a=setup:15551234567", "setup", ""),
        ("a=setup:actpass\n", "", "setup", ""),
        ("a=ptime:20", "a=ptime:15551234567", "ptime_ms", "0"),
        ("a=ptime:20\n", "", "ptime_ms", "0"),
        ("a=ice-lite\n", "", "ice_lite", "False"),
        ("typ srflx", "typ +15551234567", "candidates", "host:2,other-tcp:1"),
        ("2 1 udp 2122 2001:db8::9 3484 typ host", "2", "candidates", "host:1,other:1,srflx-tcp:1"),
        ("a=sendrecv", "a=recvonly", "direction", "recvonly"),
    ],
)
def test_what_is_no_known_word_is_not_repeated(line: str, by: str, name: str, told: str) -> None:
    """Any attribute may hold anybody's text."""
    changed = OFFER.replace(line, by)

    assert changed != OFFER
    assert str(summary(changed)[name]).startswith(told)
    assert "5551234567" not in str(summary(changed))


@pytest.mark.parametrize("text", ["", "v=0", "no description", OFFER.replace("m=audio", "m=video")])
def test_what_cannot_be_read_is_called_so(text: str) -> None:
    """The set-up says what is wrong with it; a log line must not fail for it."""
    assert summary(text) == {"unreadable": True}


def test_there_is_an_end_to_codecs() -> None:
    """However many somebody lists."""
    numbers = " ".join(str(number) for number in range(30, 60))
    maps = "".join(f"a=rtpmap:{number} c{number}/8000\n" for number in range(30, 60))
    many = OFFER.replace("SAVPF 111 126", f"SAVPF {numbers}") + maps

    assert len(str(summary(many)["codecs"]).split(",")) == 8
