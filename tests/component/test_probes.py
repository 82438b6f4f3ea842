"""Probes and metrics: what an orchestrator and Prometheus see."""

import asyncio
import contextlib
import time
from typing import Any, cast

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.database.supabase import SupabaseStore
from tests.component.bench import Bench, MakeBench
from tests.component.surface import Door
from tests.eventually import eventually, stays
from wacall.stack.database import LocalSupabase
from wacall.stack.sfu import EmbeddedSfu


async def readiness(http: aiohttp.ClientSession) -> tuple[int, dict[str, Any]]:
    """Ask the probe."""
    async with http.get("/readyz") as response:
        return response.status, await response.json()


async def until_readiness(http: aiohttp.ClientSession, status: int) -> dict[str, Any]:
    """Wait until the probe answers so; give its body."""

    async def asked() -> dict[str, Any] | None:
        found, body = await readiness(http)
        return body if found == status else None

    return cast(dict[str, Any], await eventually(asked, 10))


async def test_probes_while_all_is_well(bench: Bench, http: aiohttp.ClientSession) -> None:
    """Alive and ready; the metrics are Prometheus' text."""
    async with http.get("/healthz") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})
    async with http.get("/readyz") as response:
        assert (response.status, await response.json()) == (200, {"status": "ready"})
    async with http.get("/metrics") as response:
        assert response.status == 200
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert "whatsapp_calls_started_total" in await response.text()


async def test_requests_to_every_neighbour_are_measured_alike(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """The probe asks the database and LiveKit; both are seen, by what was asked and how it went."""
    async with http.get("/readyz") as response:
        assert response.status == 200
    async with http.get("/metrics") as response:
        families = text_string_to_metric_families(await response.text())
        (family,) = [some for some in families if some.name == "whatsapp_upstream_seconds"]
    measured = {
        (one.labels["service"], one.labels["action"], one.labels["outcome"])
        for one in family.samples
        if one.name.endswith("_count") and one.value >= 1
    }
    assert ("database", "ask_for_a_call", "ok") in measured
    assert ("livekit", "list_rooms", "ok") in measured


@pytest.mark.parametrize("neighbour", ["database", "livekit"])
async def test_a_missing_neighbour_is_named(
    make_bench: MakeBench,
    http: aiohttp.ClientSession,
    database: LocalSupabase,
    sfu_with_webhook: EmbeddedSfu,
    neighbour: str,
) -> None:
    """Not ready says which neighbour is missing and what to check; ready again when it is back."""
    door = Door(database.port if neighbour == "database" else sfu_with_webhook.ports.http)
    await door.open()
    variable = "SUPABASE_URL" if neighbour == "database" else "LIVEKIT_URL"
    await make_bench(**{variable: f"http://127.0.0.1:{door.port}"})
    await door.shut()

    async with http.get("/readyz") as response:
        body = await response.json()
        assert response.status == 503
        assert body["status"] == "not ready"
        assert set(body["problems"]) == {neighbour}
        assert variable in body["problems"][neighbour]
    async with http.get("/healthz") as response:
        assert response.status == 200

    await door.open()
    await until_readiness(http, 200)
    await door.shut()


def asked(text: str, service: str, action: str) -> float:
    """How often a neighbour was asked something, whatever came of it."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "whatsapp_upstream_seconds_count"
        and (sample.labels["service"], sample.labels["action"]) == (service, action)
    )


async def questions(http: aiohttp.ClientSession) -> float:
    """How often the database was asked whether it is there."""
    async with http.get("/metrics") as response:
        return asked(await response.text(), "database", "ask_for_a_call")


async def test_a_flood_of_probes_is_one_question_a_second(
    make_bench: MakeBench, http: aiohttp.ClientSession
) -> None:
    """Hundreds of connections for seconds; half of them hang up at once, without an answer."""
    bench = await make_bench(MAX_CONNECTIONS="1000", MAX_CONNECTIONS_PER_CLIENT="1000")
    port = bench.plane.settings.port
    before, began = await questions(http), time.monotonic()

    async def ask(number: int) -> None:
        while time.monotonic() - began < 3:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                await writer.drain()
                if number % 2:
                    await asyncio.wait_for(reader.read(), 20)
                writer.close()

    await asyncio.gather(*(ask(number) for number in range(300)))
    took_s = time.monotonic() - began
    assert await questions(http) - before <= took_s + 2
    # the client's connections serve as before
    async with asyncio.timeout(10):
        await asyncio.gather(*(bench.plane.near.store.ping() for _ in range(60)))


async def health(http: aiohttp.ClientSession) -> tuple[int, dict[str, Any]]:
    """Ask the liveness probe."""
    async with http.get("/healthz") as response:
        return response.status, await response.json()


async def test_a_dead_database_client_asks_for_a_restart(
    make_bench: MakeBench, http: aiohttp.ClientSession, database: LocalSupabase
) -> None:
    """The client's session is broken, the database lives: 503, with a sentence that says so."""
    bench = await make_bench(DATABASE_DEAD_S="0.9")
    assert (await health(http))[0] == 200
    await cast(SupabaseStore, bench.plane.near.store).close()

    async def is_red() -> dict[str, Any] | None:
        status, body = await health(http)
        return body if status == 503 else None

    body = await eventually(is_red)
    assert body["status"] == "ill"
    assert set(body["problems"]) == {"database-client"}
    assert body["problems"]["database-client"].endswith("restart the process.")
    assert "database-client" in (await until_readiness(http, 503))["problems"]


async def test_an_outage_of_the_database_asks_for_no_restart(
    make_bench: MakeBench, http: aiohttp.ClientSession, database: LocalSupabase
) -> None:
    """However long the database is away, the process is well; and so it is when it comes back."""
    door = Door(database.port)
    await door.open()
    await make_bench(SUPABASE_URL=f"http://127.0.0.1:{door.port}", DATABASE_DEAD_S="0.9")
    await until_readiness(http, 200)
    await door.shut()

    async def is_green() -> bool:
        return (await health(http))[0] == 200

    await stays(is_green, 4, "four times what makes a silent client a dead one")
    await door.open()
    await until_readiness(http, 200)
    await stays(is_green, 2, "the next looks")
    await door.shut()


async def test_a_stuck_loop_is_named(bench: Bench, http: aiohttp.ClientSession) -> None:
    """Not ready while a turn hangs, though all neighbours are there; ready when it is over."""
    may_end = asyncio.Event()
    bench.plane.loops.every(0.01, may_end.wait, name="stuck", patience_s=0.2)
    body = await until_readiness(http, 503)
    assert (body["status"], set(body["problems"])) == ("not ready", {"stuck"})
    assert body["problems"]["stuck"].endswith("restart the process.")

    may_end.set()
    await until_readiness(http, 200)


async def test_a_dead_loop_is_named(bench: Bench, http: aiohttp.ClientSession) -> None:
    """A loop that has ended does nothing any more: the process has to be replaced."""

    async def die() -> None:
        raise asyncio.CancelledError

    bench.plane.loops.every(0.01, die, name="dead")
    assert await until_readiness(http, 503) == {
        "status": "not ready",
        "problems": {"dead": "This background loop has died; restart the process."},
    }


async def test_loops_are_counted(bench: Bench, http: aiohttp.ClientSession) -> None:
    """Every loop of the process turns, and the metrics say how it went."""
    sweeps = {"sweep-overdue", "sweep-pending", "sweep-unreleased", "sweep-reconcile"}
    loops = sweeps | {"media-watch", "database-client"}
    wanted = {f'whatsapp_loop_turns_total{{loop="{name}",outcome="ok"}}' for name in loops}

    async def all_have_turned() -> dict[str, float] | None:
        async with http.get("/metrics") as response:
            lines = (await response.text()).splitlines()
        turns = {
            name: float(count)
            for name, _, count in (line.rpartition(" ") for line in lines)
            if name.startswith("whatsapp_loop_turns_total{")
        }
        return turns if all(turns.get(one) for one in wanted) else None

    turns = await eventually(all_have_turned, 30)
    assert [one for one, count in turns.items() if count and 'outcome="failed"' in one] == []


async def test_draining_is_not_ready_and_still_alive(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """The load balancer learns it first."""
    await bench.plane.drain()
    async with http.get("/readyz") as response:
        assert (response.status, await response.json()) == (503, {"status": "draining"})
    async with http.get("/healthz") as response:
        assert response.status == 200


async def test_metrics_count_calls_by_how_they_ended(
    bench: Bench, http: aiohttp.ClientSession
) -> None:
    """One call: one start, one end, its steps timed; no label tells who called."""
    call = await bench.whatsapp.call()
    await call.accepted(30)
    call.hang_up()
    await bench.until_released(call)
    async with http.get("/metrics") as response:
        lines = (await response.text()).splitlines()

    assert 'whatsapp_calls_started_total{direction="inbound"} 1.0' in lines
    ended = 'direction="inbound",reason="caller-hangup",status="completed"'
    assert f"whatsapp_calls_ended_total{{{ended}}} 1.0" in lines
    assert any('stage="accept"' in line and "_count" in line for line in lines)
    assert any('service="graph"' in line and 'action="accept"' in line for line in lines)
    for private in (call.plan.caller.phone, call.plan.caller.name, call.wacid):
        assert private not in "\n".join(lines)
