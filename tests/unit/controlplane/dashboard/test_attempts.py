"""Guesses at the key: how many, from whom, and how much is remembered of them."""

from controlplane.dashboard.attempts import ADDRESSES, OVERALL, PER_ADDRESS, WINDOW_S, Attempts


def test_one_address_waits_after_its_wrong_keys_and_others_do_not() -> None:
    """Until the oldest of them is a window ago."""
    attempts = Attempts()
    for second in range(PER_ADDRESS):
        assert attempts.wait_s("a", float(second)) == 0
        attempts.failed("a", float(second))
    assert attempts.wait_s("a", 10.0) == WINDOW_S - 10
    assert attempts.wait_s("b", 10.0) == 0
    assert attempts.wait_s("a", WINDOW_S) == 0
    attempts.failed("a", WINDOW_S)
    assert attempts.wait_s("a", WINDOW_S) == 1


def test_many_addresses_wait_together() -> None:
    """Guessing from everywhere is no way around it."""
    attempts = Attempts()
    for number in range(OVERALL):
        assert attempts.wait_s(f"of-{number}", 5.0) == 0
        attempts.failed(f"of-{number}", 5.0)
    assert attempts.wait_s("new", 5.0) == WINDOW_S
    assert attempts.wait_s("new", 5.0 + WINDOW_S) == 0


def test_what_is_remembered_has_a_bound() -> None:
    """However many addresses guess, and however often."""
    attempts = Attempts()
    for number in range(3 * ADDRESSES):
        attempts.failed(f"of-{number}", float(number))
        attempts.failed("again", float(number))
    assert len(attempts._of) <= ADDRESSES
    assert len(attempts._all) <= OVERALL
    assert len(attempts._of["again"]) <= PER_ADDRESS
