"""What the media hop (rtpengine) is told and says, made fit for WhatsApp and LiveKit. Pure.

A placed call has two offers of ours and nobody who makes them but the hop:

    SYNTHETIC_OFFER  --NG offer--> rtpengine's  --offer_for_whatsapp--> WhatsApp
    WhatsApp's answer  --slim, NG answer, NG offer--> rtpengine's  --offer_for_whip--> LiveKit
    LiveKit's answer  --slim, NG answer--> audio flows

A call that came in through the hop keeps the roles of its offer: Meta's offer goes into the hop,
and `answer_for_whatsapp` makes Meta's answer of what comes out.

No message of this module contains SDP.
"""

import re
from collections.abc import Iterable, Sequence

from controlplane.core.errors import BadSdp
from controlplane.sdp.direct import answer_for_meta
from controlplane.sdp.lines import Description

_OPUS_FMTP = (
    "maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;"
    "useinbandfec=1"
)
"""As in Meta's own offers. LiveKit takes it, and packets of 20 ms are mandatory."""

SYNTHETIC_OFFER = "".join(
    f"{line}\r\n"
    for line in (
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "m=audio 9 RTP/AVP 111 126",
        "a=mid:0",
        "a=rtpmap:111 opus/48000/2",
        f"a=fmtp:111 {_OPUS_FMTP}",
        # 8000 is the only clock that WhatsApp takes for keys (calling reference, DTMF)
        "a=rtpmap:126 telephone-event/8000",
        "a=ptime:20",
        "a=sendrecv",
    )
)
"""The side that stands for LiveKit in the first offer, before LiveKit is asked."""

_KEPT = ("ice-ufrag", "ice-pwd", "rtpmap", "fmtp", "ptime")
_KEYS = " telephone-event/8000"
_SSRC = re.compile(r"[0-9]{1,10}")
_IPV4 = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")


class _Sdp:
    """A description with one audio section."""

    def __init__(self, text: str, what: str) -> None:
        self._whole = Description.parse(text, what)
        if len(self._whole.sections) != 1 or not self._whole.sections[0].is_audio:
            raise BadSdp(f"{what} must have one m= line, and that one m=audio.")
        self.what = what
        self.session, self.audio = self._whole.session, self._whole.sections[0]

    def values(self, name: str) -> list[str]:
        """Return the values of an attribute; those of the audio section replace the session's."""
        return self.audio.values(name) or self.session.values(name)

    def value(self, name: str) -> str:
        """Return the first value.

        Raises:
            BadSdp: there is none.
        """
        found = self.values(name)
        if not found or not found[0]:
            raise BadSdp(f"{self.what} has no a={name}.")
        return found[0]

    def has(self, flag: str) -> bool:
        """Whether `a=<flag>` stands in either part."""
        return bool(self.audio.flags(flag) or self.session.flags(flag))

    def direction(self) -> str:
        """Return the direction; without a line it is sendrecv."""
        return self._whole.direction(self.audio)

    def fingerprint(self) -> str:
        """Return the sha-256 fingerprint.

        Raises:
            BadSdp: there is none.
        """
        for value in self.values("fingerprint"):
            if value.lower().startswith("sha-256 "):
                return value
        raise BadSdp(f"{self.what} has no sha-256 fingerprint.")

    def check_call(self) -> None:
        """Refuse what cannot carry a call: no Opus, not two-way, no ICE or DTLS.

        Raises:
            BadSdp: with what is missing.
        """
        # an answer says no with port 0 (RFC 3264 section 6); port 9 only means "see ICE"
        if self.audio.media[1] == "0":
            raise BadSdp(f"{self.what} rejects the audio (m=audio 0).")
        if not any(value.lower().endswith(" opus/48000/2") for value in self.values("rtpmap")):
            raise BadSdp(f"{self.what} has no Opus at 48 kHz (opus/48000/2).")
        if self.direction() != "sendrecv":
            raise BadSdp(f"{self.what} is {self.direction()}; a call needs sendrecv.")
        self.fingerprint()
        for name in ("setup", "ice-ufrag", "ice-pwd"):
            self.value(name)
        if not self.has("rtcp-mux"):
            raise BadSdp(f"{self.what} has no a=rtcp-mux.")


def slim(sdp: str, *, what: str = "The answer", is_answer: bool = True) -> str:
    """Keep of a far side's description what rtpengine needs.

    Its address and port become those of a candidate: rtpengine 10.5 takes `c=IN IP4 0.0.0.0`, as
    LiveKit and Meta's samples have it, for "on hold" and sends nothing there (measured).

    A far side that answers `actpass` (against RFC 5763 section 5; seen in the field) is read as
    `passive`: then the hop is the DTLS client, as Meta recommends.

    Raises:
        BadSdp: it cannot carry a call; the text says why.
    """
    given = _Sdp(sdp, what)
    given.check_call()
    _, _, protocol, *payloads = given.audio.media
    setup = given.value("setup")
    if setup not in ("active", "passive", "actpass"):
        raise BadSdp(f"{what} has an a=setup that is none of active, passive, actpass.")
    if is_answer and setup == "actpass":
        setup = "passive"
    candidates = _udp_candidates(given.values("candidate"))
    if not candidates and given.has("ice-lite"):
        # a lite side never calls (RFC 8445 section 2.5), and nobody could call it
        raise BadSdp(f"{what} has no UDP candidate.")
    address, port = _place_of(candidates)
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        f"c=IN {'IP6' if ':' in address else 'IP4'} {address}",
        "t=0 0",
    ]
    if given.has("ice-lite"):
        lines.append("a=ice-lite")
    lines += [
        f"m=audio {port} {protocol} {' '.join(payloads)}",
        f"a=mid:{next(iter(given.values('mid')), '0')}",
        "a=sendrecv",
        f"a=fingerprint:{given.fingerprint()}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
    ]
    lines += [f"a={name}:{value}" for name in _KEPT for value in given.values(name)]
    lines += [f"a=candidate:{value}" for value in candidates]
    return _text(lines)


def with_keys(answer: str, offer: str) -> str:
    """Answer Meta's telephone-event for LiveKit, which never does: the hop is who hears the keys.

    Both are slimmed; an answer that has the event already stays as it is.
    """
    asked, given = _Sdp(offer, "The offer"), _Sdp(answer, "The answer")
    wanted = [value for value in asked.values("rtpmap") if value.lower().endswith(_KEYS)]
    if not wanted or any(value.lower().endswith(_KEYS) for value in given.values("rtpmap")):
        return answer
    payload = wanted[0].split(" ")[0]
    if payload in given.audio.payloads:
        return answer
    media, *rest = given.audio.lines
    return _text([*given.session.lines, f"{media} {payload}", *rest, f"a=rtpmap:{wanted[0]}"])


def source_of(sdp: str, *, what: str = "The answer") -> int:
    """Return the SSRC that a far side declares.

    The hop passes SSRCs on, and LiveKit never publishes one that its offer did not name.

    Raises:
        BadSdp: none or several are declared.
    """
    found = {value.split(" ")[0] for value in _Sdp(sdp, what).values("ssrc")}
    if len(found) != 1:
        raise BadSdp(f"{what} declares {len(found)} sources (a=ssrc); exactly one is needed.")
    ssrc = found.pop()
    if not _SSRC.fullmatch(ssrc) or not 0 < int(ssrc) < 2**32:
        raise BadSdp(f"{what} has a malformed a=ssrc.")
    return int(ssrc)


def offer_for_whatsapp(hop_offer: str) -> str:
    """Make of rtpengine's first offer the one that Graph is given with `connect`.

    Raises:
        BadSdp: it is not the offer that was asked for.
    """
    return _bundled(hop_offer, extra=["a=end-of-candidates"])


def offer_for_whip(hop_offer: str, *, ssrc: int) -> str:
    """Make of rtpengine's second offer the one for LiveKit; `ssrc` is WhatsApp's.

    Without BUNDLE LiveKit answers `m=audio 0`, without a=ssrc it never publishes the caller.

    The hop is said to be ICE-lite, which it is not: on a leg that is offered second rtpengine
    waits to be controlled, and only towards a lite side does LiveKit control. Without that line
    both wait, until a conflict of roles is settled: audio comes after 0.2 or 0.5 s instead of
    0.14 s (measured, 10.5 with livekit-server 1.13.5).

    Raises:
        BadSdp: it is not the offer that was asked for.
    """
    extra = [
        "a=msid:whatsapp whatsapp-audio",
        f"a=ssrc:{ssrc} cname:whatsapp",
        f"a=ssrc:{ssrc} msid:whatsapp whatsapp-audio",
        "a=end-of-candidates",
    ]
    return _bundled(hop_offer, session=["a=ice-lite"], extra=extra)


def answer_for_whatsapp(hop_answer: str, offer: str, *, ssrc: int) -> str:
    """Make of rtpengine's answer the one for Meta; `offer` is Meta's, `ssrc` is LiveKit's.

    Raises:
        BadSdp: it does not fit Meta's offer.
    """
    lines = [line.rstrip("\r") for line in hop_answer.split("\n") if line.strip()]
    declared = _text([*lines, f"a=ssrc:{ssrc} cname:agent"])
    return answer_for_meta(declared, offer, rewrite_dtls_role=False)


def _bundled(hop_offer: str, *, extra: Iterable[str], session: Iterable[str] = ()) -> str:
    given = _Sdp(hop_offer, "rtpengine's offer")
    given.check_call()
    if given.value("setup") != "actpass":
        raise BadSdp("rtpengine's offer leaves the DTLS role not open (a=setup is not actpass).")
    mid = given.value("mid")
    if not _udp_candidates(given.values("candidate")):
        raise BadSdp("rtpengine's offer has no UDP candidate; check the hop's --interface.")
    # rtpengine's own lines, without those that are ours to say
    ours = ("group", "msid", "ssrc", "end-of-candidates")
    given.session.drop(*ours)
    given.audio.drop(*ours)
    lines = [*given.session.lines, f"a=group:BUNDLE {mid}", *session]
    return _text([*lines, *given.audio.lines, *extra])


def _udp_candidates(values: Iterable[str]) -> list[str]:
    """Keep UDP candidates of component 1 (RFC 8839 section 5.1)."""
    kept = []
    for value in values:
        words = value.split()
        if len(words) >= 8 and words[1] == "1" and words[2].lower() == "udp":
            kept.append(value)
    return kept


def _place_of(candidates: Sequence[str]) -> tuple[str, str]:
    """Return address and port of the first IPv4 candidate, else of the first."""
    places = [(words[4], words[5]) for words in (value.split() for value in candidates)]
    found = [place for place in places if _IPV4.fullmatch(place[0])] or places
    # without candidates its checks will tell where it is; documentation's address, RFC 5737
    return found[0] if found else ("192.0.2.1", "9")


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)
