"""The SDPs of Meta's relay, line by line: a call's offer, the answer to a business's offer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

OPUS_PAYLOAD_TYPE = 111
DTMF_PAYLOAD_TYPE = 126
OPUS_RTPMAP = "opus/48000/2"
DTMF_RTPMAP = "telephone-event/8000"
META_FMTP = (
    "maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;sprop-maxcapturerate=16000;"
    "useinbandfec=1"
)

# Meta's IPv6 candidate carries the higher priority (seen in real offers).
_PRIORITY = {4: 2122260223, 6: 2122262783}
_FOUNDATION = {4: 3935165743, 6: 2617197009}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferParameters:
    """Everything in an SDP of the relay's that differs from call to call."""

    addresses: Sequence[str]
    """Host addresses, IPv4 first; all share one UDP port."""
    port: int
    ufrag: str = field(repr=False)
    """16 characters in Meta's offers."""
    pwd: str = field(repr=False)
    """24 characters in Meta's offers."""
    fingerprint: str
    """SHA-256 of the DTLS certificate, upper-case hex pairs with colons."""
    ssrc: int
    session_id: int
    stream_id: str
    """UUID of the media stream."""


def write_offer(parameters: OfferParameters) -> str:
    """Write the offer, with CRLF line ends.

    Source: a real inbound offer of October 2025. Wide-band only, no header extensions, session
    level `ice-lite`, no `a=end-of-candidates`, no `a=ice-options`.
    """
    return _write(
        parameters,
        setup="actpass",
        mid="audio",
        opus=OPUS_PAYLOAD_TYPE,
        telephone_event=DTMF_PAYLOAD_TYPE,
    )


def write_answer(
    parameters: OfferParameters, *, setup: str, mid: str, opus: int, telephone_event: int | None
) -> str:
    """Write the answer to a business's offer: its `mid` and payload types, Meta's shape.

    Source: the answer in Meta's business-initiated calls page (`a=ice-lite`, two host candidates,
    `a=setup:active` to an offer of `actpass`), with only what the offer has (RFC 3264, section 6).
    """
    return _write(parameters, setup=setup, mid=mid, opus=opus, telephone_event=telephone_event)


def _write(
    parameters: OfferParameters, *, setup: str, mid: str, opus: int, telephone_event: int | None
) -> str:
    first = parameters.addresses[0]
    family = ip_address(first).version
    payload_types = f"{opus}" if telephone_event is None else f"{opus} {telephone_event}"
    events = [] if telephone_event is None else [f"a=rtpmap:{telephone_event} {DTMF_RTPMAP}"]
    lines = [
        "v=0",
        f"o=- {parameters.session_id} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {mid}",
        f"a=msid-semantic: WMS {parameters.stream_id}",
        "a=ice-lite",
        f"m=audio {parameters.port} UDP/TLS/RTP/SAVPF {payload_types}",
        f"c=IN IP{family} {first}",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *(_candidate(address, parameters.port) for address in parameters.addresses),
        f"a=ice-ufrag:{parameters.ufrag}",
        f"a=ice-pwd:{parameters.pwd}",
        f"a=fingerprint:sha-256 {parameters.fingerprint}",
        f"a=setup:{setup}",
        f"a=mid:{mid}",
        "a=sendrecv",
        f"a=msid:{parameters.stream_id} WhatsAppTrack1",
        "a=rtcp-mux",
        f"a=rtpmap:{opus} {OPUS_RTPMAP}",
        f"a=rtcp-fb:{opus} transport-cc",
        f"a=fmtp:{opus} {META_FMTP}",
        *events,
        "a=maxptime:20",
        "a=ptime:20",
        f"a=ssrc:{parameters.ssrc} cname:WhatsAppAudioStream1",
    ]
    return "\r\n".join(lines) + "\r\n"


def _candidate(address: str, port: int) -> str:
    version = ip_address(address).version
    return (
        f"a=candidate:{_FOUNDATION[version]} 1 udp {_PRIORITY[version]} {address} {port} "
        "typ host generation 0 network-cost 50"
    )
