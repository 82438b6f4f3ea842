"""The phone's media parts without a network: RTP, Opus, timelines, ICE-lite checks, loss."""

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest
from aioice import stun
from aiortc.rtp import RtcpPacket, RtcpSrPacket
from aiortc.rtp import RtpPacket as OtherRtpPacket

from simulators.phone.ice_lite import IceLite, Loss
from simulators.phone.receiving import Receiver
from simulators.phone.recording import Pcm, Timeline, read_wav, write_stereo
from simulators.phone.rtp import RtpPacket, is_rtcp, parse_rtp, write_rtp, write_sender_report
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
    assert not sender.is_talking
    sender.next_packet(0.1, muted=False)
    assert not sender.said.read(0.1).any()


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


def test_timeline_grows_and_keeps_silence() -> None:
    """Sound far out leaves silence before it; what lies before the start is cut."""
    timeline = Timeline(100)
    timeline.write(5000, np.ones(10, dtype=np.int16))
    timeline.write(-2, np.full(4, 7, dtype=np.int16))
    assert timeline.duration_s == 50.1
    assert timeline.read(0, 0.04).tolist() == [7, 7, 0, 0]
    assert timeline.read(49.99).tolist() == [0] + [1] * 10


def test_stereo_recording(tmp_path: Path) -> None:
    """Left and right are on one time axis, whatever their rates."""
    left, right = Timeline(16_000), Timeline(48_000)
    left.write(16_000, tone(440, 1))
    right.write(0, np.full(48_000, 99, dtype=np.int16))
    path = tmp_path / "sub" / "call.wav"
    write_stereo(path, left, right)
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 48_000, 96_000)
        frames = np.frombuffer(file.readframes(96_000), dtype=np.int16).reshape(-1, 2)
    # the resampler rings a little around the edge
    assert np.abs(frames[:47_000, 0]).max() < 50
    assert np.abs(frames[48_000:, 0]).max() > 7000
    assert set(frames[:48_000, 1].tolist()) == {99}
    assert not frames[48_000:, 1].any()
    assert read_wav(path)[1] == 48_000


class Business(asyncio.DatagramProtocol):
    """The other end of an ICE component: sends checks, keeps the answers."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.answers.put_nowait(data)

    async def answer(self) -> stun.Message:
        """Wait for the next answer."""
        async with asyncio.timeout(2):
            return stun.parse_message(await self.answers.get())


def check(ice: IceLite, attributes: dict[str, object], *, pwd: str | None = None) -> bytes:
    """Make a connectivity check as a full, controlling agent sends it."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    request.attributes = {"USERNAME": f"{ice.ufrag}:them", "PRIORITY": 1, **attributes}
    request.add_message_integrity((pwd or ice.pwd).encode())
    return bytes(request)


async def test_ice_lite_answers_only_signed_checks_and_only_after_the_answer() -> None:
    """Checks are ignored before the SDP is known or when unsigned; nomination opens the path."""
    media: list[bytes] = []
    ice = IceLite(on_media=media.append, loss=Loss())
    await ice.open(["127.0.0.1"])
    transport, business = await asyncio.get_running_loop().create_datagram_endpoint(
        Business, remote_addr=("127.0.0.1", ice.port)
    )
    try:
        controlling: dict[str, object] = {"ICE-CONTROLLING": 1}
        transport.sendto(check(ice, controlling))
        transport.sendto(b"\x80too early but media all the same")
        async with asyncio.timeout(2):
            while not media:
                await asyncio.sleep(0)
        assert (ice.checks_ignored, ice.checks_answered) == (1, 0)

        ice.expect("them")
        ice.send(b"\x80nowhere to go yet")
        transport.sendto(check(ice, controlling, pwd="wrong"))
        transport.sendto(b"\x00\x01garbage")
        transport.sendto(check(ice, controlling))
        answer = await business.answer()
        assert answer.message_class == stun.Class.RESPONSE
        assert answer.check_message_integrity(ice.pwd.encode())
        own_port = transport.get_extra_info("sockname")[1]
        assert answer.attributes["XOR-MAPPED-ADDRESS"] == ("127.0.0.1", own_port)
        assert (ice.checks_ignored, ice.checks_answered) == (2, 1)
        assert not ice.nominated.is_set()

        transport.sendto(check(ice, {**controlling, "USE-CANDIDATE": None}))
        await business.answer()
        assert ice.nominated.is_set()
        ice.send(b"\x80media")
        async with asyncio.timeout(2):
            assert await business.answers.get() == b"\x80media"

        transport.sendto(check(ice, {"ICE-CONTROLLED": 1}))
        assert (await business.answer()).attributes["ERROR-CODE"][0] == 487

        ice.stop_answering()
        transport.sendto(check(ice, controlling))
        transport.sendto(b"\x80late")
        async with asyncio.timeout(2):
            while len(media) < 2:
                await asyncio.sleep(0)
        assert business.answers.empty()
    finally:
        transport.close()
        ice.close()


async def test_loss_is_reproducible() -> None:
    """The same seed loses the same datagrams; all of them at a share of 1."""
    media: list[bytes] = []
    ice = IceLite(on_media=media.append, loss=Loss(inbound=0.5, seed=3))
    again = IceLite(on_media=media.append, loss=Loss(inbound=0.5, seed=3))
    first = [ice._lost(0.5) for _ in range(200)]
    assert first == [again._lost(0.5) for _ in range(200)]
    assert 60 < sum(first) < 140
    assert ice._lost(1.0)
    assert not ice._lost(0.0)
