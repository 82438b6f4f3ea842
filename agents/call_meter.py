"""What one call takes, on its way into log, rows and the worker's metrics."""

import logging
import time
from typing import Self

from agents.bill import Bill
from agents.media.measures import Measures
from agents.media.tool import ToolUse
from agents.media.voice import SpeechOptions
from agents.metrics import AgentMetrics
from shared.call.brief import CallBrief
from shared.call.measured_turn import MeasuredTurn
from shared.prices.prices import Prices

_log = logging.getLogger(__name__)


class CallMeter:
    """Counts for one call."""

    def __init__(self, bill: Bill, metrics: AgentMetrics | None = None) -> None:
        """Take who prices, and who counts for all calls."""
        self._bill, self._metrics = bill, metrics or AgentMetrics()
        self._began = time.monotonic()
        self._answered_at: float | None = None

    @classmethod
    def of(
        cls,
        brief: CallBrief,
        speech: SpeechOptions,
        prices: Prices,
        metrics: AgentMetrics | None = None,
    ) -> Self:
        """Count for the call of a brief."""
        return cls(Bill(brief.call_id, speech.transcription_model, prices), metrics)

    def ready(self) -> None:
        """Learn that the agent is where the call may be answered."""
        self._metrics.became_ready(time.monotonic() - self._began)
        _log.info(
            "The agent is ready.",
            extra={"action": "agent-ready", "elapsed_ms": self._elapsed_ms()},
        )

    def answered(self) -> None:
        """Learn that the call is answered: from now on silence is heard."""
        self._answered_at = time.time()
        _log.info(
            "The call is answered.",
            extra={"action": "call-answered", "elapsed_ms": self._elapsed_ms()},
        )

    def heard(self, at: float) -> None:
        """Learn that the agent begins to be heard; the first time after the answer counts."""
        answered_at, self._answered_at = self._answered_at, None
        if answered_at is not None:
            self._metrics.picked_up(max(0.0, at - answered_at))

    def turn(self, measures: Measures) -> MeasuredTurn:
        """Count a turn; return its row."""
        row = self._bill.priced(measures)
        self._metrics.turn_measured(row)
        return row

    def tool(self, use: ToolUse) -> None:
        """Count a call of a tool."""
        self._metrics.tool_used(use)

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)
