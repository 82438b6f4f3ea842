"""Which business numbers there are, by variables and profiles; what is missing is named."""

from pathlib import Path

import pytest

from controlplane.core.line import LinesUnfit
from controlplane.core.policy import TEST_NUMBER_LIMITS
from controlplane.line_plan import LinePlans, plan_of, read_environ
from controlplane.settings import Settings
from shared.call.ids import PhoneNumberId
from shared.profiles.folder import Profiles
from tests.data.environment import LEAST

OWN, CLINIC = PhoneNumberId(LEAST["WA_PHONE_NUMBER_ID"]), PhoneNumberId("22")
SECRETS = {"CLINIC_TOKEN": "EAAclinic", "CLINIC_SECRET": "clinic-app-secret"}
ACCOUNTLESS = {name: value for name, value in LEAST.items() if not name.startswith("WA_")} | {
    "WA_VERIFY_TOKEN": "verify-me"
}
CLINICS = """\
business: Clinic
purpose: Appointments with the dentist.
greeting: Good day.
max_duration_s: 600
hours: {monday: 09:00-17:00}
time_zone: Europe/Madrid
numbers:
  - id: 22
    account: "777"
    access_token: CLINIC_TOKEN
    app_secret: CLINIC_SECRET
"""
OF_OURS = """\
business: Shop
purpose: Questions about bicycles.
greeting: Hello.
numbers: [{id: "436666719526789"}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the clinic's profile."""
    write(tmp_path, "clinic", CLINICS)
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    """Write a profile with its prompt."""
    (folder / f"{name}.yaml").write_text(text, "utf-8")
    (folder / f"{name}.md").write_text("You are friendly.", "utf-8")


def settings_of(folder: Path | None = None, **variables: str) -> tuple[Settings, dict[str, str]]:
    """Read settings with a folder of profiles; also the environment that they are of."""
    environ = {**LEAST, **SECRETS, **variables}
    if folder is not None:
        environ["PROFILES_DIR"] = str(folder)
    return Settings.from_env(environ), environ


def test_the_variables_alone_are_one_number() -> None:
    """As it always was: answered by AGENT_PROFILE, and the only one that can be meant."""
    plan = plan_of(*settings_of(AGENT_PROFILE="salon", WA_TEST_NUMBER="true"))
    (line,) = plan.lines.values()
    assert (line.phone_number_id, line.agent.profile, plan.default) == (OWN, "salon", OWN)
    assert (line.token.value, line.app_secret.value) == ("EAAtoken", "app-secret-value")
    assert line.limits.requests_per_day == TEST_NUMBER_LIMITS.requests_per_day


def test_profiles_bring_their_numbers_beside_it(folder: Path) -> None:
    """Each with its own secrets, account, hours and longest call; Meta's usual limits."""
    plan = plan_of(*settings_of(folder, WA_TEST_NUMBER="true"))
    line = plan.lines[CLINIC]
    assert (line.token.value, line.token.variable) == ("EAAclinic", "CLINIC_TOKEN")
    assert (line.app_secret.value, line.account) == ("clinic-app-secret", "777")
    assert (line.agent.profile, line.agent.max_duration_s) == ("clinic", 600)
    assert line.agent.hours.hours is not None
    assert line.limits.requests_per_day == 1
    assert (plan.default, set(plan.lines)) == (OWN, {OWN, CLINIC})
    assert {"clinic", "default"} <= set(plan.profiles)


def test_a_profile_may_answer_the_number_of_the_variables(folder: Path) -> None:
    """It keeps its token, its app and its account; who speaks is the profile's matter."""
    write(folder, "shop", OF_OURS)
    plan = plan_of(*settings_of(folder, WA_BUSINESS_ACCOUNT_ID="888"))
    line = plan.lines[OWN]
    assert (line.agent.profile, line.token.value, line.account) == ("shop", "EAAtoken", "888")
    assert plan.default == OWN


def test_profiles_alone_are_enough(folder: Path) -> None:
    """Without any of the variables of one number; a single one needs no default."""
    environ = {**ACCOUNTLESS, **SECRETS, "PROFILES_DIR": str(folder)}
    plan = plan_of(Settings.from_env(environ), environ)
    assert (tuple(plan.lines), plan.default) == ((CLINIC,), CLINIC)


@pytest.mark.parametrize("name", SECRETS)
def test_a_variable_that_a_profile_names_and_that_is_not_set_is_named(
    folder: Path, name: str
) -> None:
    """One sentence, with profile, field and variable, and without any value."""
    settings, environ = settings_of(folder, **{name: " "})
    with pytest.raises(LinesUnfit) as caught:
        plan_of(settings, environ)
    said = str(caught.value)
    field = {"CLINIC_TOKEN": "access_token", "CLINIC_SECRET": "app_secret"}[name]
    assert said.count("\n") == 0
    assert f"profile clinic needs {name}, the `{field}` of its number 22" in said
    assert "EAA" not in said


def test_without_any_number_the_start_says_where_one_is_named(tmp_path: Path) -> None:
    """A folder of profiles does not make a line by itself."""
    environ = {**ACCOUNTLESS, "PROFILES_DIR": str(tmp_path)}
    with pytest.raises(LinesUnfit, match="set WA_PHONE_NUMBER_ID, or name `numbers`"):
        plan_of(Settings.from_env(environ), environ)


def test_the_number_of_the_variables_needs_its_secrets(folder: Path) -> None:
    """With profiles the settings let them be missing, for these may name others."""
    environ = {**ACCOUNTLESS, **SECRETS, "PROFILES_DIR": str(folder), "WA_PHONE_NUMBER_ID": "11"}
    with pytest.raises(LinesUnfit, match=r"WA_ACCESS_TOKEN is not set.*\nWA_APP_SECRET is not set"):
        plan_of(Settings.from_env(environ), environ)


def test_a_profile_that_cannot_be_read_stops_a_start_and_no_running_process(folder: Path) -> None:
    """At a start nobody is served yet; later the last good version is."""
    settings, environ = settings_of(folder)
    plans = LinePlans(settings, lambda: environ)
    before = plans.check()
    write(folder, "clinic", CLINICS.replace("purpose:", "porpoise:"))
    assert plans.read() == before
    with pytest.raises(LinesUnfit, match=r"clinic\.yaml, line 2"):
        plan_of(settings, environ)


def test_a_secret_that_is_written_into_the_file_is_seen(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new business needs no restart for its variables either; the real environment wins."""
    file = folder / ".env"
    monkeypatch.setenv("CLINIC_SECRET", "of the environment")
    read = read_environ(file)
    assert "CLINIC_TOKEN" not in read()
    file.write_text("CLINIC_TOKEN=EAAfile\nCLINIC_SECRET=of-the-file\n")
    settings, _ = settings_of(folder)
    line = LinePlans(settings, read).read().lines[CLINIC]
    assert (line.token.value, line.app_secret.value) == ("EAAfile", "of the environment")
    file.write_bytes(b"CLINIC_TOKEN=\xff\xfe_")
    with pytest.raises(LinesUnfit, match=r"^\.env is not UTF-8"):
        LinePlans(settings, read).read()


def test_the_shipped_profiles_claim_no_number() -> None:
    """They are examples: whoever starts without profiles of their own needs no more variables."""
    assert [profile.name for profile in Profiles().all() if profile.numbers] == []
