"""What settling an errand writes into its row."""

from datetime import UTC, datetime
from typing import Any

import pytest

from controlplane.core.errand import Fate, Later, Over, Verdict
from controlplane.errands.rows import settled_columns

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = NOW.isoformat()
FREE = {"owner": None, "owner_until": None}


@pytest.mark.parametrize(
    ("verdict", "columns"),
    [
        (
            Over(fate=Fate.DONE),
            {"status": "sent", "last_error": None, "finished_at": AT},
        ),
        (
            Over(fate=Fate.FAILED, why="w"),
            {"status": "failed", "last_error": "w", "finished_at": AT},
        ),
        (
            Over(fate=Fate.CANCELED, why="w"),
            {"status": "canceled", "last_error": "w", "finished_at": AT},
        ),
        (Later(at=NOW, why="w"), {"next_at": AT, "last_error": "w", "attempts": 3}),
        # a look at something that goes on is no try, and an earlier reason stays
        (Later(at=NOW, counts=False), {"next_at": AT, "attempts": 2}),
    ],
)
def test_a_verdict_becomes_columns(verdict: Verdict, columns: dict[str, Any]) -> None:
    """Whatever it is, the row is let go."""
    assert settled_columns(verdict, done="sent", attempts=3, at=NOW) == FREE | columns


def test_there_are_no_tries_below_none() -> None:
    """A row that was never tried stays so."""
    waits = Later(at=NOW, counts=False)
    assert settled_columns(waits, done="done", attempts=0, at=NOW)["attempts"] == 0
