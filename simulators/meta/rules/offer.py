"""What Meta's SDP validation demands of the business's offer. Pure.

The same sources as for answers: Meta's mandatory list for media (calling reference, "SDP"), RFC
8866, and refusals seen in the field. Where Meta is not known to be lenient, the rule is strict.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from simulators.phone.read_sdp import EVENT_RTPMAP
from simulators.phone.sdp_lines import (
    Lines,
    Problem,
    media_problems,
    stream_problems,
    syntax_problems,
    transport_problems,
)
from simulators.phone.write_sdp import OPUS_RTPMAP

_STATIC = {"0": "pcmu/8000", "8": "pcma/8000"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferPolicy:
    """What depends on the number's settings, or is not known for certain."""

    g711: bool = False
    """Whether the number's settings enable PCMU and PCMA (`audio.additional_codecs`)."""
    ptime_required: bool = True
    """20 ms is on Meta's mandatory list; whether an offer without the line is taken is unknown."""
    ssrc_required: bool = False
    """Meta's sample of a SIP peer's offer has no `a=ssrc`."""


def offer_problems(offer: str, policy: OfferPolicy | None = None) -> list[Problem]:
    """Return the rules that `offer` breaks, first to last; empty when Meta would take it."""
    policy = policy or OfferPolicy()
    lines = Lines(offer)
    found = [*syntax_problems(offer, lines), *media_problems(lines)]
    if len(lines.of("m")) == 1:
        found += _codecs(lines, policy)
        found += _bundle(lines)
        found += transport_problems(lines)
        found += _dtls(lines)
        found += stream_problems(lines, ptime_required=policy.ptime_required)
        found += _ssrc(lines, policy)
    return found


def _codecs(lines: Lines, policy: OfferPolicy) -> Iterable[Problem]:
    if lines.of("m")[0].split(" ")[2:3] != ["UDP/TLS/RTP/SAVPF"]:
        yield Problem(
            what="the m= line's protocol must be UDP/TLS/RTP/SAVPF",
            rule="Meta, call settings: DTLS is the number's SRTP exchange",
        )
    rule = "Meta, calling reference: only supported codecs"
    mapped = {name: codec.lower() for name, codec in lines.rtpmaps().items()}
    offered = [mapped.get(name, _STATIC.get(name, "")) for name in lines.payload_types()]
    for payload_type, codec in zip(lines.payload_types(), offered, strict=True):
        if codec.startswith("telephone-event/") and codec != EVENT_RTPMAP:
            yield Problem(
                what=f"{codec} is not supported, use {EVENT_RTPMAP}",
                rule="Meta, calling reference: DTMF at 8 kHz",
            )
        elif codec == "":
            yield Problem(
                what=f"payload type {payload_type} has no a=rtpmap", rule="RFC 8866 section 6.6"
            )
        elif codec in _STATIC.values():
            if not policy.g711:
                yield Problem(what=f"codec {codec} is not enabled for this number", rule=rule)
        elif codec not in (OPUS_RTPMAP, EVENT_RTPMAP):
            yield Problem(what=f"codec {codec} is not supported", rule=rule)
    if OPUS_RTPMAP not in offered:
        yield Problem(what=f"{OPUS_RTPMAP} is mandatory", rule=rule)


def _bundle(lines: Lines) -> Iterable[Problem]:
    rule = "Meta, calling reference: BUNDLE of one"
    mids = lines.attribute("mid")
    if len(mids) != 1 or not mids[0]:
        yield Problem(what="exactly one a=mid is required", rule="RFC 5888 section 4")
    elif lines.attribute("group") != [f"BUNDLE {mids[0]}"]:
        yield Problem(what=f"a=group:BUNDLE {mids[0]} is required", rule=rule)


def _dtls(lines: Lines) -> Iterable[Problem]:
    if lines.attribute("setup") not in (["actpass"], ["active"]):
        yield Problem(
            what="a=setup must be actpass or active",
            rule="RFC 8842 section 5.2; Meta, calling: the business should be DTLS client",
        )


def _ssrc(lines: Lines, policy: OfferPolicy) -> Iterable[Problem]:
    ssrcs = lines.ssrcs()
    if len(ssrcs) > 1 or (policy.ssrc_required and not ssrcs):
        yield Problem(
            what=f"one a=ssrc is allowed, got {len(ssrcs)}",
            rule="Meta, calling reference: a single SSRC for the whole call",
        )
