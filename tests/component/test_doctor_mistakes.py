"""The doctor beside a running control plane: each of the first mistakes, and what it says of it."""

from collections.abc import Callable
from dataclasses import replace

import aiohttp
import pytest

from controlplane.line_plan import plan_of
from controlplane.settings import Settings
from simulators.meta.people.call_plan import CallPlan
from simulators.meta.whatsapp import WhatsAppSimulator
from tests.component.bench import StartControlPlane
from tests.eventually import eventually
from wacall.doctor import running
from wacall.doctor.calling import switch_on
from wacall.doctor.examine import examine
from wacall.doctor.findings import Finding
from wacall.doctor.meta import look_at_meta
from wacall.stack.sfu import EmbeddedSfu

Change = Callable[[WhatsAppSimulator], None]


def without_calls(whatsapp: WhatsAppSimulator) -> None:
    whatsapp.graph.app.fields.remove("calls")


def without_messages(whatsapp: WhatsAppSimulator) -> None:
    whatsapp.graph.app.fields.remove("messages")


def without_webhook(whatsapp: WhatsAppSimulator) -> None:
    whatsapp.graph.app.fields.clear()


def unsubscribed(whatsapp: WhatsAppSimulator) -> None:
    whatsapp.graph.app.is_subscribed = False


def other_secret(whatsapp: WhatsAppSimulator) -> None:
    whatsapp.graph.app.secret = "another"


def other_path(whatsapp: WhatsAppSimulator) -> None:
    whatsapp.webhook_url = whatsapp.webhook_url.replace("/wa/webhook", "/webhook")


def calling_off(whatsapp: WhatsAppSimulator) -> None:
    whatsapp.graph.calling = {"status": "DISABLED"}


def never_enabled(whatsapp: WhatsAppSimulator) -> None:
    whatsapp.reply("settings", {"calling": {}}, times=9)


MISTAKES: list[tuple[Change, str, str, str, str]] = [
    # the mistake, and what is said: about, status, what and why, the fix
    (without_calls, "webhook", "fail", "`calls` is not subscribed", "Webhook fields"),
    (without_messages, "webhook", "warn", "not of messages", "Webhook fields"),
    (without_webhook, "webhook", "fail", "no webhook for WhatsApp", "WA_VERIFY_TOKEN"),
    (unsubscribed, "webhook", "fail", "is not subscribed to the WhatsApp", "/subscribed_apps"),
    (other_secret, "webhook", "fail", "WA_APP_SECRET is not the secret", "App settings > Basic"),
    (other_path, "webhook", "fail", "is no control plane: HTTP 404", "/wa/webhook"),
    (calling_off, "calling", "fail", "Calling is off", "--enable-calling"),
    (never_enabled, "calling", "fail", "never enabled", "--enable-calling"),
]


async def at_meta(neighbours: dict[str, str]) -> list[Finding]:
    """What the doctor finds at Meta."""
    settings = Settings.from_env(neighbours)
    lines = list(plan_of(settings).lines.values())
    async with aiohttp.ClientSession() as http:
        return [one async for one in look_at_meta(settings, http, lines)]


async def test_a_whole_set_up_at_meta_has_nothing_to_be_said(
    start_controlplane: StartControlPlane, neighbours: dict[str, str], whatsapp: WhatsAppSimulator
) -> None:
    """App, account, fields, callback URL and its handshake: looked at, and well."""
    await start_controlplane()
    found = await at_meta(neighbours)
    assert [str(one) for one in found if one.status != "ok"] == []
    told = " ".join(one.message for one in found)
    for words in ("subscribed to the WhatsApp account", "hears of calls", "leads to a control"):
        assert words in told


@pytest.mark.parametrize(
    ("change", "about", "status", "words", "fix"), MISTAKES, ids=[m[0].__name__ for m in MISTAKES]
)
async def test_a_mistake_at_meta_is_told_with_what_why_and_fix(
    start_controlplane: StartControlPlane,
    neighbours: dict[str, str],
    whatsapp: WhatsAppSimulator,
    change: Change,
    about: str,
    status: str,
    words: str,
    fix: str,
) -> None:
    """One finding each, before anybody calls."""
    await start_controlplane()
    change(whatsapp)
    (told,) = [one for one in await at_meta(neighbours) if one.status != "ok"]
    assert (told.about, told.status) == (about, status)
    assert words in told.message
    assert fix in told.fix


async def test_a_verify_token_that_only_the_process_does_not_know_is_told(
    start_controlplane: StartControlPlane, neighbours: dict[str, str]
) -> None:
    """It was changed in .env, and the control plane not restarted."""
    await start_controlplane()
    found = await at_meta({**neighbours, "WA_VERIFY_TOKEN": "a new word"})
    (told,) = [one for one in found if one.status != "ok"]
    assert (told.status, "another WA_VERIFY_TOKEN" in told.message) == ("fail", True)


@pytest.mark.parametrize(("names", "status"), [({"call_permission"}, "ok"), (set(), "warn")])
async def test_without_a_template_few_people_can_be_asked(
    neighbours: dict[str, str], whatsapp: WhatsAppSimulator, names: set[str], status: str
) -> None:
    """Where calls are placed, which takes a media bridge."""
    policy = replace(whatsapp.outbound.policy, permission_templates=names, templates={"other"})
    whatsapp.outbound.policy = policy
    found = await at_meta({**neighbours, "BRIDGE_URL": "http://127.0.0.1:9"})
    (told,) = [one for one in found if one.about == "template"]
    assert told.status == status
    assert ("--template" in told.fix) == (status == "warn")


async def test_another_numbers_id_is_told_in_its_own_words(neighbours: dict[str, str]) -> None:
    """Not in those for a malformed call."""
    (told,) = await at_meta({**neighbours, "WA_PHONE_NUMBER_ID": "1"})
    assert told.status == "fail"
    assert told.message.startswith("Meta knows no number of the id 1 (WA_PHONE_NUMBER_ID, or a")


async def test_what_the_control_plane_refused_is_told(
    start_controlplane: StartControlPlane,
    neighbours: dict[str, str],
    whatsapp: WhatsAppSimulator,
    controlplane_port: int,
) -> None:
    """Asked as an operator: how often, when, which process, and the variable."""
    await start_controlplane(WA_APP_SECRET="another")
    call = await whatsapp.call(CallPlan())
    environ = {**neighbours, "PORT": str(controlplane_port)}

    async def refused() -> bool:
        return "fail" in [one.status for one in await judged()]

    async def judged() -> list[Finding]:
        return running.judge_arrivals(await running.statuses(environ))

    await eventually(refused)
    call.hang_up()
    (told,) = await judged()
    assert "bad-signature" in told.message
    assert "WA_APP_SECRET" in told.fix


async def test_livekits_webhook_is_seen_to_come(
    start_controlplane: StartControlPlane,
    neighbours: dict[str, str],
    controlplane_port: int,
    sfu_with_webhook: EmbeddedSfu,
) -> None:
    """For the doctor's own room; and that no agent is there is another matter."""
    await start_controlplane()
    environ = {**neighbours, "PORT": str(controlplane_port)}
    found = [one async for one in examine(environ)]
    told = [one.message for one in found if one.about == "livekit"]
    assert "LiveKit's webhook reaches the control plane." in told
    assert any(one.status == "ok" for one in found if "running control plane" in one.message)


async def test_calling_is_enabled_once_it_is_confirmed(
    neighbours: dict[str, str], whatsapp: WhatsAppSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would be sent is shown first; a no sends nothing, a second yes is not needed."""
    calling_off(whatsapp)
    settings = Settings.from_env(neighbours)

    (line,) = plan_of(settings).lines.values()

    def sent() -> list[object]:
        return [one.body for one in whatsapp.requests if one.action == "change_settings"]

    assert await switch_on(settings, line, lambda _: False) == 1
    assert sent() == []
    shown = capsys.readouterr().out
    assert f"/{settings.wa_phone_number_id}/settings" in shown
    assert '{"calling": {"status": "ENABLED"}}' in shown
    assert neighbours["WA_ACCESS_TOKEN"] not in shown

    assert await switch_on(settings, line, lambda _: True) == 0
    assert sent() == [{"calling": {"status": "ENABLED"}}]
    assert await switch_on(settings, line, lambda _: True) == 0
    assert len(sent()) == 1
    assert "already" in capsys.readouterr().out
