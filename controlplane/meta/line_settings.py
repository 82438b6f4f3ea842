"""The number's status and calling settings, and what in them keeps calls from working. Pure.

Source: Meta, Calling API: call settings; Cloud API: business phone numbers.
"""

from collections.abc import Mapping
from typing import Any

from controlplane.core.foreign import object_of, word_of

SETTINGS_TROUBLES = ("calling-off", "sip-mode", "sdes-mode")
"""The slugs that `settings_troubles` may name."""

# of a number's `status`: those with which it can be used all the same
_USABLE = {"", "CONNECTED", "FLAGGED", "UNVERIFIED", "PENDING"}
_OFF = (
    "Calling is off for this number; set `calling.status` to ENABLED in its settings, in the "
    "WhatsApp Manager or by Graph."
)
_SIP = (
    "SIP is enabled for this number, which takes its calls away from Graph: none comes here. Set "
    "`calling.sip.status` to DISABLED in its settings."
)
_SDES = (
    "The number's calls are keyed by SDES, which LiveKit does not speak: every call is rejected. "
    "Set `calling.srtp_key_exchange_protocol` to DTLS in its settings."
)


def number_troubles(status: str) -> dict[str, str]:
    """Say whether the number's `status` keeps it from being used; by slug."""
    if status.upper() in _USABLE:
        return {}
    return {
        "number": f"The business number's status is {status}; look at it in the WhatsApp Manager."
    }


def settings_troubles(calling: Mapping[str, Any]) -> dict[str, str]:
    """Say what in the object `calling` of the settings keeps calls from working; by slug.

    What is not told is as it is by default: DTLS, no SIP.
    """
    found = {}
    if word_of(calling.get("status")).upper() == "DISABLED":
        found["calling-off"] = _OFF
    if word_of(object_of(calling.get("sip")).get("status")).upper() == "ENABLED":
        found["sip-mode"] = _SIP
    if word_of(calling.get("srtp_key_exchange_protocol")).upper() == "SDES":
        found["sdes-mode"] = _SDES
    return found
