"""What Meta's SDP validation demands of the business's answer. Pure.

A broken rule ends in Graph error 138008. Meta publishes no list: the rules are its mandatory
list for media (calling reference, "SDP"), RFC 8866 and RFC 3264, and refusals seen in the field.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from simulators.offer import OPUS_PAYLOAD_TYPE, OPUS_RTPMAP

_SHA256 = re.compile(r"^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$")
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPolicy:
    """Where Meta's behaviour is not known for certain."""

    passive_ok: bool = True
    """Take `a=setup:passive`: Meta's samples show it as DTLS client, one integrator says that it
    fails."""
    ptime_required: bool = False
    """Answers without `a=ptime` have been taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One broken rule."""

    what: str
    """For `error_data.details`."""
    rule: str
    """Where the rule comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the phone needs of a valid answer."""

    ufrag: str = field(repr=False)
    fingerprint: str
    setup: str
    """`active`: the business is DTLS client; `passive`: it is DTLS server."""
    ssrc: int


class _Lines:
    """An SDP as a list of (type, value); attributes of all levels together (one m-line only)."""

    def __init__(self, sdp: str) -> None:
        self.pairs = [
            (line[:1], line[2:]) if line[1:2] == "=" else ("", line)
            for line in sdp.replace("\r\n", "\n").split("\n")
            if line
        ]

    def of(self, kind: str) -> list[str]:
        return [value for key, value in self.pairs if key == kind]

    def attribute(self, name: str) -> list[str]:
        """Values of `a=<name>` and `a=<name>:value`."""
        found = []
        for value in self.of("a"):
            key, _, rest = value.partition(":")
            if key == name:
                found.append(rest)
        return found

    def rtpmaps(self) -> dict[str, str]:
        maps = {}
        for value in self.attribute("rtpmap"):
            payload_type, _, codec = value.partition(" ")
            maps[payload_type] = codec.strip()
        return maps

    def ssrcs(self) -> set[str]:
        return {value.split(" ")[0] for value in self.attribute("ssrc")}


def problems(answer: str, offer: str, policy: AnswerPolicy | None = None) -> list[Problem]:
    """Return the rules that `answer` breaks, first to last; empty when Meta would take it."""
    policy = policy or AnswerPolicy()
    theirs, ours = (_Lines(sdp) for sdp in without_rejected(answer, offer))
    found = [*_syntax(answer, theirs), *_media(theirs, ours)]
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


def read_answer(sdp: str) -> Answer:
    """Read a validated answer.

    Raises:
        ValueError: a line that the phone needs is missing; validate first.
    """
    lines = _Lines(sdp)
    try:
        return Answer(
            ufrag=lines.attribute("ice-ufrag")[0],
            fingerprint=lines.attribute("fingerprint")[0].split(" ")[1],
            setup=lines.attribute("setup")[0],
            ssrc=int(next(iter(lines.ssrcs()), "0")),
        )
    except IndexError as error:
        raise ValueError("the answer lacks a=ice-ufrag, a fingerprint or a=setup") from error


def remarks(answer: str) -> list[str]:
    """Return what Meta tolerates but does not need: for whoever tidies answers."""
    lines = _Lines(answer)
    found = []
    candidates = [value.split(" ") for value in lines.attribute("candidate")]
    if any(len(parts) > 2 and parts[2].lower() != "udp" for parts in candidates):
        found.append("TCP candidates: Meta speaks UDP only")
    if any(len(parts) > 1 and parts[1] != "1" for parts in candidates):
        found.append("candidates for component 2, although rtcp-mux is used")
    if not lines.attribute("ptime"):
        found.append("no a=ptime:20")
    return found


def _syntax(answer: str, lines: _Lines) -> Iterable[Problem]:
    rule = "RFC 8866 section 5; Meta, calling reference: SDP with CRLF line ends"
    if "\n" in answer.replace("\r\n", "") or not answer.endswith("\r\n"):
        yield Problem(what="SDP lines must end with CRLF", rule=rule)
    if any(kind == "" for kind, _ in lines.pairs):
        yield Problem(what="a line is not of the form <type>=<value>", rule=rule)
    if lines.pairs[:1] != [("v", "0")]:
        yield Problem(what="SDP must start with v=0", rule=rule)
    for kind in ("o", "s", "t"):
        if not lines.of(kind):
            yield Problem(what=f"{kind}= line is missing", rule=rule)


def _media(lines: _Lines, offer: _Lines) -> Iterable[Problem]:
    rule = "Meta, calling reference: exactly one m=audio, no video, no data channel"
    media = lines.of("m")
    if len(media) != 1:
        yield Problem(what=f"exactly one m= line is allowed, got {len(media)}", rule=rule)
        return
    parts = media[0].split(" ")
    if parts[0] != "audio":
        yield Problem(what="the m= line must be audio", rule=rule)
    if len(parts) < 4 or not parts[1].isdigit() or parts[1] == "0":
        yield Problem(what="the m= line has no port or no codec", rule="RFC 3264 section 6")
        return
    if parts[2] != offer.of("m")[0].split(" ")[2]:
        yield Problem(what="the m= line's protocol differs from the offer", rule="RFC 3264 6.1")


def _codecs(lines: _Lines, offer: _Lines) -> Iterable[Problem]:
    rule = "Meta, calling reference: only supported codecs, and RFC 3264: only offered ones"
    offered, mapped = offer.rtpmaps(), lines.rtpmaps()
    for payload_type in lines.of("m")[0].split(" ")[3:]:
        if payload_type not in offered:
            yield Problem(what=f"payload type {payload_type} was not offered", rule=rule)
        elif mapped.get(payload_type, "").lower() != offered[payload_type].lower():
            yield Problem(
                what=f"a=rtpmap of payload type {payload_type} is not {offered[payload_type]}",
                rule=rule,
            )
    if str(OPUS_PAYLOAD_TYPE) not in lines.of("m")[0].split(" ")[3:]:
        yield Problem(what=f"{OPUS_RTPMAP} is mandatory", rule=rule)
    known = {value.split(" ")[-1] for value in offer.attribute("extmap")}
    if any(value.split(" ")[-1] not in known for value in lines.attribute("extmap")):
        yield Problem(what="a header extension was not offered", rule="RFC 8285 section 6")


def _transport(lines: _Lines, offer: _Lines) -> Iterable[Problem]:
    # Candidates are not looked at: Meta takes checks from unlisted addresses, so they need be
    # neither complete nor correct (calling reference, "ICE").
    if lines.attribute("ice-lite"):
        yield Problem(
            what="a=ice-lite on both sides", rule="Meta is ICE-lite; the business is full ICE"
        )
    ufrag, pwd = lines.attribute("ice-ufrag"), lines.attribute("ice-pwd")
    if len(ufrag) != 1 or len(ufrag[0]) < 4 or len(pwd) != 1 or len(pwd[0]) < 22:
        yield Problem(what="one a=ice-ufrag and one a=ice-pwd", rule="RFC 8839 section 5.4")
    if lines.attribute("mid") != offer.attribute("mid"):
        yield Problem(what="a=mid must echo the offer", rule="RFC 5888; RFC 9143")
    if not lines.attribute("rtcp-mux"):
        yield Problem(what="a=rtcp-mux is missing", rule="Meta, calling reference: SDP samples")


def _dtls(lines: _Lines, policy: AnswerPolicy) -> Iterable[Problem]:
    if lines.attribute("crypto"):
        yield Problem(what="a=crypto on a DTLS number", rule="Meta, call settings: SRTP exchange")
    fingerprints = lines.attribute("fingerprint")
    rule = "seen in practice: several fingerprint lines are refused, one sha-256 is taken"
    if len(fingerprints) != 1:
        yield Problem(what=f"one a=fingerprint is allowed, got {len(fingerprints)}", rule=rule)
    for value in fingerprints:
        algorithm, _, digest = value.partition(" ")
        if algorithm.lower() != "sha-256":
            yield Problem(what=f"fingerprint algorithm {algorithm} is not sha-256", rule=rule)
        elif not _SHA256.match(digest):
            yield Problem(what="the fingerprint is not 32 hex pairs", rule="RFC 8122 section 5")
    setup = lines.attribute("setup")
    if setup not in (["active"], ["passive"]):
        yield Problem(what="a=setup must be active or passive", rule="RFC 8842 section 5.3")
    elif setup == ["passive"] and not policy.passive_ok:
        yield Problem(what="a=setup:passive", rule="Meta, calling: business is DTLS client")


def _stream(lines: _Lines, policy: AnswerPolicy) -> Iterable[Problem]:
    directions = [value for value in lines.of("a") if value in _DIRECTIONS]
    if directions not in ([], ["sendrecv"]):
        yield Problem(what="media must be sendrecv", rule="Meta, calling reference: SDP samples")
    ssrcs = lines.ssrcs()
    if len(ssrcs) != 1 or not all(value.isdigit() for value in ssrcs):
        yield Problem(
            what=f"exactly one a=ssrc is required, got {len(ssrcs)}",
            rule="Meta, calling reference: a single SSRC for the whole call",
        )
    rule = "Meta, calling reference: Opus packet time of 20 ms"
    ptime = lines.attribute("ptime")
    if ptime not in ([], ["20"]) or (policy.ptime_required and not ptime):
        yield Problem(what="a=ptime must be 20", rule=rule)
    if any(not value.isdigit() or int(value) < 20 for value in lines.attribute("maxptime")):
        yield Problem(what="a=maxptime below 20", rule=rule)
