"""What Meta has told of an account or a number that keeps calls from working, until it is over.

Pure data: the names as they stand in the database, and the sentences that people read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SENTENCES: Mapping[str, str] = {
    "account-disabled": "Meta has disabled the WhatsApp Business account: no call and no message "
    "gets through. Appeal in the Business Support Home.",
    "account-disable-scheduled": "Meta is going to disable the WhatsApp Business account; see the "
    "Business Support Home for why, and appeal before it does.",
    "account-deleted": "The WhatsApp Business account was deleted. Move the number to another "
    "account, and put that one's token into WA_ACCESS_TOKEN.",
    "account-offboarded": "The WhatsApp Business account was taken off the Cloud API. Connect it "
    "again in the WhatsApp Manager.",
    "partner-removed": "The WhatsApp Business account is not shared with this app's business any "
    "more. Its owner has to share it again, in the Business Manager.",
    "app-uninstalled": "The app was taken off the WhatsApp Business account, so that no webhook "
    "comes. Subscribe it again: POST /<account>/subscribed_apps.",
    "restricted-outbound-calls": "Meta keeps this account from placing calls for a while; see the "
    "WhatsApp Manager for why.",
    "restricted-inbound-calls": "Meta lets nobody call this account for a while; see the WhatsApp "
    "Manager for why.",
    "call-button-hidden": "Meta hides this account's call button for a while, for too few calls "
    "were picked up; see the WhatsApp Manager.",
    "restricted-messages": "Meta keeps this account from writing first for a while, so that nobody "
    "can be asked for permission; see the WhatsApp Manager.",
    "calling-off": "Calling is off for this number; set `calling.status` to ENABLED in its "
    "settings, in the WhatsApp Manager or by Graph.",
    "sip-mode": "SIP is enabled for this number, which takes its calls away from Graph: none comes "
    "here. Set `calling.sip.status` to DISABLED in its settings.",
    "sdes-mode": "The number's calls are keyed by SDES, which LiveKit does not speak: every call "
    "is rejected. Set `calling.srtp_key_exchange_protocol` to DTLS in its settings.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleChange:
    """A trouble begins, or is over."""

    name: str
    """One of `SENTENCES`."""
    holds: bool
    until: datetime | None = None
    """When it ends by itself; `None`: it does not, or Meta does not say."""
