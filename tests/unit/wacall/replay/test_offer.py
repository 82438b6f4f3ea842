"""An offer of another call is given this phone's secrets, and stays what it was."""

from shared.call.description import redacted
from wacall.replay.offer import with_secrets_of

OWN = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\na=candidate:1 1 udp 9 127.0.0.1 4000 typ host\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:hunter2\r\na=fingerprint:sha-256 AA:BB\r\n"
)


def test_what_was_removed_is_this_phones() -> None:
    """Secrets, candidates and addresses; all other lines are the other call's."""
    other = OWN.replace("hunter2", "other").replace("AA:BB", "CC:DD") + "m=video 9 RTP/AVP 96\r\n"
    filled = with_secrets_of(redacted(other), OWN)
    assert filled == OWN + "m=video 9 RTP/AVP 96\r\n"


def test_what_it_had_not_it_does_not_get() -> None:
    """An offer without a password is refused for that."""
    shape = redacted(OWN.replace("a=ice-pwd:hunter2\r\n", ""))
    assert "ice-pwd" not in with_secrets_of(shape, OWN)
    without = with_secrets_of(redacted(OWN), "v=0\r\n")
    assert "a=ice-pwd:(removed)" in without
    assert "a=candidate" not in without
