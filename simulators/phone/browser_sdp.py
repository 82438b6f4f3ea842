"""What a browser describes, put into the shape of Meta's descriptions, and back. Pure.

    the browser's offer or answer  --in_metas_shape-->  what the business is sent
    the business's answer          --for_browser----->  what the browser is given

Meta's own side is ICE-lite and a browser is not: `a=ice-lite` is left out, for a side that claims
it sends no checks (RFC 8445, section 2.5), and both ends would want to control.
"""

import re

from simulators.phone.sdp_lines import Lines
from simulators.phone.write_sdp import DTMF_RTPMAP, META_FMTP, OPUS_RTPMAP

_MID = "audio"
_TRACK = "WhatsAppTrack1"
_CNAME = "WhatsAppAudioStream1"
_ANY = "00000000-0000-4000-8000-000000000000"


def in_metas_shape(sdp: str, *, mid: str | None = _MID) -> str:
    """Write a browser's description as Meta writes its own; `mid` None keeps the browser's.

    One audio section with Opus and telephone-event at 8 kHz alone, no header extensions, CRLF, and
    of the candidates those of UDP with an address: browsers may hide theirs behind names that only
    their own network resolves (mDNS). A full ICE side is found without, as it calls (RFC 8445,
    section 7.3.1.3).

    Raises:
        ValueError: it cannot carry a call; the text is for whoever sits at the browser.
    """
    lines = Lines(sdp)
    media = lines.of("m")
    if len(media) != 1 or not media[0].startswith("audio "):
        raise ValueError("The browser describes something else than one stream of sound.")
    codecs = {codec.lower(): number for number, codec in lines.rtpmaps().items()}
    opus, events = codecs.get(OPUS_RTPMAP), codecs.get(DTMF_RTPMAP)
    if opus is None:
        raise ValueError("The browser has no Opus, which every WhatsApp call is made of.")
    candidates = _candidates(lines)
    ufrag, pwd, fingerprint, setup = (
        _one(lines, name) for name in ("ice-ufrag", "ice-pwd", "fingerprint", "setup")
    )
    mid = mid or _one(lines, "mid")
    stream = next((value.split(" ")[0] for value in lines.attribute("msid")), _ANY)
    # nothing is wrong without: it is the browser that calls the business's addresses
    address, port = candidates[0].split(" ")[4:6] if candidates else ("0.0.0.0", "9")
    family = "IP6" if ":" in address else "IP4"
    origin = lines.of("o")
    if not origin or len(origin[0].split(" ")) < 2:
        raise ValueError("The browser's description has no o= line.")
    return _text(
        "v=0",
        f"o=- {origin[0].split(' ')[1]} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mid}",
        f"a=msid-semantic: WMS {stream}",
        f"m=audio {port} UDP/TLS/RTP/SAVPF {opus}{'' if events is None else f' {events}'}",
        f"c=IN {family} {address}",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *(f"a=candidate:{one} generation 0 network-cost 50" for one in candidates),
        f"a=ice-ufrag:{ufrag}",
        f"a=ice-pwd:{pwd}",
        f"a=fingerprint:{fingerprint}",
        f"a=setup:{setup}",
        f"a=mid:{mid}",
        "a=sendrecv",
        f"a=msid:{stream} {_TRACK}",
        "a=rtcp-mux",
        f"a=rtpmap:{opus} {OPUS_RTPMAP}",
        f"a=rtcp-fb:{opus} transport-cc",
        f"a=fmtp:{opus} {META_FMTP}",
        *([] if events is None else [f"a=rtpmap:{events} {DTMF_RTPMAP}"]),
        "a=maxptime:20",
        "a=ptime:20",
        # a browser's source may be told with several attributes, here it has Meta's one
        *(f"a=ssrc:{ssrc} cname:{_CNAME}" for ssrc in sorted(lines.ssrcs())[:1]),
    )


def for_browser(answer: str, offer: str) -> str:
    """Give the business's answer the section's name that the browser has offered.

    `offer` is the browser's own. What stands in the answer otherwise stays as it is: the browser
    is a judge of it, too.
    """
    mid = _one(Lines(offer), "mid")
    named = re.sub(r"(?m)^a=mid:[^\r\n]*", f"a=mid:{mid}", answer)
    return re.sub(r"(?m)^a=group:BUNDLE [^\r\n]*", f"a=group:BUNDLE {mid}", named)


def _candidates(lines: Lines) -> list[str]:
    """Return the candidates that everybody can read: UDP, with an address, and not a name."""
    found = []
    for value in lines.attribute("candidate"):
        parts = value.split(" ")
        if len(parts) < 8 or parts[2].lower() != "udp" or parts[1] != "1":
            continue
        if re.fullmatch(r"[0-9A-Fa-f.:]+", parts[4]):
            found.append(" ".join(parts[:8]))
    return found


def _one(lines: Lines, name: str) -> str:
    found = lines.attribute(name)
    if not found:
        raise ValueError(f"The browser's description has no a={name}.")
    return found[0]


def _text(*lines: str) -> str:
    return "\r\n".join(lines) + "\r\n"
