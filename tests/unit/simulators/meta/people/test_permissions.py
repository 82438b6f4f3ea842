"""The permission that a user gives: the state machine, with a clock in hand."""

import pytest

from simulators.meta.people.permissions import (
    DAY_S,
    WEEK_S,
    Grant,
    Missed,
    Permission,
    PermissionPolicy,
    Reply,
    RequestDenial,
)

# Meta's limits for sandbox accounts and test numbers
SANDBOX = PermissionPolicy(
    requests_per_day=25, requests_per_week=100, nudge_after=5, revoke_after=10
)

NOW = 1_768_000_000.0


def test_temporary_permission_lasts_seven_days() -> None:
    """It holds for 168 hours to the second and ends without a word."""
    permission = Permission()
    assert permission.grant(NOW) is Grant.NONE
    assert permission.request("wamid.1", NOW) is None
    reply = permission.reply(accept=True, permanent=False, now=NOW)
    assert reply == Reply(accepted=True, expires_at=NOW + WEEK_S, context_id="wamid.1")
    assert permission.grant(NOW + WEEK_S - 1) is Grant.TEMPORARY
    assert permission.grant(NOW + WEEK_S) is Grant.NONE
    assert permission.expires_at(NOW + WEEK_S) is None


def test_permanent_permission_lasts() -> None:
    """It has no expiry, forbids more requests, and ends when the user withdraws it."""
    permission = Permission()
    permission.request("wamid.1", NOW)
    reply = permission.reply(accept=True, permanent=True, now=NOW)
    assert (reply.is_permanent, reply.expires_at) == (True, None)
    assert permission.grant(NOW + 100 * WEEK_S) is Grant.PERMANENT
    assert permission.request("wamid.2", NOW + WEEK_S) is RequestDenial.PERMANENT
    assert permission.revoke_in_profile() is None
    assert permission.grant(NOW) is Grant.NONE


def test_one_request_a_day_and_two_a_week() -> None:
    """Both windows slide; the view names what is used up and until when."""
    permission = Permission()
    assert permission.request("wamid.1", NOW) is None
    assert permission.request("wamid.2", NOW + DAY_S - 1) is RequestDenial.LIMIT
    assert permission.request("wamid.2", NOW + DAY_S) is None
    assert permission.request("wamid.3", NOW + 3 * DAY_S) is RequestDenial.LIMIT
    action = permission.view(NOW + 3 * DAY_S)["actions"][0]
    assert action == {
        "action_name": "send_call_permission_request",
        "can_perform_action": False,
        "limits": [
            {"time_period": "PT24H", "max_allowed": 1, "current_usage": 0},
            {
                "time_period": "P7D",
                "max_allowed": 2,
                "current_usage": 2,
                "limit_expiration_time": int(NOW + WEEK_S),
            },
        ],
    }
    assert permission.request("wamid.3", NOW + WEEK_S) is None


@pytest.mark.parametrize("by_business", [True, False])
def test_connected_call_resets_the_request_limits(by_business: bool) -> None:
    """In either direction."""
    permission = Permission()
    permission.request("wamid.1", NOW)
    permission.connected(NOW + 1, by_business=by_business)
    assert permission.request("wamid.2", NOW + 2) is None


def test_requests_expire_and_the_newest_used_voids_the_older() -> None:
    """An answer needs an open request; a used one keeps the newer ones alive, not the older."""
    permission = Permission(SANDBOX)
    for number in (1, 2, 3):
        permission.request(f"wamid.{number}", NOW)
    permission.reply(accept=False, permanent=False, now=NOW, request_id="wamid.2")
    assert permission.open_requests(NOW) == ["wamid.2", "wamid.3"]
    with pytest.raises(ValueError, match="not open"):
        permission.reply(accept=True, permanent=False, now=NOW, request_id="wamid.1")
    with pytest.raises(ValueError, match="not open"):
        permission.reply(accept=True, permanent=False, now=NOW + WEEK_S)


def test_rejection_withdraws() -> None:
    """A user who rejects a later request has no permission any more."""
    permission = Permission(SANDBOX)
    permission.request("wamid.1", NOW)
    permission.reply(accept=True, permanent=False, now=NOW)
    permission.request("wamid.2", NOW)
    reply = permission.reply(accept=False, permanent=False, now=NOW)
    assert reply == Reply(accepted=False, context_id="wamid.2")
    assert permission.grant(NOW) is Grant.NONE


@pytest.mark.parametrize(("policy", "nudge", "revoke"), [(None, 2, 4), (SANDBOX, 5, 10)])
def test_unanswered_calls_nudge_then_revoke(
    policy: PermissionPolicy | None, nudge: int, revoke: int
) -> None:
    """Unanswered calls in a row first ask the user, then take the permission, permanent or not."""
    permission = Permission(policy)
    permission.grant_in_profile(NOW)
    outcomes = [permission.missed(NOW) for _ in range(revoke)]
    assert [number for number, missed in enumerate(outcomes, 1) if missed.nudged] == [nudge]
    assert outcomes[-1] == Missed(revoked=Reply(accepted=False, automatic=True))
    assert permission.grant(NOW) is Grant.NONE


def test_a_connected_call_breaks_the_row() -> None:
    """Only unanswered calls in a row count."""
    permission = Permission()
    permission.grant_in_profile(NOW)
    for _ in range(3):
        permission.missed(NOW)
    permission.connected(NOW, by_business=True)
    assert permission.missed(NOW) == Missed()
    assert permission.grant(NOW) is Grant.PERMANENT


def test_callback_permission() -> None:
    """A user who calls grants it, if the setting is on and nothing is granted yet."""
    permission = Permission()
    reply = permission.user_called("wacid.1", NOW)
    assert reply == Reply(
        accepted=True, automatic=True, expires_at=NOW + WEEK_S, context_id="wacid.1"
    )
    assert permission.user_called("wacid.2", NOW) is None
    assert Permission(PermissionPolicy(callback=False)).user_called("wacid.3", NOW) is None


def test_connected_calls_are_limited_a_day() -> None:
    """The limit says when the next call may be made, and does not touch the permission."""
    permission = Permission(PermissionPolicy(connected_per_day=2))
    permission.grant_in_profile(NOW)
    permission.connected(NOW, by_business=True)
    permission.connected(NOW + 10, by_business=True)
    permission.connected(NOW + 20, by_business=False)
    assert permission.next_call_at(NOW + 30) == NOW + DAY_S
    view = permission.view(NOW + 30)
    assert view["permission"] == {"status": "permanent"}
    assert view["actions"][1]["can_perform_action"] is False
    assert permission.next_call_at(NOW + DAY_S) is None


def test_view_is_metas_body() -> None:
    """`GET call_permissions` has Meta's fields: an expiry only for a temporary permission."""
    permission = Permission()
    assert permission.view(NOW)["permission"] == {"status": "no_permission"}
    permission.request("wamid.1", NOW)
    permission.reply(accept=True, permanent=False, now=NOW)
    assert permission.view(NOW) == {
        "messaging_product": "whatsapp",
        "permission": {"status": "temporary", "expiration_time": int(NOW + WEEK_S)},
        "actions": [
            {
                "action_name": "send_call_permission_request",
                "can_perform_action": False,
                "limits": [
                    {
                        "time_period": "PT24H",
                        "max_allowed": 1,
                        "current_usage": 1,
                        "limit_expiration_time": int(NOW + DAY_S),
                    },
                    {"time_period": "P7D", "max_allowed": 2, "current_usage": 1},
                ],
            },
            {
                "action_name": "start_call",
                "can_perform_action": True,
                "limits": [{"time_period": "PT24H", "max_allowed": 100, "current_usage": 0}],
            },
        ],
    }
