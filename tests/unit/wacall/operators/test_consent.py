"""`wacall consent`: what its arguments may be."""

import pytest

from controlplane.core.consent import ConsentKind
from wacall.operators.consent import main


def test_every_kind_of_consent_can_be_written_down(capsys: pytest.CaptureFixture[str]) -> None:
    """The kinds are the ledger's own: one that comes to be there can be imported as well."""
    with pytest.raises(SystemExit) as refused:
        main(["import", "+15551234567", "--kind", "wink", "--reference", "drawer 3"])
    said = capsys.readouterr().err
    assert refused.value.code == 2
    assert "'wink'" in said
    assert [kind for kind in ConsentKind if kind.value not in said] == []
