"""DTLS and SRTP over the phone's relay, with aiortc's keys but without its media.

The one place that goes through private doors of aiortc, which is why its version is pinned to
1.16: the role is set, and the keys are taken, where its own transceivers do it.
"""

import pylibsrtp
from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
)

from simulators.phone.ice_lite import IceLite


class SecuredPath:
    """What goes out is protected, what comes in is read, once the handshake is over."""

    def __init__(self, ice: IceLite) -> None:
        self._ice = ice
        self._certificate = RTCCertificate.generateCertificate()
        self._dtls: RTCDtlsTransport | None = None
        self._incoming: pylibsrtp.Session | None = None
        self._outgoing: pylibsrtp.Session | None = None

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of our certificate, as an SDP shows it."""
        prints = self._certificate.getFingerprints()
        return next(one.value for one in prints if one.algorithm == "sha-256")

    @property
    def is_up(self) -> bool:
        """Whether there are keys."""
        return self._outgoing is not None

    def prepare(self, we_are: str) -> None:
        """Be the DTLS `client` or `server`, before the other side's Hello comes."""
        # the duck-typed stand-in for RTCIceTransport: role, _recv and _send are all it uses
        self._dtls = RTCDtlsTransport(self._ice, [self._certificate])  # type: ignore[arg-type]
        self._dtls._set_role(we_are)

    async def shake_hands(self, fingerprint: str) -> bool:
        """Do the handshake with who has this fingerprint; tell whether it has worked."""
        if self._dtls is None:
            raise RuntimeError("prepare first: the DTLS role is not known")
        theirs = RTCDtlsFingerprint(algorithm="sha-256", value=fingerprint)
        await self._dtls.start(RTCDtlsParameters(fingerprints=[theirs]))
        if self._dtls.state != "connected":
            return False
        # our own RTP loop takes over the keys; the transport goes on with DTLS alone
        self._incoming, self._outgoing = self._dtls._rx_srtp, self._dtls._tx_srtp
        return True

    def send_rtp(self, packet: bytes) -> bool:
        """Protect and send an RTP packet; False before there are keys."""
        if self._outgoing is None:
            return False
        self._ice.send(self._outgoing.protect(packet))
        return True

    def send_rtcp(self, packet: bytes) -> bool:
        """Protect and send an RTCP packet; False before there are keys."""
        if self._outgoing is None:
            return False
        self._ice.send(self._outgoing.protect_rtcp(packet))
        return True

    def read_rtp(self, data: bytes) -> bytes | None:
        """Decrypt an RTP packet; None if it cannot be."""
        try:
            return self._incoming.unprotect(data) if self._incoming else None
        except pylibsrtp.Error:
            return None

    def read_rtcp(self, data: bytes) -> bytes | None:
        """Decrypt an RTCP packet; None if it cannot be."""
        try:
            return self._incoming.unprotect_rtcp(data) if self._incoming else None
        except pylibsrtp.Error:
            return None

    async def stop(self) -> None:
        """Say goodbye."""
        if self._dtls is not None:
            await self._dtls.stop()
