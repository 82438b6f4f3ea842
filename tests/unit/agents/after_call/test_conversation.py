"""Against the simulated Responses API, which is strict, without its socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import openai
import pytest
import pytest_asyncio

from agents.after_call.clerk import Clerk, Function
from agents.after_call.conversation import Bounds, Conversations, Question
from agents.after_call.failure import Failure
from agents.after_call.findings import answer_format, read_findings
from agents.after_call.material import INSTRUCTIONS
from simulators.openai.faults import Faults
from simulators.openai.happening import Journal, Kind
from simulators.openai.response_request import RequestRefused
from simulators.openai.responses import Responses
from tests.unit.agents.after_call.conversations import CALL_ID, NOW, OUTCOMES, material

SAID = ("Hello?", "> My name is Martin.", "Fine. I will send you the price list.")


class Model:
    """OpenAI behind a transport: answers as the simulator does, or as `instead` says."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.journal = Journal()
        self.models: object = {"data": [{"id": "gpt-5", "object": "model"}], "object": "list"}
        self.instead: Callable[[], httpx2.Response] | None = None
        self.asked: list[dict[str, Any]] = []
        self._responses = Responses(
            journal=self.journal,
            models=lambda: frozenset({"gpt-5"}),
            faults=lambda: self.faults,
            strikes=self._strikes,
            texts={},
        )

    def _strikes(self, name: str) -> bool:
        struck, self.faults = self.faults.taken(name)
        return struck

    async def answer(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/models":
            return httpx2.Response(200, json=self.models)
        self.asked.append(json.loads(request.content))
        if self.instead is not None:
            return self.instead()
        try:
            return httpx2.Response(200, json=self._responses.answer(self.asked[-1]))
        except RequestRefused as refused:
            status = 404 if refused.code == "model_not_found" else 400
            return httpx2.Response(status, json=refused.to_json())


@pytest.fixture
def model() -> Model:
    return Model()


@pytest_asyncio.fixture
async def client(model: Model) -> AsyncIterator[openai.AsyncOpenAI]:
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(model.answer))
    async with openai.AsyncOpenAI(
        api_key="none", base_url="http://openai/v1", max_retries=0, http_client=http
    ) as opened:
        yield opened


def question(told: list[dict[str, object]]) -> Question:
    async def upsert(given: dict[str, object]) -> str:
        told.append(given)
        return "Written down."

    lead = Function(
        name="upsertLead", description="Write.", parameters={"type": "object"}, run=upsert
    )
    return Question(
        instructions=INSTRUCTIONS,
        document=material(SAID).document(NOW),
        answer_format=answer_format(OUTCOMES),
        clerk=Clerk(CALL_ID, [lead]),
        safety_identifier="0" * 64,
    )


async def test_functions_are_run_and_answered_until_there_is_an_answer(
    client: openai.AsyncOpenAI, model: Model
) -> None:
    """Thoughts and calls go back as they came, each with its output; nothing is stored."""
    told: list[dict[str, object]] = []
    seen: list[tuple[str, str, str]] = []
    conversations = Conversations(client, observe=lambda *what: seen.append(what[:3]))
    answered = await conversations.ask("gpt-5", question(told))
    assert seen == [("openai", "read_conversation", "ok")]
    assert told == [{"name": "Martin"}]
    (found,) = read_findings(answered.text, OUTCOMES).promises
    assert found.quote == "I will send you the price list."
    assert (answered.rounds, answered.model) == (2, "gpt-5")
    assert answered.tokens > 100
    first, second = model.asked
    assert [first["store"], first["tool_choice"]] == [False, "auto"]
    assert [item.get("type") for item in second["input"]] == [
        None,
        "reasoning",
        "function_call",
        "function_call_output",
    ]


async def test_a_model_that_calls_for_ever_has_to_answer_in_the_end(
    client: openai.AsyncOpenAI, model: Model
) -> None:
    """In the last round there is nothing to call."""
    model.faults = Faults(loop_responses=-1)
    answered = await Conversations(client, Bounds(rounds=3)).ask("gpt-5", question([]))
    assert answered.rounds == 3
    assert [body["tool_choice"] for body in model.asked] == ["auto", "auto", "none"]


@pytest.mark.parametrize(
    ("bounds", "slug"),
    [
        (Bounds(calls=1), "too-many-rounds"),
        (Bounds(tokens=10), "too-many-tokens"),
        (Bounds(rounds=1, tokens=10), None),
    ],
)
async def test_calls_and_tokens_are_bounded(
    client: openai.AsyncOpenAI, model: Model, bounds: Bounds, slug: str | None
) -> None:
    """An answer that is there is taken, whatever it has cost."""
    model.faults = Faults(loop_responses=-1)
    seen: list[str] = []
    conversations = Conversations(client, bounds, observe=lambda *what: seen.append(what[2]))
    if slug is None:
        assert await conversations.ask("gpt-5", question([]))
        return
    with pytest.raises(Failure, match=slug):
        await conversations.ask("gpt-5", question([]))
    assert seen == [slug]


async def test_a_function_that_takes_too_long_ends_the_attempt(client: openai.AsyncOpenAI) -> None:
    """The time is one for all, functions included."""

    async def hang(_: dict[str, object]) -> str:
        await asyncio.Event().wait()
        return ""

    asked = question([])
    function = Function(name="upsertLead", description="", parameters={"type": "object"}, run=hang)
    hanging = Question(
        instructions=asked.instructions,
        document=asked.document,
        answer_format=asked.answer_format,
        clerk=Clerk(CALL_ID, [function]),
        safety_identifier="x",
    )
    with pytest.raises(Failure, match="timeout"):
        await Conversations(client, Bounds(seconds=0.2)).ask("gpt-5", hanging)


def error(status: int, code: str | None = None, **headers: str) -> Callable[[], httpx2.Response]:
    body = {"error": {"message": "secret words of the customer", "type": "x", "code": code}}
    return lambda: httpx2.Response(status, json=body, headers=headers)


@pytest.mark.parametrize(
    ("instead", "slug", "is_final", "asked_s"),
    [
        (error(400), "http-400", True, 0),
        (error(401, "invalid_api_key"), "http-401", False, 0),
        (error(403), "http-403", False, 0),
        (error(404, "model_not_found"), "no-model", False, 0),
        (error(400, "model_not_found"), "no-model", False, 0),
        (error(429, "rate_limit_exceeded", **{"retry-after": "90"}), "http-429", False, 90),
        (error(429, "rate_limit_exceeded", **{"retry-after": "soon"}), "http-429", False, 0),
        (error(429, "insufficient_quota"), "insufficient_quota", False, 0),
        (error(500), "http-500", False, 0),
        (error(503), "http-503", False, 0),
        (lambda: httpx2.Response(200, text="<html>"), "answer-malformed", False, 0),
        (lambda: httpx2.Response(200, text="[" * 5000), "answer-malformed", False, 0),
        (lambda: httpx2.Response(200, json={"output": []}), "answer-malformed", False, 0),
        (lambda: httpx2.Response(200, content=b"\xff\xfe"), "answer-malformed", False, 0),
    ],
)
async def test_what_openai_says_instead_fails_with_a_slug(
    client: openai.AsyncOpenAI,
    model: Model,
    instead: Callable[[], httpx2.Response],
    slug: str,
    is_final: bool,
    asked_s: float,
) -> None:
    """And with nothing of what was sent, which errors may quote."""
    model.instead = instead
    with pytest.raises(Failure) as failure:
        await Conversations(client).ask("gpt-5", question([]))
    failed = failure.value
    assert (failed.slug, failed.is_final, failed.asked.total_seconds()) == (slug, is_final, asked_s)
    assert failed.__cause__ is None
    assert "secret" not in f"{failed} {failed.sentence}"


async def test_a_lost_connection_is_a_failure_of_the_attempt(
    client: openai.AsyncOpenAI, model: Model
) -> None:
    """As is an address at which nobody answers."""

    def lost() -> httpx2.Response:
        raise httpx2.ConnectError("refused")

    model.instead = lost
    with pytest.raises(Failure, match="no-connection"):
        await Conversations(client).ask("gpt-5", question([]))


@pytest.mark.parametrize(
    ("models", "preferred", "chosen"),
    [
        ([{"id": "gpt-5"}, {"id": "gpt-5.5"}], ["gpt-9", "gpt-5.5", "gpt-5"], ["gpt-5.5", "gpt-5"]),
        ([{"id": "gpt-5"}], ["gpt-9"], ["gpt-9"]),
        ([], ["gpt-9"], ["gpt-9"]),
        (None, ["gpt-9", "gpt-5"], ["gpt-9", "gpt-5"]),
        (["odd"], ["gpt-9"], ["gpt-9"]),
    ],
)
async def test_the_models_that_the_account_has_are_tried_in_our_order(
    client: openai.AsyncOpenAI,
    model: Model,
    models: object,
    preferred: list[str],
    chosen: list[str],
) -> None:
    """Without one that could be meant, all of ours are."""
    model.models = {"object": "list", "data": models}
    assert await Conversations(client).choose(preferred) == chosen


@pytest.mark.parametrize(
    ("fault", "slug"), [("refuse_responses", "refused"), ("cut_responses", "incomplete")]
)
async def test_a_refusal_and_an_answer_that_was_cut_off_are_failures(
    client: openai.AsyncOpenAI, model: Model, fault: str, slug: str
) -> None:
    """The next attempt may do better."""
    model.faults = Faults.model_validate({fault: -1})
    with pytest.raises(Failure, match=slug):
        await Conversations(client).ask("gpt-5", question([]))
    assert model.journal.counts[Kind.RESPONSE_ASKED] >= 1
