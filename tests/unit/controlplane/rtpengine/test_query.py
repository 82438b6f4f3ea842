"""The phone's side of a call, read from real `query` replies of rtpengine 10.5."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controlplane.core.errors import HopRefused
from controlplane.core.liveness import MediaHistory, MediaLimits, MediaReading, Verdict
from controlplane.rtpengine.query import read_query
from tests import paths

DATA = paths.DATA / "sdp" / "hop"
START = datetime(2026, 11, 23, 12, tzinfo=UTC)


def query(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / f"query-{name}.json").read_text())
    return found


def test_the_phones_side_is_read() -> None:
    """Newest `last packet` of its streams, sum of their packets."""
    reading = read_query(query("live"))
    assert reading == MediaReading(last_packet=1795451755, packets=112)


def test_counts_per_source_are_preferred() -> None:
    """Newer ones count RTP per SSRC, without RTCP."""
    reply = query("live")
    reply["tags"]["wa"]["medias"][0]["streams"][0]["ingress SSRCs"] = [
        {"SSRC": 1, "packets": 40},
        {"SSRC": 2, "packets": 2},
    ]
    assert read_query(reply).packets == 42


@pytest.mark.parametrize("reply", [{}, {"tags": {}}, {"tags": {"wa": {"medias": "x"}}}])
def test_a_reply_without_the_phone_is_refused(reply: dict[str, Any]) -> None:
    """Nothing is judged by what is not there."""
    with pytest.raises(HopRefused, match="does not tell of the phone's side"):
        read_query(reply)


def test_real_replies_of_a_phone_that_died() -> None:
    """Live, then mute, then dead: two of the three seconds of muteness gave one report each."""
    readings = [read_query(query(name)) for name in ("live", "mute", "dead")]
    history = MediaHistory.begin(readings[0], START)
    history = history.then(readings[1], START + timedelta(seconds=3))
    history = history.then(readings[2], START + timedelta(seconds=11))
    assert history.heard_at == START
    assert history.alive_at == START + timedelta(seconds=3)
    assert history.verdict(MediaLimits(dead=timedelta(seconds=8))) is Verdict.PHONE_DEAD
