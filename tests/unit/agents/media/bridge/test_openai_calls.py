"""OpenAI's calls over WebRTC: made, hung up, and what a refusal comes to."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

import openai
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agents.media.bridge.openai_calls import CallGone, OpenAICalls, SidebandLost
from agents.media.voice import OpenAIUnreachable

SESSION = {"type": "realtime", "model": "gpt-realtime-2.1"}
Answer = Callable[[web.Request], web.StreamResponse]


class Service:
    """An OpenAI that answers everything as a test wants."""

    def __init__(self, calls: OpenAICalls, asked: list[str]) -> None:
        self.calls, self.asked = calls, asked


@contextlib.asynccontextmanager
async def service(*answers: web.Response, delay_s: float = 0) -> AsyncIterator[Service]:
    """Give these answers, the last one again and again."""
    asked: list[str] = []
    left = list(answers)

    async def serve(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        await asyncio.sleep(delay_s)
        answer = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", serve)
    async with TestServer(app) as server:
        url = str(server.make_url("/v1"))
        async with openai.AsyncOpenAI(api_key="sk-any", base_url=url, timeout=0.5) as client:
            yield Service(OpenAICalls(client), asked)


def refusal(status: int, code: str | None = None) -> web.Response:
    """An error as OpenAI writes it."""
    return web.json_response({"error": {"code": code, "message": "No."}}, status=status)


MADE = web.Response(status=201, text="v=0", headers={"Location": "/v1/realtime/calls/rtc_1"})


@pytest.mark.parametrize(
    ("answers", "asked"), [([MADE], 1), ([refusal(503), MADE], 2), ([refusal(500), MADE], 2)]
)
async def test_a_call_is_made(answers: list[web.Response], asked: int) -> None:
    """Also if OpenAI's end has failed once."""
    async with service(*answers) as made:
        assert await made.calls.create("v=0", SESSION) == ("v=0", "rtc_1")
        assert len(made.asked) == asked


@pytest.mark.parametrize(
    ("answer", "cause", "asked"),
    [
        (refusal(401, "invalid_api_key"), "invalid_api_key", 1),
        (refusal(401), "http-401", 1),
        (refusal(429, "insufficient_quota"), "insufficient_quota", 1),
        (refusal(400, "model_not_found"), "model_not_found", 1),
        (refusal(400, "unknown_parameter"), "http-400", 1),
        (refusal(503, "server_error"), "http-503", 2),
        (web.Response(status=201, text="v=0"), "no-call", 1),
    ],
)
async def test_a_refusal_has_a_cause(answer: web.Response, cause: str, asked: int) -> None:
    """A code that we know, else the status; what asking again cannot change is not asked again."""
    async with service(answer) as refusing:
        with pytest.raises(OpenAIUnreachable) as refused:
            await refusing.calls.create("v=0", SESSION)
        assert refused.value.cause == cause
        assert len(refusing.asked) == asked


async def test_no_answer_is_not_asked_for_again() -> None:
    """OpenAI may have taken the call all the same."""
    async with service(MADE, delay_s=1) as slow:
        with pytest.raises(OpenAIUnreachable) as refused:
            await slow.calls.create("v=0", SESSION)
        assert refused.value.cause == "timeout"
        assert len(slow.asked) == 1


async def test_nobody_there_is_a_cause_too() -> None:
    """And nobody is there to attach to, or to hang up with."""
    async with openai.AsyncOpenAI(api_key="sk-any", base_url="http://127.0.0.1:9/v1") as client:
        calls = OpenAICalls(client)
        with pytest.raises(OpenAIUnreachable) as refused:
            await calls.create("v=0", SESSION)
        assert refused.value.cause == "connection"
        with pytest.raises(SidebandLost):
            await calls.attach("rtc_1")
        await calls.hang_up("rtc_1")


@pytest.mark.parametrize(("status", "error"), [(404, CallGone), (503, SidebandLost)])
async def test_a_sideband_that_is_refused_says_whether_there_is_a_call(
    status: int, error: type[Exception]
) -> None:
    """Only then is it tried again."""
    async with service(refusal(status, "call_id_not_found")) as refusing:
        with pytest.raises(error):
            await refusing.calls.attach("rtc_1")


@pytest.mark.parametrize("answer", [web.Response(), refusal(404), refusal(500)])
async def test_a_hang_up_never_fails(answer: web.Response) -> None:
    """The call is over, or ends by itself."""
    async with service(answer) as hung_up:
        await hung_up.calls.hang_up("rtc_1")
        assert hung_up.asked == ["/v1/realtime/calls/rtc_1/hangup"]


@pytest.mark.parametrize(
    ("answers", "model", "asked"),
    [
        ([MADE], "a", 1),
        ([refusal(404, "model_not_found"), MADE], "b", 2),
        ([refusal(400), refusal(403, "model_not_found"), MADE], "c", 3),
        ([refusal(503), refusal(503), MADE], "b", 3),
        ([refusal(429, "rate_limit_exceeded"), MADE], "b", 2),
    ],
)
async def test_a_model_that_cannot_be_had_is_passed_over(
    answers: list[web.Response], model: str, asked: int
) -> None:
    """One after the other until a call is taken, for the same offer."""
    async with service(*answers) as made:
        taken = await made.calls.create_first("v=0", "abc", lambda name: {"model": name}, 5)
        assert (taken.model, taken.call_id, taken.answer) == (model, "rtc_1", "v=0")
        assert len(made.asked) == asked


@pytest.mark.parametrize(
    ("answer", "cause", "asked"),
    [
        (refusal(404, "model_not_found"), "model_not_found", 3),
        (refusal(429, "insufficient_quota"), "insufficient_quota", 1),
        (refusal(401, "invalid_api_key"), "invalid_api_key", 1),
        (refusal(401, "account_deactivated"), "account_deactivated", 1),
    ],
)
async def test_an_account_that_is_refused_is_asked_for_one_model(
    answer: web.Response, cause: str, asked: int
) -> None:
    """Another model would meet the same; what only one model lacks is tried with all."""
    async with service(answer) as made:
        with pytest.raises(OpenAIUnreachable) as refused:
            await made.calls.create_first("v=0", "abc", lambda name: {"model": name}, 5)
        assert refused.value.cause == cause
        assert len(made.asked) == asked


async def test_slow_models_share_their_time() -> None:
    """The caller rings meanwhile: the second one has what the first one left."""
    async with service(MADE, delay_s=3) as made:
        began = time.monotonic()
        with pytest.raises(OpenAIUnreachable) as refused:
            await made.calls.create_first("v=0", "abc", lambda name: {"model": name}, 0.4)
        assert refused.value.cause == "timeout"
        assert 0.3 < time.monotonic() - began < 0.8
        assert len(made.asked) == 3
