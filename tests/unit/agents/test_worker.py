"""What a job process has to have before it is given a call."""

import ast
import inspect

from agents import worker


def test_what_is_imported_for_a_call_was_imported_before_it() -> None:
    """Imports inside of functions are preloaded: they would take a second while a phone rings."""
    tree = ast.parse(inspect.getsource(worker))
    lazy = {
        node.module
        for function in ast.walk(tree)
        # what `main` imports, it imports before there is a call
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name != "main"
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom)
    }
    (preloaded,) = (
        set(ast.literal_eval(keyword.value))
        for keyword in ast.walk(tree)
        if isinstance(keyword, ast.keyword) and keyword.arg == "preload_modules"
    )
    assert {"agents.session", "agents.media.decoding.decoding_voice"} <= lazy
    assert lazy <= preloaded
