"""The page of `wacall try`, as somebody uses it: in a real browser, with a microphone."""

import asyncio
import base64
import io
import signal
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np
import pytest
from aiohttp import web
from playwright.async_api import Page, expect

from simulators.meta.cli import ControlPage
from simulators.meta.whatsapp import WhatsAppSimulator
from simulators.phone.phone import Phone
from simulators.speech import ear, voice
from tests.browser import Watched, chromium
from tests.eventually import eventually
from tests.integration.up_process import SECRETS, run_up
from tests.serving import serving
from wacall.bootstrap.dashboard import AXE

pytestmark = [pytest.mark.timeout(300), pytest.mark.spoken]

SOON_MS = 60_000
SENTENCE = "Hello, I would like to rent a bicycle tomorrow morning."
# of what a recogniser has to understand at either end, some; never which
SAID = {"hello", "like", "rent", "bicycle", "tomorrow", "morning"}
GREETED = {"hello", "transcribed", "help", "can", "you", "this", "call", "is", "how"}
RECORD = """() => {
  const recorder = new MediaRecorder(document.getElementById("speaker").srcObject);
  const chunks = window.chunks = [];
  recorder.ondataavailable = ({data}) => chunks.push(data);
  window.recorder = recorder;
  recorder.start(500);
}"""
RECORDED = """() => new Promise((done) => {
  window.recorder.onstop = () => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",").pop());
    reader.readAsDataURL(new Blob(window.chunks));
  };
  window.recorder.stop();
})"""
# somebody speaks at the other end, then is quiet
SPOKEN = """() => new Promise((done) => {
  let loud = false, quiet = 0;
  const look = setInterval(() => {
    const level = document.getElementById("heard").value;
    loud ||= level > 0.05;
    quiet = level < 0.02 ? quiet + 1 : 0;
    if (loud && quiet >= 15) {
      clearInterval(look);
      done();
    }
  }, 100);
})"""
SERIOUS = """() => axe.run(document).then((found) => found.violations
  .filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => one.id))"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[Watched]:
    """A browser of a small phone's size, with a microphone into which somebody speaks."""
    spoken = tmp_path / "microphone.wav"
    samples, rate = await voice.CALLER.speak(SENTENCE)
    with wave.open(str(spoken), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        # said again and again, with time to answer between
        file.writeframes(np.concatenate([samples, np.zeros(5 * rate, np.int16)]).tobytes())
    arguments = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={spoken}",
        # where there is no other network than the machine's own
        "--allow-loopback-in-peer-connection",
    ]
    async with chromium(*arguments) as browser:
        visit = Watched(await browser.new_page(viewport={"width": 320, "height": 640}))
        visit.follow()
        yield visit


@dataclass
class Meta:
    """A simulated Meta alone, with a business that takes its webhooks."""

    whatsapp: WhatsAppSimulator
    http: aiohttp.ClientSession
    webhooks: list[str] = field(default_factory=list)

    async def graph(self, path: str, **body: Any) -> Any:
        url = f"{self.whatsapp.graph_url}/v24.0/{self.whatsapp.line.phone_number_id}/{path}"
        wish = {"messaging_product": "whatsapp", **body}
        async with self.http.post(url, json=wish) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    def told(self, *words: str) -> bool:
        """Whether one webhook has all of these words."""
        return any(all(word in one for word in words) for one in self.webhooks)


@pytest.fixture
async def meta() -> AsyncIterator[Meta]:
    """Nobody has rung, nobody has been asked."""
    control = ControlPage()
    webhooks: list[str] = []

    async def take(request: web.Request) -> web.Response:
        webhooks.append(await request.text())
        return web.Response()

    async with (
        serving(web.post("/hook", take)) as url,
        WhatsAppSimulator(
            app_secret="s", access_token="t", webhook_url=f"{url}/hook",
            add_routes=control.add_routes,
        ) as whatsapp,
        aiohttp.ClientSession(headers={"Authorization": "Bearer t"}) as http,
    ):  # fmt: skip
        control.simulator = whatsapp
        answering = asyncio.create_task(control.people.answer_calls())
        yield Meta(whatsapp, http, webhooks)
        answering.cancel()
        await asyncio.wait([answering])
        await control.close()


async def understood(page: Page) -> set[str]:
    """Return the words that the browser has heard since RECORD."""
    sound = base64.b64decode(await page.evaluate(RECORDED))
    with av.open(io.BytesIO(sound), mode="r") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
        frames = [
            part.to_ndarray()[0]
            for frame in container.decode(audio=0)
            for part in resampler.resample(frame)
        ]
    return set((await ear.hear(np.concatenate(frames), 16_000)).text.lower().split())


async def operator(url: str, path: str) -> Any:
    """Ask the control plane as an operator."""
    headers = {"Authorization": f"Bearer {SECRETS['CONTROLPLANE_API_KEY']}"}
    async with aiohttp.ClientSession(headers=headers) as http, http.get(url + path) as response:
        return await response.json()


async def test_a_call_by_microphone(visit: Watched, tmp_path: Path) -> None:
    """Somebody rings with their own voice, is understood, hears, presses a key, hangs up.

    Nothing is configured; nobody but the simulator is asked for anything, the console stays empty.
    """
    page = visit.page
    nothing = dict.fromkeys((*SECRETS, "WA_PHONE_NUMBER_ID"), "")
    nothing["CONTROLPLANE_API_KEY"] = SECRETS["CONTROLPLANE_API_KEY"]
    async with run_up(tmp_path, "--no-open", command="try", **nothing) as up:
        await up.read_ready()
        await page.goto((await up.read_until(r"up +\| Open http")).split()[3])
        state = page.locator("#state")
        await page.get_by_role("button", name="Switch on").click()
        await expect(state).to_have_text("on, and nobody calls", timeout=SOON_MS)

        await page.get_by_role("button", name="Call the business").click()
        # who speaks while the agent greets interrupts it
        await page.get_by_role("button", name="Mute").click()
        await expect(state).to_have_text("talking", timeout=SOON_MS)
        await page.evaluate(RECORD)
        await page.evaluate(SPOKEN)
        assert GREETED & await understood(page)
        await page.get_by_role("button", name="Mute").click()

        async def known() -> Any:
            (call,) = (await operator(up.ready["controlplane"], "/calls"))["calls"]
            return await operator(up.ready["controlplane"], f"/calls/{call['id']}")

        async def words_heard() -> set[str]:
            whole = await known()
            said = [one["text"] for one in whole["transcript"] if one["speaker"] == "user"]
            return SAID & set(" ".join(said).lower().replace(",", "").replace(".", "").split())

        await eventually(words_heard, within_s=90)

        await page.get_by_role("button", name="5", exact=True).click()
        await expect(page.locator("#pressed")).to_have_text("5")

        async def key_has_come() -> bool:
            return any(one["kind"] == "dtmf" for one in (await known())["timeline"])

        await eventually(key_has_come)
        await page.get_by_role("button", name="Hang up").click()
        call = page.locator("#calls article")
        await expect(call).to_contain_text("ended by the phone after", timeout=SOON_MS)
        for step in ("the business accepts", "(ICE)", "(DTLS)", "the business is heard"):
            await expect(call.locator(".steps")).to_contain_text(step)
        await expect(call.locator(".broken li")).to_have_count(0)
        await expect(state).to_have_text("on, and nobody calls")
        assert await page.evaluate(WIDER) <= 0
        assert visit.console == []
        assert visit.foreign == []

        up.process.send_signal(signal.SIGTERM)
        output = await up.rest()
        assert up.process.returncode == 0, output
        assert "Warning" not in output


async def test_a_browser_that_is_called(visit: Watched, meta: Meta) -> None:
    """The business asks in the chat, is allowed to call, rings, is declined, and told to STOP."""
    page = visit.page
    await page.goto(f"{meta.whatsapp.graph_url}/sim")
    await page.get_by_role("button", name="Switch on").click()
    await expect(page.locator("#state")).to_have_text("on, and nobody calls", timeout=SOON_MS)
    (person,) = meta.whatsapp.people
    to = {"recipient_type": "individual", "to": person.phone}
    words = page.get_by_label("message")
    await words.fill("Do you have cargo bikes?")
    await words.press("Enter")
    await eventually(lambda: meta.told("Do you have cargo bikes?"))

    asked = {"type": "call_permission_request", "action": {"name": "call_permission_request"}}
    body = {"body": {"text": "May we call you about it?"}}
    await meta.graph("messages", **to, type="interactive", interactive={**asked, **body})
    chat = page.locator("#chat li")
    await expect(chat.filter(has_text="May we call you about it?")).to_be_visible(timeout=SOON_MS)
    await page.get_by_role("button", name="Allow calls").click()
    await eventually(lambda: meta.told("call_permission_reply", '"accept"'))
    await expect(page.locator("#chat li.user").last).to_have_text("Allow calls", timeout=SOON_MS)

    business = Phone()
    # a lite side may not call, and this one's own answers are not asked for
    offer = (await business.open()).replace("a=ice-lite\r\n", "")
    session = {"sdp_type": "offer", "sdp": offer}
    await meta.graph("calls", to=person.phone, action="connect", session=session)
    decline = page.get_by_role("button", name="Decline")
    await expect(decline).to_be_visible(timeout=SOON_MS)
    await expect(page.locator("#state")).to_have_text("the business calls you")
    (call,) = meta.whatsapp.outbound.calls
    await decline.click()
    await eventually(lambda: meta.told('"REJECTED"'))
    await eventually(lambda: meta.told('"terminate"'))
    await expect(page.locator("#calls article")).to_contain_text(
        "ended by the phone, unanswered", timeout=SOON_MS
    )
    assert call.violations == []
    assert "m=audio 9 UDP/TLS/RTP/SAVPF 111 126\r\n" in call.answer_sdp
    await business.close()

    await words.fill("STOP")
    await page.get_by_role("button", name="Send").first.click()
    await eventually(lambda: meta.told('"STOP"'))
    await expect(chat.filter(has_text="STOP")).to_be_visible(timeout=SOON_MS)
    assert await page.evaluate(WIDER) <= 0
    assert visit.console == []

    problem = page.get_by_role("alert")
    await page.get_by_text("Other phones").click()
    await page.get_by_label("Phone number").fill("my aunt")
    await page.get_by_role("button", name="Add").click()
    await expect(problem).to_contain_text("must be a phone number", timeout=SOON_MS)
    await page.get_by_label("Phone number").fill("+1 (555) 010-0123")
    await page.get_by_role("button", name="Add").click()
    await expect(page.locator("#people")).to_contain_text(
        "+15550100123, permission: temporary", timeout=SOON_MS
    )
    await expect(problem).to_be_empty()
    await page.evaluate(AXE.read_text("utf-8"))
    assert await page.evaluate(SERIOUS) == []
    await page.route("**/sim/**", lambda route: route.abort("connectionrefused"))
    await expect(problem).to_contain_text("may have been stopped", timeout=SOON_MS)
    await page.unroute_all()
    await expect(problem).to_be_empty(timeout=SOON_MS)
    assert visit.foreign == []
