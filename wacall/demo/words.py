"""What was said, compared: word by word, without regard to how it was cut or written."""

from collections.abc import Iterable, Sequence

from shared.call.records import TranscriptTurn
from simulators.speech.ear import plain_words
from wacall.demo.screenplay import Screenplay


def same_words(one: Iterable[str], other: Iterable[str]) -> bool:
    """Whether two lists of texts say the same, however they are cut into pieces."""
    return plain_words(" ".join(one)) == plain_words(" ".join(other))


def is_beginning(text: str, whole: str) -> bool:
    """Whether `text` is `whole` broken off after one of its words."""
    words = plain_words(text).split()
    return bool(words) and plain_words(whole).split()[: len(words)] == words


def speakers(turns: Sequence[TranscriptTurn]) -> list[str]:
    """Return who spoke, in order; several turns of one speaker in a row are one."""
    order: list[str] = []
    for turn in turns:
        if order[-1:] != [turn.speaker]:
            order.append(turn.speaker)
    return order


def texts_of(turns: Sequence[TranscriptTurn], speaker: str) -> list[str]:
    """Return one side's texts."""
    return [turn.text for turn in turns if turn.speaker == speaker]


def interrupted_line(play: Screenplay) -> str:
    """Return the agent's line that the caller speaks over; empty: they never do."""
    cut = (play.replies[i - 1] for i, line in enumerate(play.lines) if i and line.barge_in)
    return next(cut, "")
