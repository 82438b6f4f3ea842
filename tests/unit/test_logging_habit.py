"""One habit of logging in the whole product: a constant sentence, and what it is about in `extra`.

Operators count and alert on `action`; a sentence with values in it cannot be counted, and is how
personal data gets into logs.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.paths import ROOT

PRODUCT = ("shared", "controlplane", "agents", "wacall")
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}
SLUG = re.compile(r"[a-z]+(-[a-z]+)*")


def log_calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Every call of a logger's method, whatever the logger is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if node.func.attr in {*LEVELS, "log"} and re.search(r"(?i)log(ger|ging|\b|$)", owner):
                yield node


def complaint(call: ast.Call) -> str | None:
    """What is wrong with one; `None` if nothing is."""
    assert isinstance(call.func, ast.Attribute)
    if ast.unparse(call.func.value) != "_log":
        return "is not `_log`"
    said = call.args[1:] if call.func.attr == "log" else call.args
    sentence = said[0] if len(said) == 1 else None
    if not isinstance(sentence, ast.Constant) or not isinstance(sentence.value, str):
        return "says no constant sentence"
    extra = next((keyword.value for keyword in call.keywords if keyword.arg == "extra"), None)
    if not isinstance(extra, ast.Dict):
        return "has no `extra` written out beside it"
    named = {ast.literal_eval(key) for key in extra.keys if isinstance(key, ast.Constant)}
    if "action" not in named:
        return "has no `action`"
    action = extra.values[[getattr(key, "value", None) for key in extra.keys].index("action")]
    if not isinstance(action, ast.Constant) or not SLUG.fullmatch(str(action.value)):
        return "has an `action` that is no slug"
    return None


def test_every_log_line_is_a_constant_sentence_with_an_action() -> None:
    """Everywhere in the product."""
    found, wrong = 0, []
    for package in PRODUCT:
        for path in sorted((ROOT / package).rglob("*.py")):
            for call in log_calls(ast.parse(path.read_text("utf-8"))):
                found += 1
                if said := complaint(call):
                    wrong.append(f"{path.relative_to(ROOT)}:{call.lineno} {said}")
    assert not wrong, "\n".join(wrong)
    assert found > 50


# functions whose task says itself which call it works for (`shared.process.of_call`)
SAYS_SO = ("work_for", "working_for")


def told_of_no_call(tree: ast.AST) -> Iterator[ast.Call]:
    """Lines of functions that are given a call, or its id, and do not say which it is."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        given = [*function.args.args, *function.args.kwonlyargs]
        kinds = {ast.unparse(one.annotation) for one in given if one.annotation is not None}
        if not kinds & {"Call", "CallId"}:
            continue
        names = {
            ast.unparse(node.func) for node in ast.walk(function) if isinstance(node, ast.Call)
        }
        if names & set(SAYS_SO):
            continue
        for line in log_calls(function):
            extra = next((one.value for one in line.keywords if one.arg == "extra"), None)
            named = ast.unparse(extra) if extra is not None else ""
            if "'call'" not in named:
                yield line


def test_every_line_of_a_function_that_is_given_a_call_names_it() -> None:
    """Whoever looks for the lines of one call finds them all, in every process."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line.lineno}"
        for package in ("shared", "controlplane", "agents")
        for path in sorted((ROOT / package).rglob("*.py"))
        for line in told_of_no_call(ast.parse(path.read_text("utf-8")))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ('_log.info("It ended.", extra={"action": "x"})', 1),
        ('_log.info("It ended.", extra={"action": "x", "call": call.id})', 0),
        ('work_for(call.id); _log.info("It ended.", extra={"action": "x"})', 0),
    ],
)
def test_a_line_without_its_call_is_seen(body: str, count: int) -> None:
    """That check, too, can say no; and asks nothing of functions that know of no call."""
    assert len(list(told_of_no_call(ast.parse(f"def f(call: Call): {body}")))) == count
    assert not list(told_of_no_call(ast.parse(f"def f(line: str): {body}")))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('_log.info("Call ended.", extra={"action": "call-ended", "call": call.id})', None),
        ('_log.log(level, "Call ended.", extra={"action": "call-ended"})', None),
        ('_log.log(level, f"{call} ended.", extra={"action": "x"})', "says no constant sentence"),
        ('log.info("Call ended.", extra={"action": "call-ended"})', "is not `_log`"),
        ('logging.info("Call ended.", extra={"action": "x"})', "is not `_log`"),
        ('self._log.info("Ended.", extra={"action": "x"})', "is not `_log`"),
        ('_log.info(f"{call} ended.", extra={"action": "x"})', "says no constant sentence"),
        ('_log.info("%s ended.", call, extra={"action": "x"})', "says no constant sentence"),
        ('_log.info("Call ended.", extra={"call": call.id})', "has no `action`"),
        ('_log.info("Call ended.", extra=extra)', "has no `extra` written out beside it"),
        ('_log.info("Call ended.")', "has no `extra` written out beside it"),
        ('_log.info("Ended.", extra={"action": "Call ended"})', "has an `action` that is no slug"),
        ('_log.info("Ended.", extra={"action": why})', "has an `action` that is no slug"),
    ],
)
def test_the_check_itself_sees_what_is_wrong(line: str, said: str | None) -> None:
    """A check that can say no."""
    (call,) = log_calls(ast.parse(line))
    assert complaint(call) == said
