"""The door to a phone's media path for who brings packets of their own."""

from simulators.phone.secured import SecuredPath


class MediaPort:
    """Sends in the phone's name, and reads what comes to it."""

    def __init__(self, path: SecuredPath, ssrc: int) -> None:
        self._path = path
        self.ssrc = ssrc
        """What the phone's description promises: packets of another source are not the phone's."""

    @property
    def is_up(self) -> bool:
        """Whether packets can be sent."""
        return self._path.is_up

    def send(self, packet: bytes) -> bool:
        """Protect and send an RTP packet, from any thread; False before the media path is up."""
        return self._path.send_rtp(packet)

    def read(self, data: bytes) -> bytes | None:
        """Decrypt an RTP packet that has come; None if it cannot be."""
        return self._path.read_rtp(data)
