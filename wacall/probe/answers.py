"""What was seen of OpenAI's WebRTC calls, read: each question, its answer, what it means; pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from agents.clips.ogg_opus import Packet

ASKED_BITRATE, ASKED_RATE = 20_000, 16_000
"""What the probe's offer asks of OpenAI's encoder: bits and samples a second."""
# an encoder's average, over a few seconds of speech
_TOLERANCE = 1.2
# packets a second of a stream that goes on; a stopped one has none but what was on its way
_FLOWING = 10.0
# an Opus packet of silence has a few bytes, whatever its encoder's rate
_QUIET_BYTES = 12
_QUIET_SHARE = 0.25
# two packets, and the difference between two clocks of one machine
_ON_ITS_WAY_MS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """An interruption of OpenAI's speech, on one axis of milliseconds."""

    by_speech: bool
    """By what was said to it; else by `response.cancel` and `output_audio_buffer.clear`."""
    asked_ms: float
    """When it was told, or noticed that somebody speaks."""
    cleared_ms: float | None
    """When `output_audio_buffer.cleared` came."""
    packets: Sequence[Packet]
    """What came from then on and shortly before, `at_ms` on the same axis."""
    truncated_ms: int | None
    """`audio_end_ms` of `conversation.item.truncated`; `None`: no such event came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the probe has seen."""

    model: str
    post_ms: Sequence[float]
    """Of each `POST /v1/realtime/calls`."""
    connected_ms: float
    """From OpenAI's answer to a connection with DTLS done."""
    silent_before: float
    """Packets a second before the model's first words."""
    silent_after: float
    """The same after them."""
    speech: Sequence[Packet]
    audio_deltas: int
    """`response.output_audio.delta` on the sideband."""
    playback_on_sideband: bool
    """Whether `output_audio_buffer.started` came there, and not on the data channel alone."""
    cut: Cut
    without_channel: str
    """What became of an offer without a data channel: `""` if it was taken, else the cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One line of the report, and the one under it."""

    question: str
    answer: str
    meaning: str = field(default="")

    def __str__(self) -> str:
        """Write both lines."""
        return f"{self.question:<28} {self.answer}\n{'':<28} -> {self.meaning}"


def answers(seen: Seen) -> list[Answer]:
    """Answer all questions, in the order of a call."""
    return [
        _post(seen.post_ms),
        _connection(seen.connected_ms),
        _channel(seen.without_channel),
        _silence(seen),
        _packet_time(seen.speech),
        _encoder(seen.speech),
        _deltas(seen.audio_deltas),
        _playback(seen.playback_on_sideband),
        _cut(seen.cut, seen.speech),
        _truncation(seen.cut),
    ]


def loud(packets: Sequence[Packet], speech: Sequence[Packet]) -> list[Packet]:
    """Return the packets that hold sound, by their size beside those of speech."""
    usual = median([one.size for one in speech if one.size > _QUIET_BYTES] or [0])
    return [one for one in packets if one.size > max(_QUIET_BYTES, _QUIET_SHARE * usual)]


def _post(each_ms: Sequence[float]) -> Answer:
    times = ", ".join(f"{one:.0f} ms" for one in each_ms)
    return Answer(
        question="time of the POST",
        answer=times,
        meaning="the caller rings for so long more; AGENT_CONNECT_TIMEOUT_S has to be well above.",
    )


def _connection(connected_ms: float) -> Answer:
    return Answer(
        question="time of ICE and DTLS",
        answer=f"{connected_ms:.0f} ms",
        meaning="the same again, before the agent counts as ready.",
    )


def _channel(cause: str) -> Answer:
    if cause:
        return Answer(
            question="offer without data channel",
            answer=f"refused: {cause}",
            meaning="the bridge's offer has to have one, as it has.",
        )
    return Answer(
        question="offer without data channel",
        answer="taken",
        meaning="the data channel could be left out; it tells the bridge of silence sooner.",
    )


def _silence(seen: Seen) -> Answer:
    question = "RTP in silence"
    before, after = seen.silent_before > _FLOWING, seen.silent_after > _FLOWING
    rates = (
        f"{seen.silent_before:.0f} packets/s before the first words, {seen.silent_after:.0f} after"
    )
    if before and after:
        meaning = "the stream never stops; the bridge fills next to nothing."
    elif before or after:
        meaning = "the stream stops at times; the bridge fills those."
    else:
        return Answer(
            question=question,
            answer=f"no: {rates}",
            meaning="the bridge fills each silence (fill_room): without that a phone would starve.",
        )
    return Answer(question=question, answer=f"yes: {rates}", meaning=meaning)


def _packet_time(speech: Sequence[Packet]) -> Answer:
    question = "packet time"
    if not speech:
        return Answer(question=question, answer="unknown", meaning="no speech came; run it again.")
    times = Counter(one.ms for one in speech)
    told = ", ".join(f"{ms:g} ms" for ms, _ in times.most_common())
    if set(times) == {20}:
        meaning = "what Meta demands: packets go through as they are."
    else:
        meaning = "Meta demands 20 ms: calls need AGENT_MEDIA=worker, which encodes anew."
    return Answer(question=question, answer=told, meaning=meaning)


def _encoder(speech: Sequence[Packet]) -> Answer:
    question = "maxaveragebitrate, -playback"
    sounding = loud(speech, speech)
    if not sounding:
        return Answer(question=question, answer="unknown", meaning="no speech came; run it again.")
    bitrate = 8000 * sum(one.size for one in sounding) / sum(one.ms for one in sounding)
    highest = max(one.bandwidth for one in sounding)
    slow, narrow = bitrate <= ASKED_BITRATE * _TOLERANCE, highest <= ASKED_RATE
    answer = (
        f"{bitrate / 1000:.0f} kbit/s (asked for {ASKED_BITRATE // 1000}), "
        f"{highest // 1000} kHz (asked for {ASKED_RATE // 1000})"
    )
    if slow and narrow:
        meaning = "both are honoured: our offer can ask for what Meta's asks of us."
    elif slow or narrow:
        meaning = f"only the {'bit' if slow else 'playback '}rate is honoured."
    else:
        meaning = "neither is honoured: phones get more than Meta's offer names; Opus allows it."
    return Answer(question=question, answer=answer, meaning=meaning)


def _deltas(count: int) -> Answer:
    question = "audio on the sideband"
    if count:
        return Answer(
            question=question,
            answer=f"yes: {count} response.output_audio.delta",
            meaning="each worker reads all sound as base64, for nothing, and costs more a call.",
        )
    return Answer(
        question=question, answer="none", meaning="a worker's sideband costs events alone."
    )


def _playback(is_there: bool) -> Answer:
    question = "playback on the sideband"
    if is_there:
        return Answer(
            question=question,
            answer="yes: output_audio_buffer.started",
            meaning="a worker that re-attaches learns there what is being heard.",
        )
    return Answer(
        question=question,
        answer="no",
        meaning="only the data channel tells what is being heard: the leg has to pass it on.",
    )


def _cut(cut: Cut, speech: Sequence[Packet]) -> Answer:
    question = "`cleared` and last packet"
    how = "speech was noticed" if cut.by_speech else "response.cancel and clear"
    if cut.cleared_ms is None:
        return Answer(
            question=question,
            answer=f"no output_audio_buffer.cleared came after {how}",
            meaning="no leg learns that what waits is stale; interruptions are heard late.",
        )
    last = max((one.at_ms + one.ms for one in loud(cut.packets, speech)), default=cut.cleared_ms)
    late = last - cut.cleared_ms
    answer = (
        f"sound ended {abs(late):.0f} ms {'after' if late > 0 else 'before'} `cleared`, which came "
        f"{cut.cleared_ms - cut.asked_ms:.0f} ms after {how}"
    )
    if late > _ON_ITS_WAY_MS:
        meaning = "stale sound goes on to the phone: a leg drops what waits, not what comes later."
    else:
        meaning = "nothing stale comes after it but what was on its way."
    return Answer(question=question, answer=answer, meaning=meaning)


def _truncation(cut: Cut) -> Answer:
    question = "truncates by itself"
    if cut.truncated_ms is None:
        return Answer(
            question=question,
            answer="no conversation.item.truncated came",
            meaning="what an interrupted turn really said is not told: transcripts hold it whole.",
        )
    return Answer(
        question=question,
        answer=f"yes, after {cut.truncated_ms} ms",
        meaning="transcripts hold what was really heard of an interrupted turn.",
    )
