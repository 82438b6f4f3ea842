"""The embedded media hop: an rtpengine in user space, its control on this machine's loopback.

It needs no kernel module, no configuration file and no privileges.
"""

import dataclasses
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

import aiohttp

from controlplane.core.errors import HopRefused, HopUnreachable
from controlplane.rtpengine.address import HopAddress, NgTransport
from controlplane.rtpengine.client import NgClient
from controlplane.rtpengine.transport import open_transport
from wacall.environment import LOOPBACK, free_port, is_free, port_of
from wacall.stack.hop_ports import MediaPorts, PortsTaken, hold_ports
from wacall.stack.processes import Child, ChildFailed, Echo

PROGRAM = "rtpengine"
READY_TIMEOUT_S = 10.0
STOP_GRACE_S = 3.0
START_ATTEMPTS = 3
# rtpengine's own range; of it, a hop on loopback takes a block that no other hop has
PORT_MIN, PORT_MAX = 30_000, 39_999
LIVEKIT_SIDE, WHATSAPP_SIDE = "lk", "wa"

HOW_TO_GET_IT = (
    "The media hop (rtpengine) is not installed, so no outbound calls can be placed: on Debian, "
    "`apt-get install rtpengine-daemon` as root, or set RTPENGINE_URL to one elsewhere."
)

_PORT_NAMES = ("HOP_PORT_MIN", "HOP_PORT_MAX")
_PING_TIMEOUT_S = 0.5
# syslog's numbers: notice, and of the control messages errors only, for a warning about one
# quotes it whole, with SDP and ICE password (measured with 10.5)
_LOG_FLAGS = ("--log-stderr", "--log-level=5", "--log-level-control=3")


@dataclass(frozen=True, slots=True, kw_only=True)
class HopPlan:
    """How the embedded hop runs."""

    whatsapp_ip: str = LOOPBACK
    """The local address that WhatsApp's media comes to."""
    advertised_ip: str | None = None
    """What WhatsApp is told instead, behind NAT."""
    livekit_ip: str = LOOPBACK
    """The local address towards LiveKit."""
    port_min: int = PORT_MIN
    port_max: int = PORT_MAX
    whole_range: bool = False
    """Use every port of the range, not the first block that no other hop of this machine holds."""
    control_port: int = 0
    """Of NG over HTTP; 0 for any free one."""
    dtmf_to: str | None = None
    """host:port that gets a datagram for each key."""
    redis: str | None = None
    """host:port/db: with it, calls survive a restart of the hop."""
    redis_password: str | None = field(default=None, repr=False)
    offer_timeout_s: int = 120
    """How long an unanswered call may ring: more than the ring timeout."""
    silence_timeout_s: int = 60
    """After so long without a packet from anywhere the hop forgets a call by itself."""

    @property
    def interfaces(self) -> tuple[str, str] | None:
        """Names of the two sides, LiveKit's first, if they differ."""
        if (self.whatsapp_ip, self.advertised_ip) == (self.livekit_ip, None):
            return None
        return LIVEKIT_SIDE, WHATSAPP_SIDE


def plan_of(environment: Mapping[str, str], *, sfu_node_ip: str = LOOPBACK) -> HopPlan:
    """Read what is configured for the embedded hop.

    Raises:
        ValueError: a sentence that names the variable which is malformed.
    """
    whatsapp_ip = ip_of(environment, "HOP_IP") or LOOPBACK
    # everybody on the machine sees a process's arguments: the password goes another way
    password, _, redis = (environment.get("HOP_REDIS") or "").rpartition("@")
    low = port_of(environment, "HOP_PORT_MIN", PORT_MIN)
    high = port_of(environment, "HOP_PORT_MAX", PORT_MAX)
    if not 1024 <= low < high:
        raise ValueError("HOP_PORT_MIN is malformed: it must be over 1023 and under HOP_PORT_MAX.")
    return HopPlan(
        whatsapp_ip=whatsapp_ip,
        advertised_ip=ip_of(environment, "HOP_ADVERTISED_IP"),
        # an SFU that announces another address than loopback is not reached from loopback
        livekit_ip=LOOPBACK if sfu_node_ip == LOOPBACK else whatsapp_ip,
        port_min=low,
        port_max=high,
        # what a firewall lets in is used as it stands
        whole_range=any(environment.get(name) for name in ("HOP_IP", *_PORT_NAMES)),
        control_port=port_of(environment, "HOP_CONTROL_PORT", 0),
        dtmf_to=environment.get("HOP_DTMF_LISTEN") or None,
        redis=redis or None,
        redis_password=password or None,
        offer_timeout_s=round(float(environment.get("RING_TIMEOUT_S") or 45)) + 60,
    )


def find_hop(environment: Mapping[str, str]) -> str | None:
    """Return the rtpengine on PATH, if there is one."""
    path = environment.get("PATH", os.defpath)
    # a daemon may lie where only root looks
    return shutil.which(PROGRAM, path=os.pathsep.join((path, "/usr/sbin", "/usr/local/sbin")))


def command_line(program: str, plan: HopPlan, control_port: int) -> list[str]:
    """Return the whole command."""
    if plan.interfaces is None:
        interfaces = [f"--interface={plan.livekit_ip}"]
    else:
        shown = f"!{plan.advertised_ip}" if plan.advertised_ip else ""
        interfaces = [
            f"--interface={LIVEKIT_SIDE}/{plan.livekit_ip}",
            f"--interface={WHATSAPP_SIDE}/{plan.whatsapp_ip}{shown}",
        ]
    command = [
        program,
        # without it, it dies for want of /etc/rtpengine/rtpengine.conf, or obeys what stands there
        "--config-file=none",
        "--foreground",
        "--table=-1",
        *_LOG_FLAGS,
        *interfaces,
        f"--listen-http={LOOPBACK}:{control_port}",
        f"--port-min={plan.port_min}",
        f"--port-max={plan.port_max}",
        f"--timeout={plan.silence_timeout_s}",
        f"--offer-timeout={plan.offer_timeout_s}",
        "--delete-delay=0",
        # a call is written to Redis when a side's address is learnt: with its first packet, and
        # not seconds later, or a hop that dies in between loses it (measured)
        "--endpoint-learning=immediate",
    ]
    if plan.dtmf_to is not None:
        command.append(f"--dtmf-log-dest={plan.dtmf_to}")
    if plan.redis is not None:
        command.append(f"--redis={plan.redis}")
    return command


class EmbeddedHop:
    """One rtpengine child; `url` is known once it has started."""

    def __init__(
        self,
        *,
        plan: HopPlan,
        log: Path,
        environment: Mapping[str, str] | None = None,
        echo: Echo | None = None,
    ) -> None:
        self.plan = plan
        self.log = log
        self.control_port = plan.control_port
        self._environment = dict(os.environ if environment is None else environment)
        self._echo = echo
        self._settled = False
        self._ports: MediaPorts | None = None
        self._child: Child | None = None

    @property
    def address(self) -> HopAddress:
        """Where it takes its orders."""
        return HopAddress(transport=NgTransport.HTTP, host=LOOPBACK, port=self.control_port)

    @property
    def url(self) -> str:
        """The same as RTPENGINE_URL."""
        return str(self.address)

    @property
    def child(self) -> Child:
        """The process."""
        if self._child is None:
            raise RuntimeError("the media hop was never started")
        return self._child

    async def start(self) -> Child:
        """Start it and wait until it answers.

        Raises:
            ChildFailed: there is no rtpengine, wanted ports are taken, or it does not get ready.
        """
        program = find_hop(self._environment)
        if program is None:
            raise ChildFailed(HOW_TO_GET_IT)
        fixed = self._settled or bool(self.plan.control_port)
        for attempt in range(1, START_ATTEMPTS + 1):
            if not fixed:
                self.control_port = free_port()
            elif not is_free(self.control_port):
                raise ChildFailed(
                    f"port {self.control_port} is taken, so the media hop cannot be controlled: "
                    "stop what uses it, or set HOP_CONTROL_PORT to another one (0 for any)."
                )
            try:
                await self._start_once(program)
            except ChildFailed:
                await self.stop()
                # somebody may have taken the free port before rtpengine could
                if fixed or attempt == START_ATTEMPTS or is_free(self.control_port):
                    raise
            else:
                break
        return self.child

    def settle(self) -> None:
        """Keep the port of now for every further start."""
        self._settled = True

    async def stop(self) -> None:
        """Stop it; far sides are not told, so calls must have been ended before."""
        if self._child is not None and self._child.returncode is None:
            await self._child.stop(grace_s=STOP_GRACE_S)
        if self._ports is not None:
            self._ports.close()
            self._ports = None

    def _hold_ports(self) -> HopPlan:
        """Hold media ports, those of before if it died; return the plan with them."""
        plan = self.plan
        if self._ports is None:
            ips = (plan.whatsapp_ip, plan.livekit_ip)
            try:
                self._ports = hold_ports(ips, plan.port_min, plan.port_max, whole=plan.whole_range)
            except PortsTaken:
                raise ChildFailed(
                    f"the media ports {plan.port_min}-{plan.port_max} are another media hop's of "
                    "this machine: set HOP_PORT_MIN and HOP_PORT_MAX to others, or stop that one."
                ) from None
        return dataclasses.replace(plan, port_min=self._ports.low, port_max=self._ports.high)

    def _variables(self) -> dict[str, str]:
        """It needs nothing of ours but the password of its Redis."""
        password = self.plan.redis_password
        return {
            "PATH": self._environment.get("PATH", os.defpath),
            **({} if password is None else {"RTPENGINE_REDIS_AUTH_PW": password}),
        }

    async def _start_once(self, program: str) -> None:
        self._child = await Child.start(
            "hop",
            command_line(program, self._hold_ports(), self.control_port),
            env=self._variables(),
            log=self.log,
            echo=self._echo,
        )
        async with aiohttp.ClientSession() as http:
            client = NgClient(
                open_transport(self.address, http), address=self.address, timeout_s=_PING_TIMEOUT_S
            )

            async def answers() -> bool:
                try:
                    await client.ping()
                except (HopUnreachable, HopRefused):
                    return False
                return True

            await self._child.wait_until(answers, timeout_s=READY_TIMEOUT_S)


def ip_of(environment: Mapping[str, str], name: str) -> str | None:
    """Read an IP address; `None` if it is not set.

    Raises:
        ValueError: a sentence that names the variable.
    """
    text = environment.get(name)
    if not text:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError(
            f"{name} is malformed: it must be an IP address, such as 203.0.113.7."
        ) from None
