"""Which business numbers there are: those of the profiles, and the one of WA_PHONE_NUMBER_ID."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from controlplane.core.business_hours import BusinessHours
from controlplane.core.line import (
    SECRET_VARIABLE,
    TOKEN_VARIABLE,
    AgentTerms,
    LinePlan,
    LinesUnfit,
    LineTerms,
    Secret,
)
from controlplane.core.policy import TEST_NUMBER_LIMITS, Limits
from controlplane.settings import Settings
from shared.call.ids import PhoneNumberId
from shared.process.env_file import read_env_file
from shared.profiles import profile as profiles
from shared.profiles.faults import ProfilesUnfit
from shared.profiles.folder import Profiles

Environ = Callable[[], Mapping[str, str]]
"""The variables as they are now."""


def read_environ(file: Path) -> Environ:
    """Return what reads the environment over a `.env` file, which is read anew once it changes."""
    seen: tuple[int, int] | None = None
    written: dict[str, str] = {}

    def read() -> Mapping[str, str]:
        nonlocal seen, written
        status = file.stat() if file.is_file() else None
        stamp = (status.st_mtime_ns, status.st_size) if status is not None else None
        if stamp != seen:
            written, seen = (read_env_file(file) if stamp is not None else {}), stamp
        return {**written, **{name: value for name, value in os.environ.items() if value}}

    return read


class LinePlans:
    """Reads the plan, whenever it is asked."""

    def __init__(self, settings: Settings, environ: Environ = lambda: os.environ) -> None:
        """Take the settings, and the variables that hold what profiles name; nothing is read."""
        self._settings = settings
        self._environ = environ
        self._profiles = Profiles(settings.profiles_dir, default=settings.agent_profile)

    def check(self) -> LinePlan:
        """Read the plan at a start, when nothing that is wrong is to be overlooked.

        Raises:
            LinesUnfit: a sentence for all that is wrong.
        """
        try:
            faults = self._profiles.faults()
        except ProfilesUnfit as error:
            raise LinesUnfit(str(error)) from None
        if faults:
            raise LinesUnfit("\n".join(str(fault) for fault in faults))
        return self.read()

    def read(self) -> LinePlan:
        """Read the plan as it is now; of a profile that cannot be used, its last good version.

        Raises:
            LinesUnfit: a sentence for each variable that is not set, or there is no number at all.
        """
        try:
            known = self._profiles.all()
            environ = self._environ()
        except (ProfilesUnfit, ValueError) as error:
            raise LinesUnfit(str(error)) from None
        problems: list[str] = []
        lines = {line.phone_number_id: line for line in self._of_profiles(known, environ, problems)}
        own = self._settings.wa_phone_number_id
        terms = [_terms(profile) for profile in known]
        if own is not None and own not in lines:
            by_name = {one.profile: one for one in terms}
            name = self._settings.agent_profile
            line = self._own(own, by_name.get(name) or AgentTerms(profile=name), environ)
            problems += _missing_of(line)
            lines[own] = line
        if not lines:
            problems.append(
                "There is no business number: set WA_PHONE_NUMBER_ID, or name `numbers` in a "
                "profile of PROFILES_DIR."
            )
        if problems:
            raise LinesUnfit("\n".join(problems))
        return LinePlan.of(lines.values(), profiles=terms, default=own)

    def _of_profiles(
        self, known: list[profiles.Profile], environ: Mapping[str, str], problems: list[str]
    ) -> Iterator[LineTerms]:
        for profile in known:
            for number in profile.numbers:
                for field, variable in (
                    ("access_token", number.access_token),
                    ("app_secret", number.app_secret),
                ):
                    if not self._value(variable, environ):
                        problems.append(
                            f"The profile {profile.name} needs {variable}, the `{field}` of its "
                            f"number {number.id}, which is not set; put it into the environment "
                            "or into .env."
                        )
                is_own = number.id == self._settings.wa_phone_number_id
                yield LineTerms(
                    phone_number_id=PhoneNumberId(number.id),
                    token=self._secret(number.access_token, environ),
                    app_secret=self._secret(number.app_secret, environ),
                    account=number.account
                    or (self._settings.wa_business_account_id if is_own else None),
                    agent=_terms(profile),
                    limits=self._limits(is_own),
                )

    def _own(
        self, number: PhoneNumberId, agent: AgentTerms, environ: Mapping[str, str]
    ) -> LineTerms:
        return LineTerms(
            phone_number_id=number,
            token=self._secret(TOKEN_VARIABLE, environ),
            app_secret=self._secret(SECRET_VARIABLE, environ),
            account=self._settings.wa_business_account_id,
            agent=agent,
            limits=self._limits(True),
        )

    def _secret(self, variable: str, environ: Mapping[str, str]) -> Secret:
        return Secret(variable=variable, value=self._value(variable, environ))

    def _value(self, variable: str, environ: Mapping[str, str]) -> str:
        value = environ.get(variable, "")
        if value.strip():
            return value
        settings = self._settings
        known = {TOKEN_VARIABLE: settings.wa_access_token, SECRET_VARIABLE: settings.wa_app_secret}
        secret = known.get(variable)
        return secret.get_secret_value() if secret is not None else ""

    def _limits(self, is_own: bool) -> Limits:
        is_test = is_own and self._settings.wa_test_number
        limits = TEST_NUMBER_LIMITS if is_test else Limits()
        if not self._settings.max_concurrent_calls:
            return limits
        ceiling = min(limits.concurrent_calls, self._settings.max_concurrent_calls)
        return dataclasses.replace(limits, concurrent_calls=ceiling)


def plan_of(settings: Settings, environ: Mapping[str, str] = os.environ) -> LinePlan:
    """Return the business numbers as they are configured now.

    Raises:
        LinesUnfit: a sentence for all that is wrong.
    """
    return LinePlans(settings, lambda: environ).check()


def _missing_of(own: LineTerms) -> Iterator[str]:
    for secret in (own.token, own.app_secret):
        if not secret.value:
            yield (
                f"{secret.variable} is not set, which the number of WA_PHONE_NUMBER_ID needs; "
                "put it into the environment or into .env."
            )


def _terms(profile: profiles.Profile) -> AgentTerms:
    return AgentTerms(
        profile=profile.name,
        hours=BusinessHours(
            hours=None if profile.calls_outside_hours else profile.hours, zone=profile.zone
        ),
        max_duration_s=profile.max_duration_s,
        daily_cost_cap_usd=profile.daily_cost_cap_usd,
        missed_call_text=profile.missed_call_text,
    )
