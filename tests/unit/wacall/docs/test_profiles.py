"""docs/profiles.md."""

from shared.profiles.profile import Profile
from wacall.docs.profiles import profiles_page


def test_every_field_is_told_with_a_sentence() -> None:
    """And of what the file does not say itself, nothing."""
    page = profiles_page()
    fields = page.partition("\n## Fields\n")[2].partition("\n## ")[0]
    own = {"name", "instructions", "opening", "outbound_opening"}
    for name, field in Profile.model_fields.items():
        assert (f"\n| `{name}` |" in fields) == (name not in own)
        assert bool(field.description) == (name not in own)
    for part in ("numbers", "listening", "silence", "hours", "actions", "phrases"):
        assert f"\n## {part}\n" in page
    assert "| `access_token` | text | `WA_ACCESS_TOKEN` |" in page
