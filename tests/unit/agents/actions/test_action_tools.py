"""A profile's actions as tools."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from agents.actions.action_tools import action_tools
from agents.actions.answer import Answer
from agents.actions.request import Request
from agents.media.tool import Tool, ToolProblem, Turn
from shared.call.ids import CallId
from shared.call.signature import SIGNATURE_HEADER
from shared.profiles.action import Action

CALL = CallId("5f1c9a52-6c1d-4f2e-9c8e-0d5f3a1b2c3d")
NOW = datetime(2026, 11, 27, 7, tzinfo=UTC)


class Shop:
    """Takes requests, and answers them all alike."""

    def __init__(self) -> None:
        self.asked: list[tuple[Request, float]] = []

    async def __call__(self, request: Request, timeout_s: float) -> Answer:
        self.asked.append((request, timeout_s))
        return Answer(status=200, body=b"{}")


class AtTable:
    """A turn, as far as an action looks at it."""

    call_id = "call_1"


def tool_of(shop: Shop, secrets: dict[str, str], **declared: Any) -> Tool:
    action = Action.model_validate(
        {
            "name": "findOrder",
            "description": "Finds an order.",
            "url": "https://shop.example/orders",
            "parameters": {"type": "object", "properties": {"order": {"type": "string"}}},
            "timeout_s": 3,
            **declared,
        }
    )
    (tool,) = action_tools(
        [action],
        call_id=CALL,
        send=shop,
        secret_of=secrets.get,
        filler="One moment.",
        clock=lambda: NOW,
    )
    return tool


async def run(tool: Tool, **given: object) -> str:
    return await tool.run(given, cast(Turn, AtTable()))


async def test_an_action_is_a_tool_like_any_other() -> None:
    """With its own schema, time and filler; its answer is told."""
    shop = Shop()
    tool = tool_of(shop, {"SHOP_KEY": "k"}, secret="SHOP_KEY")
    assert tool.schema()["parameters"]["properties"] == {"order": {"type": "string"}}
    assert (tool.within_s, tool.filler) == (4, "One moment.")
    assert await run(tool, order="A1") == "{}"
    ((request, timeout_s),) = shop.asked
    assert (request.body, timeout_s) == (b'{"order":"A1"}', 3)
    assert SIGNATURE_HEADER in request.headers


async def test_nothing_is_sent_of_what_does_not_fit() -> None:
    """The model corrects it first."""
    shop = Shop()
    with pytest.raises(ToolProblem, match="order"):
        await run(tool_of(shop, {}), order=1)
    assert shop.asked == []


async def test_what_is_to_be_signed_never_goes_out_unsigned() -> None:
    """Its variable is not set: the model is told, and nothing is sent."""
    shop = Shop()
    with pytest.raises(ToolProblem) as caught:
        await run(tool_of(shop, {}, secret="SHOP_KEY"), order="A1")
    assert caught.value.slug == "secret-missing"
    assert shop.asked == []
