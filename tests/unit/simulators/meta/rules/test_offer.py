"""The validation of a business's offer, and Meta's answer to it."""

import pytest
from aiortc.sdp import SessionDescription

from simulators.meta.rules.offer import OfferPolicy, offer_problems
from simulators.phone.read_sdp import read_offer
from simulators.phone.write_sdp import OfferParameters, write_answer
from tests.data.descriptions import FINGERPRINT, OFFER


def test_right_offer_is_taken_and_read() -> None:
    """An offer of rtpengine's shape has no problem, with either DTLS role that is allowed."""
    for setup in ("actpass", "active"):
        sdp = OFFER.replace("setup:actpass", f"setup:{setup}")
        assert offer_problems(sdp) == []
        offer = read_offer(sdp)
        assert (offer.setup, offer.mid, offer.opus, offer.telephone_event) == (setup, "0", 111, 126)
        assert (offer.ufrag, offer.fingerprint) == ("abcdefgh", FINGERPRINT)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("\r\n", "\n", "CRLF"),
        ("v=0\r\n", "", "v=0"),
        ("t=0 0\r\n", "", "t= line"),
        ("a=sendrecv", "sendrecv", "<type>=<value>"),
        ("a=end-of", "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=end-of", "exactly one m="),
        ("m=audio", "m=video", "must be audio"),
        ("m=audio 30000", "m=audio 0", "no port"),
        ("UDP/TLS/RTP/SAVPF", "RTP/SAVP", "protocol must be"),
        ("a=group:BUNDLE 0\r\n", "", "BUNDLE 0 is required"),
        ("BUNDLE 0", "BUNDLE 0 1", "BUNDLE 0 is required"),
        ("a=mid:0\r\n", "", "one a=mid"),
        ("opus/48000/2", "opus/48000/1", "opus/48000/2 is mandatory"),
        ("SAVPF 111 126", "SAVPF 126", "opus/48000/2 is mandatory"),
        ("SAVPF 111 126", "SAVPF 111 9", "payload type 9 has no a=rtpmap"),
        (
            "SAVPF 111 126\r\n",
            "SAVPF 111 126 9\r\na=rtpmap:9 G722/8000\r\n",
            "g722/8000 is not supported",
        ),
        ("SAVPF 111 126", "SAVPF 111 126 0", "pcmu/8000 is not enabled"),
        ("telephone-event/8000", "telephone-event/48000", "telephone-event/48000"),
        ("a=rtcp-mux\r\n", "", "rtcp-mux"),
        ("a=mid:0", "a=mid:0\r\na=ice-lite", "ice-lite"),
        ("a=ice-ufrag:abcdefgh\r\n", "", "ice-ufrag"),
        ("a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-pwd:short", "ice-pwd"),
        ("a=setup", f"a=fingerprint:sha-512 {FINGERPRINT}\r\na=setup", "one a=fingerprint"),
        ("sha-256", "sha-1", "not sha-256"),
        ("a=setup:actpass", "a=setup:passive", "actpass or active"),
        ("a=setup:actpass\r\n", "", "actpass or active"),
        ("a=rtcp-mux", "a=rtcp-mux\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 x", "a=crypto"),
        ("a=sendrecv", "a=sendonly", "sendrecv"),
        ("a=ptime:20", "a=ptime:40", "a=ptime must be 20"),
        ("a=ptime:20\r\n", "", "a=ptime must be 20"),
        ("a=rtcp-mux", "a=rtcp-mux\r\na=maxptime:10", "a=maxptime"),
        ("a=rtcp-mux", "a=rtcp-mux\r\na=ssrc:1 cname:x\r\na=ssrc:2 cname:x", "one a=ssrc"),
    ],
)
def test_every_broken_rule_is_named(old: str, new: str, what: str) -> None:
    """Each way to spoil the offer is found, with the rule that it breaks."""
    spoiled = OFFER.replace(old, new)
    assert spoiled != OFFER
    found = offer_problems(spoiled)
    assert any(what in problem.what for problem in found), found
    assert all(problem.rule for problem in found)


def test_what_meta_leaves_open_is_a_switch() -> None:
    """G.711 is a setting of the number; a missing ptime and SSRC are taken or not."""
    policy = OfferPolicy(g711=True, ptime_required=False, ssrc_required=True)
    lax = OFFER.replace("SAVPF 111 126", "SAVPF 111 0 8 126").replace("a=ptime:20\r\n", "")
    assert [problem.what for problem in offer_problems(lax, policy)] == [
        "one a=ssrc is allowed, got 0"
    ]


def test_unreadable_offers_are_an_error() -> None:
    """Whoever skips the validation gets a sentence, not an IndexError."""
    for line in ("a=mid:0", "a=ice-ufrag:abcdefgh", "a=rtpmap:111 opus/48000/2"):
        with pytest.raises(ValueError, match="the offer lacks"):
            read_offer(OFFER.replace(line + "\r\n", ""))


def test_answer_has_metas_shape_and_only_what_was_offered() -> None:
    """ICE-lite, two host candidates, our mid and payload types, one SSRC, CRLF."""
    parameters = OfferParameters(
        addresses=["57.144.215.49", "2a03:2880:f36b:131:face:b00c:0:699c"],
        port=3482,
        ufrag="AAAABBBBCCCCDDDD",
        pwd="AAAABBBBCCCCDDDDEEEEFFFF",
        fingerprint=FINGERPRINT,
        ssrc=7,
        session_id=8,
        stream_id="s",
    )
    answer = write_answer(parameters, setup="active", mid="0", opus=96, telephone_event=None)
    assert answer.endswith("\r\n")
    lines = answer.split("\r\n")
    assert lines[4:8] == [
        "a=group:BUNDLE 0",
        "a=msid-semantic: WMS s",
        "a=ice-lite",
        "m=audio 3482 UDP/TLS/RTP/SAVPF 96",
    ]
    assert {"a=setup:active", "a=mid:0", "a=rtpmap:96 opus/48000/2"} <= set(lines)
    assert "telephone-event" not in answer
    assert sum(line.startswith("a=candidate:") for line in lines) == 2
    assert sum(line.startswith("a=ssrc:") for line in lines) == 1
    (audio,) = SessionDescription.parse(answer).media
    assert audio.ice is not None
    assert audio.ice.iceLite
