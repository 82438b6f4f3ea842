"""How further numbers are named to the simulator that runs alone."""

import argparse

import pytest

from simulators.meta.cli import account_named


def test_a_further_number_is_named_with_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their values are read here, and never stand in an argument."""
    monkeypatch.setenv("CLINIC_TOKEN", "EAAclinic")
    monkeypatch.setenv("CLINIC_SECRET", "app-secret")
    account = account_named("22:CLINIC_TOKEN:CLINIC_SECRET")
    assert (account.line.phone_number_id, account.line.waba_id) == ("22", "22000")
    assert (account.access_token, account.app_secret) == ("EAAclinic", "app-secret")


@pytest.mark.parametrize(
    ("text", "words"),
    [("22", "write ID:TOKEN"), ("22:A", "write ID:TOKEN"), ("x:A:B", "write ID:TOKEN"),
     ("22:NOBODYS_TOKEN:B", "NOBODYS_TOKEN is not set")],
)  # fmt: skip
def test_what_is_missing_is_told(text: str, words: str) -> None:
    """Before anything is served."""
    with pytest.raises(argparse.ArgumentTypeError, match=words):
        account_named(text)
