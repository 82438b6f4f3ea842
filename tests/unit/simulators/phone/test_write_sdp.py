"""The simulated offer and the validation of answers to it."""

import pytest
from aiortc.sdp import SessionDescription

from simulators.meta.rules.answer import AnswerPolicy, problems
from simulators.phone.read_sdp import read_answer
from simulators.phone.write_sdp import OfferParameters, write_offer
from tests.data.descriptions import ANSWER, FINGERPRINT, META_OFFER


def test_offer_is_metas_to_the_byte() -> None:
    """With the values of a real offer put in, the real offer comes out."""
    assert META_OFFER == write_offer(
        OfferParameters(
            addresses=["57.144.215.49", "2a03:2880:f36b:131:face:b00c:0:699c"],
            port=3484,
            ufrag="AAAABBBBCCCCDDDD",
            pwd="AAAABBBBCCCCDDDDEEEEFFFF",
            fingerprint=FINGERPRINT,
            ssrc=1047224411,
            session_id=1760681506762,
            stream_id="8a4ff3a5-6c41-4f6e-9a43-1d2f0c3f7a10",
        )
    )


def test_offer_is_valid_to_another_stack() -> None:
    """A WebRTC stack of other people reads the offer as one ICE-lite audio stream."""
    parsed = SessionDescription.parse(META_OFFER)
    (audio,) = parsed.media
    assert audio.ice is not None
    assert audio.ice.iceLite
    assert audio.rtp.codecs[0].mimeType == "audio/opus"


def test_accepted_answer_has_no_problems() -> None:
    """An answer of the shape that Meta took is taken, and read."""
    assert problems(ANSWER, META_OFFER) == []
    answer = read_answer(ANSWER)
    assert (answer.setup, answer.ssrc, answer.fingerprint) == ("active", 12345, FINGERPRINT)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("\r\n", "\n", "CRLF"),
        ("v=0\r\n", "", "v=0"),
        ("s=-\r\n", "", "s= line"),
        ("a=mid:audio", "nonsense", "<type>=<value>"),
        ("a=rtcp-mux", "a=rtcp-mux\r\nm=video 9 UDP/TLS/RTP/SAVPF 96", "exactly one m="),
        ("m=audio 50000", "m=video 50000", "must be audio"),
        ("m=audio 50000", "m=audio 0", "no port"),
        ("UDP/TLS/RTP/SAVPF", "RTP/SAVP", "protocol"),
        ("SAVPF 111", "SAVPF 111 0", "payload type 0 was not offered"),
        ("SAVPF 111", "SAVPF 126", "126"),
        ("opus/48000/2", "opus/16000/1", "a=rtpmap"),
        ("a=rtpmap:111 opus/48000/2\r\n", "", "a=rtpmap"),
        ("a=mid:audio", "a=mid:audio\r\na=extmap:1 urn:x", "header extension"),
        ("a=mid:audio", "a=mid:0", "a=mid must echo"),
        ("a=rtcp-mux\r\n", "", "rtcp-mux"),
        ("a=mid:audio", "a=mid:audio\r\na=ice-lite", "ice-lite"),
        ("a=ice-ufrag:abcd\r\n", "", "ice-ufrag"),
        ("a=ice-pwd:abcdefghijklmnopqrstuv", "a=ice-pwd:short", "ice-pwd"),
        ("a=setup", f"a=fingerprint:sha-512 {FINGERPRINT}\r\na=setup", "one a=fingerprint"),
        ("SHA-256", "sha-384", "not sha-256"),
        (":A2\r\n", "\r\n", "32 hex pairs"),
        ("a=setup:active", "a=setup:actpass", "a=setup"),
        ("a=setup:active\r\n", "", "a=setup"),
        ("a=setup:active", "a=setup:active\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 x", "a=crypto"),
        ("a=sendrecv", "a=recvonly", "sendrecv"),
        ("a=ssrc:12345 cname:business\r\n", "", "exactly one a=ssrc"),
        ("a=rtcp-mux", "a=rtcp-mux\r\na=ssrc:999 cname:x", "exactly one a=ssrc"),
        ("a=rtcp-mux", "a=rtcp-mux\r\na=ptime:40", "a=ptime"),
        ("a=rtcp-mux", "a=rtcp-mux\r\na=maxptime:10", "a=maxptime"),
    ],
)
def test_every_broken_rule_is_named(old: str, new: str, what: str) -> None:
    """Each way to spoil the answer is found, with the rule that it breaks."""
    spoiled = ANSWER.replace(old, new)
    assert spoiled != ANSWER
    found = problems(spoiled, META_OFFER)
    assert any(what in problem.what for problem in found)
    assert all(problem.rule for problem in found)


def test_what_meta_leaves_open_is_a_switch() -> None:
    """`passive` and a missing ptime are taken unless the policy says otherwise."""
    passive = ANSWER.replace("setup:active", "setup:passive")
    strict = AnswerPolicy(passive_ok=False, ptime_required=True)
    assert problems(passive, META_OFFER) == []
    assert {problem.what for problem in problems(passive, META_OFFER, strict)} == {
        "a=setup:passive",
        "a=ptime must be 20",
    }


def test_untidy_answers_are_taken() -> None:
    """TCP and second-component candidates do not matter to Meta."""
    untidy = ANSWER.replace(
        "a=end-of", "a=candidate:2 2 tcp 1 203.0.113.7 9 typ host tcptype active\r\na=end-of"
    )
    assert problems(untidy, META_OFFER) == []


def test_reading_an_unusable_answer_fails() -> None:
    """Without a user fragment no check can be told from a stranger's."""
    with pytest.raises(ValueError, match="ice-ufrag"):
        read_answer("v=0\r\n")
