import pytest

from agents.after_call.clerk import Clerk, Function
from agents.media.tool import ToolProblem
from tests.unit.agents.after_call.conversations import CALL_ID


async def note(given: dict[str, object]) -> str:
    if not given:
        raise ToolProblem("Nothing was given.")
    return f"Noted {len(given)}."


def clerk() -> Clerk:
    parameters = {"type": "object", "properties": {}}
    return Clerk(
        CALL_ID, [Function(name="note", description="Note.", parameters=parameters, run=note)]
    )


@pytest.mark.parametrize(
    ("name", "arguments", "told", "error"),
    [
        ("note", '{"a": 1}', "Noted 1.", None),
        ("note", "{}", "Nothing was given.", "refused"),
        ("note", "[]", "The arguments are no JSON object. Call again with one.", "refused"),
        ("note", "{", "The arguments are no JSON object. Call again with one.", "refused"),
        ("note", "[" * 5000, "The arguments are no JSON object. Call again with one.", "refused"),
        ("rm", "{}", "There is no function of that name.", "refused"),
        ("", "{}", "There is no function of that name.", "refused"),
    ],
)
async def test_every_call_is_answered_in_words_and_kept(
    name: str, arguments: str, told: str, error: str | None
) -> None:
    """Whatever the model writes there."""
    desk = clerk()
    assert await desk.run(name, arguments) == told
    (kept,) = desk.done
    assert (kept.source, kept.name, kept.result, kept.error) == (
        "workflow",
        name or "?",
        told,
        error,
    )


async def test_the_same_calls_again_are_the_same_rows() -> None:
    """An id is of the call and of the place in the conversation."""
    first, second = clerk(), clerk()
    for desk in (first, second):
        await desk.run("note", '{"a": 1}')
        await desk.run("note", '{"b": 1}')
    ids = [one.id for one in first.done]
    assert ids == [one.id for one in second.done]
    assert len(set(ids)) == 2
