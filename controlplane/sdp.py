"""Session descriptions between Meta and LiveKit, as line edits that keep what they do not know.

Meta offers (ICE-lite, one m=audio), LiveKit answers. Two translations, both pure:

    Meta's offer      --offer_for_livekit-->  what LiveKit must see
    LiveKit's answer  --answer_for_meta---->  what Meta must see

LiveKit never sees codecs or media sections that it must not choose; the answer says no to those
sections for it, as RFC 3264 section 6 wants. No message of this module contains SDP.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from controlplane.errors import BadSdp

MAX_CHARS = 64 * 1024
"""Meta's offers have about 1,500 characters, LiveKit's answers about 2,000."""

_LINE = re.compile(r"[a-z]=[^\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]*")
_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_OFFERED_CODECS = frozenset({"opus/48000/2", "telephone-event/8000"})
_STATIC_CODECS = {"0": "pcmu/8000", "8": "pcma/8000", "9": "g722/8000"}  # RFC 3551 section 6
_NO_PRIMARY = "LiveKit's answer declares {count} sources (a=ssrc); Meta takes exactly one."


@dataclass(slots=True)
class _Section:
    """The session part (no m= line) or one media section (its m= line comes first)."""

    lines: list[str]

    @property
    def media(self) -> list[str]:
        """Return the words of the m= line: kind, port, protocol, formats."""
        return self.lines[0].removeprefix("m=").split()

    @property
    def is_audio(self) -> bool:
        return self.media[0] == "audio"

    @property
    def is_rejected(self) -> bool:
        # port 0 is not a refusal in a bundle-only section (RFC 9143 section 6)
        return self.media[1] == "0" and not self.flags("bundle-only")

    @property
    def payloads(self) -> list[str]:
        return self.media[3:]

    def values(self, name: str) -> list[str]:
        """Return the values of all `a=<name>:` lines."""
        prefix = f"a={name}:"
        return [line.removeprefix(prefix).strip() for line in self.lines if line.startswith(prefix)]

    def flags(self, *names: str) -> list[str]:
        """Return those of `names` that stand here as `a=<name>`."""
        return [name for line in self.lines for name in names if line.rstrip() == f"a={name}"]

    def drop(self, *names: str) -> None:
        """Remove every `a=` line of these names, with or without a value."""
        self.lines = [line for line in self.lines if _attribute(line) not in names]

    def put(self, name: str, value: str) -> None:
        """Leave exactly one line of this attribute, in the place of the first or as the last."""
        at = next((i for i, x in enumerate(self.lines) if _attribute(x) == name), len(self.lines))
        rest = [x for x in self.lines[at:] if _attribute(x) != name]
        self.lines[at:] = [f"a={name}:{value}", *rest]

    def codecs(self) -> dict[str, str]:
        """Return payload type -> lower-case `name/clock[/channels]`, for the m= line's formats."""
        known = dict(_STATIC_CODECS)
        for value in self.values("rtpmap"):
            payload, _, codec = value.partition(" ")
            known[payload] = codec.strip().lower()
        return {payload: known.get(payload, "") for payload in self.payloads}

    def keep_payloads(self, kept: Iterable[str]) -> None:
        """Remove the other payload types from the m= line, with the lines that describe them."""
        kept = list(kept)
        gone = set(self.payloads) - set(kept)
        self.lines[0] = "m=" + " ".join([*self.media[:3], *kept])
        self.lines = [
            line
            for line in self.lines
            if _attribute(line) not in ("rtpmap", "fmtp", "rtcp-fb")
            or line.partition(":")[2].split(" ")[0] not in gone
        ]


@dataclass(slots=True)
class _Description:
    session: _Section
    sections: list[_Section]

    @classmethod
    def parse(cls, text: str, what: str) -> "_Description":
        """Split into sections, without judging more than the form (RFC 8866 section 5)."""
        if len(text) > MAX_CHARS:
            raise BadSdp(f"{what} is longer than {MAX_CHARS} characters.")
        # LF alone is tolerated (RFC 8866 section 5); str.splitlines would also split at U+2028
        lines = [line.removesuffix("\r") for line in text.split("\n")]
        parts: list[list[str]] = [[]]
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            if not _LINE.fullmatch(line):
                raise BadSdp(f"{what}: line {number} is not of the form letter=value.")
            if line.startswith("m="):
                if len(line.split()) < 4:
                    raise BadSdp(f"{what}: line {number} is not a complete m= line.")
                parts.append([])
            parts[-1].append(line)
        if parts[0][:1] != ["v=0"]:
            raise BadSdp(f"{what} does not begin with v=0.")
        return cls(session=_Section(parts[0]), sections=[_Section(part) for part in parts[1:]])

    def __str__(self) -> str:
        parts = [self.session, *self.sections]
        return "".join(f"{line}\r\n" for part in parts for line in part.lines)

    def audio(self, what: str) -> _Section:
        """Return the only live m=audio section."""
        found = [part for part in self.sections if part.is_audio and not part.is_rejected]
        if len(found) != 1:
            raise BadSdp(f"{what} has {len(found)} usable m=audio sections; one is needed.")
        return found[0]

    def first(self, section: _Section, name: str) -> str | None:
        """Return an attribute's value from the section, else from the session part."""
        return next(iter([*section.values(name), *self.session.values(name)]), None)

    def direction(self, section: _Section) -> str:
        """Return the direction; without a line it is sendrecv (RFC 8866 section 6.7)."""
        stated = [*section.flags(*_DIRECTIONS), *self.session.flags(*_DIRECTIONS)]
        return stated[0] if stated else "sendrecv"

    def require(self, section: _Section, what: str, *names: str) -> None:
        """Raise if one of these attributes stands nowhere."""
        for name in names:
            if not self.first(section, name):
                raise BadSdp(f"{what} has no a={name}.")


def offer_for_livekit(sdp: str, *, rewrite_dtls_role: bool) -> str:
    """Translate Meta's offer into what livekit-server must see.

    Other sections than the audio (Meta never sends any) are taken out; `answer_for_meta` refuses
    them in the answer. Payloads other than Opus and telephone-event are taken out as well: offered
    Opus and G.711, livekit-server 1.13.5 with its default codecs answers G.711 *without* Opus
    (measured), and the agent's Opus has no way to the phone. `a=ice-lite` stays: it makes LiveKit
    the controlling side, as Meta needs.

    With `rewrite_dtls_role`, `actpass` becomes `passive`, so that LiveKit is the DTLS client;
    `answer_for_meta` must be called with the same switch.

    Raises:
        BadSdp: it is no offer of one audio stream that both sides could use; the text says why.
    """
    what = "The offer"
    offer = _Description.parse(sdp, what)
    audio = offer.audio(what)
    _check_offer(offer, audio)
    audio.keep_payloads(p for p, codec in audio.codecs().items() if codec in _OFFERED_CODECS)

    # without a mid LiveKit refuses, without BUNDLE it answers `m=audio 0` (both measured)
    mid = next(iter(audio.values("mid")), None)
    if mid is None:
        mid = "0"
        audio.put("mid", mid)
    offer.session.put("group", f"BUNDLE {mid}")
    offer.sections = [audio]

    if rewrite_dtls_role:
        for part in (offer.session, audio):
            part.lines = [
                "a=setup:passive" if _is(line, "setup", "actpass") else line for line in part.lines
            ]
    return str(offer)


def answer_for_meta(answer: str, offer: str, *, rewrite_dtls_role: bool) -> str:
    """Translate LiveKit's answer into what Meta must see; `offer` is Meta's, as it came.

    Meta's rules (Calling API reference: SDP requirements): one m=audio, Opus at 20 ms, only what
    was offered, sendrecv, one SSRC, one sha-256 fingerprint (more are refused with 138008), CRLF.

    LiveKit answers an ICE-lite offer `setup:passive` whatever was offered. It becomes `active`
    where the offer, as LiveKit saw it, was `passive`: then LiveKit is in truth the DTLS client.

    Raises:
        BadSdp: the answer cannot serve a call; the text says what is missing.
    """
    what = "LiveKit's answer"
    asked = _Description.parse(offer, "The offer")
    asked_audio = asked.audio("The offer")
    result = _Description.parse(answer, what)
    audio = result.audio(what)

    direction = result.direction(audio)
    if direction != "sendrecv":
        raise BadSdp(
            f"LiveKit's answer is {direction}, not sendrecv: the agent's track is not subscribed; "
            "post the offer only when the SFU lists that track."
        )
    result.require(audio, what, "ice-ufrag", "ice-pwd", "setup")
    if not audio.flags("rtcp-mux"):
        raise BadSdp(f"{what} has no a=rtcp-mux.")
    _keep_offered_opus(audio, asked_audio)
    _keep_one_source(audio)
    _keep_one_fingerprint(result.session, audio)
    _keep_best_candidates(audio)
    _set_dtls_role(result, audio, asked, asked_audio, rewrite_dtls_role=rewrite_dtls_role)
    _echo_mid(result, audio, asked, asked_audio)

    # sendrecv is written out; packets of 20 ms are mandatory and LiveKit does not say so
    result.session.drop(*_DIRECTIONS, "ptime")
    audio.drop(*_DIRECTIONS, "ptime", "end-of-candidates")
    audio.lines += ["a=ptime:20", "a=sendrecv", "a=end-of-candidates"]

    result.sections = [
        audio if section is asked_audio else _refusal(section) for section in asked.sections
    ]
    return str(result)


def _check_offer(offer: _Description, audio: _Section) -> None:
    what = "The offer"
    if "opus/48000/2" not in audio.codecs().values():
        raise BadSdp("The offer has no Opus at 48 kHz (opus/48000/2).")
    direction = offer.direction(audio)
    if direction != "sendrecv":
        raise BadSdp(f"The offer is {direction}; a call needs sendrecv.")
    # without a declared SSRC the SFU never publishes the caller's audio (measured)
    offer.require(audio, what, "ice-ufrag", "ice-pwd", "fingerprint", "setup")
    if not audio.values("ssrc"):
        raise BadSdp("The offer has no a=ssrc; LiveKit would never publish the caller's audio.")


def _keep_offered_opus(audio: _Section, asked: _Section) -> None:
    offered, answered = asked.codecs(), audio.codecs()
    kept = [
        payload
        for payload, codec in answered.items()
        if codec in _OFFERED_CODECS and offered.get(payload) == codec
    ]
    if not any(answered[payload] == "opus/48000/2" for payload in kept):
        raise BadSdp("LiveKit's answer does not take the Opus that was offered.")
    audio.keep_payloads(kept)


def _keep_one_source(audio: _Section) -> None:
    # in a group the first is the primary: FID repairs (RFC 4588), FEC protects it (RFC 5956)
    secondary = {ssrc for group in audio.values("ssrc-group") for ssrc in group.split()[2:]}
    audio.drop("ssrc-group")
    audio.lines = [
        line
        for line in audio.lines
        if _attribute(line) != "ssrc" or line.removeprefix("a=ssrc:").split(" ")[0] not in secondary
    ]
    sources = {value.split(" ")[0] for value in audio.values("ssrc")}
    if not sources:
        raise BadSdp("LiveKit's answer has no a=ssrc: the agent's track is not subscribed.")
    if len(sources) > 1:
        raise BadSdp(_NO_PRIMARY.format(count=len(sources)))


def _keep_one_fingerprint(session: _Section, audio: _Section) -> None:
    # the media's own fingerprints replace the session's (RFC 8122 section 5)
    owner = audio if audio.values("fingerprint") else session
    kept = [v for v in owner.values("fingerprint") if v.lower().startswith("sha-256 ")]
    if len(set(kept)) != 1:
        raise BadSdp(f"LiveKit's answer has {len(set(kept))} sha-256 fingerprints; Meta takes one.")
    if owner is audio:
        session.drop("fingerprint")
    owner.put("fingerprint", kept[0])


def _keep_best_candidates(audio: _Section) -> None:
    """Keep UDP, component 1, each address once; public ones alone if there are any."""
    chosen: dict[tuple[str, str], str] = {}
    for line in audio.lines:
        # foundation component transport priority address port typ ... (RFC 8839 section 5.1)
        words = line.removeprefix("a=candidate:").split()
        if _attribute(line) != "candidate" or len(words) < 8:
            continue
        component, transport, address, port = words[1], words[2].lower(), words[4], words[5]
        if component == "1" and transport == "udp":
            chosen.setdefault((address.lower(), port), line)
    public = [line for (address, _), line in chosen.items() if _is_public(address)]
    kept = public or list(chosen.values())
    audio.drop("candidate")
    audio.lines += kept


def _set_dtls_role(
    result: _Description,
    audio: _Section,
    asked: _Description,
    asked_audio: _Section,
    *,
    rewrite_dtls_role: bool,
) -> None:
    offered = asked.first(asked_audio, "setup")
    role = result.first(audio, "setup")
    if role == "passive" and (offered == "passive" or (offered == "actpass" and rewrite_dtls_role)):
        role = "active"
    if role not in ("active", "passive") or role == offered:
        raise BadSdp("LiveKit's answer has an a=setup that the offer does not allow.")
    result.session.drop("setup")
    audio.put("setup", role)


def _echo_mid(
    result: _Description, audio: _Section, asked: _Description, asked_audio: _Section
) -> None:
    mid = next(iter(asked_audio.values("mid")), None)
    bundles = [v.split()[1:] for v in asked.session.values("group") if v.startswith("BUNDLE")]
    if mid is None:
        audio.drop("mid")
    else:
        audio.put("mid", mid)
    if any(mid in members for members in bundles):
        result.session.put("group", f"BUNDLE {mid}")
    else:
        result.session.drop("group")


def _refusal(section: _Section) -> _Section:
    """Refuse an offered section: same m= line with port 0 (RFC 3264 section 6)."""
    kind, _, protocol, *formats = section.media
    lines = [" ".join([f"m={kind}", "0", protocol, *formats]), "c=IN IP4 0.0.0.0"]
    lines += [line for line in section.lines if _attribute(line) == "mid"]
    return _Section([*lines, "a=inactive"])


def _attribute(line: str) -> str | None:
    """Return the name of an `a=` line."""
    if not line.startswith("a="):
        return None
    return line.removeprefix("a=").partition(":")[0].strip()


def _is(line: str, name: str, value: str) -> bool:
    return line.startswith(f"a={name}:") and line.removeprefix(f"a={name}:").strip() == value


def _is_public(address: str) -> bool:
    """Whether Meta could reach it; host names (mDNS) count as private."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_global
