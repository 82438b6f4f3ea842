"""RTP and RTCP packets, held against another stack's."""

import pytest
from aiortc.rtp import RtcpPacket, RtcpSrPacket
from aiortc.rtp import RtpPacket as OtherRtpPacket

from simulators.phone.rtp import RtpPacket, is_rtcp, parse_rtp, write_rtp, write_sender_report


def test_rtp_agrees_with_another_stack() -> None:
    """What we write, others read, and the other way round with padding and extensions."""
    packet = RtpPacket(111, True, 65535, 4294967295, 7, b"opus")
    other = OtherRtpPacket.parse(write_rtp(packet))
    assert (other.payload_type, other.marker, other.sequence_number) == (111, 1, 65535)
    assert (other.timestamp, other.ssrc, other.payload) == (4294967295, 7, b"opus")
    padded = b"\xb0\xef" + write_rtp(packet)[2:12] + b"\xbe\xde\x00\x01\x10\xff\x00\x00opus\0\2"
    assert parse_rtp(padded) == packet


@pytest.mark.parametrize("data", [b"", b"\x80" * 11, b"\x00" * 20, b"\x90" + b"\x00" * 11])
def test_garbage_is_no_rtp(data: bytes) -> None:
    """Bytes that are no RTP raise one error."""
    with pytest.raises(ValueError, match="RTP"):
        parse_rtp(data)


def test_sender_report_agrees_with_another_stack() -> None:
    """The report is a compound of SR and SDES."""
    data = write_sender_report(ssrc=7, cname="x", unix_time=0.5, timestamp=9, packets=3, octets=100)
    report, _ = RtcpPacket.parse(data)
    assert isinstance(report, RtcpSrPacket)
    assert (report.ssrc, report.sender_info.packet_count) == (7, 3)
    assert report.sender_info.ntp_timestamp == (2_208_988_800 << 32) + (1 << 31)
    assert is_rtcp(data)
    assert not is_rtcp(write_rtp(RtpPacket(111, True, 0, 0, 0, b"")))
