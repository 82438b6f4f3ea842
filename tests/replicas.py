"""What stands before several replicas, and says which of them get which of Meta's events."""

import asyncio
import json
from dataclasses import dataclass

import aiohttp
from aiohttp import web

FIRST, SECOND = "first", "second"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """An event that was passed on."""

    kind: str
    """`connect`, `terminate`, or a status such as `RINGING`."""
    replica: str
    status: int
    """What the replica answered."""


class Balancer:
    """Passes each webhook on to the replicas of its kind, to all of them at once."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.targets: dict[str, list[str]] = {}
        """Kind to replicas, or to none; what is not named goes to the first."""
        self.only_once: set[str] = set()
        """Kinds of which the next event alone is passed on; Meta's further tries come to nobody."""
        self.passed: list[Passed] = []
        self.url = ""

    async def pass_on(self, request: web.Request) -> web.Response:
        """Pass on; the worst answer is Meta's."""
        body = await request.read()
        value = json.loads(body)["entry"][0]["changes"][0]["value"]
        kind = value["statuses"][0]["status"] if "statuses" in value else value["calls"][0]["event"]
        replicas = self.targets.get(kind, [FIRST])
        if kind in self.only_once:
            self.targets[kind] = []
        headers = {"X-Hub-Signature-256": request.headers["X-Hub-Signature-256"]}
        async with aiohttp.ClientSession() as http:
            passed = await asyncio.gather(
                *(self._post(http, kind, replica, body, headers) for replica in replicas)
            )
        return web.Response(status=max((one.status for one in passed), default=502))

    async def _post(
        self,
        http: aiohttp.ClientSession,
        kind: str,
        replica: str,
        body: bytes,
        headers: dict[str, str],
    ) -> Passed:
        url = f"http://127.0.0.1:{self.ports[replica]}/wa/webhook"
        async with http.post(url, data=body, headers=headers) as response:
            passed = Passed(kind=kind, replica=replica, status=response.status)
        self.passed.append(passed)
        return passed
