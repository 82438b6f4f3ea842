"""What a turn took, as the row that it becomes: with its price."""

import functools
import logging
from datetime import UTC, datetime

from agents.media.measures import Measures
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn
from shared.prices.prices import Prices

_log = logging.getLogger(__name__)


class Bill:
    """Prices the turns of one call."""

    def __init__(self, call_id: CallId, transcription: str, prices: Prices) -> None:
        """Take whose they are, the model that transcribes, and the table."""
        self._call_id, self._transcription = call_id, transcription
        self._prices = prices

    def priced(self, measures: Measures) -> MeasuredTurn:
        """Make the row of a turn."""
        if measures.tokens:
            for model in self._prices.unknown(
                model=measures.model or "", transcription=self._transcription
            ):
                warn_of_unpriced(model)
        return MeasuredTurn(
            call_id=self._call_id,
            number=measures.number,
            began_at=datetime.fromtimestamp(measures.began_at, UTC),
            response_ms=measures.response_ms,
            model_ms=measures.model_ms,
            barge_in_ms=measures.barge_in_ms,
            transcribed=measures.transcribed,
            tokens=measures.tokens,
            cost_usd=self._prices.cost(
                measures.tokens, model=measures.model, transcription=self._transcription
            ),
            model=measures.model,
        )


@functools.cache
def warn_of_unpriced(model: str) -> None:
    """Say once in the life of the process that a model has no price."""
    _log.warning(
        "A model has no price: what its turns cost is not known.",
        extra={"action": "model-unpriced", "model": model},
    )
