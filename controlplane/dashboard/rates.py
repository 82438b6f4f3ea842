"""How many of the last calls were picked up; pure.

Meta warns a business whose pick-up rate is low, and then hides its call button (webhook field
`account_update`, `USER_INITIATED_CALLS_LOW_PICKUP_RATE`). It does not publish where the limit is.
"""

from collections.abc import Sequence
from typing import Any


def answer_rate(answered: Sequence[bool]) -> dict[str, Any]:
    """Tell the share of the last incoming calls that were answered, in numbers and a sentence."""
    calls = len(answered)
    if not calls:
        return {"rate": None, "calls": 0, "limit": None, "sentence": "No call has come in yet."}
    rate = sum(answered) / calls
    which = "The last incoming call" if calls == 1 else f"Of the last {calls} incoming calls"
    share = ("was answered" if rate else "was not answered") if calls == 1 else (
        f"{sum(answered)} were answered ({rate:.0%})"
    )  # fmt: skip
    comma = "" if calls == 1 else ","
    return {
        "rate": round(rate, 4),
        "calls": calls,
        "limit": None,
        "sentence": f"{which}{comma} {share}. Meta hides the call button of a line that answers "
        "too few, after a warning; it does not say how few.",
    }
