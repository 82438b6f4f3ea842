"""What Meta's SDP validation demands of the business's answer. Pure.

A broken rule ends in Graph error 138008. Meta publishes no list: the rules are its mandatory
list for media (calling reference, "SDP"), RFC 8866 and RFC 3264, and refusals seen in the field.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulators.phone.sdp_lines import (
    Lines,
    Problem,
    media_problems,
    stream_problems,
    syntax_problems,
    transport_problems,
)
from simulators.phone.write_sdp import OPUS_PAYLOAD_TYPE, OPUS_RTPMAP


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """Where Meta's behaviour is not known for certain."""

    passive_ok: bool = True
    """Take `a=setup:passive`: Meta's samples show it as DTLS client, one integrator says that it
    fails."""
    ptime_required: bool = False
    """Answers without `a=ptime` have been taken."""


def problems(answer: str, offer: str, policy: AnswerPolicy | None = None) -> list[Problem]:
    """Return the rules that `answer` breaks, first to last; empty when Meta would take it."""
    policy = policy or AnswerPolicy()
    theirs, ours = (Lines(sdp) for sdp in without_rejected(answer, offer))
    found = [*syntax_problems(answer, theirs), *_media(theirs, ours)]
    if len(theirs.of("m")) == 1:
        checks: list[Callable[[], Iterable[Problem]]] = [
            lambda: _codecs(theirs, ours),
            lambda: _transport(theirs, ours),
            lambda: _dtls(theirs, policy),
            lambda: _stream(theirs, policy),
        ]
        for check in checks:
            found.extend(check())
    return found


def without_rejected(answer: str, offer: str) -> tuple[str, str]:
    """Leave out of both what the answer rejects (port 0) of what was offered beside the audio.

    RFC 3264, section 6: an answer has a media section for each of the offer's.
    """
    sections, offered = re.split(r"(?m)^(?=m=)", answer), re.split(r"(?m)^(?=m=)", offer)
    if len(sections) != len(offered):
        return answer, offer
    kept = [
        (ours, theirs)
        for ours, theirs in zip(sections, offered, strict=True)
        if not re.match(r"m=(?!audio)\w+ 0 ", ours)
    ]
    return "".join(ours for ours, _ in kept), "".join(theirs for _, theirs in kept)


def _media(lines: Lines, offer: Lines) -> Iterable[Problem]:
    found = list(media_problems(lines))
    yield from found
    if not found and lines.of("m")[0].split(" ")[2] != offer.of("m")[0].split(" ")[2]:
        yield Problem(what="the m= line's protocol differs from the offer", rule="RFC 3264 6.1")


def _codecs(lines: Lines, offer: Lines) -> Iterable[Problem]:
    rule = "Meta, calling reference: only supported codecs, and RFC 3264: only offered ones"
    offered, mapped = offer.rtpmaps(), lines.rtpmaps()
    for payload_type in lines.payload_types():
        if payload_type not in offered:
            yield Problem(what=f"payload type {payload_type} was not offered", rule=rule)
        elif mapped.get(payload_type, "").lower() != offered[payload_type].lower():
            yield Problem(
                what=f"a=rtpmap of payload type {payload_type} is not {offered[payload_type]}",
                rule=rule,
            )
    if str(OPUS_PAYLOAD_TYPE) not in lines.payload_types():
        yield Problem(what=f"{OPUS_RTPMAP} is mandatory", rule=rule)
    known = {value.split(" ")[-1] for value in offer.attribute("extmap")}
    if any(value.split(" ")[-1] not in known for value in lines.attribute("extmap")):
        yield Problem(what="a header extension was not offered", rule="RFC 8285 section 6")


def _transport(lines: Lines, offer: Lines) -> Iterable[Problem]:
    yield from transport_problems(lines)
    if lines.attribute("mid") != offer.attribute("mid"):
        yield Problem(what="a=mid must echo the offer", rule="RFC 5888; RFC 9143")


def _dtls(lines: Lines, policy: AnswerPolicy) -> Iterable[Problem]:
    setup = lines.attribute("setup")
    if setup not in (["active"], ["passive"]):
        yield Problem(what="a=setup must be active or passive", rule="RFC 8842 section 5.3")
    elif setup == ["passive"] and not policy.passive_ok:
        yield Problem(what="a=setup:passive", rule="Meta, calling: business is DTLS client")


def _stream(lines: Lines, policy: AnswerPolicy) -> Iterable[Problem]:
    yield from stream_problems(lines, ptime_required=policy.ptime_required)
    ssrcs = lines.ssrcs()
    if len(ssrcs) != 1 or not all(value.isdigit() for value in ssrcs):
        yield Problem(
            what=f"exactly one a=ssrc is required, got {len(ssrcs)}",
            rule="Meta, calling reference: a single SSRC for the whole call",
        )
