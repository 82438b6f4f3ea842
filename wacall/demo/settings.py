"""What the parts of the demo are given: the operator's settings, but simulated neighbours."""

import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from simulators.meta.webhooks.calls import Line
from wacall.demo.brain import Brain
from wacall.environment import LOOPBACK, free_port, is_free, port_of

DEFAULT_PORT = 4000

# What a call from a simulated phone must not take over from an operator's .env.
_META = (
    "WA_VERIFY_TOKEN", "WA_APP_SECRET", "WA_ACCESS_TOKEN", "WA_PHONE_NUMBER_ID",
    "WA_GRAPH_BASE_URL", "WA_GRAPH_VERSION",
)  # fmt: skip
_OPENAI = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_REALTIME_MODEL")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """The environment of all parts, and where the demo finds them."""

    environment: Mapping[str, str] = field(repr=False)
    port: int
    """The control plane's; 0 for any free one."""
    worker_port: int
    graph_port: int
    """Of the simulated Graph API."""
    openai_port: int
    """Of OpenAI's stand-in; 0: there is none."""
    phone_address: str
    notes: tuple[str, ...]
    """What is not as one might expect, as sentences."""


def decide(configured: Mapping[str, str], brain: Brain) -> DemoSettings:
    """Decide what the parts are given.

    Raises:
        ValueError: a variable is malformed; the sentence names it.
    """
    own = {name: value for name, value in configured.items() if name not in _META}
    worker_port = port_of(own, "AGENT_HEALTH_PORT", 0) or free_port()
    graph_port = free_port()
    # one port is enough on loopback
    own.pop("OPERATOR_PORT", None)
    own |= {
        "HOST": LOOPBACK,
        "WA_VERIFY_TOKEN": secrets.token_urlsafe(16),
        "WA_APP_SECRET": secrets.token_hex(16),
        "WA_ACCESS_TOKEN": f"EAA{secrets.token_hex(24)}",
        "WA_PHONE_NUMBER_ID": Line().phone_number_id,
        "WA_GRAPH_BASE_URL": f"http://{LOOPBACK}:{graph_port}",
        "AGENT_HEALTH_PORT": str(worker_port),
        "CONTROLPLANE_API_KEY": secrets.token_urlsafe(24),
        # the simulated person takes calls at any time
        "CALL_HOURS": "always",
        # Ctrl-C in mid-call ends the call at once
        "DRAIN_TIMEOUT_S": "1",
        "DRAIN_ENDS_CALLS": "1",
    }
    if own.get("LOG_LEVEL") != "DEBUG":
        # the screen tells of what the worker logs
        own["LOG_LEVEL"] = "INFO"
    # one call on a machine that is busy with all its parts is no overload
    own.setdefault("AGENT_LOAD_THRESHOLD", "inf")
    own.setdefault("AGENT_IDLE_PROCESSES", "1")
    notes = []
    if url := own.get("LIVEKIT_URL"):
        notes.append(f"LIVEKIT_URL is set: the call goes through the SFU at {url}.")
        # a worker of the same name elsewhere would take the call
        own.setdefault("AGENT_NAME", f"demo-{secrets.token_hex(4)}")
    if url := own.get("SUPABASE_URL"):
        notes.append(f"SUPABASE_URL is set: the call is written to the database at {url}.")
    port = port_of(configured, "PORT", DEFAULT_PORT)
    if port and not is_free(port):
        notes.append(f"Port {port} is taken: the control plane gets a free one.")
        port = 0
    openai_port = 0
    if brain.is_simulated:
        openai_port = free_port()
        for name in _OPENAI:
            own.pop(name, None)
        # the simulator knows the words of the shipped profile
        for name in ("AGENT_PROMPT_FILE", "AGENT_PROFILE", "PROFILES_DIR"):
            own.pop(name, None)
        own["OPENAI_API_KEY"] = "sk-simulated"
        # they would be made while its calls are heard
        own["CLIPS_DIR"] = "none"
        own["OPENAI_BASE_URL"] = f"http://{LOOPBACK}:{openai_port}/v1"
    return DemoSettings(
        environment=own,
        port=port,
        worker_port=worker_port,
        graph_port=graph_port,
        openai_port=openai_port,
        phone_address=phone_address(own.get("LIVEKIT_URL")),
        notes=tuple(notes),
    )


def phone_address(livekit_url: str | None) -> str:
    """Return the address of this machine that the SFU can reach."""
    host = urlsplit(livekit_url).hostname if livekit_url else None
    if not host:
        return LOOPBACK
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # connecting a UDP socket sends nothing: it only asks for the route
            probe.connect((host, 9))
        except OSError:
            return LOOPBACK
        address: str = probe.getsockname()[0]
    return address
