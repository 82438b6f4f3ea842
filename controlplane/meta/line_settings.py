"""The number's status and calling settings, and what in them keeps calls from working. Pure.

Source: Meta, Calling API: call settings; Cloud API: business phone numbers.
"""

from collections.abc import Mapping
from typing import Any

from controlplane.core.foreign import object_of, word_of
from controlplane.core.line_trouble import SENTENCES

SETTINGS_FIELDS: Mapping[str, str] = {
    "calling-off": "status",
    "sip-mode": "sip",
    "sdes-mode": "srtp_key_exchange_protocol",
}
"""The slugs that `settings_troubles` may name, each with the field of `calling` that decides."""

# of a number's `status`: those with which it can be used all the same
_USABLE = {"", "CONNECTED", "FLAGGED", "UNVERIFIED", "PENDING"}


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
    names = []
    if word_of(calling.get("status")).upper() == "DISABLED":
        names.append("calling-off")
    if word_of(object_of(calling.get("sip")).get("status")).upper() == "ENABLED":
        names.append("sip-mode")
    if word_of(calling.get("srtp_key_exchange_protocol")).upper() == "SDES":
        names.append("sdes-mode")
    return {name: SENTENCES[name] for name in names}
