"""The dashboard over HTTP: sign in, see a call come and go, find it, see how calls went."""

import asyncio
from datetime import UTC, datetime, timedelta

import aiohttp
from aiohttp import CookieJar

from tests.component.bench import OPERATOR_KEY, Bench, answered

WITHIN_S = 30


async def until(page: aiohttp.ClientResponse, text: str) -> None:
    """Read a page's events until one has the text."""
    async with asyncio.timeout(WITHIN_S):
        while text not in (line := (await page.content.readline()).decode()):
            assert line


async def test_a_signed_in_page_sees_a_call_ends_it_and_finds_it(bench: Bench) -> None:
    """By its cookie; what it changes needs the token. The figures count the call once it ended."""
    base = f"http://127.0.0.1:{bench.plane.settings.port}"
    async with aiohttp.ClientSession(base, cookie_jar=CookieJar(unsafe=True)) as browser:
        async with browser.get("/dashboard/api/events") as refused:
            assert refused.status == 401
        async with browser.post("/dashboard/api/session", json={"token": OPERATOR_KEY}) as entered:
            token = {"X-CSRF-Token": (await entered.json())["csrf_token"]}
        async with browser.get("/dashboard/api/events") as page:
            call = await answered(bench)
            row = await bench.until(call, lambda found: found.answered_at is not None)
            await until(page, row.id)
            hang_up = f"/calls/{row.id}/hangup"
            async with browser.post(hang_up) as refused:
                assert refused.status == 403
            async with browser.post(hang_up, headers=token) as ended:
                assert ended.status == 200
            await until(page, '{"calls":[]}')
        await bench.until_released(call)
        phone = row.party.person.phone if row.party.person is not None else ""
        assert phone
        for query, count in (
            ({"q": row.id[:13]}, 1), ({"q": phone[-4:]}, 1), ({"q": '"),x*(%'}, 0),
            ({"q": (row.party.name or "")[:3].lower()}, 1), ({"status": "failed"}, 0),
            ({"direction": "inbound", "reason": "operator-hangup", "status": "completed"}, 1),
        ):  # fmt: skip
            async with browser.get("/calls", params=query) as found:
                assert len((await found.json())["calls"]) == count, query
        async with browser.get("/dashboard/api/outcomes", params={"days": "2"}) as found:
            outcomes = await found.json()
        assert outcomes["answer_rate"]["rate"] == 1
        (one,) = outcomes["days"]
        assert (one["n"], one["answered"], one["reason"]) == (1, 1, "operator-hangup")
        assert one["setup_p50_ms"] == one["setup_p95_ms"] > 0
        async with browser.get("/dashboard/api/costs") as found:
            # nobody told what the puppet's words cost
            assert await found.json() == {"today_usd": 0.0, "cap_usd": None, "unpriced": 1}
        async with browser.get("/dashboard/api/funnel") as found:
            (week,) = (await found.json())["weeks"]
        today = datetime.now(UTC).date()
        assert week["week"] in {
            str(day - timedelta(days=day.weekday())) for day in (today, today - timedelta(days=1))
        }
        assert (week["calls"], week["answered"], week["won"]) == (1, 1, 0)
        async with browser.delete("/dashboard/api/session", headers=token) as left:
            assert left.status == 200
        async with browser.get("/calls") as refused:
            assert refused.status == 401
