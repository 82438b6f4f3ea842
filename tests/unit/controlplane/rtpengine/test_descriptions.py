"""The hop's session descriptions: real ones of rtpengine, LiveKit and the simulated phone."""

import pytest
from aiortc.sdp import SessionDescription

from controlplane.core.errors import BadSdp
from controlplane.rtpengine.descriptions import (
    SYNTHETIC_OFFER,
    answer_for_meta,
    offer_for_livekit,
    offer_for_meta,
    slim,
    source_of,
    with_keys,
)
from simulators.meta.rules.offer import offer_problems
from tests import paths

DATA = paths.DATA / "sdp" / "hop"


def load(name: str) -> str:
    return (DATA / f"{name}.sdp").read_bytes().decode()


WHATSAPP_ANSWER = load("whatsapp-answer")
LIVEKIT_ANSWER = load("livekit-answer")
HOP_OFFER = load("rtpengine-offer-whatsapp")


def lines(sdp: str) -> list[str]:
    assert sdp.endswith("\r\n")
    return sdp.removesuffix("\r\n").split("\r\n")


def test_whatsapp_gets_a_valid_offer() -> None:
    """By the rules of the simulated Meta, and as an independent parser reads it."""
    offer = offer_for_meta(HOP_OFFER)
    assert offer_problems(offer) == []
    parsed = SessionDescription.parse(offer)
    (audio,) = parsed.media
    assert [group.items for group in parsed.group] == [[audio.rtp.muxId]]
    assert [codec.mimeType for codec in audio.rtp.codecs] == ["audio/opus", "audio/telephone-event"]
    assert audio.direction == "sendrecv"
    assert audio.ice_candidates_complete


def test_nothing_of_rtpengines_offer_is_lost() -> None:
    """Only lines are added."""
    assert set(lines(HOP_OFFER)) < set(lines(offer_for_meta(HOP_OFFER)))


def test_livekit_is_told_whatsapps_source() -> None:
    """BUNDLE, the SSRC that will be on the wire, and a stream that it belongs to."""
    ssrc = source_of(WHATSAPP_ANSWER)
    offer = offer_for_livekit(load("rtpengine-offer-livekit"), ssrc=ssrc)
    (audio,) = SessionDescription.parse(offer).media
    assert [one.ssrc for one in audio.ssrc] == [ssrc]
    assert audio.msid == "whatsapp whatsapp-audio"
    assert "a=group:BUNDLE 0" in lines(offer)


def test_livekit_controls_and_whatsapp_is_controlled() -> None:
    """A lite side never controls: the hop is lite for LiveKit, and not for WhatsApp."""
    offer = offer_for_livekit(load("rtpengine-offer-livekit"), ssrc=1)
    assert lines(offer).index("a=ice-lite") < next(
        number for number, line in enumerate(lines(offer)) if line.startswith("m=")
    )
    assert "a=ice-lite" not in offer_for_meta(HOP_OFFER)


def test_slim_keeps_what_ice_and_dtls_need() -> None:
    """And drops extensions, sources, feedback, and candidates that rtpengine cannot use."""
    slimmed = lines(slim(LIVEKIT_ANSWER))
    names = {line.split(":")[0] for line in slimmed if line.startswith("a=")}
    assert names == {
        "a=mid", "a=sendrecv", "a=fingerprint", "a=setup", "a=rtcp-mux", "a=ice-ufrag",
        "a=ice-pwd", "a=rtpmap", "a=fmtp", "a=candidate",
    }  # fmt: skip
    assert len([line for line in slimmed if line.startswith("a=candidate:")]) == 1
    assert "a=ice-lite" in lines(slim(WHATSAPP_ANSWER))


def test_slim_never_says_hold() -> None:
    """LiveKit's c=0.0.0.0 and port 9 would put the call on hold; a candidate's place stands in."""
    assert "c=IN IP4 0.0.0.0" in lines(LIVEKIT_ANSWER)
    slimmed = lines(slim(LIVEKIT_ANSWER))
    assert "c=IN IP4 127.0.0.1" in slimmed
    assert "c=IN IP4 0.0.0.0" not in slimmed
    assert not any(line.startswith("m=audio 9 ") for line in slimmed)


def test_slim_prefers_an_ipv4_place() -> None:
    """Meta lists IPv6 with the higher priority; the hop may have none."""
    six = "a=candidate:2 1 udp 2122262783 2a03:2880::1 3484 typ host generation 0 network-cost 50"
    answer = WHATSAPP_ANSWER.replace("a=candidate:", f"{six}\r\na=candidate:", 1)
    assert "c=IN IP4 127.0.0.1" in lines(slim(answer))
    assert six in lines(slim(answer))


def test_an_answer_of_actpass_is_taken_for_passive() -> None:
    """Some answer so, wrongly; then the hop is the DTLS client. An offer may leave it open."""
    wrong = WHATSAPP_ANSWER.replace("a=setup:passive", "a=setup:actpass")
    assert "a=setup:passive" in lines(slim(wrong))
    assert "a=setup:actpass" in lines(slim(wrong, is_answer=False))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("v=0\r\n", "", "does not begin with v=0"),
        ("m=audio 49052", "m=audio 0", r"rejects the audio \(m=audio 0\)"),
        ("m=audio", "m=video", "one m= line, and that one m=audio"),
        ("opus/48000/2", "PCMU/8000", "no Opus at 48 kHz"),
        ("a=sendrecv", "a=recvonly", "is recvonly; a call needs sendrecv"),
        ("a=fingerprint:sha-256", "a=fingerprint:sha-1", "no sha-256 fingerprint"),
        ("a=ice-ufrag:", "a=x:", "no a=ice-ufrag"),
        ("a=ice-pwd:", "a=x:", "no a=ice-pwd"),
        ("a=setup:passive", "a=setup:holdconn", "none of active, passive, actpass"),
        ("a=rtcp-mux", "a=x", "no a=rtcp-mux"),
        ("a=candidate:", "a=x:", "has no UDP candidate"),
        ("t=0 0", "t", "line 4 is not of the form letter=value"),
    ],
)
def test_answers_that_cannot_carry_a_call_are_refused(old: str, new: str, says: str) -> None:
    """With a sentence that names the line and quotes nothing of it."""
    assert old in WHATSAPP_ANSWER
    with pytest.raises(BadSdp, match=says) as refusal:
        slim(WHATSAPP_ANSWER.replace(old, new), what="WhatsApp's answer")
    assert "pppp" not in str(refusal.value)


@pytest.mark.parametrize("kept", ["", "a=ssrc:1 cname:a\r\na=ssrc:2 cname:b\r\n"])
def test_exactly_one_source_is_needed(kept: str) -> None:
    """None: LiveKit would never publish the caller. Several: which one?"""
    head = WHATSAPP_ANSWER.split("a=ssrc:", maxsplit=1)[0]
    with pytest.raises(BadSdp, match=f"declares {2 if kept else 0} sources"):
        source_of(head + kept)


@pytest.mark.parametrize("kind", ["FID", "FEC-FR"])
def test_the_primary_of_a_group_is_the_source(kind: str) -> None:
    """The others repair it or protect it, and carry no voice of their own."""
    head = WHATSAPP_ANSWER.split("a=ssrc:", maxsplit=1)[0]
    group = f"a=ssrc-group:{kind} 7 8\r\na=ssrc:8 cname:a\r\na=ssrc:7 cname:a\r\n"
    assert source_of(head + group) == 7


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
@pytest.mark.parametrize(
    ("sdp", "is_answer"),
    [
        (WHATSAPP_ANSWER, True),
        (LIVEKIT_ANSWER, True),
        (load("whatsapp-offer"), False),
    ],
    ids=["whatsapp-answer", "livekit-answer", "whatsapp-offer"],
)
def test_the_hop_sees_opus_and_keys_alone(sdp: str, is_answer: bool, others: str) -> None:
    """G.711 and L16 beside them are not passed on: whoever chose them would not be heard."""
    assert slim(beside(sdp, others), is_answer=is_answer) == slim(sdp, is_answer=is_answer)


@pytest.mark.parametrize("others", ["{} 0 8 96 97", "0 8 96 97 {}"])
def test_what_the_hop_adds_reaches_neither_side(others: str) -> None:
    """A hop that is set up to transcode offers more than it was given."""
    inner = load("rtpengine-offer-livekit")
    assert set(lines(offer_for_meta(beside(HOP_OFFER, others)))) == set(
        lines(offer_for_meta(HOP_OFFER))
    )
    assert set(lines(offer_for_livekit(beside(inner, others), ssrc=7))) == set(
        lines(offer_for_livekit(inner, ssrc=7))
    )


@pytest.mark.parametrize("bad", ["x", "0", "4294967296", "99999999999"])
def test_a_malformed_source_is_refused(bad: str) -> None:
    """An SSRC has 32 bits (RFC 3550)."""
    head = WHATSAPP_ANSWER.split("a=ssrc:", maxsplit=1)[0]
    with pytest.raises(BadSdp, match="malformed a=ssrc"):
        source_of(f"{head}a=ssrc:{bad} cname:a\r\n")


def test_a_hop_without_candidates_is_told_apart() -> None:
    """Its interface is to blame, not WhatsApp."""
    with pytest.raises(BadSdp, match="check the hop's --interface"):
        offer_for_meta(HOP_OFFER.replace("a=candidate:", "a=x:"))


def test_too_long_is_refused() -> None:
    """Before anything is looked at."""
    with pytest.raises(BadSdp, match="longer than"):
        slim("v=0\r\n" * 20_000)


def test_an_inbound_answer_fits_metas_offer() -> None:
    """With LiveKit's SSRC in it, Meta's mid and bundle, and the hop as DTLS client."""
    answer = answer_for_meta(
        load("rtpengine-answer"), load("whatsapp-offer"), ssrc=source_of(LIVEKIT_ANSWER)
    )
    assert "a=setup:active" in lines(answer)
    assert "a=group:BUNDLE audio" in lines(answer)
    assert f"a=ssrc:{source_of(LIVEKIT_ANSWER)} cname:agent" in lines(answer)


def test_keys_are_answered_for_livekit() -> None:
    """LiveKit takes Opus alone; the hop hears the keys, so Meta may send them."""
    offer = slim(load("whatsapp-offer"), is_answer=False)
    with_them = with_keys(slim(LIVEKIT_ANSWER), offer)
    assert "a=rtpmap:126 telephone-event/8000" in lines(with_them)
    assert any(
        line.startswith("m=audio") and line.endswith(" 111 126") for line in lines(with_them)
    )
    assert with_keys(with_them, offer) == with_them
    without = "\r\n".join(line for line in lines(offer) if "telephone-event" not in line) + "\r\n"
    assert with_keys(slim(LIVEKIT_ANSWER), without) == slim(LIVEKIT_ANSWER)


def test_the_synthetic_offer_is_plain_and_two_way() -> None:
    """Opus as Meta offers it, keys at 8 kHz, CRLF."""
    (audio,) = SessionDescription.parse(SYNTHETIC_OFFER).media
    assert audio.profile == "RTP/AVP"
    assert audio.direction == "sendrecv"
    assert [codec.clockRate for codec in audio.rtp.codecs] == [48000, 8000]
    assert len(lines(SYNTHETIC_OFFER)) == SYNTHETIC_OFFER.count("\r\n")
