"""What a stack that is fine with simulators must not take to a real line: pure rules."""

from collections.abc import Mapping

from controlplane.core.addresses import is_global
from wacall.doctor.findings import Finding, warn


def judge_announced(announced: Mapping[str, str]) -> list[Finding]:
    """Say which addresses, by the variable that sets each, no real phone can reach."""
    return [
        warn(
            "media",
            f"{variable} is {address}, which WhatsApp's relay cannot reach: calls will be silent.",
            f"Set {variable} to this machine's public address.",
        )
        for variable, address in announced.items()
        if not is_global(address)
    ]
