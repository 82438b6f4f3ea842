"""Which troubles begin or end with a webhook about the account or the number's settings. Pure.

Source: Meta, webhooks: account_update and account_settings_update references.
"""

from collections.abc import Mapping

from controlplane.core.foreign import Json, list_of, object_of, time_of, word_of
from controlplane.core.line_trouble import TroubleChange
from controlplane.meta.line_settings import SETTINGS_FIELDS, settings_troubles

# Meta's event -> what begins with it, what is over
_EVENTS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ACCOUNT_DELETED": (("account-deleted",), ()),
    "ACCOUNT_OFFBOARDED": (("account-offboarded",), ()),
    "ACCOUNT_RECONNECTED": ((), ("account-offboarded", "account-deleted")),
    "PARTNER_REMOVED": (("partner-removed",), ()),
    "PARTNER_ADDED": ((), ("partner-removed",)),
    "PARTNER_APP_UNINSTALLED": (("app-uninstalled",), ()),
    "PARTNER_APP_INSTALLED": ((), ("app-uninstalled", "partner-removed")),
}
# the same by the state of a ban, of DISABLED_UPDATE
_BANS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "DISABLE": (("account-disabled",), ("account-disable-scheduled",)),
    "SCHEDULE_FOR_DISABLE": (("account-disable-scheduled",), ()),
    "REINSTATE": ((), ("account-disabled", "account-disable-scheduled", "account-deleted")),
}
_RESTRICTIONS: Mapping[str, str] = {
    "RESTRICTED_BUSINESS_INITIATED_CALLING": "restricted-outbound-calls",
    "RESTRICTED_USER_INITIATED_CALLING": "restricted-inbound-calls",
    "RESTRICTED_USER_INITIATED_CALLING_CALL_BUTTON_HIDDEN": "call-button-hidden",
    "RESTRICTED_BIZ_INITIATED_MESSAGING": "restricted-messages",
}


def account_changes(value: Json) -> tuple[TroubleChange, ...]:
    """Read what an `account_update` begins and ends; nothing if it is not about calls."""
    event = word_of(value.get("event"))
    if event == "DISABLED_UPDATE":
        return tuple(
            change
            for ban in _one_or_many(value.get("ban_info"))
            for change in _changes(*_BANS.get(word_of(ban.get("waba_ban_state")), ((), ())))
        )
    if event == "ACCOUNT_RESTRICTION" and value.get("restriction_info") == []:
        return _changes((), tuple(_RESTRICTIONS.values()))
    restricted = tuple(
        TroubleChange(name=name, holds=True, until=time_of(one.get("expiration")))
        for one in _one_or_many(value.get("restriction_info"))
        if (name := _RESTRICTIONS.get(word_of(one.get("restriction_type")))) is not None
    )
    return restricted + _changes(*_EVENTS.get(event, ((), ())))


def settings_changes(value: Json) -> tuple[TroubleChange, ...]:
    """Read what an `account_settings_update` begins and ends: of the fields that it tells."""
    calling = object_of(object_of(value.get("phone_number_settings")).get("calling"))
    found = settings_troubles(calling)
    return tuple(
        TroubleChange(name=name, holds=name in found)
        for name, field in SETTINGS_FIELDS.items()
        if field in calling
    )


def _one_or_many(value: object) -> list[Json]:
    return [object_of(one) for one in ([value] if isinstance(value, Mapping) else list_of(value))]


def _changes(begun: tuple[str, ...], over: tuple[str, ...]) -> tuple[TroubleChange, ...]:
    return (
        *(TroubleChange(name=name, holds=True) for name in begun),
        *(TroubleChange(name=name, holds=False) for name in over),
    )
