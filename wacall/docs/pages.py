"""Which pages are generated, and by what; a test holds each of them equal to its file."""

from collections.abc import Callable, Mapping

from wacall.docs.api import api_page
from wacall.docs.codes import codes_page
from wacall.docs.dashboard import dashboard_json
from wacall.docs.openapi import openapi_page
from wacall.docs.profiles import profiles_page
from wacall.docs.settings import settings_page

PAGES: Mapping[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/api.md": api_page,
    "docs/profiles.md": profiles_page,
    "docs/codes.md": codes_page,
    "docs/openapi.yaml": openapi_page,
    "docs/monitoring/dashboard.json": dashboard_json,
}
