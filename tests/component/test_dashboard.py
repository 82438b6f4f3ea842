"""The dashboard's pages in a real browser, with real clicks: what an operator sees and may do."""

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from livekit import api, rtc
from playwright.async_api import Browser, ViewportSize, expect

from tests.browser import Watched, chromium
from tests.component import dashboard_rows as rows
from tests.component.bench import OPERATOR_KEY, Bench, answered
from tests.component.dashboard_stand_in import StandIn
from tests.eventually import eventually
from tests.ogg import ogg_tone
from wacall.bootstrap.dashboard import AXE
from wacall.stack.sfu import EmbeddedSfu

pytestmark = pytest.mark.timeout(180)

SOON_MS = 30_000
PAGES = {
    "now": "Now",
    "rooms": "Rooms",
    "calls": "Calls",
    f"calls/{rows.CALL_ID}": "Call with Susan, +15550100123",
    "outcomes": "Outcomes",
    "funnel": "Leads",
    "people": "People",
    "place": "Call somebody",
}
SHOWN = {
    "now": ".card",
    "rooms": "table",
    "calls": ".row",
    f"calls/{rows.CALL_ID}": ".waterfall",
    "outcomes": ".chart canvas >> nth=1",
    "funnel": ".funnel",
    "people": "table >> nth=1",
    "place": "#to",
}
# of these the README has pictures
PICTURED = {
    "now": "now",
    f"calls/{rows.CALL_ID}": "call",
    "outcomes": "outcomes",
}
# where they go; without it nowhere that stays
PICTURES = os.environ.get("DASHBOARD_PICTURES")
_WATCH_SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().filter((one) => !one.hadRecentInput)
    .forEach((one) => window.shifts.push(one.value)))
    .observe({type: "layout-shift", buffered: true});
"""
_SERIOUS = """
() => axe.run(document).then((found) => found.violations
    .filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => [one.id, one.nodes[0].html]))
"""
_WHERE = "() => [...document.querySelectorAll('audio')].map((one) => one.currentTime)"
# less is not heard as an echo
_IN_STEP = f"""
() => {{
    const [one, other] = ({_WHERE})();
    return one > 12 && Math.abs(one - other) < 0.3;
}}
"""


@dataclass
class Visit(Watched):
    """A page of the dashboard."""

    home: str = ""

    async def enter(self) -> None:
        """Open the dashboard and sign in."""
        await self.page.goto(f"{self.home}/dashboard/")
        await self.page.get_by_label("The operators' key").fill(OPERATOR_KEY)
        await self.page.get_by_role("button", name="Sign in").click()
        await expect(self.page.get_by_role("heading", name="Now")).to_be_visible(timeout=SOON_MS)

    async def turn_to(self, page: str) -> None:
        """Go to a page and wait until it shows what it has."""
        await self.page.evaluate("(hash) => { location.hash = hash; }", f"#/{page}")
        heading = self.page.get_by_role("heading", name=PAGES[page], exact=True, level=1)
        await expect(heading).to_be_visible(timeout=SOON_MS)
        await expect(self.page.locator(SHOWN[page]).first).to_be_visible(timeout=SOON_MS)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A browser; without one the test fails."""
    microphone = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    async with chromium(*microphone) as browser:
        yield browser


@pytest.fixture
async def stand_in() -> AsyncIterator[StandIn]:
    """The dashboard with made-up rows."""
    stand_in = StandIn()
    async with stand_in.running():
        yield stand_in


@contextlib.asynccontextmanager
async def visiting(
    browser: Browser, home: str, *, width: int = 1280, height: int = 900, dark: bool = False
) -> AsyncIterator[Visit]:
    """Open a window of that size, in Berlin."""
    context = await browser.new_context(
        viewport=ViewportSize(width=width, height=height),
        color_scheme="dark" if dark else "light",
        locale="en-GB",
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    page = await context.new_page()
    await page.add_init_script(_WATCH_SHIFTS)
    visit = Visit(page, home=home)
    visit.follow()
    try:
        yield visit
    finally:
        await context.close()


async def test_an_operator_follows_a_call_and_may_place_one(
    browser: Browser, stand_in: StandIn
) -> None:
    """From the wrong key to the line that somebody said, and a call that the policy refuses.

    Nothing is reloaded: calls come, want a person, end; the stream breaks off and comes again.
    """
    async with visiting(browser, stand_in.url) as visit:
        page = visit.page
        await page.goto(f"{visit.home}/dashboard/")
        await page.get_by_label("The operators' key").fill("a guess")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_contain_text("That is not the key")
        await page.get_by_label("The operators' key").fill(OPERATOR_KEY)
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Nobody is calling.")).to_be_visible(timeout=SOON_MS)
        await expect(page.get_by_text("that they may.")).to_contain_text("What 2 of them cost")

        stand_in.show(rows.live_call())
        card = page.locator(".card")
        await expect(card).to_contain_text("active", timeout=SOON_MS)
        await expect(card.get_by_role("meter", name="Caller speaks")).to_have_attribute(
            "aria-valuenow", "35"
        )
        stand_in.show(rows.live_call(wants_human=True, talk={"user": 0.9, "assistant": 0.0}))
        await expect(page.get_by_role("link", name="A caller wants a person")).to_be_visible(
            timeout=SOON_MS
        )
        await expect(card.get_by_role("meter", name="Caller speaks")).to_have_attribute(
            "aria-valuenow", "90"
        )
        stand_in.hang_up_streams()
        await expect(page.get_by_text("Reconnecting")).to_be_visible(timeout=SOON_MS)
        await expect(page.get_by_text("Live", exact=True)).to_be_visible(timeout=SOON_MS)
        stand_in.show()
        await expect(card).to_contain_text("ended", timeout=SOON_MS)

        await visit.turn_to("outcomes")
        await page.get_by_role("link", name="openai quota").click()
        await expect(page.get_by_label("Reason")).to_have_value("openai-quota", timeout=SOON_MS)
        await page.get_by_label("Reason").fill("")
        await page.get_by_label("Search").fill("Nobody")
        await page.keyboard.press("Tab")
        await expect(page.get_by_text("No call is like that.")).to_be_visible(timeout=SOON_MS)
        await page.get_by_label("Search").fill("Susan")
        await page.keyboard.press("Tab")
        await page.get_by_role("link", name="Susan").click()
        await expect(page.get_by_text(rows.WHY)).to_be_visible(timeout=SOON_MS)
        await expect(page.get_by_text(rows.ADVICE)).to_be_visible()
        await expect(page.locator("main")).to_contain_text("A new tyre")
        slow = page.locator(".step.slow")
        await expect(slow).to_contain_text("The agent came and was ready")
        await expect(page.locator(".step.fault")).to_contain_text("fault of network")
        await expect(page.locator("time").first).to_have_attribute(
            "title", "2026-11-26 14:03:20 UTC"
        )
        await expect(page.locator("time").first).to_contain_text("15:03")

        await expect(page.get_by_text(rows.NOT_RECORDED)).to_be_visible()
        await expect(page.get_by_text(rows.SAID)).to_be_visible()
        await expect(page.get_by_role("button", name=rows.SAID)).to_have_count(0)

        await page.get_by_role("link", name="Call", exact=True).click()
        await page.get_by_label("Number or user id").fill("+1 555 010 0123")
        await page.get_by_label("What the agent should know").fill("order 42")
        await page.get_by_role("button", name="Call", exact=True).click()
        await expect(page.locator("form").get_by_role("alert")).to_contain_text("JSON object")
        await page.get_by_label("What the agent should know").fill('{"order": 42}')
        await page.get_by_role("button", name="Call", exact=True).click()
        # in the page's own words, which names no route
        trouble = page.locator("form").get_by_role("alert")
        await expect(trouble).to_contain_text("not permitted calls; ask them for it.")
        await page.get_by_role("button", name="May they be called?").click()
        await expect(page.locator("form").get_by_role("status")).to_contain_text("Nothing is known")
        await expect(trouble).to_have_count(0)
        assert stand_in.asked == [("/calls", {"to": "+1 555 010 0123", "context": {"order": 42}})]

        for typed in ("#/constructor", "#/__proto__", "#/calls/%"):
            await page.evaluate("(hash) => { location.hash = hash; }", typed)
            await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await visit.turn_to("people")
        assert visit.foreign == []


async def test_erasing_names_what_goes_and_waits_for_a_second_click(
    browser: Browser, stand_in: StandIn
) -> None:
    """One click erases nobody; routes that fail leave a sentence and a way to try again."""
    async with visiting(browser, stand_in.url) as visit:
        page = visit.page
        await visit.enter()
        await visit.turn_to("people")
        await page.get_by_label("Number or user id").last.fill("+15550100123")
        await page.get_by_role("button", name="Erase …").click()
        asking = page.get_by_role("dialog")
        await expect(asking).to_contain_text("transcripts, recordings, leads")
        await asking.get_by_role("button", name="Keep").click()
        assert stand_in.asked == []
        await page.get_by_role("button", name="Erase …").click()
        await asking.get_by_role("button", name="Erase for good").click()
        await expect(page.get_by_text("Erased: 3 of calls, 1 of consents.")).to_be_visible(
            timeout=SOON_MS
        )
        body = {"to": "+15550100123", "forget_do_not_call": False}
        assert stand_in.asked == [("/consents/erase", body)]

        stand_in.is_broken = True
        for name in ("calls", "outcomes", "funnel"):
            await page.evaluate("(hash) => { location.hash = hash; }", f"#/{name}")
            heading = page.get_by_role("heading", name=PAGES[name], exact=True, level=1)
            await expect(heading).to_be_visible(timeout=SOON_MS)
            await expect(page.locator("main").get_by_role("alert")).to_contain_text(
                rows.AWAY, timeout=SOON_MS
            )
        stand_in.is_broken = False
        await page.get_by_role("button", name="Try again").click()
        await expect(page.locator(".funnel")).to_be_visible(timeout=SOON_MS)
        assert visit.foreign == []


async def test_without_a_stream_the_page_asks_now_and_then(
    browser: Browser, stand_in: StandIn
) -> None:
    """It says that it does, and takes the stream as soon as there is one."""
    stand_in.has_stream = False
    stand_in.show(rows.live_call())
    async with visiting(browser, stand_in.url) as visit:
        await visit.enter()
        card = visit.page.locator(".card")
        await expect(card).to_contain_text("listening", timeout=SOON_MS)
        await expect(card).to_contain_text("…23")
        await expect(visit.page.get_by_text("Every 5 s")).to_be_visible()
        stand_in.has_stream = True
        await expect(visit.page.get_by_text("Live", exact=True)).to_be_visible(timeout=SOON_MS)
        await expect(card).to_contain_text("speaking", timeout=SOON_MS)


async def test_a_line_is_heard_and_marked_and_the_keyboard_is_enough(
    browser: Browser, stand_in: StandIn
) -> None:
    """Both sides go by one clock; what the transcript says is found where it was said."""
    stand_in.sound = ogg_tone(70, 440)
    async with visiting(browser, stand_in.url) as visit:
        page = visit.page
        await visit.enter()
        await visit.turn_to(f"calls/{rows.CALL_ID}")
        assert stand_in.heard == []
        line = page.get_by_role("button", name=rows.SAID)
        await line.press("Enter")
        await expect(page.get_by_role("button", name="Pause")).to_be_visible(timeout=SOON_MS)
        await expect(line).to_have_attribute("aria-current", "true", timeout=SOON_MS)
        # it was written down at 16 s, 14 s into the recording, when it had been said
        assert all(10 < second < 30 for second in await page.evaluate(_WHERE))
        await page.wait_for_function(_IN_STEP, timeout=SOON_MS)

        await page.get_by_role("button", name="Pause").press("Space")
        await expect(page.get_by_role("button", name="Play")).to_be_visible(timeout=SOON_MS)
        await page.get_by_label("Where it is").press("Home")
        for _ in range(9):
            await page.keyboard.press("ArrowRight")
        await page.wait_for_function(f"() => ({_WHERE})().every((one) => one === 9)")
        greeting = page.get_by_role("button", name="Hello, this is the bicycle shop")
        await expect(greeting).to_have_attribute("aria-current", "true")
        await expect(line).not_to_have_attribute("aria-current", "true")

        await page.get_by_label("Agent", exact=True).check()
        muted = "() => [...document.querySelectorAll('audio')].map((one) => one.muted)"
        assert sorted(await page.evaluate(muted)) == [False, True]
        assert set(stand_in.heard) == {"agent", "caller"}
        assert (visit.console, visit.foreign) == ([], [])


@pytest.mark.parametrize(
    ("width", "dark"), [(1280, False), (320, True)], ids=["light", "a small phone in the dark"]
)
async def test_every_page_is_for_everybody(
    browser: Browser, stand_in: StandIn, tmp_path: Path, width: int, dark: bool
) -> None:
    """Nothing is serious to axe, wider than the screen, or foreign, and nothing jumps.

    Of the wide window pictures are taken, which show something.
    """
    stand_in.sound = ogg_tone(1, 440)
    other = "0b7e0b66-1f0e-4c52-9b39-0f5f0e8f9a12"
    stand_in.show(rows.live_call(), rows.live_call(other, person="…71", wants_human=True))
    async with visiting(browser, stand_in.url, width=width, dark=dark) as visit:
        page = visit.page
        await visit.enter()
        await page.evaluate(AXE.read_text())
        for name in PAGES:
            await visit.turn_to(name)
            assert await page.evaluate(_SERIOUS) == [], name
            assert not await page.evaluate(
                "() => document.documentElement.scrollWidth > window.innerWidth"
            ), name
            assert sum(await page.evaluate("() => window.shifts.splice(0)")) < 0.01, name
            if not dark:
                folder = Path(PICTURES) if PICTURES and name in PICTURED else tmp_path
                taken = await page.screenshot(path=folder / f"{PICTURED.get(name, 'other')}.png")
                # a blank page of this size has some 5 kB
                assert len(taken) > 15_000, name
            # who waits for a person has been seen on the first page, and covers nothing any more
            stand_in.show(rows.live_call(), rows.live_call(other, person="…71"))
        assert visit.console == []
        assert visit.foreign == []


async def test_one_click_hears_the_room_and_another_one_speaks_there(
    browser: Browser, sfu: EmbeddedSfu
) -> None:
    """What a participant of the room sings arrives in the page, and stops with another click.

    Whoever takes over is in the room with their microphone: each time, not every second one.
    """
    room_name = f"wa-{rows.CALL_ID}"
    stand_in = StandIn(livekit_url=sfu.url)
    stand_in.listener_token = _token(sfu, room_name, "listener-1", publishes=False)
    stand_in.operator_tokens = [
        _token(sfu, room_name, f"operator-{number}", publishes=True) for number in range(4)
    ]
    async with api.LiveKitAPI(sfu.http_url, sfu.keys.key, sfu.keys.secret) as client:
        await client.room.create_room(api.CreateRoomRequest(name=room_name))
    room = rtc.Room()
    spoke: list[str] = []
    room.on("track_subscribed", lambda _track, _publication, by: spoke.append(by.identity))
    await room.connect(sfu.url, _token(sfu, room_name, "caller", publishes=True))
    source = rtc.AudioSource(48_000, 1, queue_size_ms=0)
    track = rtc.LocalAudioTrack.create_audio_track("tone", source)
    options = rtc.TrackPublishOptions(dtx=False, red=False)
    await room.local_participant.publish_track(track, options)
    singing = asyncio.create_task(_sing(source))
    try:
        async with stand_in.running(), visiting(browser, stand_in.url) as visit:
            stand_in.show(rows.live_call())
            await visit.enter()
            await visit.page.get_by_role("button", name="Listen").click()
            heard = visit.page.get_by_role("meter", name="What is heard")
            await expect(heard).not_to_have_attribute("aria-valuenow", "0", timeout=SOON_MS)
            await visit.page.get_by_role("button", name="Stop listening").click()
            await expect(heard).to_be_hidden()
            for number in reversed(range(4)):
                await visit.page.get_by_role("button", name="Take over").click()
                await expect(visit.page.locator(".hearing")).to_contain_text(
                    "You speak with the caller", timeout=SOON_MS
                )
                came = f"operator-{number}"
                await eventually(functools.partial(spoke.__contains__, came), last=lambda: spoke)
                await visit.page.get_by_role("button", name="Leave the call").click()
                await expect(heard).to_be_hidden()
            assert visit.foreign == []
            assert not [line for line in visit.console if "Content Security Policy" in line]
    finally:
        singing.cancel()
        await room.disconnect()
        await source.aclose()


async def test_a_true_call_comes_and_goes_on_the_pages(
    bench: Bench, browser: Browser, controlplane_port: int
) -> None:
    """On a whole control plane: a call is seen, ends, is opened; the policy says no in words."""
    call = await answered(bench)
    async with visiting(browser, f"http://127.0.0.1:{controlplane_port}") as visit:
        page = visit.page
        await visit.enter()
        card = page.locator(".card")
        await expect(card).to_contain_text("active", timeout=SOON_MS)
        call.hang_up()
        await bench.until_released(call)
        await expect(card).to_contain_text("ended", timeout=SOON_MS)
        await card.get_by_role("link", name="What happened").click()
        await expect(page.locator(".facts").first).to_contain_text("caller hangup", timeout=SOON_MS)
        await expect(page.locator(".step").first).to_be_visible()

        await page.get_by_role("link", name="Call", exact=True).click()
        await page.get_by_label("Number or user id").fill("+1 555 010 0199")
        await page.get_by_role("button", name="Call", exact=True).click()
        refused = page.locator("form").get_by_role("alert")
        await expect(refused).to_contain_text("has not permitted calls", timeout=SOON_MS)
        assert visit.foreign == []


async def _sing(source: rtc.AudioSource) -> None:
    wave = np.sin(2 * np.pi * 600 * np.arange(480) / 48_000)
    frame = rtc.AudioFrame((wave * 12_000).astype(np.int16).tobytes(), 48_000, 1, 480)
    while True:
        await source.capture_frame(frame)
        await asyncio.sleep(0.01)


def _token(sfu: EmbeddedSfu, room: str, identity: str, *, publishes: bool) -> str:
    grants = api.VideoGrants(
        room_join=True, room=room, can_publish=publishes, can_subscribe=True, hidden=not publishes
    )
    token = api.AccessToken(sfu.keys.key, sfu.keys.secret).with_identity(identity)
    return token.with_grants(grants).to_jwt()
