"""The embedded media bridge: the Go program of sfu/bridge, controlled on loopback."""

import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from wacall.environment import LOOPBACK, free_port
from wacall.stack.answering import wait_until_answers
from wacall.stack.processes import Child, ChildFailed, Echo

PROGRAM = "wacall-bridge"
READY_TIMEOUT_S = 10.0
STOP_GRACE_S = 3.0

HOW_TO_GET_IT = (
    "The media bridge is not built: run `make setup`, which says why it could not be, or set "
    "BRIDGE_URL to one elsewhere."
)
# the program's own defaults
BRIDGE_LISTEN = "127.0.0.1:7890"
BRIDGE_MAX_LEGS = 100
BRIDGE_DRAIN_S = 600
# what an operator may configure, and the embedded bridge reads as a bridge elsewhere would
_OPERATORS = ("BRIDGE_ADVERTISED_IP", "BRIDGE_MAX_LEGS", "BRIDGE_UDP_PORTS")


def find_bridge(environment: Mapping[str, str]) -> str | None:
    """Return the bridge's program on PATH, if it is built."""
    return shutil.which(PROGRAM, path=environment.get("PATH", os.defpath))


def variables_of(configured: Mapping[str, str]) -> dict[str, str]:
    """Return what the bridge is told about the network it is in."""
    told = {name: configured[name] for name in _OPERATORS if configured.get(name)}
    if configured.get("SFU_NODE_IP", LOOPBACK) != LOOPBACK:
        # whoever reaches the SFU there reaches us as well
        told.setdefault("BRIDGE_ADVERTISED_IP", configured["SFU_NODE_IP"])
    # behind a 1:1 NAT loopback would be announced as the public address
    return told if "BRIDGE_ADVERTISED_IP" in told else {**told, "BRIDGE_LOOPBACK": "1"}


class EmbeddedBridge:
    """One bridge as a child; `url` and `token` are known once it has started."""

    def __init__(
        self,
        *,
        data_dir: Path,
        environment: Mapping[str, str] | None = None,
        token: str | None = None,
        max_legs: int | None = None,
        drain_s: float = 0,
        log: Path | None = None,
        echo: Echo | None = None,
    ) -> None:
        self._directory = data_dir / "bridge"
        self._environment = dict(os.environ if environment is None else environment)
        if max_legs is not None:
            self._environment["BRIDGE_MAX_LEGS"] = str(max_legs)
        self._drain_s = drain_s
        self._echo = echo
        self._child: Child | None = None
        self.log = log or self._directory / "bridge.log"
        self.clips = self._directory / "clips"
        self.recordings = self._directory / "recordings"
        self.token = token or secrets.token_urlsafe(32)
        self.port = 0
        """Where it listens; a successor is found where the first one was."""

    @property
    def url(self) -> str:
        """Where it takes its orders."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def child(self) -> Child:
        """The process."""
        if self._child is None:
            raise RuntimeError("the media bridge was never started")
        return self._child

    async def start(self) -> Child:
        """Start it and wait until it answers.

        Raises:
            ChildFailed: it is not built, or does not get ready.
        """
        program = find_bridge(self._environment)
        if program is None:
            raise ChildFailed(HOW_TO_GET_IT)
        for folder in (self.clips, self.recordings):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.port = self.port or free_port()
        self._child = await Child.start(
            "bridge",
            [program],
            env=self._variables(),
            log=self.log,
            echo=self._echo,
        )
        await wait_until_answers(self._child, f"{self.url}/health", timeout_s=READY_TIMEOUT_S)
        return self._child

    async def stop(self) -> None:
        """Stop it, and with it the media of all its legs."""
        if self._child is not None and self._child.returncode is None:
            await self._child.stop(grace_s=STOP_GRACE_S)

    def _variables(self) -> dict[str, str]:
        """What it reads, and nothing else of ours."""
        return {
            "PATH": self._environment.get("PATH", os.defpath),
            "BRIDGE_LISTEN": f"{LOOPBACK}:{self.port}",
            "BRIDGE_TOKEN": self.token,
            "BRIDGE_DRAIN_S": str(self._drain_s),
            "BRIDGE_CLIPS": os.fspath(self.clips),
            "BRIDGE_RECORDINGS": os.fspath(self.recordings),
            **variables_of(self._environment),
        }
