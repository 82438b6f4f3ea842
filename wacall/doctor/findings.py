"""What the doctor finds, and its judgements: pure rules over what was seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from controlplane.core.addresses import is_global
from controlplane.core.meta_time import Skew

_MARKS = {"ok": "ok  ", "warn": "warn", "fail": "FAIL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    status: str
    """`ok`, `warn` or `fail`."""
    about: str
    message: str
    fix: str = ""
    of: str = ""
    """Which of several business numbers, by Meta's id; empty: there is one, or it is of none."""

    def __str__(self) -> str:
        """One line, with the fix under it."""
        whose = f"{self.of}: " if self.of else ""
        line = f"{_MARKS[self.status]}  {self.about:<12} {whose}{self.message}"
        return f"{line}\n{'':18}-> {self.fix}" if self.fix else line


def ok(about: str, message: str) -> Finding:
    """Make a good finding."""
    return Finding(status="ok", about=about, message=message)


def warn(about: str, message: str, fix: str) -> Finding:
    """Make a finding that calls can live with."""
    return Finding(status="warn", about=about, message=message, fix=fix)


def fail(about: str, message: str, fix: str) -> Finding:
    """Make a finding that keeps calls from working."""
    return Finding(status="fail", about=about, message=message, fix=fix)


def udp_addresses(answer: str) -> list[str]:
    """Read the addresses of the UDP candidates (RFC 8839, candidate attribute)."""
    fields = [
        line.partition(":")[2].split()
        for line in answer.splitlines()
        if line.startswith("a=candidate:")
    ]
    return [parts[4] for parts in fields if len(parts) > 5 and parts[2].lower() == "udp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Who has to reach LiveKit's addresses, and whose server it is."""

    is_real: bool = False
    """Meta itself, from the internet; else simulators."""
    is_embedded: bool = False
    """The server is the one that `wacall up` runs."""
    via_bridge: bool = False
    """Inbound media comes by a media bridge: only that one has to reach LiveKit."""


def judge_candidates(addresses: Sequence[str], reach: Reach) -> Finding:
    """Say whether Meta's relay can reach any of the addresses."""
    if not addresses:
        return fail(
            "media",
            "LiveKit offers no UDP address at all; WhatsApp speaks nothing else.",
            "Open rtc.port_range or rtc.udp_port in LiveKit's configuration.",
        )
    public = [text for text in addresses if is_global(text)]
    seen = ", ".join(dict.fromkeys(public or addresses))
    if public:
        return ok("media", f"LiveKit offers public UDP addresses: {seen}.")
    if reach.via_bridge:
        return ok("media", f"LiveKit offers {seen}, to the media bridges alone (WA_MEDIA).")
    judge = fail if reach.is_real else warn
    return judge(
        "media",
        f"LiveKit offers no address that is reached from the internet, only {seen}: "
        "fine with simulators, silence with real phones.",
        "Set SFU_NODE_IP to this machine's public address, and restart `wacall up`."
        if reach.is_embedded
        else "Set rtc.use_external_ip or rtc.node_ip in your LiveKit's configuration.",
    )


def judge_clock(skew: Skew) -> Finding:
    """Say whether this machine's clock shows Meta's time."""
    if not skew.is_known:
        return warn(
            "clock",
            "Meta's answer has no date, so that this machine's clock could not be compared.",
            "Set WA_GRAPH_BASE_URL to the Graph API itself, or see to the clock (NTP).",
        )
    if skew.matters:
        side = "ahead of" if skew.seconds > 0 else "behind"
        return warn(
            "clock",
            f"This machine's clock is {abs(skew.seconds):.0f} s {side} Meta's.",
            "Set it right and keep it so, by NTP. The control plane goes by Meta's time "
            "meanwhile; LiveKit's tokens, logs and the other machines do not.",
        )
    return ok("clock", "This machine's clock agrees with Meta's.")
