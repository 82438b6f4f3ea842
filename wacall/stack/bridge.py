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

HOW_TO_GET_IT = "The media bridge is not built: run `make setup`, which says why it could not be."


class EmbeddedBridge:
    """One bridge as a child; `url` and `token` are known once it has started."""

    def __init__(
        self,
        *,
        data_dir: Path,
        environment: Mapping[str, str] | None = None,
        max_legs: int = 100,
        drain_s: float = 0,
        log: Path | None = None,
        echo: Echo | None = None,
    ) -> None:
        self._directory = data_dir / "bridge"
        self._environment = dict(os.environ if environment is None else environment)
        self._max_legs = max_legs
        self._drain_s = drain_s
        self._echo = echo
        self._child: Child | None = None
        self.log = log or self._directory / "bridge.log"
        self.clips = self._directory / "clips"
        self.recordings = self._directory / "recordings"
        self.token = secrets.token_urlsafe(32)
        self.port = 0

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
        program = shutil.which(PROGRAM, path=self._environment.get("PATH"))
        if program is None:
            raise ChildFailed(HOW_TO_GET_IT)
        for folder in (self.clips, self.recordings):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.port = free_port()
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
            "BRIDGE_MAX_LEGS": str(self._max_legs),
            "BRIDGE_DRAIN_S": str(self._drain_s),
            "BRIDGE_CLIPS": os.fspath(self.clips),
            "BRIDGE_RECORDINGS": os.fspath(self.recordings),
            "BRIDGE_LOOPBACK": "1",
        }
