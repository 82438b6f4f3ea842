"""The bucket for recordings, as the doctor judges it."""

import pytest

from wacall.doctor.storage import judge_bucket


@pytest.mark.parametrize(
    ("is_public", "status", "word"),
    [(None, "fail", "no bucket"), (True, "fail", "public"), (False, "ok", "private")],
)
def test_a_bucket_has_to_be_there_and_private(
    is_public: bool | None, status: str, word: str
) -> None:
    """A voice that anybody can hear is worse than one that stays where it is."""
    finding = judge_bucket("recordings", is_public)
    assert finding.status == status
    assert word in finding.message
    assert ("RECORDINGS_BUCKET" in finding.fix) is (status == "fail")
