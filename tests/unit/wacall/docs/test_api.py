"""docs/api.md: what programs have to know of the answers."""

import ast
from collections.abc import Iterator

from tests.paths import ROOT
from wacall.docs.api import api_page
from wacall.docs.routes import ROUTES, Who


def codes_in_source() -> Iterator[str]:
    """Each code that is written down where requests are answered."""
    for path in (ROOT / "controlplane" / "http").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            match node.func:
                case ast.Name(id="error_response") | ast.Attribute(attr="_refuse"):
                    yield from (
                        str(one.value) for one in node.args[1:2] if isinstance(one, ast.Constant)
                    )
                case ast.Name(id="Problem"):
                    yield from (
                        str(one.value.value)
                        for one in node.keywords
                        if one.arg == "code" and isinstance(one.value, ast.Constant)
                    )


def test_every_code_is_in_the_table() -> None:
    """Also those that belong to no error of ours, and what aiohttp itself refuses."""
    table = api_page().partition("## Codes")[2]
    written = set(codes_in_source())
    assert {"operator-routes-off", "not-authorized", "bad-http", "internal"} <= written
    for code in written | {"not-found", "method-not-allowed", "reference-used"}:
        assert f"| `{code}` |" in table, code


def test_who_takes_a_body_says_how_it_is_refused() -> None:
    """Too slow, too large; and compressed, where an operator sends it."""
    for route in ROUTES:
        wanted = {Who.OPERATOR: {408, 413, 415}, Who.ANYBODY: set()}.get(route.who, {408, 413})
        takes_one = route.body is not None or route.who in (Who.META, Who.LIVEKIT)
        assert route.answers.keys() & {408, 413, 415} == (wanted if takes_one else set()), (
            route.path
        )
