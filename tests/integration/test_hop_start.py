"""How hops start: each with ports of its own, and in compose as beside `wacall up`."""

import contextlib
import json
import os
import re
import uuid
from pathlib import Path

import aiohttp
import pytest
import yaml

from controlplane.core.errors import HopUnreachable
from controlplane.rtpengine.address import HopAddress
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.passage import HopInterfaces, NgPassage
from controlplane.rtpengine.transport import open_transport
from shared.call.ids import CallId
from tests.integration.hop_call import HopCall
from wacall.environment import REPOSITORY, free_port
from wacall.stack.hop import EmbeddedHop, HopPlan, find_hop
from wacall.stack.processes import Child, ChildFailed
from wacall.stack.sfu import EmbeddedSfu

# which says why there is no rtpengine
pytestmark = pytest.mark.usefixtures("hop")


async def test_two_hops_of_a_machine_share_no_port(sfu: EmbeddedSfu, tmp_path: Path) -> None:
    """Linux would give both the same one, and one call would hear the other's packets."""
    first = EmbeddedHop(plan=HopPlan(), log=tmp_path / "first.log")
    second = EmbeddedHop(plan=HopPlan(), log=tmp_path / "second.log")
    await first.start()
    await second.start()
    try:
        async with HopCall(sfu, first.address) as one, HopCall(sfu, second.address) as other:
            offers = [await call.passage.offer() for call in (one, other)]
            ports = [set(re.findall(r"127\.0\.0\.1 (\d+) typ host", offer)) for offer in offers]
        assert all(ports)
        assert not ports[0] & ports[1]
    finally:
        await first.stop()
        await second.stop()


async def test_a_range_that_another_hop_uses_is_refused(tmp_path: Path) -> None:
    """The sentence names the variables; once the other has stopped, the range is free."""
    plan = HopPlan(port_min=42_000, port_max=42_099, whole_range=True)
    first = EmbeddedHop(plan=plan, log=tmp_path / "first.log")
    second = EmbeddedHop(plan=plan, log=tmp_path / "second.log")
    await first.start()
    try:
        with pytest.raises(ChildFailed, match="set HOP_PORT_MIN and HOP_PORT_MAX to others"):
            await second.start()
    finally:
        await first.stop()
    await second.start()
    await second.stop()


async def test_the_composed_hop_takes_its_options(tmp_path: Path) -> None:
    """What compose.yaml and Dockerfile say together starts an rtpengine that can be spoken with."""
    dockerfile = (REPOSITORY / "Dockerfile").read_text().replace("\\\n", "")
    entry = re.search(r"^ENTRYPOINT (\[.+?\])$", dockerfile, re.MULTILINE)
    service = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]["hop"]
    assert entry is not None
    program = find_hop(os.environ)
    assert program is not None
    ports = {"HOP_PORT_MIN": "43000", "HOP_PORT_MAX": "43099"}
    port = free_port()
    command = [
        program,
        *(part.replace(":2223", f":{port}") for part in json.loads(entry[1])[1:]),
        *(_interpolated(part, {"HOP_IP": "127.0.0.2", **ports}) for part in service["command"]),
    ]
    assert "--interface=wa/127.0.0.2!127.0.0.2" in command
    child = await Child.start(
        "hop", command, env={"PATH": os.environ["PATH"]}, log=tmp_path / "hop.log"
    )
    address = HopAddress.parse(f"http://127.0.0.1:{port}")
    try:
        async with aiohttp.ClientSession() as http:
            client = NgClient(open_transport(address, http), address=address, timeout_s=1)

            async def answers() -> bool:
                with contextlib.suppress(HopUnreachable):
                    await client.ping()
                    return True
                return False

            await child.wait_until(answers, timeout_s=10)
            names = HopInterfaces(livekit="lk", whatsapp="wa")
            call_id = CallId(str(uuid.uuid4()))
            offer = await NgPassage(client, call_id, interfaces=names).offer()
        assert re.search(r"127\.0\.0\.2 430\d\d typ host", offer)
    finally:
        await child.stop(grace_s=3)


def _interpolated(text: str, values: dict[str, str]) -> str:
    """Fill in `${NAME:-default}` from the inside out, as docker compose does."""
    pattern = r"\$\{(\w+):-([^${}]*)\}"
    while (filled := re.sub(pattern, lambda m: values.get(m[1]) or m[2], text)) != text:
        text = filled
    return text
