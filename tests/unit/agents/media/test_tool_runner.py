"""What the model calls is run once, in time, and told of."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from agents.media.tool import Tool, ToolProblem, ToolUse, Turn
from agents.media.tool_runner import ToolRunner, read_arguments


class Speech:
    """A `Turn` that keeps what it is asked to say."""

    call_id = "call_1"
    reply: object = None
    was_cut = False

    def __init__(self, *, has_words: bool = False) -> None:
        self.has_words = has_words
        self.said: list[str] = []

    async def heard(self) -> None:
        return

    def hush(self) -> None:
        return

    def fill(self, instructions: str) -> None:
        self.said.append(instructions)


def tool(
    run: Callable[[dict[str, object], Turn], Awaitable[str]],
    *,
    within_s: float = 5,
    filler: str = "One moment.",
) -> Tool:
    return Tool(
        name="act", description="", parameters={}, run=run, within_s=within_s, filler=filler
    )


async def done(*_: object) -> str:
    return "Done."


async def refuse(*_: object) -> str:
    raise ToolProblem("Not that.", slug="not-that")


async def fail(*_: object) -> str:
    raise ZeroDivisionError("Ada")


async def wait(*_: object) -> str:
    await asyncio.sleep(30)
    return "Late."


async def give_up(*_: object) -> str:
    raise TimeoutError


@pytest.mark.parametrize(
    ("name", "arguments", "run", "said", "error"),
    [
        ("act", '{"a": 1}', done, "Done.", None),
        ("act", "{}", refuse, "Not that.", "not-that"),
        ("act", "{}", fail, "internal error", "failed"),
        ("act", "{}", give_up, "internal error", "failed"),
        ("act", "{}", wait, "did not end in time", "timeout"),
        ("fly", "{}", done, "There is no tool fly.", "unknown-tool"),
        ("act", "[", done, "no JSON object", "bad-arguments"),
    ],
)
async def test_every_call_is_answered_and_told_of(
    name: str,
    arguments: str,
    run: Callable[[dict[str, object], Turn], Awaitable[str]],
    said: str,
    error: str | None,
) -> None:
    """Whatever becomes of it: done, refused, failed, too late, not there, not readable."""
    used: list[ToolUse] = []
    runner = ToolRunner(used.append)
    runner.offer([tool(run, within_s=0.02)])
    output = await runner.run(name, arguments, Speech())
    assert said in output
    (use,) = used
    assert (use.call_id, use.name, use.output, use.error) == ("call_1", name, output, error)
    given = read_arguments(arguments)
    assert use.arguments == ({"unreadable": arguments} if given is None else given)


async def test_a_call_that_ends_before_its_tool_is_told_of_too() -> None:
    """Somebody hung up in the middle: it was never answered."""
    used: list[ToolUse] = []
    runner = ToolRunner(used.append)
    runner.offer([tool(wait)])
    running = asyncio.create_task(runner.run("act", "{}", Speech()))
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    (use,) = used
    assert (use.output, use.error) == (None, "cut-off")


async def test_the_log_names_tools_and_times_and_nothing_that_was_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A name that the model has made up may be anything."""
    runner = ToolRunner(lambda _: None)
    runner.offer([tool(fail)])
    await runner.run("act", '{"name": "Ada"}', Speech())
    await runner.run("callAda", "{}", Speech())
    records = [vars(one) for one in caplog.records]
    called = [one for one in records if one["action"] == "tool-called"]
    assert [(one["tool"], one["error"]) for one in called] == [
        ("act", "failed"),
        ("unknown", "unknown-tool"),
    ]
    assert not any("Ada" in str(one) for one in records)


@pytest.mark.parametrize(("has_words", "said"), [(False, 3), (True, 1)])
async def test_a_long_wait_is_bridged(has_words: bool, said: int) -> None:
    """Soon if nothing was said yet, later if "one moment" was; and again, should it last."""
    release = asyncio.Event()

    async def lasts(*_: object) -> str:
        await release.wait()
        return "Done."

    runner = ToolRunner(lambda _: None, silence_s=0.01, patience_s=0.05)
    runner.offer([tool(lasts)])
    speech = Speech(has_words=has_words)
    running = asyncio.create_task(runner.run("act", "{}", speech))
    async with asyncio.timeout(2):
        while len(speech.said) < said:
            await asyncio.sleep(0.001)
    release.set()
    assert await running == "Done."
    assert set(speech.said) == {"One moment."}
    told = len(speech.said)
    await asyncio.sleep(0.06)
    assert len(speech.said) == told, "it is over"


@pytest.mark.parametrize(
    ("run", "filler"),
    [
        pytest.param(done, "One moment.", id="a quick tool"),
        pytest.param(wait, "", id="one that says what it says by itself"),
    ],
)
async def test_what_needs_no_bridge_has_none(
    run: Callable[[dict[str, object], Turn], Awaitable[str]], filler: str
) -> None:
    """A quick answer, and a goodbye."""
    runner = ToolRunner(lambda _: None, silence_s=0.005)
    runner.offer([tool(run, within_s=0.03, filler=filler)])
    speech = Speech()
    await runner.run("act", "{}", speech)
    assert speech.said == []


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ("[]", None),
        ("{", None),
        ("null", None),
        ("[" * 100_000, None),
    ],
)
def test_arguments_are_an_object(text: str, arguments: dict[str, object] | None) -> None:
    """Or the model is told that they are none."""
    assert read_arguments(text) == arguments
