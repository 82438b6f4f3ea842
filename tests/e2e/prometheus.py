"""A real Prometheus that scrapes a whole stack, and is asked what a dashboard would ask it."""

import contextlib
import json
import math
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp

from tests.eventually import eventually
from tests.paths import ROOT
from wacall.bootstrap import prometheus as programs
from wacall.docs.dashboard import ROWS
from wacall.environment import free_port
from wacall.stack.processes import Child

# what Grafana makes of it, for the seconds that a test has
WINDOW = "2m"


class Prometheus:
    """The questions."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def ask(self, query: str) -> list[dict[str, Any]]:
        """Give the series of an instant query, without those that are no number."""
        query = query.replace("$__rate_interval", WINDOW)
        async with self._http.get("/api/v1/query", params={"query": query}) as response:
            body = await response.json()
            assert body["status"] == "success", (query, body)
        found: list[dict[str, Any]] = body["data"]["result"]
        return [one for one in found if not math.isnan(float(one["value"][1]))]

    async def number(self, query: str) -> float:
        """Give the only value; 0 if there is none."""
        found = await self.ask(query)
        return float(found[0]["value"][1]) if found else 0.0

    async def dashboard(self) -> dict[str, int]:
        """Ask what the dashboard asks: how many series each line of it has."""
        return {
            f"{panel.title}: {legend}": len(await self.ask(query))
            for _, panels in ROWS
            for panel in panels
            for legend, query in panel.queries
        }


@contextlib.asynccontextmanager
async def prometheus(directory: Path, targets: Mapping[str, str]) -> AsyncIterator[Prometheus]:
    """Scrape each job's `host:port` once a second, with the alerts that are shipped."""
    program = programs.find("prometheus")
    assert program is not None, f"There is no Prometheus: {programs.BY_HAND}."
    directory.mkdir(parents=True, exist_ok=True)
    configuration = directory / "prometheus.yml"
    # JSON is YAML
    configuration.write_text(
        json.dumps(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "rule_files": [os.fspath(ROOT / "docs" / "monitoring" / "alerts.yaml")],
                "scrape_configs": [
                    {"job_name": job, "static_configs": [{"targets": [address]}]}
                    for job, address in targets.items()
                ],
            }
        )
    )
    address = f"127.0.0.1:{free_port()}"
    child = await Child.start(
        "prometheus",
        [
            program,
            f"--config.file={configuration}",
            f"--storage.tsdb.path={directory / 'data'}",
            f"--web.listen-address={address}",
        ],
        env=os.environ,
        log=directory / "prometheus.log",
    )
    try:
        async with aiohttp.ClientSession(f"http://{address}") as http:
            found = Prometheus(http)

            async def scrapes_all() -> bool:
                with contextlib.suppress(aiohttp.ClientError):
                    return await found.number("sum(up)") == len(targets)
                return False

            await eventually(scrapes_all)
            yield found
    finally:
        await child.stop(grace_s=5)
