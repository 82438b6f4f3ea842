"""What the phone reads out of a session description that Meta has let through; pure."""

from dataclasses import dataclass, field

from simulators.phone.sdp_lines import Lines
from simulators.phone.write_sdp import OPUS_RTPMAP

EVENT_RTPMAP = "telephone-event/8000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the phone needs of a valid answer."""

    ufrag: str = field(repr=False)
    fingerprint: str
    setup: str
    """`active`: the business is DTLS client; `passive`: it is DTLS server."""
    ssrc: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the phone needs of a valid offer."""

    ufrag: str = field(repr=False)
    fingerprint: str
    setup: str
    """`active`: the business is DTLS client; `actpass`: Meta may choose."""
    mid: str
    opus: int
    telephone_event: int | None
    """Payload type of RFC 4733 events; none if the offer leaves them out."""


def read_answer(sdp: str) -> Answer:
    """Read a validated answer.

    Raises:
        ValueError: a line that the phone needs is missing; validate first.
    """
    lines = Lines(sdp)
    try:
        return Answer(
            ufrag=lines.attribute("ice-ufrag")[0],
            fingerprint=lines.attribute("fingerprint")[0].split(" ")[1],
            setup=lines.attribute("setup")[0],
            ssrc=int(next(iter(lines.ssrcs()), "0")),
        )
    except IndexError as error:
        raise ValueError("the answer lacks a=ice-ufrag, a fingerprint or a=setup") from error


def read_offer(sdp: str) -> Offer:
    """Read a validated offer.

    Raises:
        ValueError: a line that the phone needs is missing; validate first.
    """
    lines = Lines(sdp)
    codecs = {codec.lower(): payload_type for payload_type, codec in lines.rtpmaps().items()}
    event = codecs.get(EVENT_RTPMAP)
    try:
        return Offer(
            ufrag=lines.attribute("ice-ufrag")[0],
            fingerprint=lines.attribute("fingerprint")[0].split(" ")[1],
            setup=lines.attribute("setup")[0],
            mid=lines.attribute("mid")[0],
            opus=int(codecs[OPUS_RTPMAP]),
            telephone_event=None if event is None else int(event),
        )
    except (IndexError, KeyError) as error:
        raise ValueError("the offer lacks Opus, a=mid, a=ice-ufrag or a fingerprint") from error
