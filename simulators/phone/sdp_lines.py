"""An SDP of one media section as lines, and the rules that offers and answers share. Pure.

Nothing is normalised: what is judged is what was sent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SHA256 = re.compile(r"^([0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$")
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One broken rule."""

    what: str
    """For `error_data.details`."""
    rule: str
    """Where the rule comes from."""


class Lines:
    """An SDP as a list of (type, value); attributes of all levels together (one m-line only)."""

    def __init__(self, sdp: str) -> None:
        self.pairs = [
            (line[:1], line[2:]) if line[1:2] == "=" else ("", line)
            for line in sdp.replace("\r\n", "\n").split("\n")
            if line
        ]

    def of(self, kind: str) -> list[str]:
        """Values of all lines `<kind>=`."""
        return [value for key, value in self.pairs if key == kind]

    def attribute(self, name: str) -> list[str]:
        """Values of `a=<name>` and `a=<name>:value`."""
        found = []
        for value in self.of("a"):
            key, _, rest = value.partition(":")
            if key == name:
                found.append(rest)
        return found

    def payload_types(self) -> list[str]:
        """Payload types of the m= line, in order of preference."""
        return self.of("m")[0].split(" ")[3:]

    def rtpmaps(self) -> dict[str, str]:
        """Codec of each payload type."""
        maps = {}
        for value in self.attribute("rtpmap"):
            payload_type, _, codec = value.partition(" ")
            maps[payload_type] = codec.strip()
        return maps

    def ssrcs(self) -> set[str]:
        """Every SSRC that is declared."""
        return {value.split(" ")[0] for value in self.attribute("ssrc")}


def syntax_problems(sdp: str, lines: Lines) -> Iterable[Problem]:
    """Find what is no SDP at all."""
    rule = "RFC 8866 section 5; Meta, calling reference: SDP with CRLF line ends"
    if "\n" in sdp.replace("\r\n", "") or not sdp.endswith("\r\n"):
        yield Problem(what="SDP lines must end with CRLF", rule=rule)
    if any(kind == "" for kind, _ in lines.pairs):
        yield Problem(what="a line is not of the form <type>=<value>", rule=rule)
    if lines.pairs[:1] != [("v", "0")]:
        yield Problem(what="SDP must start with v=0", rule=rule)
    for kind in ("o", "s", "t"):
        if not lines.of(kind):
            yield Problem(what=f"{kind}= line is missing", rule=rule)


def media_problems(lines: Lines) -> Iterable[Problem]:
    """Find anything but one m=audio with a port and a codec."""
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


def transport_problems(lines: Lines) -> Iterable[Problem]:
    """Find what keeps ICE and SRTP from coming up, the DTLS role apart.

    Candidates are not looked at: Meta takes checks from unlisted addresses, so they need be
    neither complete nor correct (calling reference, "ICE").
    """
    if lines.attribute("ice-lite"):
        yield Problem(
            what="a=ice-lite on both sides", rule="Meta is ICE-lite; the business is full ICE"
        )
    ufrag, pwd = lines.attribute("ice-ufrag"), lines.attribute("ice-pwd")
    if len(ufrag) != 1 or len(ufrag[0]) < 4 or len(pwd) != 1 or len(pwd[0]) < 22:
        yield Problem(what="one a=ice-ufrag and one a=ice-pwd", rule="RFC 8839 section 5.4")
    if not lines.attribute("rtcp-mux"):
        yield Problem(what="a=rtcp-mux is missing", rule="Meta, calling reference: SDP samples")
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


def stream_problems(lines: Lines, *, ptime_required: bool) -> Iterable[Problem]:
    """Find a wrong direction and packets that are not 20 ms long."""
    directions = [value for value in lines.of("a") if value in _DIRECTIONS]
    if directions not in ([], ["sendrecv"]):
        yield Problem(what="media must be sendrecv", rule="Meta, calling reference: SDP samples")
    rule = "Meta, calling reference: Opus packet time of 20 ms"
    ptime = lines.attribute("ptime")
    if ptime not in ([], ["20"]) or (ptime_required and not ptime):
        yield Problem(what="a=ptime must be 20", rule=rule)
    if any(not value.isdigit() or int(value) < 20 for value in lines.attribute("maxptime")):
        yield Problem(what="a=maxptime below 20", rule=rule)
