"""Bodies of strangers are read in one way: bounded, and as bytes."""

import ast

from tests.paths import ROOT

# aiohttp's own ways: they decode with what the sender names, or take as long as the sender likes
WAYS = ("text", "json", "post", "read", "multipart")


def ways_in(source: str) -> list[str]:
    """Each of aiohttp's ways to a body that a source takes."""
    return [
        node.func.attr
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WAYS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "request"
    ]


def test_bodies_are_read_by_one_function() -> None:
    """`controlplane.http.reading.read_bytes` has the limits; nothing goes around it."""
    paths = sorted((ROOT / "controlplane").rglob("*.py"))
    assert not [str(path) for path in paths if ways_in(path.read_text("utf-8"))]


def test_the_check_itself_sees_what_is_wrong() -> None:
    """A check that can say no."""
    assert ways_in("async def f(request): return await request.text()") == ["text"]
