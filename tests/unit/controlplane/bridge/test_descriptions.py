"""What WhatsApp and a media bridge describe to each other: real ones of both sides."""

import pytest
from aiortc.sdp import SessionDescription

from controlplane.bridge.descriptions import (
    OPUS_FMTP,
    answer_for_bridge,
    answer_for_meta,
    offer_for_bridge,
    offer_for_meta,
)
from controlplane.core.errors import BadSdp, SdesOffer
from simulators.meta.rules.answer import problems
from simulators.meta.rules.offer import offer_problems
from tests import paths

DATA = paths.DATA / "sdp" / "bridge"


def load(name: str) -> str:
    return (DATA / f"{name}.sdp").read_bytes().decode()


WHATSAPP_ANSWER = load("whatsapp-answer")
WHATSAPP_OFFER = load("whatsapp-offer")
BRIDGE_OFFER = load("bridge-offer")
BRIDGE_ANSWER = load("bridge-answer")


def lines(sdp: str) -> list[str]:
    assert sdp.endswith("\r\n")
    return sdp.removesuffix("\r\n").split("\r\n")


def test_whatsapp_gets_a_valid_offer() -> None:
    """By the rules of the simulated Meta, and as an independent parser reads it."""
    offer = offer_for_meta(BRIDGE_OFFER)
    assert offer_problems(offer) == []
    parsed = SessionDescription.parse(offer)
    (audio,) = parsed.media
    assert [group.items for group in parsed.group] == [[audio.rtp.muxId]]
    assert [codec.mimeType for codec in audio.rtp.codecs] == ["audio/opus", "audio/telephone-event"]
    assert f"a=fmtp:111 {OPUS_FMTP}" in lines(offer)
    assert audio.direction == "sendrecv"
    assert audio.ice_candidates_complete
    assert "a=setup:actpass" in lines(offer)
    assert "a=ice-lite" not in lines(offer)


def test_whatsapp_sees_each_address_once() -> None:
    """And of a bridge with a public one no other."""
    offer = lines(offer_for_meta(BRIDGE_OFFER))
    assert len([line for line in offer if line.startswith("a=candidate:")]) == 3
    public = BRIDGE_OFFER.replace("192.0.2.2", "1.1.1.1")
    (only,) = [line for line in lines(offer_for_meta(public)) if line.startswith("a=candidate:")]
    assert " 1.1.1.1 " in only


def test_whatsapps_answer_is_told_whole_but_for_its_source() -> None:
    """Were it named, a phone that sends from another one would not be heard."""
    told = lines(answer_for_bridge(WHATSAPP_ANSWER))
    names = {line.split(":")[0] for line in told if line.startswith("a=")}
    assert names == {
        "a=group", "a=ice-lite", "a=mid", "a=sendrecv", "a=fingerprint", "a=setup", "a=rtcp-mux",
        "a=ice-ufrag", "a=ice-pwd", "a=rtpmap", "a=fmtp", "a=ptime", "a=candidate",
        "a=end-of-candidates",
    }  # fmt: skip
    assert "a=mid:audio" not in told
    named = WHATSAPP_ANSWER.replace("a=mid:0", "a=mid:audio").replace("BUNDLE 0", "BUNDLE audio")
    assert lines(answer_for_bridge(named)) == told


def test_a_role_that_is_left_open_is_taken() -> None:
    """An answer of `actpass` is wrong, and is taken for `passive`; an offer may leave it open."""
    wrong = WHATSAPP_ANSWER.replace("a=setup:passive", "a=setup:actpass")
    assert "a=setup:passive" in lines(answer_for_bridge(wrong))
    assert "a=setup:actpass" in lines(offer_for_bridge(WHATSAPP_OFFER))
    assert "a=mid:audio" in lines(offer_for_bridge(WHATSAPP_OFFER))


FAULTS = [
    ("v=0\r\n", "", "does not begin with v=0"),
    ("opus/48000/2", "PCMU/8000", "no Opus at 48 kHz"),
    ("a=sendrecv", "a=recvonly", "is recvonly; a call needs sendrecv"),
    ("a=fingerprint:sha-256", "a=fingerprint:sha-1", "no sha-256 fingerprint"),
    ("a=ice-ufrag:", "a=x:", "no a=ice-ufrag"),
    ("a=ice-pwd:", "a=x:", "no a=ice-pwd"),
    ("a=setup:", "a=setup:holdconn", "none of active, passive, actpass"),
    ("a=rtcp-mux", "a=x", "no a=rtcp-mux"),
    ("a=candidate:", "a=x:", "has no UDP candidate"),
    ("a=ptime:20", "a=ssrc:7 cname:another", "several sources"),
    ("t=0 0", "t", "line 4 is not of the form letter=value"),
]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        *FAULTS,
        ("m=audio 49052", "m=audio 0", r"rejects the audio \(m=audio 0\)"),
        ("m=audio", "m=video", "one m= line, and that one m=audio"),
    ],
)
def test_answers_that_cannot_carry_a_call_are_refused(old: str, new: str, says: str) -> None:
    """With a sentence that names the line and quotes nothing of it."""
    assert old in WHATSAPP_ANSWER
    with pytest.raises(BadSdp, match=says) as refusal:
        answer_for_bridge(WHATSAPP_ANSWER.replace(old, new))
    assert "pppp" not in str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        *FAULTS,
        ("m=audio 39974", "m=audio 0", "0 usable m=audio sections"),
        ("m=audio", "m=video", "0 usable m=audio sections"),
    ],
)
def test_offers_that_cannot_carry_a_call_are_refused(old: str, new: str, says: str) -> None:
    """The same; of several sections the audio is taken, and the answer refuses the others."""
    assert old in WHATSAPP_OFFER
    with pytest.raises(BadSdp, match=says) as refusal:
        offer_for_bridge(WHATSAPP_OFFER.replace(old, new))
    assert "pppp" not in str(refusal.value)


def test_an_offer_keyed_by_sdes_is_called_so() -> None:
    """The operator learns what to change."""
    sdes = WHATSAPP_OFFER.replace("a=fingerprint:sha-256 ", "a=crypto:1 x inline:")
    with pytest.raises(SdesOffer):
        offer_for_bridge(sdes)


VIDEO = "m=video 9 UDP/TLS/RTP/SAVPF 100\r\na=mid:v\r\na=rtpmap:100 VP8/90000\r\n"


def test_metas_offer_is_answered() -> None:
    """By the rules of the simulated Meta: its mid, the DTLS client's role, one source, its keys."""
    answer = answer_for_meta(BRIDGE_ANSWER, WHATSAPP_OFFER)
    assert problems(answer, WHATSAPP_OFFER) == []
    assert "a=setup:active" in lines(answer)
    assert "a=group:BUNDLE audio" in lines(answer)
    assert "a=rtpmap:126 telephone-event/8000" in lines(answer)
    wide = WHATSAPP_OFFER + VIDEO
    assert offer_for_bridge(wide) == offer_for_bridge(WHATSAPP_OFFER)
    assert "m=video 0 UDP/TLS/RTP/SAVPF 100" in lines(answer_for_meta(BRIDGE_ANSWER, wide))


def test_an_answer_from_another_ip_version_is_refused() -> None:
    """No packet could get there, and the sentence says whose fault it is."""
    six = WHATSAPP_OFFER.replace("127.0.0.1 39974", "2001:db8::1 39974")
    four = "\r\n".join(line for line in lines(BRIDGE_ANSWER) if "fd00" not in line) + "\r\n"
    with pytest.raises(BadSdp, match="IPv6 addresses alone"):
        answer_for_meta(four, six)
    with pytest.raises(BadSdp, match="The media bridge's answer has no a=ssrc"):
        answer_for_meta(BRIDGE_ANSWER.replace("a=ssrc:", "a=x:"), WHATSAPP_OFFER)


OTHERS = (
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:96 L16/16000\r\na=fmtp:96 emphasis=50-15\r\n"
    "a=rtcp-fb:96 transport-cc\r\na=rtpmap:97 telephone-event/48000\r\n"
)


def beside(sdp: str, others: str) -> str:
    """The same description with G.711, L16 and keys of another clock beside what it has."""
    head, _, rest = sdp.partition(" UDP/TLS/RTP/SAVPF ")
    formats, _, rest = rest.partition("\r\n")
    return f"{head} UDP/TLS/RTP/SAVPF {others.format(formats)}\r\n{rest}{OTHERS}"


@pytest.mark.parametrize("others", ["{} 0 8 96 97", "0 8 96 97 {}"])
def test_the_bridge_sees_opus_and_keys_alone(others: str) -> None:
    """G.711 and L16 beside them are not passed on: whoever chose them would not be heard."""
    assert answer_for_bridge(beside(WHATSAPP_ANSWER, others)) == answer_for_bridge(WHATSAPP_ANSWER)
    assert offer_for_bridge(beside(WHATSAPP_OFFER, others)) == offer_for_bridge(WHATSAPP_OFFER)


def test_a_bridge_without_candidates_is_told_apart() -> None:
    """Its network is to blame, not WhatsApp."""
    with pytest.raises(BadSdp, match="check BRIDGE_ADVERTISED_IP"):
        offer_for_meta(BRIDGE_OFFER.replace("a=candidate:", "a=x:"))


def test_too_long_is_refused() -> None:
    """Before anything is looked at."""
    with pytest.raises(BadSdp, match="longer than"):
        answer_for_bridge("v=0\r\n" * 20_000)
