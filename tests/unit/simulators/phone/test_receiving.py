"""What a phone counts of the packets that come."""

import pytest

from simulators.phone.receiving import Receiver
from simulators.phone.sending import Sender


def packets_of(sender: Sender, seconds: float, start_s: float = 0.0) -> list[bytes]:
    """Let the sender speak for a while."""
    return [
        sender.next_packet(start_s + index * 0.02, muted=False)
        for index in range(int(seconds / 0.02))
    ]


def test_loss_disorder_and_early_packets_are_counted() -> None:
    """Missing, late and early packets each have their count; sound stays at its place."""
    receiver = Receiver(on_frame=lambda: None)
    packets = packets_of(Sender(7), 0.2)
    order = [0, 1, 4, 3, 5, 5, 6]
    for index in order:
        receiver.take(packets[index], index * 0.02)
    counts = receiver.counts
    assert (counts.packets, counts.gaps, counts.lost, counts.late) == (7, 1, 1, 2)
    assert counts.early == 7
    receiver.take(b"\x80", 0.2)
    assert counts.malformed == 1


def test_a_restarted_source_is_put_where_it_arrives() -> None:
    """After a pause in which the timestamps stood still, sound is not put into the past."""
    receiver = Receiver(on_frame=lambda: None)
    packets = packets_of(Sender(7), 0.2)
    receiver.take(packets[0], 0.0)
    receiver.take(packets[1], 5.0)
    assert receiver.heard.duration_s == pytest.approx(5.02, abs=0.001)
