"""What calls cost, by a dated table: the model's tokens, and Meta's minutes. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
KINDS = ("text_in", "text_cached", "text_out", "audio_in", "audio_cached", "audio_out")
"""The kinds of tokens that are billed; what is cached is not in `_in`."""
TRANSCRIPTION_S = "transcription_s"
"""Seconds that were transcribed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """USD: per million tokens by model and kind, per minute of transcription by model, and per
    minute of a placed call by the country code of who is called.
    """

    as_of: str
    tokens: Mapping[str, Mapping[str, float]]
    minutes: Mapping[str, float]
    meta: Mapping[str, float]

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

    def meta_per_minute(self, digits: str | None) -> float | None:
        """Return Meta's price of a minute with this number; `None`: it is not known.

        `digits`: the number as Meta writes it, country code first, or that code alone.
        """
        if not digits:
            return None
        codes = (digits[:length] for length in range(len(digits), 0, -1))
        return next((self.meta[code] for code in codes if code in self.meta), None)

    def _tokens_of(self, model: str | None) -> Mapping[str, float] | None:
        return self.tokens.get(_undated(model or ""))


def _undated(model: str) -> str:
    return _DATED.sub("", model)
