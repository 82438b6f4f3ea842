"""What a turn took, as the row that it becomes: with its price."""

from datetime import UTC, datetime

from agents.media.measures import Measures
from agents.prices import Prices, shipped_prices, warn_of_unpriced
from shared.call.ids import CallId
from shared.call.measured_turn import MeasuredTurn


class Bill:
    """Prices the turns of one call."""

    def __init__(self, call_id: CallId, transcription: str, prices: Prices | None = None) -> None:
        """Take whose they are, and the model that transcribes."""
        self._call_id, self._transcription = call_id, transcription
        self._prices = prices or shipped_prices()

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
