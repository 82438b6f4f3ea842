"""What the media hop (rtpengine) is told and says, made fit for Meta and LiveKit. Pure.

A placed call has two offers of ours and nobody who makes them but the hop:

    SYNTHETIC_OFFER  --NG offer--> rtpengine's  --offer_for_meta--> Meta
    Meta's answer  --slim, NG answer, NG offer--> rtpengine's  --offer_for_livekit--> LiveKit
    LiveKit's answer  --slim, NG answer--> audio flows

A call that came in through the hop keeps the roles of its offer: Meta's offer goes into the hop,
and `answer_for_meta` makes Meta's answer of what comes out.

No message of this module contains SDP.
"""

import re
from collections.abc import Iterable, Sequence

from controlplane.core.errors import BadSdp
from controlplane.sdp import direct
from controlplane.sdp.lines import Description, Section

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


def _read(text: str, what: str) -> tuple[Description, Section]:
    """Read a description of nothing but audio."""
    given = Description.parse(text, what)
    if len(given.sections) != 1 or not given.sections[0].is_audio:
        raise BadSdp(f"{what} must have one m= line, and that one m=audio.")
    return given, given.sections[0]


def _read_call(text: str, what: str) -> tuple[Description, Section]:
    """Read what can carry a call: Opus, both ways, with ICE and DTLS.

    Other codecs than Opus and telephone-event are left out: offered G.711 or L16 beside Opus,
    the hop would pass them on, and LiveKit or the phone could choose them.
    """
    given, audio = _read(text, what)
    # an answer says no with port 0 (RFC 3264 section 6); port 9 only means "see ICE"
    if audio.media[1] == "0":
        raise BadSdp(f"{what} rejects the audio (m=audio 0).")
    direct.check_keys(given, audio)
    codecs = audio.codecs()
    if "opus/48000/2" not in codecs.values():
        raise BadSdp(f"{what} has no Opus at 48 kHz (opus/48000/2).")
    audio.keep_payloads(p for p, codec in codecs.items() if codec in direct.CARRIED_CODECS)
    direction = given.direction(audio)
    if direction != "sendrecv":
        raise BadSdp(f"{what} is {direction}; a call needs sendrecv.")
    if not given.fingerprints(audio):
        raise BadSdp(f"{what} has no sha-256 fingerprint.")
    given.require(audio, "setup", "ice-ufrag", "ice-pwd")
    if not given.has(audio, "rtcp-mux"):
        raise BadSdp(f"{what} has no a=rtcp-mux.")
    return given, audio


def slim(sdp: str, *, what: str = "The answer", is_answer: bool = True) -> str:
    """Keep of a far side's description what rtpengine needs.

    Its address and port become those of a candidate: rtpengine 10.5 takes `c=IN IP4 0.0.0.0`, as
    LiveKit and Meta's samples have it, for "on hold" and sends nothing there (measured).

    A far side that answers `actpass` (against RFC 5763 section 5; seen in the field) is read as
    `passive`: then the hop is the DTLS client, as Meta recommends.

    Raises:
        BadSdp: it cannot carry a call; the text says why.
    """
    given, audio = _read_call(sdp, what)
    _, _, protocol, *payloads = audio.media
    setup = given.first(audio, "setup")
    if setup not in ("active", "passive", "actpass"):
        raise BadSdp(f"{what} has an a=setup that is none of active, passive, actpass.")
    if is_answer and setup == "actpass":
        setup = "passive"
    direct.check_reachable(given, audio)
    candidates = audio.udp_candidates()
    address, port = _place_of(candidates)
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        f"c=IN {'IP6' if ':' in address else 'IP4'} {address}",
        "t=0 0",
    ]
    if given.has(audio, "ice-lite"):
        lines.append("a=ice-lite")
    lines += [
        f"m=audio {port} {protocol} {' '.join(payloads)}",
        f"a=mid:{given.first(audio, 'mid') or '0'}",
        "a=sendrecv",
        f"a=fingerprint:{given.fingerprints(audio)[0]}",
        f"a=setup:{setup}",
        "a=rtcp-mux",
    ]
    lines += [f"a={name}:{value}" for name in _KEPT for value in given.values(audio, name)]
    lines += [f"a=candidate:{value}" for value in candidates]
    return _text(lines)


def with_keys(answer: str, offer: str) -> str:
    """Answer Meta's telephone-event for LiveKit, which never does: the hop is who hears the keys.

    Both are slimmed; an answer that has the event already stays as it is.
    """
    offered, asked = _read(offer, "The offer")
    given, audio = _read(answer, "The answer")
    wanted = [v for v in offered.values(asked, "rtpmap") if v.lower().endswith(_KEYS)]
    if not wanted or any(v.lower().endswith(_KEYS) for v in given.values(audio, "rtpmap")):
        return answer
    payload = wanted[0].split(" ")[0]
    if payload in audio.payloads:
        return answer
    media, *rest = audio.lines
    return _text([*given.session.lines, f"{media} {payload}", *rest, f"a=rtpmap:{wanted[0]}"])


def source_of(sdp: str, *, what: str = "The answer") -> int:
    """Return the SSRC that a far side declares.

    The hop passes SSRCs on, and LiveKit never publishes one that its offer did not name. Of a
    group it is the primary.

    Raises:
        BadSdp: none or several are declared.
    """
    _, audio = _read(sdp, what)
    found = audio.sources()
    if len(found) != 1:
        raise BadSdp(f"{what} declares {len(found)} sources (a=ssrc); exactly one is needed.")
    ssrc = found.pop()
    if not _SSRC.fullmatch(ssrc) or not 0 < int(ssrc) < 2**32:
        raise BadSdp(f"{what} has a malformed a=ssrc.")
    return int(ssrc)


def offer_for_meta(hop_offer: str) -> str:
    """Make of rtpengine's first offer the one that Graph is given with `connect`.

    Raises:
        BadSdp: it is not the offer that was asked for.
    """
    return _bundled(hop_offer, extra=["a=end-of-candidates"])


def offer_for_livekit(hop_offer: str, *, ssrc: int) -> str:
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


def answer_for_meta(hop_answer: str, offer: str, *, ssrc: int) -> str:
    """Make of rtpengine's answer the one for Meta; `offer` is Meta's, `ssrc` is LiveKit's.

    Raises:
        BadSdp: it does not fit Meta's offer.
    """
    lines = [line.rstrip("\r") for line in hop_answer.split("\n") if line.strip()]
    declared = _text([*lines, f"a=ssrc:{ssrc} cname:agent"])
    return direct.answer_for_meta(declared, offer, rewrite_dtls_role=False)


def _bundled(hop_offer: str, *, extra: Iterable[str], session: Iterable[str] = ()) -> str:
    given, audio = _read_call(hop_offer, "rtpengine's offer")
    given.require(audio, "mid")
    if given.first(audio, "setup") != "actpass":
        raise BadSdp("rtpengine's offer leaves the DTLS role not open (a=setup is not actpass).")
    mid = given.first(audio, "mid")
    if not audio.udp_candidates():
        raise BadSdp("rtpengine's offer has no UDP candidate; check the hop's --interface.")
    # rtpengine's own lines, without those that are ours to say
    ours = ("group", "msid", "ssrc", "end-of-candidates")
    given.session.drop(*ours)
    audio.drop(*ours)
    lines = [*given.session.lines, f"a=group:BUNDLE {mid}", *session]
    return _text([*lines, *audio.lines, *extra])


def _place_of(candidates: Sequence[str]) -> tuple[str, str]:
    """Return address and port of the first IPv4 candidate, else of the first."""
    places = [(words[4], words[5]) for words in (value.split() for value in candidates)]
    found = [place for place in places if _IPV4.fullmatch(place[0])] or places
    # without candidates its checks will tell where it is; documentation's address, RFC 5737
    return found[0] if found else ("192.0.2.1", "9")


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)
