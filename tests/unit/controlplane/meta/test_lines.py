"""The lines of a process: found by call and event, re-read while it runs."""

import logging
from types import SimpleNamespace
from typing import cast

import pytest

from controlplane.core.errors import LineUnknown
from controlplane.core.line import AgentTerms, LinePlan, LinesUnfit, LineTerms, Secret
from controlplane.meta.graph import GraphClient
from controlplane.meta.lines import Lines
from shared.call.ids import PhoneNumberId

SHOP, CLINIC = PhoneNumberId("11"), PhoneNumberId("22")


def line(number: PhoneNumberId, *, token: str = "t", secret: str = "s") -> LineTerms:
    """Make a line."""
    return LineTerms(
        phone_number_id=number,
        token=Secret(variable="T", value=token),
        app_secret=Secret(variable="S", value=secret),
        agent=AgentTerms(profile=f"of {number}"),
    )


class Configuration:
    """What stands in the files, and a clock."""

    def __init__(self, *lines: LineTerms) -> None:
        self.lines: tuple[LineTerms, ...] = lines
        self.fault = ""
        self.now = 0.0
        self.made: list[str] = []
        self.held = Lines(self.read, self.make, monotonic=lambda: self.now)

    def read(self) -> LinePlan:
        if self.fault:
            raise LinesUnfit(self.fault)
        return LinePlan.of(self.lines)

    def make(self, terms: LineTerms) -> GraphClient:
        self.made.append(terms.token.value)
        return cast(GraphClient, SimpleNamespace(token=terms.token.value))

    async def change(self, *lines: LineTerms) -> None:
        self.lines = lines
        await self.held.look()


async def test_a_new_line_is_served_without_a_restart() -> None:
    """The others keep their way to Graph."""
    around = Configuration(line(SHOP))
    before = around.held.graph_of(SHOP)
    assert not around.held.serves(CLINIC)
    await around.change(line(SHOP), line(CLINIC, token="u", secret="b"))
    assert around.held.serves(CLINIC)
    assert around.held.app_secrets() == ("s", "b")
    assert around.held.agent_of(CLINIC).profile == "of 22"
    assert around.held.graph_of(SHOP) is before
    assert around.made == ["t", "u"]


async def test_a_new_token_is_used_from_the_next_request_on() -> None:
    """A new secret alone leaves the way to Graph as it is."""
    around = Configuration(line(SHOP))
    await around.change(line(SHOP, secret="new"))
    assert (around.made, around.held.app_secrets()) == (["t"], ("new",))
    await around.change(line(SHOP, secret="new", token="fresh"))
    assert around.made == ["t", "fresh"]


async def test_a_line_that_has_gone_sees_its_calls_to_their_end() -> None:
    """New calls are not taken; its app may still tell of those that run; after hours it is gone."""
    around = Configuration(line(SHOP), line(CLINIC, secret="b"))
    graph = around.held.graph_of(CLINIC)
    await around.change(line(SHOP))
    held = around.held
    assert (held.serves(CLINIC), held.graph_of(CLINIC)) == (False, graph)
    assert held.known == (SHOP, CLINIC)
    assert held.may_sign("b", CLINIC)
    assert not held.may_sign("s", CLINIC)
    assert held.app_secrets() == ("s", "b")
    around.now = 5 * 3600
    await held.look()
    assert held.find(CLINIC) is None
    with pytest.raises(LineUnknown):
        held.graph_of(CLINIC)
    assert held.app_secrets() == ("s",)
    assert held.may_sign("s", CLINIC)


async def test_a_line_that_comes_back_is_served_again() -> None:
    """It is not both."""
    around = Configuration(line(SHOP), line(CLINIC))
    await around.change(line(SHOP))
    await around.change(line(SHOP), line(CLINIC, secret="other"))
    assert around.held.serves(CLINIC)
    assert around.held.may_sign("other", CLINIC)
    assert around.held.known == (SHOP, CLINIC)


async def test_a_change_that_cannot_be_used_is_refused_and_told_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The lines of before go on; mended, the change is taken."""
    around = Configuration(line(SHOP, token="EAAsecret"))
    around.fault = "The profile clinic needs CLINIC_TOKEN."
    with caplog.at_level(logging.INFO, "controlplane.meta.lines"):
        for _ in range(3):
            await around.held.look()
        assert around.held.serves(SHOP)
        around.fault = ""
        await around.change(line(SHOP), line(CLINIC))
    told = [vars(one) for one in caplog.records]
    assert [one["action"] for one in told] == ["lines-refused", "lines-changed"]
    assert "CLINIC_TOKEN" in told[0]["reason"]
    assert "EAAsecret" not in caplog.text + repr(around.held.all)


def test_an_event_without_a_number_is_the_only_lines() -> None:
    """Of several it is nobody's, unless one is the default."""
    assert Configuration(line(SHOP)).held.number_of(None) == SHOP
    assert Configuration(line(SHOP), line(CLINIC)).held.number_of(None) is None
    assert Configuration(line(SHOP)).held.number_of(CLINIC) == CLINIC
    assert Configuration(line(SHOP)).held.find(None) is None
    assert Configuration(line(SHOP)).held.agent_of(CLINIC) == AgentTerms()
