"""Listens: PCM in, words out, by pocketsphinx in a process of its own.

With a grammar it understands exactly the sentences that are expected, and refuses others: the
grammar's reading must explain the sound at least as well as a loop of bare phonemes does. What
is refused, or heard without a grammar, is read with the free language model, which is right
about most words but not all.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simulators.speech.process import Answer, SpeechProcess, serve

if TYPE_CHECKING:
    from pocketsphinx import Decoder

_SPHINX: Final = SpeechProcess("simulators.speech.ear")
_RATE: Final = 16_000
_FRAMES_PER_SECOND: Final = 100
# a letter takes 0.05-0.10 s to say; a short sentence stretched over a long sound takes more
_LONGEST_LETTER_S: Final = 0.15
# Likelihood of a sentence relative to bare phonemes, over the whole sound. Measured with Piper,
# clean and through Opus at 20 kbit/s: true sentences 0.96 (a lone word) to 1.3, others below 0.93.
_LEAST_LIKELIHOOD: Final = 0.95
# part of the sound's loud time that the words must take
_LEAST_COVER: Final = 0.65
# silence around the sound, so that the first and the last phoneme are not cut by its edges
_PADDING: Final = np.zeros(_RATE * 15 // 100, np.int16)


class Reading(StrEnum):
    """How the words were found."""

    GRAMMAR = "grammar"
    FREE = "free"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word and when it began, in seconds from the start of the sound."""

    text: str
    start_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was understood; no words at all if it was no speech."""

    words: tuple[Word, ...] = field(repr=False)
    reading: Reading

    @property
    def text(self) -> str:
        """The words in lower case, without punctuation."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What may be said: the body of a JSGF rule, and words that the dictionary lacks."""

    rule: str
    # word -> ARPAbet, such as "HH AA R B ER"
    pronunciations: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of_sentences(cls, sentences: Iterable[str]) -> "Grammar":
        """Make the grammar in which exactly these sentences may be said."""
        return cls(rule=" | ".join(plain_words(sentence) for sentence in sentences))

    @property
    def jsgf(self) -> str:
        """The whole grammar in JSGF."""
        return f"#JSGF V1.0;\ngrammar expected;\npublic <sentence> = {self.rule} ;\n"


def plain_words(text: str) -> str:
    """Return the text as the recogniser spells it: lower case, letters and apostrophes only."""
    return " ".join(re.sub(r"[^a-z' ]+", " ", text.lower().replace("’", "'")).split())


async def hear(
    samples: NDArray[np.int16],
    rate: int,
    *,
    grammar: Grammar | None = None,
    accept: Callable[[str], bool] = lambda _: True,
    free: bool = True,
) -> Heard:
    """Return the words in mono `samples` at `rate` Hz.

    What the grammar or `accept` refuses (a sentence broken off, say) is read freely; with
    `free` false it counts as not heard.

    Raises:
        SpeechFailed: the recogniser broke.
    """
    if grammar is not None:
        heard = await _ask(samples, rate, grammar)
        if heard.words and accept(heard.text):
            return heard
        if not free:
            return Heard(words=(), reading=Reading.GRAMMAR)
    return await _ask(samples, rate, None)


async def unknown_words(words: Iterable[str]) -> set[str]:
    """Return those words that the recogniser's dictionary does not have."""
    answer, _ = await _SPHINX.ask({"lookup": sorted(set(words))})
    return set(answer["unknown"])


async def warm_up(grammar: Grammar | None) -> None:
    """Load the models now, so that the first sentence does not wait for them."""
    await hear(np.zeros(_RATE // 2, np.int16), _RATE, grammar=grammar)


def close() -> None:
    """End the recogniser's process, if there is one; the next sound starts another."""
    _SPHINX.close()


def sphinx_pid() -> int | None:
    """Process id of the recogniser, for those who measure it."""
    return _SPHINX.pid


async def _ask(samples: NDArray[np.int16], rate: int, grammar: Grammar | None) -> Heard:
    request: dict[str, Any] = {"rate": rate}
    if grammar is not None:
        request |= {"jsgf": grammar.jsgf, "pronunciations": dict(grammar.pronunciations)}
    answer, _ = await _SPHINX.ask(request, samples.astype(np.int16).tobytes())
    words = tuple(Word(text=text, start_s=start) for text, start, _ in answer["words"])
    return Heard(words=words, reading=Reading(answer["reading"]))


class _Sphinx:
    """The child's side: three decoders, loaded when first needed."""

    def __init__(self) -> None:
        self._decoders: dict[str, Decoder] = {}
        # names of the grammars that the decoder has already compiled
        self._known: set[str] = set()

    def handle(self, request: dict[str, Any], payload: bytes) -> Answer:
        if "lookup" in request:
            known = self._decoder("grammar")
            return {"unknown": [w for w in request["lookup"] if known.lookup_word(w) is None]}, b""
        pcm = self._resampled(np.frombuffer(payload, np.int16), int(request["rate"]))
        if "jsgf" not in request:
            words, _ = self._decode("free", pcm)
            return {"words": words, "reading": Reading.FREE}, b""
        self._activate(request["jsgf"], request["pronunciations"])
        words, score = self._decode("grammar", pcm)
        if words:
            _, phonemes = self._decode("phonemes", pcm)
            letters = sum(len(word) for word, _, _ in words)
            spoken_s = sum(end - start for _, start, end in words)
            stretched = spoken_s > letters * _LONGEST_LETTER_S
            # the recogniser is free to take words that it does not expect for silence
            partial = spoken_s < _voiced_s(pcm) * _LEAST_COVER
            if score < phonemes * _LEAST_LIKELIHOOD or stretched or partial:
                words = []
        return {"words": words, "reading": Reading.GRAMMAR}, b""

    def _resampled(self, samples: NDArray[np.int16], rate: int) -> bytes:
        import soxr

        sound = samples if rate == _RATE else soxr.resample(samples, rate, _RATE)
        return np.concatenate((_PADDING, sound.astype(np.int16), _PADDING)).tobytes()

    def _activate(self, jsgf: str, pronunciations: dict[str, str]) -> None:
        decoder = self._decoder("grammar")
        name = hashlib.sha256((jsgf + repr(sorted(pronunciations.items()))).encode()).hexdigest()
        if name not in self._known:
            for word, phones in pronunciations.items():
                if decoder.lookup_word(word) is None:
                    decoder.add_word(word, phones, True)
            decoder.add_jsgf_string(name, jsgf)
            self._known.add(name)
        decoder.activate_search(name)

    def _decode(self, name: str, pcm: bytes) -> tuple[list[tuple[str, float, float]], float]:
        decoder = self._decoder(name)
        decoder.start_utt()
        decoder.process_raw(pcm, full_utt=True)
        decoder.end_utt()
        best = decoder.hyp()
        if best is None:
            return [], 0.0
        offset = len(_PADDING) / _RATE
        words = [
            (
                # variants of pronunciation are called "the(2)"
                re.sub(r"\(\d+\)$", "", part.word),
                part.start_frame / _FRAMES_PER_SECOND - offset,
                part.end_frame / _FRAMES_PER_SECOND - offset,
            )
            for part in decoder.seg()
            if re.match(r"[a-z']", part.word)
        ]
        return words, float(best.score)

    def _decoder(self, name: str) -> "Decoder":
        import pocketsphinx

        if name not in self._decoders:
            quiet: dict[str, Any] = {"samprate": _RATE, "loglevel": "FATAL", "cmn": "batch"}
            models = f"{pocketsphinx.get_model_path()}/en-us"
            self._decoders[name] = {
                "free": lambda: pocketsphinx.Decoder(**quiet),
                "grammar": lambda: pocketsphinx.Decoder(lm=None, **quiet),
                "phonemes": lambda: pocketsphinx.Decoder(
                    lm=None,
                    allphone=f"{models}/en-us-phone.lm.bin",
                    allphone_ci=True,
                    beam=1e-20,
                    pbeam=1e-20,
                    lw=2.0,
                    **quiet,
                ),
            }[name]()
        return self._decoders[name]


def _voiced_s(pcm: bytes) -> float:
    """Return for how long the sound is loud, in seconds."""
    size = _RATE // 50
    samples = np.frombuffer(pcm, np.int16).astype(np.float32)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    power = np.mean(np.square(frames), axis=1)
    # 26 dB below the loudest frame is between words
    return float(np.count_nonzero(power > np.max(power, initial=1.0) / 400)) / 50


if __name__ == "__main__":
    serve(_Sphinx().handle)
