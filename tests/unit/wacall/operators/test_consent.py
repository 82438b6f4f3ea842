"""`wacall consent`: what its arguments may be."""

import pytest

from controlplane.core.consent import ConsentKind
from wacall.operators.client import OperatorRefused
from wacall.operators.consent import _listing, main
from wacall.operators.display import clean


def test_every_kind_of_consent_can_be_written_down(capsys: pytest.CaptureFixture[str]) -> None:
    """The kinds are the ledger's own: one that comes to be there can be imported as well."""
    with pytest.raises(SystemExit) as refused:
        main(["import", "+15551234567", "--kind", "wink", "--reference", "drawer 3"])
    said = capsys.readouterr().err
    assert refused.value.code == 2
    assert "'wink'" in said
    assert [kind for kind in ConsentKind if kind.value not in said] == []


def test_what_people_write_does_not_command_the_terminal() -> None:
    """Whoever can write to the number would clear the operator's screen, or worse."""
    evil = "STOP \x1b[2J\x1b]0;owned\x07\u202e"
    stop = dict.fromkeys(("id", "at", "until", "user_id", "phone", "said"), evil)
    asked = {"template": evil, "outcome": evil, "failure_code": None, "requested_at": evil}
    entry = dict.fromkeys(("at", "kind", "user_id", "phone", "source", "valid_until", "note"), evil)
    found = {
        "state": [{"kind": evil, "state": evil, "valid_until": evil}],
        "probable_stops": [stop | {"decision": None}, stop | {"decision": evil}],
        "requests": [asked],
        "consents": [entry | {"granted": True, "source_ref": evil}],
    }
    lines = clean(_listing(found))
    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)
    assert str(OperatorRefused(evil)).isprintable()
