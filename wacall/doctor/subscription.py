"""The doctor at Meta's app: does it hear of calls, and do its webhooks come to a control plane."""

import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from controlplane.core.errors import GraphError
from controlplane.core.line import LineTerms
from controlplane.meta.account_codes import TOKEN_EXPIRED
from controlplane.meta.app_setup import Subscribed, Subscription, subscribed_apps, subscription
from controlplane.meta.graph_errors import GraphRefused
from controlplane.meta.graph_http import GraphHttp
from controlplane.meta.token import TokenInfo
from controlplane.settings import Settings
from wacall.doctor.findings import Finding, fail, ok, warn

_NEEDED, _USEFUL = "calls", ("messages", "account_update", "account_settings_update")
_FIELDS = "Subscribe it in the app's dashboard: WhatsApp > Configuration > Webhook fields."
_PATH = "/wa/webhook"
_LOOK = "Look at it in the app's dashboard: WhatsApp > Configuration."


async def look_at_subscription(
    settings: Settings,
    line: LineTerms,
    graph: GraphHttp,
    http: aiohttp.ClientSession,
    token: TokenInfo,
) -> AsyncIterator[Finding]:
    """Look at account, app and callback URL, as far as the token lets us."""
    if not token.app_id:
        yield warn("webhook", "Meta does not tell which app the token is of.", _LOOK)
        return
    ours: Subscribed | None = None
    async for found in _look_at_accounts(line, graph, token):
        if isinstance(found, Finding):
            yield found
        else:
            ours = found
    app_token = f"{token.app_id}|{line.app_secret.value}"
    try:
        heard = await subscription(graph.with_token(app_token), token.app_id)
    except GraphError as error:
        yield judge_secret(error, token.app_id, line)
        return
    for finding in judge_subscription(heard, token.app_id):
        yield finding
    url = (ours.callback_url if ours else "") or (heard.callback_url if heard else "")
    if url:
        yield await _shake_hands(url, settings.wa_verify_token.get_secret_value(), http)


def accounts_of(line: LineTerms, token: TokenInfo) -> list[str]:
    """Name the WhatsApp Business accounts that the number may be of."""
    return [line.account] if line.account else sorted(token.accounts)


async def _look_at_accounts(
    line: LineTerms, graph: GraphHttp, token: TokenInfo
) -> AsyncIterator[Finding | Subscribed]:
    accounts = accounts_of(line, token)
    if not accounts:
        yield warn(
            "webhook",
            "Meta does not tell which WhatsApp Business account the number is of, so whether the "
            "app is subscribed to it could not be seen.",
            "Set WA_BUSINESS_ACCOUNT_ID, or the profile's `account`, to the account's id "
            "(WhatsApp > API setup).",
        )
        return
    missed = []
    for account in accounts:
        try:
            apps = await subscribed_apps(graph, account)
        except GraphError as error:
            yield warn(
                "webhook",
                f"The apps of the WhatsApp Business account {account} cannot be seen: {error}",
                "Grant the token whatsapp_business_management, and check WA_BUSINESS_ACCOUNT_ID.",
            )
            return
        for app in apps:
            if app.app_id == token.app_id:
                yield app
                yield ok("webhook", f"The app is subscribed to the WhatsApp account {account}.")
                return
        missed.append(account)
    yield fail(
        "webhook",
        f"The app {token.app_id} is not subscribed to the WhatsApp Business account "
        f"{' or '.join(missed)}: none of its calls come here.",
        f"POST /{missed[0]}/subscribed_apps with {line.token.variable}, or set "
        "WA_BUSINESS_ACCOUNT_ID (the profile's `account`) if another account is meant.",
    )


def judge_secret(error: GraphError, app_id: str, line: LineTerms) -> Finding:
    """Say what it means that Graph did not take the app's own token."""
    if isinstance(error, GraphRefused) and error.known is TOKEN_EXPIRED:
        return fail(
            "webhook",
            f"Meta says that {line.app_secret.variable} is not the secret of the app {app_id}, "
            f"whose token {line.token.variable} is: every webhook of that app will be refused.",
            "Copy it anew from the app's dashboard: App settings > Basic > App secret.",
        )
    return warn("webhook", f"The app's webhook cannot be seen: {error}", _LOOK)


def judge_subscription(heard: Subscription | None, app_id: str) -> list[Finding]:
    """Say whether the app hears of calls."""
    if heard is None:
        return [
            fail(
                "webhook",
                f"The app {app_id} has no webhook for WhatsApp: nothing comes here.",
                f"Configure one whose callback URL ends in {_PATH}, with the word of "
                "WA_VERIFY_TOKEN: WhatsApp > Configuration > Webhook.",
            )
        ]
    if not heard.is_active:
        return [fail("webhook", "The app's webhook for WhatsApp is switched off.", _LOOK)]
    if _NEEDED not in heard.fields:
        return [
            fail("webhook", "The app does not hear of calls: `calls` is not subscribed.", _FIELDS)
        ]
    lacking = [name for name in _USEFUL if name not in heard.fields]
    if lacking:
        return [
            warn(
                "webhook",
                f"The app hears of calls, but not of {', '.join(lacking)}: permissions and STOP "
                "come as `messages`, Meta's restrictions as the others.",
                _FIELDS,
            )
        ]
    return [ok("webhook", "The app hears of calls and all that goes with them.")]


async def _shake_hands(url: str, verify_token: str, http: aiohttp.ClientSession) -> Finding:
    """Do as Meta does when the callback URL is typed in."""
    challenge = str(secrets.randbelow(10**9))
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": verify_token,
    }
    try:
        async with http.get(url, params=query, allow_redirects=False) as response:
            answer = (await response.content.read(4096)).decode(errors="replace")
            return judge_handshake(url, response.status, answer, challenge)
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        return judge_handshake(url, None, type(error).__name__, challenge)


def judge_handshake(url: str, status: int | None, answer: str, challenge: str) -> Finding:
    """Say what stands behind the callback URL; without a `status`, `answer` is the error's name."""
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
    if status == 200 and answer == challenge:
        return ok("webhook", f"The callback URL {shown} leads to a control plane of this token.")
    if status == 403 and "bad-handshake" in answer:
        return fail(
            "webhook",
            f"The control plane behind {shown} has another WA_VERIFY_TOKEN.",
            "Use the same word everywhere, and restart the control plane.",
        )
    if status is None:
        return warn(
            "webhook",
            f"The callback URL {shown} does not answer from here ({answer}).",
            "Start the control plane, and see that the proxy in front passes it on; some networks "
            "do not reach their own public address, then look at it from outside.",
        )
    return fail(
        "webhook",
        f"Behind the callback URL {shown} is no control plane: HTTP {status}.",
        f"It has to end in {_PATH}, and the proxy in front has to pass that on to the control "
        "plane's PORT.",
    )
