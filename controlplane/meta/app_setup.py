"""How the app is set up at Meta: of which accounts and fields it hears, and where.

Sources: Meta, WhatsApp Business Account: subscribed apps, message templates; Graph API: app
subscriptions (they take an app token: the app's id and its secret); Calling API: call settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controlplane.core.foreign import list_of, object_of, text_of, word_of
from controlplane.meta.graph_errors import UnreadableReply
from controlplane.meta.graph_http import GraphHttp

ENABLE_CALLING: Mapping[str, Any] = {"calling": {"status": "ENABLED"}}
"""The body of POST settings; one thing at a time, all else stays as it is."""
_PERMISSION = "call_permission_request"
_OBJECT = "whatsapp_business_account"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribed:
    """An app that an account's webhooks go to."""

    app_id: str
    callback_url: str = ""
    """Of this account alone, instead of the app's own; empty: the app's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What the app hears of WhatsApp, and where."""

    callback_url: str
    fields: frozenset[str]
    is_active: bool


async def subscribed_apps(graph: GraphHttp, account: str) -> tuple[Subscribed, ...]:
    """Ask which apps hear of a WhatsApp Business account.

    Raises:
        GraphError: refused (without `whatsapp_business_management`), or no answer.
    """
    data = await graph.request("GET", "/subscribed_apps", "subscribed_apps", node=account)
    found = []
    for one in map(object_of, list_of(data.get("data"))):
        app = text_of(object_of(one.get("whatsapp_business_api_data")).get("id"))
        if app is not None:
            url = text_of(one.get("override_callback_uri")) or ""
            found.append(Subscribed(app_id=app, callback_url=url))
    return tuple(found)


async def subscription(graph: GraphHttp, app_id: str) -> Subscription | None:
    """Ask what the app hears of WhatsApp; `None`: nothing. `graph` has the app's own token.

    Raises:
        GraphError: refused (190: the secret is not the app's), or no answer.
    """
    data = await graph.request("GET", "/subscriptions", "subscriptions", node=app_id)
    for one in map(object_of, list_of(data.get("data"))):
        if word_of(one.get("object")) == _OBJECT:
            return Subscription(
                callback_url=text_of(one.get("callback_url")) or "",
                # by the page strings, by the API objects with name and version
                fields=frozenset(
                    word_of(field) or word_of(object_of(field).get("name"))
                    for field in list_of(one.get("fields"))
                ),
                is_active=one.get("active") is not False,
            )
    return None


async def permission_templates(graph: GraphHttp, account: str) -> tuple[str, ...]:
    """Ask which approved templates of an account, of 200 at most, ask for permission to call.

    Raises:
        GraphError: refused (without `whatsapp_business_management`), or no answer.
    """
    found = await approved_templates(graph, account)
    return tuple(name for name, types in found if _PERMISSION in types)


async def approved_templates(
    graph: GraphHttp, account: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Ask for an account's approved templates, 200 at most: names, and types of components.

    One name is there once for each of its languages.

    Raises:
        GraphError: refused (without `whatsapp_business_management`), or no answer.
    """
    query = {"fields": "name,status,components", "status": "APPROVED", "limit": "200"}
    data = await graph.request(
        "GET", "/message_templates", "message_templates", params=query, node=account
    )
    return tuple(
        (name, tuple(_type_of(part) for part in list_of(one.get("components"))))
        for one in map(object_of, list_of(data.get("data")))
        if word_of(one.get("status")).upper() == "APPROVED"
        and (name := text_of(one.get("name"))) is not None
    )


def _type_of(component: object) -> str:
    return word_of(object_of(component).get("type")).casefold()


async def enable_calling(graph: GraphHttp) -> None:
    """Switch calling on for our number.

    Raises:
        GraphError: refused, or no answer.
    """
    data = await graph.request("POST", "/settings", "enable_calling", body=ENABLE_CALLING)
    if data.get("success") is not True:
        raise UnreadableReply(http_status=200)
