"""Over HTTP without neighbours: files, sign-in, and what a session may."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from controlplane.dashboard.attempts import PER_ADDRESS
from controlplane.dashboard.door import COOKIE, Door
from controlplane.dashboard.routes import dashboard_routes
from controlplane.http.middleware import errors_as_json, operators_only

KEY = "k" * 40
Client = TestClient[web.Request, web.Application]


def app_of(key: str | None) -> web.Application:
    """Make the dashboard with one route of the operators' beside it."""
    door = Door(key)
    guard = operators_only(key, door.refusal)

    async def act(request: web.Request) -> web.Response:
        return web.json_response({"done": True})

    app = web.Application(middlewares=[errors_as_json])
    app.add_routes(dashboard_routes(door, livekit_url="ws://sfu:7880", is_off=key is None))
    app.add_routes([web.get("/calls", guard(act)), web.post("/calls", guard(act))])
    return app


@pytest_asyncio.fixture
async def client() -> AsyncIterator[Client]:
    """A browser without memory: each request says its own cookie."""
    async with TestClient(TestServer(app_of(KEY))) as found:
        yield found


async def signed_in(client: Client) -> dict[str, str]:
    answer = await client.post("/dashboard/api/session", json={"token": KEY})
    assert answer.status == 201
    return {"X-CSRF-Token": (await answer.json())["csrf_token"]}


async def test_signing_in_gives_a_guarded_cookie(client: Client) -> None:
    """No script reads it, no other site sends it, and by https it stays there."""
    for proto, secure in (("http", False), ("https", True)):
        answer = await client.post(
            "/dashboard/api/session", json={"token": KEY}, headers={"X-Forwarded-Proto": proto}
        )
        cookie = answer.cookies[COOKIE]
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/")
        assert bool(cookie["secure"]) is secure
        assert KEY not in cookie.value


async def test_a_session_reads_and_with_its_token_acts(client: Client) -> None:
    """Without the token, with a wrong one, or from another origin it does not."""
    assert (await client.get("/calls")).status == 401
    assert await (await client.get("/dashboard/api/session")).json() == {"signed_in": False}
    token = await signed_in(client)
    assert (await client.get("/calls")).status == 200
    shown = await (await client.get("/dashboard/api/session")).json()
    assert shown["csrf_token"] == token["X-CSRF-Token"]
    assert (await client.post("/calls", headers=token)).status == 200
    for headers in ({}, {"X-CSRF-Token": "0" * 64}, {**token, "Sec-Fetch-Site": "cross-site"},
                    {**token, "Origin": "https://evil.example"}):  # fmt: skip
        answer = await client.post("/calls", headers=headers)
        assert answer.status == 403
        assert (await answer.json())["error"]["code"] in ("no-csrf-token", "foreign-origin")
    # the bearer token needs no other, and a wrong one is not mended by a cookie
    bearer = {"Authorization": f"Bearer {KEY}"}
    assert (await client.post("/calls", headers=bearer)).status == 200
    assert (await client.post("/calls", headers={"Authorization": "Bearer x"})).status == 401


async def test_signing_out_takes_the_cookie_away(client: Client) -> None:
    """With the token; nobody else's page signs anybody out."""
    token = await signed_in(client)
    assert (await client.delete("/dashboard/api/session")).status == 403
    assert (await client.delete("/dashboard/api/session", headers=token)).status == 200
    assert (await client.get("/calls")).status == 401


async def test_wrong_keys_are_slowed_down(client: Client) -> None:
    """After a few a right one has to wait too, and is told for how long."""
    for _ in range(PER_ADDRESS):
        answer = await client.post("/dashboard/api/session", json={"token": "wrong"})
        assert answer.status == 401
    answer = await client.post("/dashboard/api/session", json={"token": KEY})
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("path", ["/dashboard/", "/dashboard/static/index.html"])
async def test_files_are_sent_once(client: Client, path: str) -> None:
    """The browser asks again, and is told that it has the same; all carry the policy."""
    first = await client.get(path)
    assert first.status == 200
    assert first.content_type == "text/html"
    again = await client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status == 304
    for answer in (first, again):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    bare = await client.get("/dashboard", allow_redirects=False)
    assert bare.headers["Location"] == "/dashboard/"


@pytest.mark.parametrize(
    "name", ["..%2fdoor.py", "%2e%2e%2fdoor.py", ".npmrc", "nothing.js", "a%00.js", "%5c..%5cx.js"]
)
@pytest.mark.parametrize("folder", ["static", "vendor"])
async def test_no_name_leads_elsewhere(client: Client, folder: str, name: str) -> None:
    """Only files of the two folders, by their kind."""
    answer = await client.get(f"/dashboard/{folder}/{name}")
    assert answer.status == 404


async def test_without_a_key_the_page_says_what_to_set() -> None:
    """403 in a sentence, for the page and for signing in."""
    async with TestClient(TestServer(app_of(None))) as client:
        for answer in (
            await client.get("/dashboard/"),
            await client.get("/dashboard/api/session"),
            await client.post("/dashboard/api/session", json={"token": "x"}),
        ):
            assert answer.status == 403
            assert "CONTROLPLANE_API_KEY" in await answer.text()
