"""What was seen of OpenAI is answered for; what it means follows from it alone."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from agents.clips.ogg_opus import Bandwidth, Packet
from wacall.probe.answers import Cut, Seen, answers


def packets(
    size: int, *, count: int = 50, ms: float = 20, bandwidth: Bandwidth = Bandwidth.WIDE
) -> list[Packet]:
    return [Packet(at_ms=ms * at, ms=ms, size=size, bandwidth=bandwidth) for at in range(count)]


def cut(*, cleared_ms: float | None = 1000, loud_until: int = 50, by_speech: bool = True) -> Cut:
    """Speech of so many packets, and silence to the end of the second second."""
    heard = packets(60, count=100)
    quiet = packets(3, count=100)
    return Cut(
        by_speech=by_speech, asked_ms=900, cleared_ms=cleared_ms,
        packets=[*heard[:loud_until], *quiet[loud_until:]], truncated_ms=640,
    )  # fmt: skip


SEEN = Seen(
    model="gpt-realtime", post_ms=[210.4, 180.2], connected_ms=95, silent_before=50,
    silent_after=50, speech=packets(50), audio_deltas=0,
    playback_on_sideband=True, cut=cut(), without_channel="",
)  # fmt: skip


def told(seen: Seen, question: str) -> str:
    """The answer to a question, and its meaning."""
    (found,) = (one for one in answers(seen) if one.question == question)
    return f"{found.answer}; {found.meaning}"


def test_each_answer_says_what_it_means() -> None:
    """In two lines."""
    for answer in answers(SEEN):
        first, second = str(answer).splitlines()
        assert first.startswith(answer.question)
        assert second.strip().startswith("-> ")
        assert second.endswith(".")


def test_times_are_told() -> None:
    """Of every POST, and of the connection."""
    assert told(SEEN, "time of the POST").startswith("210 ms, 180 ms;")
    assert told(SEEN, "time of ICE and DTLS").startswith("95 ms;")


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (50, 50, "yes: 50 packets/s before the first words, 50 after; the stream never stops"),
        (0, 50, "yes: 0 packets/s before the first words, 50 after; the stream stops at times"),
        (0, 1, "no: 0 packets/s before the first words, 1 after; the bridge fills each silence"),
    ],
)
def test_packets_in_silence(before: float, after: float, said: str) -> None:
    """Counted before and after the model's first words."""
    seen = replace(SEEN, silent_before=before, silent_after=after)
    assert told(seen, "RTP in silence").startswith(said)


@pytest.mark.parametrize(
    ("speech", "said"),
    [
        (packets(50), "20 ms; what Meta demands"),
        (packets(150, ms=60), "60 ms; Meta demands 20 ms"),
        ([*packets(50, count=9), *packets(50, count=2, ms=40)], "20 ms, 40 ms; Meta demands"),
        ([], "unknown; no speech came"),
    ],
)
def test_the_packet_time(speech: Sequence[Packet], said: str) -> None:
    """Meta takes 20 ms and nothing else."""
    assert told(replace(SEEN, speech=speech), "packet time").startswith(said)


@pytest.mark.parametrize(
    ("speech", "said"),
    [
        (packets(50), "20 kbit/s (asked for 20), 16 kHz (asked for 16); both are honoured"),
        (packets(250, bandwidth=Bandwidth.FULL), "100 kbit/s (asked for 20), 48 kHz (asked for "
         "16); neither is honoured"),
        (packets(50, bandwidth=Bandwidth.FULL), "20 kbit/s (asked for 20), 48 kHz (asked for 16); "
         "only the bitrate is honoured"),
        (packets(150), "60 kbit/s (asked for 20), 16 kHz (asked for 16); only the playback rate"),
        # silence between the words is no speech
        ([*packets(100, count=10), *packets(3, count=90)], "40 kbit/s"),
        (packets(3), "unknown; no speech came"),
    ],
)  # fmt: skip
def test_what_the_offer_asked_of_the_encoder(speech: Sequence[Packet], said: str) -> None:
    """Judged by what came while somebody spoke."""
    assert told(replace(SEEN, speech=speech), "maxaveragebitrate, -playback").startswith(said)


def test_sound_on_the_sideband() -> None:
    """None, or how much of it."""
    assert told(SEEN, "audio on the sideband").startswith("none;")
    assert told(replace(SEEN, audio_deltas=7), "audio on the sideband").startswith("yes: 7 ")


def test_playback_on_the_sideband() -> None:
    """There, or on the data channel alone."""
    assert told(SEEN, "playback on the sideband").startswith("yes: output_audio_buffer.started;")
    alone = replace(SEEN, playback_on_sideband=False)
    assert told(alone, "playback on the sideband").startswith("no; only the data channel")


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (cut(), "sound ended 0 ms before `cleared`, which came 100 ms after speech was noticed; "
         "nothing stale"),
        (cut(loud_until=52), "sound ended 40 ms after `cleared`"),
        (cut(loud_until=80), "sound ended 600 ms after `cleared`, which came 100 ms after speech "
         "was noticed; stale sound goes on"),
        (cut(by_speech=False), "sound ended 0 ms before `cleared`, which came 100 ms after "
         "response.cancel and clear"),
        (cut(cleared_ms=None), "no output_audio_buffer.cleared came after speech was noticed"),
        (replace(cut(), packets=[]), "sound ended 0 ms before"),
    ],
)  # fmt: skip
def test_the_end_of_sound_beside_cleared(seen: Cut, said: str) -> None:
    """Two packets may be on their way."""
    assert told(replace(SEEN, cut=seen), "`cleared` and last packet").startswith(said)


def test_truncation() -> None:
    """By the server itself, or not."""
    assert told(SEEN, "truncates by itself").startswith("yes, after 640 ms;")
    never = replace(SEEN, cut=replace(SEEN.cut, truncated_ms=None))
    assert told(never, "truncates by itself").startswith("no conversation.item.truncated came;")


def test_an_offer_without_a_data_channel() -> None:
    """Taken, or refused with the cause."""
    assert told(SEEN, "offer without data channel").startswith("taken;")
    refused = replace(SEEN, without_channel="http-400")
    assert told(refused, "offer without data channel").startswith("refused: http-400;")
