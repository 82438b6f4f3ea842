"""What a phone says, as packets, and as the other phone hears it."""

import numpy as np
import pytest

from simulators.phone.receiving import Receiver
from simulators.phone.recording import Pcm
from simulators.phone.sending import Sender


def packets_of(sender: Sender, seconds: float, start_s: float = 0.0) -> list[bytes]:
    """Let the sender speak for a while."""
    return [
        sender.next_packet(start_s + index * 0.02, muted=False)
        for index in range(int(seconds / 0.02))
    ]


def tone(hz: int, seconds: float) -> Pcm:
    """Make a sine at 16 kHz."""
    time_s = np.arange(int(16_000 * seconds)) / 16_000
    return (8000 * np.sin(2 * np.pi * hz * time_s)).astype(np.int16)


async def test_speech_survives_the_codec() -> None:
    """What one phone says another hears: 50 packets a second, one SSRC, the tone at its place."""
    sender, receiver = Sender(7), Receiver(on_frame=lambda: None)
    spoken = sender.say(tone(440, 1), 16_000)
    receiver.may_hear = True
    for index, packet in enumerate(packets_of(sender, 2)):
        receiver.take(packet, 1.0 + index * 0.02)
    assert await spoken
    counts = receiver.counts
    assert (counts.packets, counts.lost, counts.early, counts.ssrcs) == (100, 0, 0, {7})
    assert counts.first_packet_at == 1.0
    assert counts.first_audible_at == pytest.approx(1.02, abs=0.021)
    assert receiver.last_loud_at == pytest.approx(2.0, abs=0.05)
    heard = receiver.heard.read(1.2, 1.8)
    assert np.argmax(np.abs(np.fft.rfft(heard))) / 0.6 == pytest.approx(440, abs=3)
    assert receiver.speaking(2.05)
    assert not receiver.speaking(2.3)


async def test_hush_cuts_off() -> None:
    """A sentence that was cut off says so, and silence follows."""
    sender = Sender(7)
    spoken = sender.say(tone(440, 1), 16_000)
    packets_of(sender, 0.1)
    sender.hush()
    assert not await spoken
    sender.next_packet(0.1, muted=False)
    assert not sender.said.read(0.1).any()
