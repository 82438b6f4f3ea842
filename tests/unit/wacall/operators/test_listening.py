"""What a pass to listen in allows."""

import pytest
from livekit import api

from wacall.operators.listening import pass_for

CALL = "9b0f3c9e-7a51-4a62-9a1d-0d6f7c1b2a3e"
KEYS = {
    "LIVEKIT_URL": "wss://sfu.example",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "secret-of-thirty-two-characters-.",
}


@pytest.mark.parametrize("named", [CALL, f"wa-{CALL}"])
def test_it_hears_one_room_and_is_neither_seen_nor_heard(named: str) -> None:
    """Every grant that is not needed is refused, and it is short-lived."""
    shown = pass_for(named, KEYS)
    claims = api.TokenVerifier("key", KEYS["LIVEKIT_API_SECRET"]).verify(shown["token"])
    grants = claims.video
    assert (shown["url"], shown["room"]) == ("wss://sfu.example", f"wa-{CALL}")
    assert grants is not None
    assert (grants.room_join, grants.room, grants.hidden) == (True, f"wa-{CALL}", True)
    assert (grants.can_subscribe, grants.can_publish, grants.can_publish_data) == (
        True, False, False,
    )  # fmt: skip
    assert not any((grants.room_admin, grants.room_list, grants.room_create, grants.agent))
    assert claims.identity.startswith("listener-")
    # no two evict each other
    assert pass_for(named, KEYS)["token"] != shown["token"]


@pytest.mark.parametrize("name", KEYS)
def test_a_missing_key_is_named(name: str) -> None:
    """As everywhere."""
    with pytest.raises(ValueError, match=f"^{name} is not set"):
        pass_for(CALL, {**KEYS, name: ""})


def test_what_is_no_id_gets_no_pass() -> None:
    """A token for any room of the cluster would be another application's."""
    with pytest.raises(ValueError, match="no call's id"):
        pass_for("somebody-elses-room", KEYS)
