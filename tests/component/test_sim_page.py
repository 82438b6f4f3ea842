"""The simulated Meta's page and its API: what is ordered happens, or is refused in a sentence."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from simulators.meta.calls.hearing import Hearing, Speaker
from simulators.meta.cli import ControlPage
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.people.callee_plan import Reaction
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import CallOver, Phone
from simulators.phone.recording import Pcm, Timeline
from simulators.speech import ear, voice
from tests.eventually import WITHIN_S, eventually
from tests.serving import serving


@dataclass
class Bench:
    """A page, and the webhooks that its simulator has sent."""

    whatsapp: WhatsAppSimulator
    http: aiohttp.ClientSession
    webhooks: list[dict[str, Any]] = field(default_factory=list)

    async def post(self, path: str, wish: Any = None) -> tuple[int, Any]:
        url = f"{self.whatsapp.graph_url}/sim/{path}"
        async with self.http.post(url, json={} if wish is None else wish) as response:
            is_json = response.content_type == "application/json"
            return response.status, await (response.json() if is_json else response.text())

    async def get(self, path: str) -> Any:
        async with self.http.get(f"{self.whatsapp.graph_url}/sim/{path}") as response:
            return await response.json()


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    """With one person, whom the business may call."""
    page = ControlPage()
    webhooks: list[dict[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        webhooks.append(await request.json())
        return web.Response()

    async with (
        serving(web.post("/hook", take)) as url,
        WhatsAppSimulator(
            app_secret="s", access_token="t", webhook_url=f"{url}/hook",
            add_routes=page.add_routes,
        ) as whatsapp,
        aiohttp.ClientSession() as http,
    ):  # fmt: skip
        page.simulator = whatsapp
        bench = Bench(whatsapp, http, webhooks)
        status, _ = await bench.post("people", {"phone": "15550100123"})
        assert status == 201
        yield bench
        await page.close()


@pytest.mark.parametrize(
    ("path", "wish", "said"),
    [
        ("people/1/text", {"body": "Hi"}, "there is no key 'body' here; known: text"),
        ("people/1/text", {}, "the key 'text' is missing"),
        ("people/1/reply", {"accepts": False}, "there is no key 'accepts'"),
        ("people/1/reply", {"accept": "no"}, "'accept' must be true or false"),
        ("people/1/grant", {"permament": True}, "there is no key 'permament'"),
        ("people/1/switch-off", {"now": True}, "there is no key 'now' here; none is taken"),
        ("people/1/plan", {"reaction": "dances"}, "'reaction' must be one of answers, rejects"),
        ("people/1/plan", {"replies": "maybe"}, "'replies' must be one of accept"),
        ("people", {"number": "15550100124"}, "there is no key 'number' here; known: phone"),
        ("people", {"phone": "my aunt"}, "'phone' must be a phone number with its country code"),
        ("calls", {"phone": "+"}, "'phone' must be a phone number with its country code"),
        ("people", {"phone": "15550100124", "permission": "yes"}, "'permission' must be one of"),
        ("calls", {"says": ["Hello."]}, "there is no key 'says' here; known: say"),
        ("calls", {"say": 5}, "'say' must be a sentence"),
        ("clock", {"advance": 5}, "there is no key 'advance' here; known: advance_s"),
        ("clock", {}, "the key 'advance_s' is missing"),
        ("people/1/text", [], "the body must be a JSON object"),
    ],
)
async def test_a_wrong_key_is_refused(bench: Bench, path: str, wish: Any, said: str) -> None:
    """With a sentence; and nothing happens: no message, no call, no person, no permission."""
    before = await bench.get("people")
    status, answer = await bench.post(path, wish)
    assert (status, answer["error"][: len(said)]) == (400, said)
    assert await bench.get("people") == before
    assert await bench.get("calls") == []
    assert bench.webhooks == []


async def test_what_nobody_can_do_is_told_with_what_they_can(bench: Bench) -> None:
    """By its name."""
    status, said = await bench.post("people/1/dance")
    assert (status, said) == (
        404,
        "a person cannot dance; they can grant, reply, switch-on, switch-off, text, plan",
    )


async def test_keys_and_words_need_a_call_that_is_answered(bench: Bench) -> None:
    """While it rings nobody would hear them, nor afterwards."""
    await bench.whatsapp.call(CallPlan())
    for action, wish in (("keys", {"keys": "5"}), ("say", {"say": "Hello."})):
        status, answer = await bench.post(f"calls/1/{action}", wish)
        assert status == 400
        assert "not answered" in answer["error"]
    status, answer = await bench.post("calls/1/keys", {"key": "5"})
    assert (status, answer["error"]) == (400, "there is no key 'key' here; known: keys")
    status, call = await bench.post("calls/1/hangup")
    assert (status, call["state"], call["end"]["by"]) == (200, "ended", "user")


class SpokenTo(Phone):
    """A phone whose other side says one sentence and then hangs up."""

    def __init__(self, pcm: Pcm, rate: int) -> None:
        super().__init__()
        self._sound = Timeline(rate)
        self._sound.write(0, pcm)
        self._turns = iter([0.0])

    @property
    def heard(self) -> Timeline:
        """The sentence."""
        return self._sound

    async def wait_agent_speaking(self, deadline_s: float) -> float:
        """Begin it; once it is over, so is the call."""
        for began_s in self._turns:
            return began_s
        raise CallOver

    async def wait_agent_quiet(self, quiet_ms: float, deadline_s: float) -> float:
        """End it."""
        return self._sound.duration_s


async def test_what_is_heard_is_understood_and_told(bench: Bench) -> None:
    """The recogniser's words, beside the user's own."""
    pcm, rate = await voice.AGENT.speak("Hello, how can I help you?")
    call = await bench.whatsapp.call(CallPlan())
    real, call.phone = call.phone, SpokenTo(pcm, rate)
    try:
        talk = Hearing(call)
        talk.note("Good morning.")
        async with asyncio.timeout(60):
            await talk.listen()
    finally:
        call.phone = real
        ear.close()
        voice.close()
    said = {line.speaker: line.text for line in talk}
    assert said[Speaker.USER] == "Good morning."
    assert "help you" in said[Speaker.BUSINESS]


async def test_an_open_page_is_one_persons_phone(bench: Bench) -> None:
    """It says who it is, and rings with what a browser offers; a second page takes it over.

    Nobody else's page may be one, what cannot be done is told in a sentence, and a page that is
    closed leaves a phone that is off.
    """
    url = f"{bench.whatsapp.graph_url}/sim/handset"
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await bench.http.ws_connect(url, origin="https://elsewhere.example")
    assert refused.value.status == 403

    async with bench.http.ws_connect(url) as first, bench.http.ws_connect(url) as second:
        for wish, said in (
            ("no JSON", "Expecting value"),
            ("[]", "a message is a JSON object"),
            ('{"type": "ring", "sdp": "v=0"}', "say hello first"),
            ('{"type": "hang-up"}', "there is no call any more"),
            ('{"type": "hello", "phone": "my aunt"}', "with a phone number"),
        ):
            await first.send_str(wish)
            told = await first.receive_json(timeout=WITHIN_S)
            assert told["type"] == "problem"
            assert said in told["text"]
        hello = {"type": "hello", "phone": "+1 (555) 010-0177"}
        await first.send_json(hello)
        you = {"type": "you", "phone": "15550100177", "number": 2}
        assert await first.receive_json(timeout=WITHIN_S) == you
        await first.send_json({"type": "ring", "sdp": "v=0"})
        assert "one stream of sound" in (await first.receive_json(timeout=WITHIN_S))["text"]
        assert bench.whatsapp.calls == []

        await second.send_json(hello)
        assert await second.receive_json(timeout=WITHIN_S) == you
        assert await first.receive_json(timeout=WITHIN_S) == {"type": "taken-over"}
        person = bench.whatsapp.people[1]
        assert person.plan.make_phone is not None
        await first.close()
        assert person.plan.make_phone is not None
    await eventually(lambda: person.plan.reaction is Reaction.UNREACHABLE)
    assert person.plan.make_phone is None


async def test_what_is_served_beside_the_page_is_the_pages_own(bench: Bench) -> None:
    """Its scripts and its style, by a policy that takes nothing from elsewhere; no other file."""
    base = f"{bench.whatsapp.graph_url}/sim"
    for path, status in (
        ("", 200), ("/static/app.js", 200), ("/static/style.css", 200),
        ("/static/index.html", 404), ("/static/..%2Fcli.py", 404),
    ):  # fmt: skip
        async with bench.http.get(base + path) as response:
            assert response.status == status, path
            if status == 200:
                policy = response.headers["Content-Security-Policy"]
                assert policy.startswith("default-src 'none'; script-src 'self';")
                assert "unsafe" not in policy
