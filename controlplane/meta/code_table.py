"""Meta's error codes, as far as calls, permission requests and reads of the number can meet them.

One table in three parts; `docs/codes.md` is made from it. Sources, read in 2026: Meta, WhatsApp
error codes; Calling API, troubleshooting; Graph API, error handling and rate limiting. Where these
differ, the calling page is right about calls. Codes of registration, media, flows, payments and
marketing campaigns are left out: nothing here sends such requests.
"""

from collections.abc import Mapping

from controlplane.meta.account_codes import ACCOUNT_CODES, RATE_CODES
from controlplane.meta.call_codes import CALL_CODES
from controlplane.meta.codes import MetaCode, Side
from controlplane.meta.message_codes import MESSAGE_CODES

UNLISTED = MetaCode(
    name="refused",
    side=Side.META,
    advice="Meta refused with a code that is not in our table; look it up in Meta's list.",
)
UNREADABLE = MetaCode(
    name="unreadable-reply",
    side=Side.OPERATOR,
    advice="The answer is not Meta's JSON; check that WA_GRAPH_BASE_URL is the Graph API, not a "
    "proxy.",
)
SERVER_FAULT = MetaCode(
    name="server-fault",
    side=Side.META,
    numbers=(1, 2, 131000, 131016),
    advice="Meta has a temporary problem; try again, and look at Meta's status page if it stays.",
    is_retryable=True,
)
INVALID_PARAMETER = MetaCode(
    name="invalid-parameter",
    side=Side.OURS,
    numbers=(100,),
    advice="The call id, the SDP or WA_PHONE_NUMBER_ID is invalid; see the detail in call_events.",
)

TABLE: tuple[MetaCode, ...] = (
    SERVER_FAULT,
    INVALID_PARAMETER,
    *ACCOUNT_CODES,
    *RATE_CODES,
    *CALL_CODES,
    *MESSAGE_CODES,
)

_BY_NUMBER: Mapping[int, MetaCode] = {number: entry for entry in TABLE for number in entry.numbers}


def known_as(number: int | None) -> MetaCode | None:
    """Return what a code of Meta's means, whether Graph answered it or a webhook told it."""
    return _BY_NUMBER.get(number) if number is not None else None
