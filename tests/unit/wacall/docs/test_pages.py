"""The generated pages are what the code says today."""

import pytest

from tests.paths import ROOT
from wacall.docs.pages import PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    """Whoever changes what a page tells runs `make docs`."""
    assert (ROOT / name).read_text("utf-8") == PAGES[name](), "run `make docs`"
