"""What can be asked of a description, wherever it says it."""

import pytest

from controlplane.core.errors import BadSdp
from controlplane.sdp.lines import Description

SHA, OTHER = "sha-256 AA:01", "SHA-256 BB:02"


def read(*audio: str, session: tuple[str, ...] = ()) -> Description:
    lines = ["v=0", *session, "m=audio 9 UDP/TLS/RTP/SAVPF 111", *audio]
    return Description.parse("\r\n".join(lines), "The offer")


@pytest.mark.parametrize(
    ("session", "audio", "found"),
    [
        ((), (SHA,), [SHA]),
        ((SHA,), (), [SHA]),
        ((SHA,), (OTHER,), [OTHER]),
        # the section speaks for itself, even if it says nothing that we can use
        ((SHA,), ("sha-1 CC:03",), []),
        ((), (SHA, SHA, OTHER, "sha-512 DD:04"), [SHA, OTHER]),
        ((), (), []),
    ],
)
def test_a_sections_fingerprints_replace_the_sessions(
    session: tuple[str, ...], audio: tuple[str, ...], found: list[str]
) -> None:
    """RFC 8122 section 5; those of sha-256, each once."""
    sdp = read(
        *(f"a=fingerprint:{value}" for value in audio),
        session=tuple(f"a=fingerprint:{value}" for value in session),
    )
    assert sdp.fingerprints(sdp.audio()) == found


def test_candidates_of_udp_and_the_first_component_are_kept() -> None:
    """In their order; what is cut short is none (RFC 8839 section 5.1)."""
    kept = ["1 1 UDP 99 192.0.2.1 4000 typ host", "4 1 udp 9 2001:db8::1 4001 typ host extra 1"]
    sdp = read(
        f"a=candidate:{kept[0]}",
        "a=candidate:2 2 udp 98 192.0.2.1 4000 typ host",
        "a=candidate:3 1 tcp 97 192.0.2.1 4000 typ host tcptype passive",
        "a=candidate:5 1 udp 96 192.0.2.1",
        "a=candidate:6 1 udp 95 b7f1.local 4000 typ host",
        "a=candidate:7 1 udp 94 relay.example 4000 typ host",
        f"a=candidate:{kept[1]}",
    )
    assert sdp.audio().udp_candidates() == kept


def test_an_error_says_whose_description_lacks_what() -> None:
    """And shows nothing of it."""
    sdp = read("a=setup:", session=("a=ice-ufrag:x",))
    sdp.require(sdp.audio(), "ice-ufrag")
    with pytest.raises(BadSdp, match=r"^The offer has no a=setup\.$"):
        sdp.require(sdp.audio(), "ice-ufrag", "setup")


@pytest.mark.parametrize(
    ("address", "version"),
    [("192.0.2.1", 4), ("2001:db8::1", 6), ("::ffff:192.0.2.1", 4), ("b7f1.local", None)],
)
def test_a_section_tells_its_ip_versions(address: str, version: int | None) -> None:
    """By its candidates; an IPv4 address that is written as IPv6 is IPv4, a name is neither."""
    sdp = read(f"a=candidate:1 1 udp 99 {address} 4000 typ host")
    assert sdp.families(sdp.audio()) == ({version} if version else frozenset())


def test_names_can_be_taken_out() -> None:
    """Of candidates alone, whatever their transport."""
    named = [
        "a=candidate:1 1 udp 99 b7f1.local 4000 typ host",
        "a=candidate:2 2 tcp 98 relay.example 4000 typ host tcptype passive",
    ]
    kept = ["a=candidate:3 1 udp 97 192.0.2.1 4000 typ host", "a=candidate:short", "a=x:b7f1.local"]
    audio = read(*named, *kept).audio()
    audio.drop_names()
    assert audio.lines[1:] == kept
