"""Both session descriptions of a call in a terminal."""

from wacall.operators.descriptions import descriptions

AT = "2026-03-01T12:00:30.123456+00:00"


def test_both_descriptions_are_shown_without_secrets() -> None:
    """Meta's on the left, ours on the right; what only one of them has stands alone."""
    theirs = {"sdp_type": "offer", "sdp": "v=0\r\na=ice-pwd:secret\r\na=setup:actpass\r\n"}
    told = [
        {"at": AT, "source": "meta", "kind": "connect", "payload": {"c": [{"session": theirs}]}},
        {"at": AT, "source": "meta", "kind": "terminate", "payload": {}},
        {"at": AT, "source": "controlplane", "kind": "described",
         "payload": {"sdp_type": "answer", "sdp": "v=0\na=setup:active\n" + "a=x:" + "y" * 70}},
    ]  # fmt: skip
    lines = list(descriptions({"timeline": told}))
    assert "secret" not in "\n".join(lines)
    assert lines[0].split(" | ")[0].rstrip() == "Meta: offer, 12:00:30.123"
    rows = [[cell.strip() for cell in line.split(" |")] for line in lines[2:-1]]
    assert rows[0] == ["v=0", "v=0"]
    assert ["a=ice-pwd:(removed)", "a=setup:active"] in rows
    assert rows[-1] == ["", "y" * 12]


def test_without_a_description_that_is_said() -> None:
    """Such as of a call that was refused before, or whose events are purged."""
    (line,) = descriptions({"timeline": []})
    assert line.startswith("No session description")
