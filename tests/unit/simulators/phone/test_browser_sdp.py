"""Browsers' descriptions take Meta's shape, and keep what a call is made of."""

import pytest

from simulators.meta.rules.offer import OfferPolicy, offer_problems
from simulators.phone.browser_sdp import for_browser, in_metas_shape
from simulators.phone.sdp_lines import Lines
from simulators.phone.write_sdp import OfferParameters, write_offer

PRINT = ":".join(["AB"] * 32)


def described(*candidates: str, mid: str = "0", setup: str = "actpass") -> str:
    """As Chromium 150 describes a call, with its order, its extensions and its endings."""
    lines = [
        "v=0",
        "o=- 696520144145593321 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mid}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS 5d",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 110 126",
        "c=IN IP4 0.0.0.0",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *(f"a=candidate:{one}" for one in candidates),
        "a=ice-ufrag:/exA",
        "a=ice-pwd:5FOIIZIUYD4jL33RNv7nyjbQ",
        "a=ice-options:trickle",
        f"a=fingerprint:sha-256 {PRINT}",
        f"a=setup:{setup}",
        f"a=mid:{mid}",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "a=sendrecv",
        "a=msid:5d d0",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        "a=rtpmap:111 opus/48000/2",
        "a=rtcp-fb:111 transport-cc",
        "a=fmtp:111 minptime=10;useinbandfec=1",
        "a=rtpmap:63 red/48000/2",
        "a=rtpmap:9 G722/8000",
        "a=rtpmap:0 PCMU/8000",
        "a=rtpmap:110 telephone-event/48000",
        "a=rtpmap:126 telephone-event/8000",
        "a=ssrc:1219768244 cname:aOaDNgEPn1YpMI/S",
        "a=ssrc:1219768244 msid:5d d0",
    ]
    return "\r\n".join(lines) + "\r\n"


UDP = "56 1 udp 2113942271 192.168.1.7 47648 typ host generation 0 ufrag /exA network-cost 999"
V6 = "57 1 udp 2113942270 2001:db8::7 47649 typ host generation 0"
TCP = "58 1 tcp 1518280447 192.168.1.7 9 typ host tcptype active generation 0"
NAME = "59 1 udp 2113937151 1241d99c-7708.local 44745 typ host generation 0"
RTCP = "60 2 udp 2113942270 192.168.1.7 47650 typ host generation 0"


def test_an_offer_looks_like_metas_own() -> None:
    """The lines and the order that the simulated phone writes; only `a=ice-lite` is left out."""
    own = write_offer(
        OfferParameters(
            addresses=["192.168.1.7"], port=47648, ufrag="/exA", pwd="5FOIIZIUYD4jL33RNv7nyjbQ",
            fingerprint=PRINT, ssrc=1219768244, session_id=696520144145593321, stream_id="5d",
        )
    )  # fmt: skip
    given = in_metas_shape(described(UDP))
    candidate = "a=candidate:56 1 udp 2113942271 192.168.1.7 47648 typ host"
    assert given.splitlines() == [
        f"{candidate} generation 0 network-cost 50" if line.startswith("a=candidate") else line
        for line in own.splitlines()
        if line != "a=ice-lite"
    ]
    assert offer_problems(given, OfferPolicy(ssrc_required=True)) == []


@pytest.mark.parametrize(
    ("candidates", "kept", "media", "connection"),
    [
        ([UDP, TCP, NAME, RTCP], ["192.168.1.7"], "47648", "IN IP4 192.168.1.7"),
        ([V6, UDP], ["2001:db8::7", "192.168.1.7"], "47649", "IN IP6 2001:db8::7"),
        ([NAME], [], "9", "IN IP4 0.0.0.0"),
        ([], [], "9", "IN IP4 0.0.0.0"),
        (["cut off"], [], "9", "IN IP4 0.0.0.0"),
    ],
)
def test_addresses_that_everybody_can_read_are_kept(
    candidates: list[str], kept: list[str], media: str, connection: str
) -> None:
    """Names, TCP and RTCP's own go; without any address the browser is found by its calling."""
    lines = Lines(in_metas_shape(described(*candidates)))
    assert [one.split(" ")[4] for one in lines.attribute("candidate")] == kept
    assert lines.of("m")[0].split(" ")[1] == media
    assert lines.of("c") == [connection]


def test_an_answer_keeps_the_names_of_the_businesss_offer() -> None:
    """Its section, and the role and payload types that the browser chose."""
    lines = Lines(in_metas_shape(described(UDP, mid="sound", setup="active"), mid=None))
    assert lines.attribute("mid") == ["sound"]
    assert lines.attribute("group") == ["BUNDLE sound"]
    assert lines.attribute("setup") == ["active"]
    assert lines.payload_types() == ["111", "126"]


def test_a_call_without_keys_is_a_call() -> None:
    """Who offers no telephone-event is answered none."""
    lines = Lines(
        in_metas_shape(described(UDP).replace("a=rtpmap:126 telephone-event/8000\r\n", ""))
    )
    assert lines.payload_types() == ["111"]
    assert list(lines.rtpmaps()) == ["111"]


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ("v=0\r\n", "something else than one stream of sound"),
        (described(UDP) + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", "something else than one stream"),
        (described(UDP).replace("m=audio", "m=video"), "something else than one stream of sound"),
        (described(UDP).replace("opus/48000/2", "opus/16000"), "has no Opus"),
        (described(UDP).replace("a=ice-ufrag", "a=x"), "no a=ice-ufrag"),
        (described(UDP).replace("a=ice-pwd", "a=x"), "no a=ice-pwd"),
        (described(UDP).replace("a=fingerprint", "a=x"), "no a=fingerprint"),
        (described(UDP).replace("a=setup", "a=x"), "no a=setup"),
        (described(UDP).replace("o=-", "x=-"), "no o= line"),
    ],
)
def test_what_cannot_carry_a_call_is_refused_in_a_sentence(spoiled: str, said: str) -> None:
    """For whoever sits at the browser, and without a word of the description."""
    with pytest.raises(ValueError, match=said) as refusal:
        in_metas_shape(spoiled)
    assert PRINT not in str(refusal.value)


def test_the_browser_finds_its_own_name_in_the_answer() -> None:
    """RFC 9143, section 7.3: an answer repeats the offer's names; all else stays as it came."""
    answer = "v=0\r\na=group:BUNDLE audio\r\nm=audio 9 RTP 111\r\na=mid:audio\r\na=x-mid:audio\r\n"
    assert for_browser(answer, described(UDP, mid="0")) == (
        "v=0\r\na=group:BUNDLE 0\r\nm=audio 9 RTP 111\r\na=mid:0\r\na=x-mid:audio\r\n"
    )
