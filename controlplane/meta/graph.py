"""The Graph API: the only place that knows its URLs, bodies and codes.

Repeating is a matter of the action:

    reject, terminate   harmless; "no such call" is what they want, hence a success
    pre_accept          harmless with the same SDP; it only prepares
    accept              the same SDP once more, if we cannot know whether the first was carried
                        out; then "already accepted" is a success. The phone's side is not asked
                        twice, and giving up on an accepted call would cut a customer off
    a placed call       never: the phone would ring twice
    a permission        never: the person would be asked twice, and only one request is allowed
    request
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import aiohttp
from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from controlplane.core.foreign import list_of, object_of, text_of, time_of, word_of
from controlplane.meta.graph_errors import GraphRefused, GraphUnreachable, UnreadableReply
from controlplane.meta.graph_http import GraphHttp, SeenDate
from controlplane.meta.token import TokenInfo, read_token
from shared.call.ids import PhoneNumberId, WhatsAppCallId
from shared.call.person import Person
from shared.process.observing import ObserveRequest

_NUMBER_FIELDS = "id,display_phone_number,verified_name,quality_rating,status"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberInfo:
    """What Graph knows of our business number."""

    id: PhoneNumberId
    display_phone_number: str | None = field(default=None, repr=False)
    verified_name: str | None = field(default=None, repr=False)
    quality_rating: str = ""
    status: str = ""
    """CONNECTED when it can be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionReport:
    """What Graph says about calling one person, now."""

    granted: bool
    valid_until: datetime | None
    """Of a temporary permission; None if it is permanent, or there is none."""
    is_permanent: bool
    may_call: bool
    """False: a limit is reached, although the person may have permitted calls."""
    call_limit_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestTemplate:
    """An approved message template, such as one with a call permission request."""

    name: str
    language: str
    parameters: tuple[str, ...] = field(default=(), repr=False)
    """The values of its body, in order."""


class GraphClient:
    """Speaks with the Graph API for one business number."""

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        base_url: str,
        version: str,
        phone_number_id: PhoneNumberId,
        token: str,
        timeout_s: float,
        observe: ObserveRequest = lambda *_: None,
        dated: SeenDate = lambda *_: None,
    ) -> None:
        """Take the session and the line; `timeout_s` bounds each single request.

        `dated` hears of every answer's `Date`.
        """
        self.http = GraphHttp(
            http,
            base_url=base_url,
            version=version,
            phone_number_id=phone_number_id,
            token=token,
            timeout_s=timeout_s,
            observe=observe,
            dated=dated,
        )

    async def pre_accept(self, wacid: WhatsAppCallId, sdp: str) -> None:
        """Give Meta our answer, so that ICE and DTLS are up before `accept`.

        Raises:
            GraphError: refused, or no answer within the deadline, twice.
        """
        body = {"call_id": wacid, "action": "pre_accept", "session": _answer(sdp)}
        await self._act(body, attempts=2)

    async def accept(
        self, wacid: WhatsAppCallId, sdp: str, *, may_be_repeated: bool = False
    ) -> bool:
        """Answer the call; `sdp` must be what `pre_accept` was given, byte for byte.

        Returns whether it was this request that answered the call; `False` if an earlier one did,
        whose answer got lost, or which somebody else sent (`may_be_repeated`).

        Raises:
            GraphError: refused, or no answer within the deadline, twice: then the call may
                nevertheless have been accepted, and needs `terminate`.
        """
        body = {"call_id": wacid, "action": "accept", "session": _answer(sdp)}
        is_first = not may_be_repeated
        try:
            async for attempt in _attempts(2):
                with attempt:
                    is_first = is_first and attempt.retry_state.attempt_number == 1
                    await self._act(body, attempts=1)
        except GraphRefused as error:
            if is_first or not error.says_already_accepted:
                raise
            return False
        return True

    async def connect(self, person: Person, sdp: str, opaque: str) -> WhatsAppCallId:
        """Place a call with our offer; `opaque` comes back in every webhook of the call.

        Sent once, whatever happens: a second one would ring twice.

        Raises:
            GraphUnreachable: no answer within the deadline; the phone may ring nevertheless.
            GraphError: refused.
        """
        body = {
            **_addressed_to(person),
            "action": "connect",
            "session": {"sdp_type": "offer", "sdp": sdp},
            "biz_opaque_callback_data": opaque,
        }
        data = await self.http.request("POST", "/calls", "connect", body=body)
        calls = [object_of(call) for call in list_of(data.get("calls"))]
        wacid = next((text for call in calls if (text := text_of(call.get("id")))), None)
        if wacid is None:
            raise UnreadableReply(http_status=200)
        return WhatsAppCallId(wacid)

    async def reject(self, wacid: WhatsAppCallId) -> None:
        """Decline a ringing call; one that is gone already is fine.

        Raises:
            GraphError: refused, or no answer within the deadline, thrice.
        """
        await self._hang_up(wacid, "reject")

    async def terminate(self, wacid: WhatsAppCallId) -> None:
        """Hang up; a call that has ended already is fine. Needed for right billing.

        Raises:
            GraphError: refused, or no answer within the deadline, thrice.
        """
        await self._hang_up(wacid, "terminate")

    async def call_permissions(self, person: Person) -> PermissionReport:
        """Ask whether a person permits calls. Who has no WhatsApp permits none.

        Meta limits these requests (5 or 100 a second, by two pages of its own).

        Raises:
            GraphError: refused (613: too many requests), or no answer within the deadline.
        """
        who = (
            {"recipient": person.user_id} if person.user_id else {"user_wa_id": person.phone or ""}
        )
        data = await self.http.request("GET", "/call_permissions", "call_permissions", params=who)
        return _read_permissions(data)

    async def request_permission(
        self,
        person: Person,
        *,
        text: str | None = None,
        template: RequestTemplate | None = None,
        opaque: str | None = None,
    ) -> str:
        """Ask a person for the permission to be called; return the message's id.

        Free form (with or without `text`) reaches only those who wrote or called within 24 hours;
        a template reaches everybody. `opaque` comes back in the message's statuses. Sent once:
        Graph not answering does not mean not sent.

        Raises:
            GraphError: refused (138009: asked too often; 138017: permitted for good already), or
                no answer within the deadline.
        """
        body = _written_to(person, opaque)
        if template is not None:
            body |= {"type": "template", "template": _template_json(template)}
        else:
            interactive: dict[str, Any] = {
                "type": "call_permission_request",
                "action": {"name": "call_permission_request"},
            }
            if text:
                interactive["body"] = {"text": text}
            body |= {"type": "interactive", "interactive": interactive}
        return await self._send_message("request_permission", body)

    async def send_text(self, person: Person, text: str, *, opaque: str | None = None) -> str:
        """Write to a person; return the message's id. Sent once.

        It reaches those who wrote or called within 24 hours: a user's call, and a call of ours
        that was accepted, open that window (Meta, user call permissions). `opaque` comes back in
        the message's statuses.

        Raises:
            GraphError: refused (131047: no open window), or no answer within the deadline.
        """
        body = {**_written_to(person, opaque), "type": "text", "text": {"body": text}}
        return await self._send_message("send_text", body)

    async def send_template(
        self, person: Person, template: RequestTemplate, *, opaque: str | None = None
    ) -> str:
        """Write to a person with an approved template, at any time; return the message's id.

        Sent once. `opaque` comes back in the message's statuses.

        Raises:
            GraphError: refused (132001: no such template), or no answer within the deadline.
        """
        body = {**_written_to(person, opaque), "type": "template"}
        body["template"] = _template_json(template)
        return await self._send_message("send_template", body)

    async def _send_message(self, action: str, body: Mapping[str, Any]) -> str:
        data = await self.http.request("POST", "/messages", action, body=body)
        sent = list_of(data.get("messages"))
        message_id = text_of(object_of(sent[0] if sent else None).get("id"))
        if message_id is None:
            raise UnreadableReply(http_status=200)
        return message_id

    async def check_number(self) -> NumberInfo:
        """Ask Graph for our number: shows whether token and WA_PHONE_NUMBER_ID fit.

        Raises:
            GraphError: refused, or no answer within the deadline.
        """
        data = await self.http.request("GET", "", "check_number", params={"fields": _NUMBER_FIELDS})
        if text_of(data.get("id")) != self.http.phone_number_id:
            raise UnreadableReply(http_status=200)
        return NumberInfo(
            id=self.http.phone_number_id,
            display_phone_number=text_of(data.get("display_phone_number")),
            verified_name=text_of(data.get("verified_name")),
            quality_rating=word_of(data.get("quality_rating")),
            status=word_of(data.get("status")),
        )

    async def check_token(self) -> TokenInfo:
        """Ask Graph for what our token is, may do, and when it ends.

        Raises:
            GraphError: refused (190: the token is not valid any more), or no answer within the
                deadline.
        """
        data = await self.http.request(
            "GET", "", "check_token", params={"input_token": self.http.token}, node="debug_token"
        )
        token = read_token(data)
        if token is None:
            raise UnreadableReply(http_status=200)
        return token

    async def calling_settings(self) -> Mapping[str, Any]:
        """Read the object `calling` of our number's settings.

        Raises:
            GraphError: refused (without `whatsapp_business_management`), or no answer within the
                deadline.
        """
        data = await self.http.request("GET", "/settings", "settings")
        return object_of(data.get("calling"))

    async def _hang_up(self, wacid: WhatsAppCallId, action: str) -> None:
        try:
            await self._act({"call_id": wacid, "action": action}, attempts=3)
        except GraphRefused as error:
            if not error.says_call_gone:
                raise

    async def _act(self, body: Mapping[str, Any], *, attempts: int) -> None:
        async for attempt in _attempts(attempts):
            with attempt:
                data = await self.http.request("POST", "/calls", body["action"], body=body)
                if data.get("success") is not True:
                    raise UnreadableReply(http_status=200)


def _attempts(count: int) -> AsyncRetrying:
    return AsyncRetrying(
        retry=retry_if_exception(_may_repeat),
        stop=stop_after_attempt(count),
        wait=wait_random_exponential(multiplier=0.1, max=1),
        reraise=True,
    )


def _may_repeat(error: BaseException) -> bool:
    return isinstance(error, (GraphRefused, GraphUnreachable)) and error.is_retryable


def _answer(sdp: str) -> Mapping[str, str]:
    # Meta's parameter table says "offer" here; its samples, and its servers, want "answer"
    return {"sdp_type": "answer", "sdp": sdp}


def _addressed_to(person: Person) -> Mapping[str, str]:
    # `to` would win if both were sent (Meta: business-scoped user ids). A number without its `+`
    # may be taken for one of our own line's country (Meta, Cloud API: phone number formats).
    return {"recipient": person.user_id} if person.user_id else {"to": f"+{person.phone}"}


def _written_to(person: Person, opaque: str | None) -> dict[str, Any]:
    body: dict[str, Any] = {"recipient_type": "individual", **_addressed_to(person)}
    return body if opaque is None else {**body, "biz_opaque_callback_data": opaque}


def _template_json(template: RequestTemplate) -> Mapping[str, Any]:
    found: dict[str, Any] = {"name": template.name, "language": {"code": template.language}}
    if template.parameters:
        values = [{"type": "text", "text": value} for value in template.parameters]
        found["components"] = [{"type": "body", "parameters": values}]
    return found


def _read_permissions(data: Mapping[str, Any]) -> PermissionReport:
    permission = object_of(data.get("permission"))
    status = word_of(permission.get("status")).casefold()
    # Meta's sample and its table disagree on the name
    expiry = permission.get("expiration_time", permission.get("expiration"))
    calling: Mapping[str, Any] = next(
        (
            action
            for action in map(object_of, list_of(data.get("actions")))
            if word_of(action.get("action_name")) == "start_call"
        ),
        {},
    )
    limits = [
        until
        for limit in map(object_of, list_of(calling.get("limits")))
        if (until := time_of(limit.get("limit_expiration_time"))) is not None
    ]
    return PermissionReport(
        granted=status in ("temporary", "permanent"),
        valid_until=time_of(expiry) if status == "temporary" else None,
        is_permanent=status == "permanent",
        may_call=calling.get("can_perform_action") is not False,
        call_limit_until=max(limits, default=None),
    )
