"""Which business numbers there are, of the settings."""

import dataclasses

from controlplane.core.line import (
    SECRET_VARIABLE,
    TOKEN_VARIABLE,
    AgentTerms,
    LinePlan,
    LineTerms,
    Secret,
)
from controlplane.core.policy import TEST_NUMBER_LIMITS, Limits
from controlplane.settings import Settings


def plan_of(settings: Settings) -> LinePlan:
    """Return the number of WA_PHONE_NUMBER_ID, answered by AGENT_PROFILE."""
    return LinePlan.of(
        [
            LineTerms(
                phone_number_id=settings.wa_phone_number_id,
                token=Secret(
                    variable=TOKEN_VARIABLE, value=settings.wa_access_token.get_secret_value()
                ),
                app_secret=Secret(
                    variable=SECRET_VARIABLE, value=settings.wa_app_secret.get_secret_value()
                ),
                account=settings.wa_business_account_id,
                agent=AgentTerms(profile=settings.agent_profile),
                limits=_limits(settings, is_test=settings.wa_test_number),
            )
        ]
    )


def _limits(settings: Settings, *, is_test: bool) -> Limits:
    limits = TEST_NUMBER_LIMITS if is_test else Limits()
    if not settings.max_concurrent_calls:
        return limits
    ceiling = min(limits.concurrent_calls, settings.max_concurrent_calls)
    return dataclasses.replace(limits, concurrent_calls=ceiling)
