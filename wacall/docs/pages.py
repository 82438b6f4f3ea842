"""Which pages are generated, and by what; a test holds each of them equal to its file."""

from collections.abc import Callable, Mapping

from wacall.docs.settings import settings_page

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
}
