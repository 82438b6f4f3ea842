"""Which tools a model is offered, and how."""

from typing import Any, cast

import pytest

from agents.media.tool import Tool, ToolProblem, Turn
from agents.tools.toolbox import build_tools
from shared.profiles.tool_names import ALWAYS, BUILT_IN
from tests.memory_notes import MemoryNotes
from tests.unit.agents.tools.desks import CALL, desk_with

ACTION = {"name": "findOrder", "description": "Finds.", "url": "https://shop.example/orders"}


async def end_call(_: object) -> str:
    return "The call is over."


async def nothing(*_: object) -> str:
    return ""


def other(name: str) -> Tool:
    return Tool(name=name, description="", parameters={}, run=nothing)


def offered(*others: Tool, **profile: Any) -> dict[str, Tool]:
    tools = build_tools(desk_with(MemoryNotes(CALL), **profile), end_call, others)
    return {tool.name: tool for tool in tools}


def test_every_tool_of_ours_is_there_and_described() -> None:
    """The names are those that a profile may list; each argument has its sentence."""
    tools = offered()
    assert {*tools, "offPurpose", "declineRecording"} == {*BUILT_IN}
    for tool in tools.values():
        assert tool.description
        for field in tool.schema()["parameters"].get("properties", {}).values():
            assert field["description"]


def test_a_profile_decides_what_is_offered() -> None:
    """Of ours those that it lists, and what nobody takes away; of its own the actions."""
    names = [
        *offered(other("findOrder"), other("offPurpose"), tools=["logOutcome"], actions=[ACTION])
    ]
    assert set(names) == {*ALWAYS, "logOutcome", "findOrder"}
    assert names[-1] == "findOrder"


def test_a_tool_of_another_part_needs_the_profile_as_well() -> None:
    """A call that is not recorded has nothing to decline."""
    assert "declineRecording" not in offered(other("declineRecording"))
    recording = {"announcement": "This call is recorded."}
    assert "declineRecording" in offered(other("declineRecording"), recording=recording)


def test_the_order_never_changes() -> None:
    """OpenAI caches what stands at the beginning: a set's order would cost money."""
    orders = {tuple(offered(tools=names)) for names in (["logOutcome", "upsertLead"],
                                                        ["upsertLead", "logOutcome"])}  # fmt: skip
    assert len(orders) == 1


def test_the_model_is_shown_the_profile_s_outcomes() -> None:
    """So that it need not guess; one profile's list is not the next one's."""
    for outcomes in (["booked", "no-show"], ["sold"]):
        schema = offered(outcomes=outcomes)["logOutcome"].schema()
        assert schema["parameters"]["properties"]["outcome"]["enum"] == outcomes


def test_a_long_wait_is_bridged_in_the_profile_s_words() -> None:
    """But never under a goodbye."""
    tools = offered(phrases={"en": {"filler": "Bear with me."}})
    assert '"Bear with me."' in tools["upsertLead"].filler
    assert tools["endCall"].filler == ""


async def test_tools_run_by_what_the_model_gives() -> None:
    """Each reads its own arguments; the end of the call is the session's."""
    store = MemoryNotes(CALL)
    tools = {tool.name: tool for tool in build_tools(desk_with(store), end_call)}
    turn = cast(Turn, None)
    assert await tools["upsertLead"].run({"name": "Ada"}, turn) == "Written down."
    assert await tools["logOutcome"].run({"outcome": "lead"}, turn) == "Logged."
    assert await tools["endCall"].run({}, turn) == "The call is over."
    with pytest.raises(ToolProblem, match="reason"):
        await tools["requestHuman"].run({}, turn)
    assert await tools["doNotCall"].run({}, turn)
    assert store.leads[CALL].name == "Ada"
