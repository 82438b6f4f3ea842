"""What the doctor makes of the webhooks that the running control plane has seen."""

from collections import Counter
from typing import Any

import pytest

from controlplane.core.arrivals import REFUSED, Arrival
from wacall.doctor.running import judge_arrivals, judge_room_event


def status(**counts: int) -> dict[str, dict[str, Any]]:
    """One replica that has seen so many of each kind."""
    arrivals = [
        {
            "kind": (kind := name.replace("_", "-")),
            "count": count,
            "last_at": "2026-11-27T10:11:12+00:00",
            **({"meaning": f"Set what is about {kind}."} if kind in tuple(REFUSED) else {}),
            **({"phone_number_id": "999"} if kind == "other-number" else {}),
        }
        for name, count in counts.items()
    ]
    return {"box:1": {"replica": "box:1", "since": "2026-11-27T09:00:00", "arrivals": arrivals}}


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        ({}, ["ok"]),
        ({"meta_webhook": 3}, ["ok"]),
        ({"bad_signature": 3}, ["fail"]),
        ({"bad_signature": 3, "meta_webhook": 9}, ["warn"]),
        ({"other_number": 2, "meta_webhook": 2}, ["fail"]),
        ({"other_number": 2, "meta_webhook": 9}, ["warn"]),
        ({"bad_verify_token": 1}, ["fail"]),
        ({"bad_verify_token": 1, "handshake": 1, "meta_webhook": 1}, ["warn"]),
        ({"bad_room_signature": 7, "meta_webhook": 1}, ["warn"]),
        ({"unsigned": 7}, ["warn"]),
        ({"unsigned": 7, "meta_webhook": 1}, ["ok"]),
        ({"bad_signature": 1, "other_number": 1, "meta_webhook": 1}, ["warn", "fail"]),
        ({"of_a_newer_release": 1}, ["ok"]),
    ],
)
def test_what_was_turned_away_is_told_with_its_weight(
    seen: dict[str, int], found: list[str]
) -> None:
    """A failure while nothing has gone well, else a warning; strangers are no finding."""
    findings = judge_arrivals(status(**seen))
    assert [one.status for one in findings] == found
    for one in findings:
        if one.status != "ok":
            assert "box:1" in one.message
            assert "2026-11-27 10:11 UTC" in one.message
            assert one.fix.startswith("Set what")


def test_the_other_number_is_named() -> None:
    """It is what WA_PHONE_NUMBER_ID may have to be."""
    (finding,) = judge_arrivals(status(other_number=1, meta_webhook=1))
    assert "999" in finding.message


@pytest.mark.parametrize(
    ("seen", "status", "words"),
    [
        ({Arrival.LIVEKIT: 5}, None, ""),
        ({Arrival.LIVEKIT: 6}, "ok", "reaches"),
        ({Arrival.LIVEKIT: 5, Arrival.BAD_ROOM_SIGNATURE: 1}, "warn", "another key"),
    ],
)
def test_livekits_webhook_is_known_by_its_coming(
    seen: dict[Arrival, int], status: str | None, words: str
) -> None:
    """One more than before the doctor's room was made."""
    finding = judge_room_event(Counter({Arrival.LIVEKIT: 5}), Counter(seen))
    assert (finding.status if finding else None) == status
    assert words in (finding.message if finding else "")
