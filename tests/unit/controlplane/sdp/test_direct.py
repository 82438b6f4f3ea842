"""The two translations of session descriptions, judged line by line and by aiortc's parser."""

import random
import re

import pytest
from aiortc.sdp import SessionDescription

from controlplane.core.errors import BadSdp, SdesOffer
from controlplane.sdp.direct import answer_for_meta, offer_for_livekit
from controlplane.sdp.lines import MAX_CHARS
from tests import paths

DATA = paths.DATA / "sdp"
OFFERS = sorted(path.name for path in DATA.glob("offer-*.sdp"))
MALFORMED = sorted(path.name for path in DATA.glob("malformed-*.sdp"))


def read(name: str) -> str:
    """Read a description with the line ends that it has."""
    return (DATA / name).read_bytes().decode()


OFFER, ANSWER = read("offer-meta.sdp"), read("answer-livekit.sdp")


def attributes(sdp: str, name: str) -> list[str]:
    """Return the values of an attribute, wherever it stands."""
    return re.findall(rf"^a={name}:(.*)\r$", sdp, re.MULTILINE)


def media(sdp: str) -> list[str]:
    """Return the m= lines."""
    return re.findall(r"^m=(.*)\r$", sdp, re.MULTILINE)


def translate(answer: str = ANSWER, offer: str = OFFER, *, rewrite: bool = True) -> str:
    """Translate an answer of LiveKit's."""
    return answer_for_meta(answer, offer, rewrite_dtls_role=rewrite)


@pytest.mark.parametrize("name", OFFERS)
def test_every_offer_becomes_one_that_livekit_can_answer(name: str) -> None:
    """LiveKit sees one audio section, Opus alone beside DTMF, one BUNDLE, CRLF throughout."""
    out = offer_for_livekit(read(name), rewrite_dtls_role=True)
    (line,) = media(out)
    assert line.endswith("UDP/TLS/RTP/SAVPF 111 126")
    assert attributes(out, "rtpmap") == ["111 opus/48000/2", "126 telephone-event/8000"]
    (mid,) = attributes(out, "mid")
    assert attributes(out, "group") == [f"BUNDLE {mid}"]
    assert "a=ice-lite\r\n" in out
    assert out.count("\n") == out.count("\r\n")
    parsed = SessionDescription.parse(out)
    ice = parsed.media[0].ice
    assert ice is not None
    assert ice.usernameFragment == "InventedUfrag016"


def test_offer_keeps_every_other_line() -> None:
    """The plain offer changes in its DTLS role and in nothing else."""
    out = offer_for_livekit(OFFER, rewrite_dtls_role=True)
    assert sorted(out.splitlines()) == sorted(OFFER.replace("actpass", "passive").splitlines())


def test_offer_keeps_its_dtls_role_without_the_rewrite() -> None:
    """The switch is a switch."""
    assert "a=setup:actpass\r\n" in offer_for_livekit(OFFER, rewrite_dtls_role=False)


def test_offered_dtls_client_stays_one() -> None:
    """Only `actpass` leaves us a choice of roles (RFC 8842 section 5.3)."""
    out = offer_for_livekit(read("offer-meta-active.sdp"), rewrite_dtls_role=True)
    assert attributes(out, "setup") == ["active"]
    answer = translate(offer=read("offer-meta-active.sdp"))
    assert attributes(answer, "setup") == ["passive"]


@pytest.mark.parametrize("name", MALFORMED)
def test_unusable_offer_is_refused_without_quoting_it(name: str) -> None:
    """The refusal is a sentence about what is wrong and holds nothing of the description."""
    sdp = read(name)
    with pytest.raises(BadSdp) as caught:
        offer_for_livekit(sdp, rewrite_dtls_role=True)
    message = f"{caught.value} {caught.value!r}"
    assert "The offer" in message
    for secret in ("57.144", "Invented", "A2:EC", "1047224411", "WhatsAppAudioStream1", '{"sdp"'):
        assert secret not in message


@pytest.mark.parametrize(
    ("name", "clue"),
    [
        ("malformed-two-audio.sdp", "2 usable m=audio"),
        ("malformed-no-audio.sdp", "0 usable m=audio"),
        ("malformed-no-opus.sdp", "Opus"),
        ("malformed-no-ufrag.sdp", "a=ice-ufrag"),
        ("malformed-no-fingerprint.sdp", "a=fingerprint"),
        ("malformed-no-ssrc.sdp", "a=ssrc"),
        ("malformed-recvonly.sdp", "recvonly"),
        ("malformed-broken-line.sdp", "line 20"),
        ("malformed-empty.sdp", "v=0"),
    ],
)
def test_refusal_names_what_is_missing(name: str, clue: str) -> None:
    """Whoever reads the log knows what Meta would have to send."""
    with pytest.raises(BadSdp, match=clue):
        offer_for_livekit(read(name), rewrite_dtls_role=True)


NAMED = "a=candidate:1 1 udp 2122260223 {name} 3484 typ host\r\n"
NO_CANDIDATE = re.sub(r"a=candidate:.*\r\n", "", OFFER)
IPV6_ONLY = re.sub(r"a=candidate:.* 57\.144\..*\r\n", "", OFFER)
IPV4_ONLY = re.sub(r"a=candidate:.* 2a03:.*\r\n", "", OFFER)


@pytest.mark.parametrize(
    ("offer", "clue"),
    [
        (OFFER.replace("a=setup:actpass", "a=setup:holdconn"), "none of actpass, active, passive"),
        (OFFER.replace("a=setup:actpass", "a=setup:"), "no a=setup"),
        (NO_CANDIDATE, "no UDP candidate with an address"),
        (NO_CANDIDATE + NAMED.format(name="b7f1.local"), "no UDP candidate with an address"),
        (NO_CANDIDATE + NAMED.format(name="relay.example"), "names are not resolved"),
        ("", "is empty"),
        (" \r\n", "is empty"),
    ],
)
def test_an_offer_that_nobody_could_reach_is_refused_at_once(offer: str, clue: str) -> None:
    """Before an agent is waited for: the phone is ringing."""
    with pytest.raises(BadSdp, match=clue):
        offer_for_livekit(offer, rewrite_dtls_role=True)


@pytest.mark.parametrize("name", ["b7f1.local", "relay.example", "localhost"])
def test_a_name_beside_addresses_is_left_out(name: str) -> None:
    """LiveKit sees the addresses alone; the call is answered."""
    out = offer_for_livekit(OFFER + NAMED.format(name=name), rewrite_dtls_role=True)
    assert out == offer_for_livekit(OFFER, rewrite_dtls_role=True)
    full = NO_CANDIDATE.replace("a=ice-lite\r\n", "") + NAMED.format(name=name)
    # a full side calls by itself, and is then known by its address
    assert not attributes(offer_for_livekit(full, rewrite_dtls_role=True), "candidate")


@pytest.mark.parametrize(
    ("offer", "ours", "theirs"),
    [
        (OFFER, "51.15.20.30", True),
        (OFFER, "2a01:4f8::1", True),
        (IPV6_ONLY, "2a01:4f8::1", True),
        (IPV6_ONLY, "51.15.20.30", False),
        (IPV4_ONLY, "2a01:4f8::1", False),
        (IPV4_ONLY, "::ffff:51.15.20.30", True),
        # a full side is known when it calls
        (NO_CANDIDATE.replace("a=ice-lite\r\n", ""), "2a01:4f8::1", True),
    ],
    ids=["both", "both-6", "6-6", "6-4", "4-6", "4-mapped", "unknown"],
)
def test_both_sides_need_one_ip_version(offer: str, ours: str, theirs: bool) -> None:
    """IPv6 alone cannot be reached from IPv4: such a call is refused, not answered in silence."""
    address = f"a=candidate:1 1 udp 2130706431 {ours} 7882 typ host\r\n"
    answer = re.sub(r"(a=candidate:.*\r\n)+", address, ANSWER)
    if theirs:
        assert attributes(translate(answer, offer), "setup") == ["active"]
    else:
        with pytest.raises(BadSdp, match="our side is at IPv"):
            translate(answer, offer)


@pytest.mark.parametrize("noise", ["\x00", "a=x:\x1b[2J\r\n", "a=x:\ud800\r\n", "a=b\rm=c\r\n"])
def test_control_characters_are_refused(noise: str) -> None:
    """NUL, escapes, lone CR and lone surrogates are not SDP and cannot be stored or sent."""
    with pytest.raises(BadSdp, match="letter=value"):
        offer_for_livekit(OFFER + noise, rewrite_dtls_role=True)


def test_size_is_bounded() -> None:
    """An oversized description is not even looked at."""
    with pytest.raises(BadSdp, match="longer than"):
        offer_for_livekit(OFFER + "a=x\r\n" * MAX_CHARS, rewrite_dtls_role=True)
    with pytest.raises(BadSdp, match="longer than"):
        translate("a" * (MAX_CHARS + 1))


@pytest.mark.parametrize("seed", range(20))
def test_unknown_attributes_survive_both_ways(seed: int) -> None:
    """Whatever Meta or LiveKit will add one day passes through, wherever it stands."""
    dice = random.Random(seed)
    noise = [f"a=x-{dice.randrange(10**9)}:\u00fc {dice.random()}\u2028" for _ in range(8)]

    def sprinkle(sdp: str) -> str:
        lines = sdp.split("\r\n")[:-1]
        for line in noise:
            lines.insert(dice.randint(4, len(lines)), line)
        return "".join(f"{line}\r\n" for line in lines)

    offer, answer = sprinkle(OFFER), sprinkle(ANSWER)
    for out in (offer_for_livekit(offer, rewrite_dtls_role=True), translate(answer, offer)):
        assert sorted(x for x in out.split("\r\n") if x.startswith("a=x-")) == sorted(noise)
        assert len(media(out)) == 1


def test_answer_follows_metas_rules() -> None:
    """Every mandatory rule of Meta's for a session description, on a real answer of LiveKit's."""
    out = translate()
    (line,) = media(out)
    assert line == "audio 9 UDP/TLS/RTP/SAVPF 111"
    assert out.count("\n") == out.count("\r\n")
    assert attributes(out, "ptime") == ["20"]
    assert attributes(out, "setup") == ["active"]
    assert attributes(out, "mid") == ["audio"]
    assert attributes(out, "group") == ["BUNDLE audio"]
    assert len(attributes(out, "fingerprint")) == 1
    assert {x.split(" ")[0] for x in attributes(out, "ssrc")} == {"1809414206"}
    assert out.count("a=sendrecv\r\n") == out.count("a=rtcp-mux\r\n") == 1
    assert out.endswith("a=end-of-candidates\r\n")


def test_answer_is_read_by_aiortc_as_meant() -> None:
    """An independent parser sees the ICE, DTLS and codec parameters that LiveKit gave."""
    parsed = SessionDescription.parse(translate())
    (audio,) = parsed.media
    assert audio.direction == "sendrecv"
    assert audio.dtls is not None
    assert audio.dtls.role == "client"
    assert [x.algorithm for x in audio.dtls.fingerprints] == ["sha-256"]
    assert [x.mimeType for x in audio.rtp.codecs] == ["audio/opus"]
    assert [(x.ip, x.component, x.protocol) for x in audio.ice_candidates] == [
        ("51.15.20.30", 1, "udp")
    ]
    assert audio.ice_candidates_complete


def test_translating_twice_changes_nothing() -> None:
    """An answer that already fits stays byte for byte: the retry of `accept` sends the same."""
    once = translate()
    assert sorted(translate(once).splitlines()) == sorted(once.splitlines())


def test_local_candidates_stay_when_there_is_nothing_better() -> None:
    """On a laptop the call still works: UDP, first component, each address once."""
    found = attributes(translate(read("answer-livekit-local.sdp")), "candidate")
    assert [x.split()[1:6] for x in found] == [
        ["1", "udp", "2130706431", "127.0.0.1", "7882"],
        ["1", "udp", "2130706431", "10.0.0.2", "7882"],
    ]


@pytest.mark.parametrize(
    "address",
    "10.1.2.3 172.16.0.9 192.168.1.1 100.64.0.7 169.254.1.1 127.0.0.1 "
    "::1 fd00::2 fe80::1 ::ffff:10.0.0.1 b7f1.local".split(),
)
def test_private_candidate_goes_when_a_public_one_exists(address: str) -> None:
    """RFC 1918, carrier NAT, link-local, ULA, loopback and mDNS say nothing to Meta."""
    line = f"a=candidate:1 1 udp 2130706431 {address} 7882 typ host\r\n"
    out = translate(ANSWER.replace("a=end-of-candidates\r\n", line))
    assert [x.split()[4] for x in attributes(out, "candidate")] == ["51.15.20.30"]


def test_second_component_goes_wherever_it_stands() -> None:
    """With rtcp-mux there is no second component (RFC 5761); the order does not matter."""
    line = "a=candidate:1 2 udp 2130706431 51.15.20.30 7883 typ host\r\n"
    out = translate(ANSWER.replace("a=candidate:1469377455 1", line + "a=candidate:1469377455 1"))
    assert [x.split()[1] for x in attributes(out, "candidate")] == ["1"]


def test_public_ipv6_stays_beside_ipv4() -> None:
    """Both families are of use to Meta."""
    line = "a=candidate:1 1 UDP 2130706431 2a01:4f8::1 7882 typ host\r\n"
    out = translate(ANSWER.replace("a=end-of-candidates\r\n", line))
    assert len(attributes(out, "candidate")) == 2


def test_dtls_role_is_left_alone_without_the_rewrite() -> None:
    """Rewriting the answer alone would deadlock DTLS, so the switch governs both."""
    assert attributes(translate(rewrite=False), "setup") == ["passive"]


def test_offered_passive_is_always_answered_active() -> None:
    """An answer may not repeat the offer's role (RFC 8842 section 5.3)."""
    offer = OFFER.replace("actpass", "passive")
    assert attributes(translate(offer=offer, rewrite=False), "setup") == ["active"]


def test_one_sha256_fingerprint_is_left_of_several() -> None:
    """Meta refuses several fingerprint lines with 138008."""
    more = "a=fingerprint:sha-384 00:11\r\na=fingerprint:sha-512 00:11\r\n"
    out = translate(ANSWER.replace("a=setup", more + "a=fingerprint:sha-256 00:22\r\na=setup"))
    assert attributes(out, "fingerprint") == ["sha-256 00:22"]


@pytest.mark.parametrize(
    ("change", "clue"),
    [
        (("a=sendrecv", "a=recvonly"), "track is not subscribed"),
        (("a=sendrecv", "a=inactive"), "track is not subscribed"),
        (("a=fingerprint:sha-256", "a=fingerprint:sha-1"), "0 sha-256 fingerprints"),
        (("a=ice-pwd", "a=x"), "a=ice-pwd"),
        (("a=rtcp-mux\r\n", ""), "a=rtcp-mux"),
        (("a=setup:passive", "a=setup:actpass"), "a=setup"),
        (("a=ssrc:1809414206 label", "a=ssrc:7 label"), "2 sources"),
        (("a=ssrc:", "a=x-ssrc:"), "no a=ssrc"),
        (("111", "112"), "Opus"),
        (("m=audio 9", "m=audio 0"), "0 usable m=audio"),
    ],
)
def test_unusable_answer_says_what_is_missing(change: tuple[str, str], clue: str) -> None:
    """A call that could not be heard is not answered, and the reason is a sentence."""
    with pytest.raises(BadSdp, match=clue) as caught:
        translate(ANSWER.replace(*change))
    assert "Invented" not in str(caught.value)


@pytest.mark.parametrize("name", ["recvonly", "g711", "rejected"])
def test_recorded_bad_answers_are_refused(name: str) -> None:
    """What LiveKit truly answers without the agent's track, to G.711, and without BUNDLE."""
    with pytest.raises(BadSdp):
        translate(read(f"answer-livekit-{name}.sdp"))


def test_repair_source_is_dropped() -> None:
    """Of an FID group the first is the one that carries the audio."""
    more = "a=ssrc-group:FID 1809414206 99\r\na=ssrc:99 cname:x\r\na=sendrecv"
    out = translate(ANSWER.replace("a=sendrecv", more))
    assert {x.split(" ")[0] for x in attributes(out, "ssrc")} == {"1809414206"}
    assert not attributes(out, "ssrc-group")


def test_payloads_that_were_not_offered_go() -> None:
    """An answer holds a subset of the offer (RFC 3264 section 6.1)."""
    answer = ANSWER.replace("SAVPF 111", "SAVPF 111 63").replace(
        "a=rtcp-rsize", "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtcp-rsize"
    )
    out = translate(answer)
    assert media(out) == ["audio 9 UDP/TLS/RTP/SAVPF 111"]
    assert "63 " not in out.replace("233762139", "")


def test_ptime_and_missing_direction_are_written_out() -> None:
    """Meta demands 20 ms; sendrecv is what no direction means."""
    answer = ANSWER.replace("a=sendrecv\r\n", "a=ptime:60\r\na=ptime:40\r\n")
    out = translate(answer)
    assert attributes(out, "ptime") == ["20"]
    assert out.count("a=sendrecv\r\n") == 1


@pytest.mark.parametrize(("name", "at"), [("offer-video.sdp", 1), ("offer-video-first.sdp", 0)])
def test_video_is_refused_in_a_legal_answer(name: str, at: int) -> None:
    """The call is answered with its audio; the video section says no in its place."""
    out = translate(offer=read(name))
    lines = media(out)
    assert lines[at] == "video 0 UDP/TLS/RTP/SAVPF 96 97"
    assert lines[1 - at].startswith("audio 9 ")
    assert attributes(out, "group") == ["BUNDLE audio"]
    assert [x.kind for x in SessionDescription.parse(out).media] == (
        ["audio", "video"] if at else ["video", "audio"]
    )


def test_offer_without_bundle_gets_an_answer_without() -> None:
    """What was added for LiveKit is taken out again (RFC 9143 section 7.3)."""
    answer = ANSWER.replace("BUNDLE audio", "BUNDLE 0").replace("a=mid:audio", "a=mid:0")
    out = translate(answer, read("offer-without-bundle.sdp"))
    assert not attributes(out, "group")
    assert not attributes(out, "mid")


SDES = """v=0\r
o=- 1760681506762 2 IN IP4 127.0.0.1\r
s=-\r
t=0 0\r
m=audio 3484 RTP/SAVP 111 126\r
c=IN IP4 57.144.215.49\r
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r
a=mid:audio\r
a=sendrecv\r
a=rtcp-mux\r
a=rtpmap:111 opus/48000/2\r
a=rtpmap:126 telephone-event/8000\r
a=ptime:20\r
a=ssrc:1047224411 cname:WhatsAppAudioStream1\r
"""


def test_an_offer_keyed_by_sdes_is_called_so() -> None:
    """The operator learns what to change, and no key is told."""
    with pytest.raises(SdesOffer) as caught:
        offer_for_livekit(SDES, rewrite_dtls_role=True)
    assert caught.value.code == "sdes-offer"
    assert "DTLS" in str(caught.value)
    assert "inline" not in str(caught.value)


def test_a_key_beside_a_fingerprint_does_no_harm() -> None:
    """DTLS is possible then."""
    both = OFFER.replace("a=rtcp-mux\r\n", "a=rtcp-mux\r\na=crypto:1 X inline:Y\r\n", 1)
    assert both != OFFER
    assert offer_for_livekit(both, rewrite_dtls_role=True)
