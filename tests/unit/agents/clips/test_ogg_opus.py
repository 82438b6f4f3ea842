"""Opus packets in Ogg files say how long they sound, and how high."""

import pytest

from agents.clips.ogg_opus import Bandwidth, read_packets


def page(*packets: bytes) -> bytes:
    """One Ogg page; numbers and checksum are not looked at."""
    lacing = b"".join(b"\xff" * (len(one) // 255) + bytes([len(one) % 255]) for one in packets)
    return b"OggS" + bytes(22) + bytes([len(lacing)]) + lacing + b"".join(packets)


def ogg(*packets: bytes) -> bytes:
    return page(b"OpusHead" + bytes(11)) + page(b"OpusTags" + bytes(8)) + page(*packets)


def toc(config: int, code: int = 0) -> int:
    return config << 3 | code


@pytest.mark.parametrize(
    ("packet", "ms", "bandwidth"),
    [
        (bytes([toc(1), 0]), 20, Bandwidth.NARROW),
        (bytes([toc(7), 0]), 60, Bandwidth.MEDIUM),
        (bytes([toc(9), 0]), 20, Bandwidth.WIDE),
        (bytes([toc(13), 0]), 20, Bandwidth.SUPERWIDE),
        (bytes([toc(15), 0]), 20, Bandwidth.FULL),
        (bytes([toc(16), 0]), 2.5, Bandwidth.NARROW),
        (bytes([toc(23), 0]), 20, Bandwidth.WIDE),
        (bytes([toc(31), 0]), 20, Bandwidth.FULL),
        (bytes([toc(30, 1), 0]), 20, Bandwidth.FULL),
        (bytes([toc(9, 2), 0]), 40, Bandwidth.WIDE),
        (bytes([toc(9, 3), 3]), 60, Bandwidth.WIDE),
        (bytes([toc(9, 3)]), 20, Bandwidth.WIDE),
    ],
)
def test_a_packet_says_what_it_is(packet: bytes, ms: float, bandwidth: Bandwidth) -> None:
    """By the table of RFC 6716."""
    (read,) = read_packets(ogg(packet))
    assert (read.ms, read.bandwidth, read.size) == (ms, bandwidth, len(packet))


def test_packets_follow_each_other() -> None:
    """Each begins where the one before ended, and may go on over segments."""
    read = read_packets(ogg(bytes([toc(9)]) + bytes(599), bytes([toc(9), 1]), bytes([toc(9)])))
    assert [one.at_ms for one in read] == [0, 20, 40]
    assert [one.size for one in read] == [600, 2, 1]


WHOLE = ogg(bytes([toc(9)]) + bytes(99))


@pytest.mark.parametrize(
    "data",
    [b"", b"RIFF" + bytes(40), page(b"vorbis"), ogg(b""), WHOLE[:-1], WHOLE[:-100], WHOLE[:-120]],
)
def test_what_is_no_opus_is_refused(data: bytes) -> None:
    """As such."""
    with pytest.raises(ValueError, match=r"Ogg|Opus"):
        read_packets(data)
