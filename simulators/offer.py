"""The SDP offer that comes with a user's call, line by line as Meta's relay writes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

OPUS_PAYLOAD_TYPE = 111
DTMF_PAYLOAD_TYPE = 126
OPUS_RTPMAP = "opus/48000/2"
DTMF_RTPMAP = "telephone-event/8000"

# Meta's IPv6 candidate carries the higher priority (seen in real offers).
_PRIORITY = {4: 2122260223, 6: 2122262783}
_FOUNDATION = {4: 3935165743, 6: 2617197009}


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferParameters:
    """Everything in the offer that differs from call to call."""

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
    first = parameters.addresses[0]
    family = ip_address(first).version
    lines = [
        "v=0",
        f"o=- {parameters.session_id} 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE audio",
        f"a=msid-semantic: WMS {parameters.stream_id}",
        "a=ice-lite",
        f"m=audio {parameters.port} UDP/TLS/RTP/SAVPF {OPUS_PAYLOAD_TYPE} {DTMF_PAYLOAD_TYPE}",
        f"c=IN IP{family} {first}",
        "a=rtcp:9 IN IP4 0.0.0.0",
        *(_candidate(address, parameters.port) for address in parameters.addresses),
        f"a=ice-ufrag:{parameters.ufrag}",
        f"a=ice-pwd:{parameters.pwd}",
        f"a=fingerprint:sha-256 {parameters.fingerprint}",
        "a=setup:actpass",
        "a=mid:audio",
        "a=sendrecv",
        f"a=msid:{parameters.stream_id} WhatsAppTrack1",
        "a=rtcp-mux",
        f"a=rtpmap:{OPUS_PAYLOAD_TYPE} {OPUS_RTPMAP}",
        f"a=rtcp-fb:{OPUS_PAYLOAD_TYPE} transport-cc",
        f"a=fmtp:{OPUS_PAYLOAD_TYPE} maxaveragebitrate=20000;maxplaybackrate=16000;minptime=20;"
        "sprop-maxcapturerate=16000;useinbandfec=1",
        f"a=rtpmap:{DTMF_PAYLOAD_TYPE} {DTMF_RTPMAP}",
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
