"""A file that cannot be replayed is refused by the place where it is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import paths
from wacall.replay.bundle import BundleUnfit, read_bundle
from wacall.replay.plan import plan_of

CALL: dict[str, Any] = {
    "id": "9b0f3c9e", "direction": "inbound", "status": "completed",
    "end_reason": "caller-hangup", "created_at": "2026-11-27T12:00:00Z",
    "ended_at": "2026-11-27T12:00:10Z", "timeline": [],
}  # fmt: skip


def written(call: Any, **top: Any) -> str:
    return json.dumps({"format": "wacall-call", "version": 1, "call": call, **top})


def test_a_call_is_read() -> None:
    """What a newer export adds beside it is left alone."""
    call = read_bundle(written(CALL | {"new": 1}, more=2))
    assert (call.id, call.words, call.answered_at) == ("9b0f3c9e", (), None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON"),
        ("[]", "`format`"),
        ("{}", "`format`"),
        (written(CALL, version=2), "`version` is 2"),
        (written(CALL, version=None), "`version` is None"),
        (written(None), "`call`"),
        (written(CALL | {"ended_at": None}), "`call.ended_at`"),
        (written(CALL | {"direction": "sideways"}), "`call.direction`"),
        (written(CALL | {"created_at": "2026-11-27T12:00:00"}), "`call.created_at`"),
        (written(CALL | {"timeline": [{"at": "now"}]}), "`call.timeline.0.at`"),
    ],
)
def test_what_is_wrong_is_told(text: str, told: str) -> None:
    """The field, by its path."""
    with pytest.raises(BundleUnfit, match=r"^[^\n]+$") as refused:
        read_bundle(text)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "file", sorted((paths.ROOT / "examples/broken-calls").glob("*.json")), ids=lambda one: one.stem
)
def test_the_examples_can_be_replayed(file: Path) -> None:
    """Those that people try first."""
    assert plan_of(read_bundle(file.read_text("utf-8")))
