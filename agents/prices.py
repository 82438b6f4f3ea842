"""What a turn costs, by the dated table `prices.toml` beside this file."""

import functools
import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_log = logging.getLogger(__name__)

_TABLE = Path(__file__).with_name("prices.toml")
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
KINDS = ("text_in", "text_cached", "text_out", "audio_in", "audio_cached", "audio_out")
"""The kinds of tokens that are billed; what is cached is not in `_in`."""
TRANSCRIPTION_S = "transcription_s"
"""Seconds that were transcribed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """USD per million tokens by model and kind, and per minute of transcription by model."""

    as_of: str
    tokens: Mapping[str, Mapping[str, float]]
    minutes: Mapping[str, float]

    def cost(
        self, used: Mapping[str, float], *, model: str | None, transcription: str
    ) -> float | None:
        """Return what was used in USD; `None`: something was used whose price is not known."""
        tokens = {kind: used.get(kind, 0) for kind in KINDS}
        seconds = used.get(TRANSCRIPTION_S, 0)
        rates, rate = self._tokens_of(model), self.minutes.get(_undated(transcription))
        if (any(tokens.values()) and rates is None) or (seconds and rate is None):
            return None
        usd = sum(count * (rates or {}).get(kind, 0) for kind, count in tokens.items()) / 1e6
        return round(usd + seconds / 60 * (rate or 0), 6)

    def unknown(self, *, model: str, transcription: str) -> list[str]:
        """Name the models that stand in the table under no name."""
        found = [model] if self._tokens_of(model) is None else []
        if _undated(transcription) not in self.minutes:
            found.append(transcription)
        return found

    def _tokens_of(self, model: str | None) -> Mapping[str, float] | None:
        return self.tokens.get(_undated(model or ""))


def _undated(model: str) -> str:
    return _DATED.sub("", model)


@functools.cache
def shipped_prices() -> Prices:
    """Read the table that is shipped, once."""
    table = tomllib.loads(_TABLE.read_text("utf-8"))
    return Prices(as_of=table["as_of"], tokens=table["tokens"], minutes=table["minutes"])


@functools.cache
def warn_of_unpriced(model: str) -> None:
    """Say once in the life of the process that a model has no price."""
    _log.warning(
        "A model has no price: what its turns cost is not known.",
        extra={"action": "model-unpriced", "model": model},
    )
