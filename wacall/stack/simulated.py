"""A stack to play with by hand: a simulated Meta with its page, a simulated OpenAI, made-up keys.

Nothing real is touched: of what is configured, no line, key, database or server is used. Both
simulators are processes, as everything else here.
"""

import asyncio
import secrets
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from shared.profiles.faults import ProfilesUnfit
from shared.profiles.folder import Profiles
from wacall.environment import LOOPBACK, free_port, is_free, port_of
from wacall.stack.bridge import find_bridge
from wacall.stack.keeper import Keeper, Report
from wacall.stack.openai import start_openai
from wacall.stack.processes import Child, Echo
from wacall.stack.progress import Progress
from wacall.stack.together import together

PAGE_PORT = 4001
READY_TIMEOUT_S = 60.0
STOP_S = 5.0
WHATSAPP, OPENAI = "simulated WhatsApp", "simulated OpenAI"

# what must not come from an operator's .env into a stack that is only played with
_REAL = (
    "WA_", "OPENAI_", "LIVEKIT_", "SUPABASE_", "BRIDGE_", "RTPENGINE_", "HOP_", "SFU_", "HOST",
    "OPERATOR_", "DATABASE_URL", "CONTROLPLANE_URL",
)  # fmt: skip
# Meta's own example in its documentation
_NUMBER_ID = "106540352242922"


def simulated(configured: Mapping[str, str], *, real_openai: bool = False) -> dict[str, str]:
    """Return the environment of all parts: what is configured, but simulated neighbours.

    With `real_openai` that one is as it is configured.

    Raises:
        ValueError: PORT is malformed.
    """
    own = {
        name: value
        for name, value in configured.items()
        if not name.startswith(_REAL) or (real_openai and name.startswith("OPENAI_"))
    }
    port = port_of(configured, "PORT", 4000)
    page = PAGE_PORT if is_free(PAGE_PORT) else free_port()
    own |= {
        "PORT": str(port if port and is_free(port) else free_port()),
        "WA_VERIFY_TOKEN": secrets.token_urlsafe(16),
        "WA_APP_SECRET": secrets.token_hex(16),
        "WA_ACCESS_TOKEN": f"EAA{secrets.token_hex(24)}",
        "WA_PHONE_NUMBER_ID": _NUMBER_ID,
        "WA_GRAPH_BASE_URL": f"http://{LOOPBACK}:{page}",
        # people on the page take calls at any time
        "CALL_HOURS": "always",
    }
    # a profile's own numbers have no business with the real Meta, whatever their variables hold
    for variable, made_up in _of_profiles(configured):
        own[variable] = own[made_up]
    if not real_openai:
        own |= {
            "OPENAI_API_KEY": "sk-simulated",
            "OPENAI_BASE_URL": f"http://{LOOPBACK}:{free_port()}/v1",
        }
    own.setdefault("CONTROLPLANE_API_KEY", secrets.token_urlsafe(24))
    own.setdefault("DRAIN_TIMEOUT_S", "2")
    own.setdefault("AGENT_IDLE_PROCESSES", "1")
    own.setdefault("CLIPS_DIR", "none")
    if find_bridge(own) is not None:
        # LiveKit alone drops the keys that a caller presses
        own["WA_MEDIA"] = "bridge"
    return own


def _of_profiles(configured: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Name the variables of Meta's secrets in profiles, each with the one that stands in for it."""
    folder = configured.get("PROFILES_DIR")
    try:
        profiles = Profiles(Path(folder) if folder else None).all()
    except (ProfilesUnfit, ValueError):
        return  # whoever starts with them says what is wrong
    for profile in profiles:
        for line in profile.numbers:
            yield line.access_token, "WA_ACCESS_TOKEN"
            yield line.app_secret, "WA_APP_SECRET"


class Simulators:
    """Both of them, or Meta's alone, kept running."""

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        logs: Path,
        echo: Echo | None,
        report: Report,
        real_openai: bool = False,
    ) -> None:
        """Take what `simulated` returned; nothing is started yet."""
        self._environment = environment
        self._logs = logs
        self._echo = echo
        self._real_openai = real_openai
        runs = {WHATSAPP: self._run_whatsapp}
        if not real_openai:
            runs[OPENAI] = self._run_openai
        self._keepers = {
            name: Keeper(name, run, report=report, restarts=True) for name, run in runs.items()
        }

    @property
    def page(self) -> str:
        """Where calls are placed by hand."""
        return f"{self._environment['WA_GRAPH_BASE_URL']}/sim"

    @property
    def invitation(self) -> str:
        """What there is to be done, and what of it is real, in sentences."""
        through = {"bridge": "the media bridge"}.get(self._environment.get("WA_MEDIA", ""))
        media = f"WA_MEDIA={'bridge' if through else 'direct'}"
        parts = "WhatsApp and OpenAI are simulated"
        if self._real_openai:
            parts = "WhatsApp is simulated, OpenAI is the real one, at its price"
        return (
            f"Open {self.page} and ring the agent. {parts}; nothing else that is configured for "
            f"real calls is used. {media}: the caller's sound goes to "
            f"{through or 'the SFU itself, which drops keys'}."
        )

    async def start(self, progress: Progress | None) -> None:
        """Start both.

        Raises:
            ChildFailed: one did not get ready.
        """

        async def come_up(name: str) -> None:
            if progress is not None:
                progress.begins(name)
            await self._keepers[name].start()
            if progress is not None:
                progress.is_up(name)

        await together(*(come_up(name) for name in self._keepers))

    async def stop(self) -> None:
        """Stop both."""
        await asyncio.gather(*(keeper.stop(grace_s=STOP_S) for keeper in self._keepers.values()))

    async def _run_whatsapp(self) -> Child:
        port = self._environment["WA_GRAPH_BASE_URL"].rpartition(":")[2]
        child = await Child.start(
            WHATSAPP,
            [sys.executable, "-m", "wacall.cli", "simulate", "whatsapp", "--port", port],
            env={**self._environment, "PYTHONUNBUFFERED": "1"},
            log=self._logs / "whatsapp.log",
            echo=self._echo,
        )

        async def is_ready() -> bool:
            return "ready graph=" in child.logged()

        try:
            await child.wait_until(is_ready, timeout_s=READY_TIMEOUT_S)
        except BaseException:
            # nobody knows of this child yet
            await child.stop(grace_s=0)
            raise
        return child

    async def _run_openai(self) -> Child:
        port = self._environment["OPENAI_BASE_URL"].removesuffix("/v1").rpartition(":")[2]
        running = await start_openai(
            environment=self._environment,
            log=self._logs / "openai.log",
            port=int(port),
            scenario=None,
        )
        return running.child
