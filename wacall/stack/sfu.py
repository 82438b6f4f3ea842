"""The embedded SFU: a livekit-server on this machine's loopback, run from `sfu/livekit.yaml`."""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from shared.process.logs import redact
from wacall.environment import LOOPBACK, REPOSITORY, free_port, is_free, with_tools, write_private
from wacall.stack.answering import wait_until_answers
from wacall.stack.processes import Child, ChildFailed, Echo

CONFIG = REPOSITORY / "sfu" / "livekit.yaml"
# Every client is told which STUN server to ask for its own address; without a setting Twilio's and
# Google's. Nobody answers here, and nobody needs to: the server's address can be reached, so that
# ICE finds the client's by the checks (peer-reflexive, RFC 8445 section 7.3.1.3). Never the
# server's own UDP port: libwebrtc takes all that comes from a STUN server's address for its
# answers, and its clients, the worker's among them, then never connect.
NO_STUN = f"{LOOPBACK}:9"
READY_TIMEOUT_S = 15.0
STOP_GRACE_S = 5.0
SECOND_SIGNAL_S = 0.2
# a free port can be taken by somebody else before the server binds it
START_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SfuKeys:
    """The server's API key and secret."""

    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SfuPorts:
    """Where the server listens; 0 means any free port."""

    http: int = 0
    udp: int = 0


def find_server(environment: Mapping[str, str]) -> str:
    """Return the livekit-server to run.

    Raises:
        ChildFailed: there is none.
    """
    found = shutil.which("livekit-server", path=with_tools(environment)["PATH"])
    if found is None:
        raise ChildFailed(
            "livekit-server is neither on PATH nor in .cache/bin: run `make setup`, "
            "or set LIVEKIT_URL to use a server elsewhere."
        )
    return found


def run_config(
    shipped: Mapping[str, Any],
    *,
    ports: SfuPorts,
    keys: SfuKeys,
    webhook_url: str | None,
    node_ip: str = LOOPBACK,
    prometheus_port: int | None = None,
) -> dict[str, Any]:
    """Put over the shipped configuration what only the embedded server needs."""
    rtc: dict[str, Any] = dict(shipped["rtc"])
    for name in ("port_range_start", "port_range_end"):
        rtc.pop(name, None)
    rtc |= {"udp_port": ports.udp, "use_external_ip": False, "node_ip": node_ip}
    rtc["stun_servers"] = [NO_STUN]
    if node_ip == LOOPBACK:
        # simulated phones and the workers are all on this machine; without the filter every
        # interface of the machine would be offered under the loopback address
        rtc |= {"enable_loopback_candidate": True, "ips": {"includes": [f"{LOOPBACK}/32"]}}
    config = {
        **shipped,
        "port": ports.http,
        "bind_addresses": [LOOPBACK],
        "rtc": rtc,
        "keys": {keys.key: keys.secret},
    }
    if webhook_url is None:
        config.pop("webhook", None)
    else:
        config["webhook"] = {"api_key": keys.key, "urls": [webhook_url]}
    if prometheus_port is not None:
        config["prometheus"] = {"port": prometheus_port}
    return config


def load_keys(environment: Mapping[str, str], file: Path) -> SfuKeys:
    """Take the keys from the environment, else from `file`, else make some and keep them there.

    Raises:
        ValueError: one of the two variables is set alone.
    """
    key, secret = environment.get("LIVEKIT_API_KEY"), environment.get("LIVEKIT_API_SECRET")
    if key and secret:
        return SfuKeys(key=key, secret=secret)
    if key or secret:
        missing = "LIVEKIT_API_SECRET" if key else "LIVEKIT_API_KEY"
        raise ValueError(f"{missing} is not set; set both LIVEKIT_API_KEY and _SECRET or neither.")
    if file.is_file():
        return SfuKeys(**json.loads(file.read_text()))
    keys = SfuKeys(key=f"API{secrets.token_hex(6)}", secret=secrets.token_urlsafe(32))
    write_private(file, json.dumps({"key": keys.key, "secret": keys.secret}))
    return keys


class EmbeddedSfu:
    """One livekit-server child; `url` and `keys` are known once it has started."""

    def __init__(
        self,
        *,
        data_dir: Path,
        environment: Mapping[str, str] | None = None,
        ports: SfuPorts | None = None,
        webhook_url: str | None = None,
        node_ip: str = LOOPBACK,
        prometheus_port: int | None = None,
        log: Path | None = None,
        echo: Echo | None = None,
    ) -> None:
        self._directory = data_dir / "sfu"
        self._environment = dict(os.environ if environment is None else environment)
        self._wanted = ports or SfuPorts()
        self._webhook_url = webhook_url
        self._node_ip = node_ip
        self._prometheus_port = prometheus_port
        self._echo = echo
        self.log = log or self._directory / "livekit.log"
        self._child: Child | None = None
        self.ports = self._wanted
        self.keys = load_keys(self._environment, self._directory / "keys.json")

    @property
    def url(self) -> str:
        """Where clients connect to."""
        return f"ws://{LOOPBACK}:{self.ports.http}"

    @property
    def http_url(self) -> str:
        """The same for RoomService and WHIP."""
        return f"http://{LOOPBACK}:{self.ports.http}"

    @property
    def child(self) -> Child:
        """The server's process."""
        if self._child is None:
            raise RuntimeError("the SFU was never started")
        return self._child

    async def start(self) -> Child:
        """Start the server and wait until it answers.

        Raises:
            ChildFailed: there is no server, a wanted port is taken, or it does not get ready.
        """
        program = find_server(self._environment)
        for attempt in range(1, START_ATTEMPTS + 1):
            self.ports = self._choose_ports()
            try:
                await self._start_once(program)
            except ChildFailed:
                await self.stop()
                collided = not (
                    is_free(self.ports.http) and is_free(self.ports.udp, udp=True)
                ) and 0 in (self._wanted.http, self._wanted.udp)
                if attempt == START_ATTEMPTS or not collided:
                    raise
            else:
                break
        return self.child

    def settle(self) -> None:
        """Keep the ports of now for every further start."""
        self._wanted = self.ports

    async def stop(self) -> None:
        """Stop the server; it has nothing to save.

        The first SIGTERM makes it wait for its participants, for as long as they stay, and is lost
        if it comes in the first 100 ms of the server's life; the second one is not negotiable.
        """
        if self._child is None or self._child.returncode is not None:
            return
        self._child.signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SECOND_SIGNAL_S):
                await self._child.wait()
        await self._child.stop(grace_s=STOP_GRACE_S)

    def _choose_ports(self) -> SfuPorts:
        for port, variable, udp in (
            (self._wanted.http, "SFU_PORT", False),
            (self._wanted.udp, "SFU_UDP_PORT", True),
        ):
            if port and not is_free(port, udp=udp):
                raise ChildFailed(
                    f"port {port}{'/udp' if udp else ''} is taken, so the SFU cannot start: "
                    f"stop what uses it, or set {variable} to another one (0 for any)."
                )
        return SfuPorts(
            http=self._wanted.http or free_port(), udp=self._wanted.udp or free_port(udp=True)
        )

    async def _start_once(self, program: str) -> None:
        config = run_config(
            yaml.safe_load(CONFIG.read_text()),
            ports=self.ports,
            keys=self.keys,
            webhook_url=self._webhook_url,
            node_ip=self._node_ip,
            prometheus_port=self._prometheus_port,
        )
        file = self._directory / "livekit.yaml"
        write_private(file, yaml.safe_dump(config, sort_keys=False))
        self._child = await Child.start(
            "sfu",
            [program, "--config", file],
            # the server reads LIVEKIT_* itself: none of ours may reach it
            env={k: v for k, v in self._environment.items() if not k.startswith("LIVEKIT_")},
            log=self.log,
            echo=self._echo,
            # of an offer that it cannot handle it writes all of it, at any level
            clean=redact,
        )
        await wait_until_answers(self._child, self.http_url, timeout_s=READY_TIMEOUT_S)
