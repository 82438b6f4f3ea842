"""The Graph API over aiohttp, as strict as Meta's: calls, and the reads that a doctor makes."""

import asyncio
import base64
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from aiohttp import web

from simulators.meta.api.faults import Fault, FaultKind, Faults
from simulators.meta.rules.graph import (
    CallView,
    GraphPolicy,
    Refusal,
    check_action,
    check_body,
    check_line,
    check_token,
    check_version,
    unknown_path,
)
from simulators.meta.webhooks.calls import Line

_MAX_HANG_S = 120.0


class GraphCall(Protocol):
    """What the API needs of a call."""

    @property
    def view(self) -> CallView:
        """The call as the rules see it."""

    def take(self, action: str, body: Mapping[str, Any], at: float) -> None:
        """Do what a request that passed the rules asks for."""

    def answer_sent(self, action: str, at: float) -> None:
        """Learn that Graph's 200 for an action goes out now."""

    def refused(self, action: str, refusal: Refusal, at: float) -> None:
        """Learn that a request was refused."""


class NewCall(GraphCall, Protocol):
    """What the API needs of a call that the business places."""

    @property
    def wacid(self) -> str:
        """The id that Meta gave it."""

    async def before_response(self) -> None:
        """Hold the response of `connect` back."""

    def response_over(self, at: float) -> None:
        """Learn that the response of `connect` leaves, or was lost."""


class Outgoing(Protocol):
    """Who knows what the business may start."""

    def check_connect(self, body: Mapping[str, Any]) -> Refusal | None:
        """Refuse a well-formed `connect` that a rule forbids."""

    async def connect(self, body: Mapping[str, Any], at: float) -> NewCall:
        """Place the call of a `connect` that was not refused."""

    def send_message(self, body: Any) -> Refusal | dict[str, Any]:
        """Take a message; return the response's body."""

    def settings(self) -> dict[str, Any]:
        """Build the number's calling settings."""

    def permissions(self, query: Mapping[str, str]) -> Refusal | dict[str, Any]:
        """Answer `GET call_permissions`."""


class Switchboard(Protocol):
    """Where the API finds calls."""

    @property
    def outbound(self) -> Outgoing:
        """The business's own undertakings."""

    def find(self, wacid: str) -> GraphCall | None:
        """Return the call with this id."""


@dataclass(slots=True, kw_only=True)
class GraphRequest:
    """One request as it came; times from `time.monotonic()`."""

    method: str
    path: str
    received_at: float
    body: object = field(default=None, repr=False)
    action: str = ""
    wacid: str = field(default="", repr=False)
    status: int | None = None
    """None: no answer was sent."""
    answered_at: float | None = None
    refusal: Refusal | None = None
    fault: FaultKind | None = None


class GraphApi:
    """Meta's side of the HTTP requests of one business number."""

    def __init__(
        self,
        *,
        switchboard: Switchboard,
        access_token: str,
        line: Line,
        policy: GraphPolicy | None = None,
    ) -> None:
        self.requests: list[GraphRequest] = []
        self.faults = Faults()
        self.latency_before_s = 0.0
        """Network and work before a request takes effect, for every action."""
        self.latency_after_s = 0.0
        """The way back."""
        self._switchboard = switchboard
        self._access_token = access_token
        self._line = line
        self._policy = policy or GraphPolicy()
        self._closing = asyncio.Event()

    def add_routes(self, app: web.Application) -> None:
        """Serve the API in `app`; every path that is not served is refused in Graph's shape."""
        app.router.add_post("/{version}/{object_id}/calls", self._post_calls)
        app.router.add_post("/{version}/{object_id}/messages", self._post_messages)
        app.router.add_get("/{version}/{object_id}/call_permissions", self._get_permissions)
        app.router.add_get("/{version}/{object_id}/settings", self._get_settings)
        app.router.add_get("/{version}/{object_id}", self._get_object)
        app.router.add_route("*", "/{tail:.*}", self._unknown)

    def close(self) -> None:
        """Let hanging requests go."""
        self._closing.set()

    # --- POST /{version}/{phone_number_id}/calls ---

    async def _post_calls(self, request: web.Request) -> web.StreamResponse:
        record = self._record(request)
        refusal = self._check_request(request)
        body: Any = None
        if refusal is None:
            try:
                body = record.body = await request.json()
            except ValueError:
                body = None
            refusal = check_body(body)
        if isinstance(body, dict):
            record.action = str(body.get("action", ""))
            record.wacid = str(body.get("call_id", ""))
        fault = self.faults.take(record.action)
        record.fault = fault.kind if fault else None
        if fault and (answer := await self._fail_before(request, record, fault)) is not None:
            return answer
        await asyncio.sleep(self.latency_before_s)
        if refusal is None and record.action == "connect":
            return await self._connect(request, record, body, fault)
        call = self._switchboard.find(record.wacid)
        if refusal is None:
            refusal = check_action(body, call.view if call else None, self._policy)
        if refusal is not None or call is None:
            refusal = refusal or unknown_path(request.path)
            if call is not None:
                call.refused(record.action, refusal, time.monotonic())
            return self._refuse(record, refusal)
        call.take(record.action, body, record.received_at)
        if fault and fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.delay_s)
        await asyncio.sleep(self.latency_after_s)
        if fault and (answer := self._fail_after(request, record, fault)) is not None:
            return answer
        response = _json({"messaging_product": "whatsapp", "success": True})
        record.status, record.answered_at = response.status, time.monotonic()
        call.answer_sent(record.action, record.answered_at)
        return response

    async def _connect(
        self,
        request: web.Request,
        record: GraphRequest,
        body: Mapping[str, Any],
        fault: Fault | None,
    ) -> web.StreamResponse:
        outbound = self._switchboard.outbound
        if (refusal := outbound.check_connect(body)) is not None:
            return self._refuse(record, refusal)
        call = await outbound.connect(body, record.received_at)
        record.wacid = call.wacid
        try:
            await call.before_response()
            if fault and fault.kind is FaultKind.DELAY:
                await asyncio.sleep(fault.delay_s)
            await asyncio.sleep(self.latency_after_s)
            if fault and (answer := self._fail_after(request, record, fault)) is not None:
                return answer
            return self._reply(
                record, {"messaging_product": "whatsapp", "calls": [{"id": call.wacid}]}
            )
        finally:
            call.response_over(time.monotonic())

    # --- messages and permissions ---

    async def _post_messages(self, request: web.Request) -> web.StreamResponse:
        record = self._record(request)
        record.action = "messages"
        if (refusal := self._check_request(request)) is not None:
            return self._refuse(record, refusal)
        try:
            record.body = await request.json()
        except ValueError:
            record.body = None
        return await self._serve(
            request, record, lambda: self._switchboard.outbound.send_message(record.body)
        )

    async def _get_permissions(self, request: web.Request) -> web.StreamResponse:
        record = self._record(request)
        record.action, record.body = "call_permissions", dict(request.query)
        if (refusal := self._check_request(request)) is not None:
            return self._refuse(record, refusal)
        return await self._serve(
            request, record, lambda: self._switchboard.outbound.permissions(request.query)
        )

    async def _serve(
        self,
        request: web.Request,
        record: GraphRequest,
        work: Callable[[], Refusal | dict[str, Any]],
    ) -> web.StreamResponse:
        fault = self.faults.take(record.action)
        record.fault = fault.kind if fault else None
        if fault and (answer := await self._fail_before(request, record, fault)) is not None:
            return answer
        await asyncio.sleep(self.latency_before_s)
        result = work()
        if isinstance(result, Refusal):
            return self._refuse(record, result)
        if fault and fault.kind is FaultKind.DELAY:
            await asyncio.sleep(fault.delay_s)
        await asyncio.sleep(self.latency_after_s)
        if fault and (answer := self._fail_after(request, record, fault)) is not None:
            return answer
        return self._reply(record, result)

    async def _fail_before(
        self, request: web.Request, record: GraphRequest, fault: Fault
    ) -> web.StreamResponse | None:
        match fault.kind:
            case FaultKind.ERROR_BEFORE:
                return self._refuse(record, _failure(fault))
            case FaultKind.DROP_BEFORE:
                return _drop(request)
            case FaultKind.HANG:
                try:
                    async with asyncio.timeout(_MAX_HANG_S):
                        await self._closing.wait()
                except TimeoutError:
                    pass
                return _drop(request)
        return None

    def _fail_after(
        self, request: web.Request, record: GraphRequest, fault: Fault
    ) -> web.StreamResponse | None:
        match fault.kind:
            case FaultKind.ERROR_AFTER:
                return self._refuse(record, _failure(fault))
            case FaultKind.DROP_AFTER:
                return _drop(request)
            case FaultKind.GARBAGE:
                record.status = 200
                return web.Response(text="<!doctype html><title>Error</title>")
        return None

    # --- reads ---

    async def _get_object(self, request: web.Request) -> web.StreamResponse:
        record = self._record(request)
        if (refusal := self._check_request(request)) is not None:
            return self._refuse(record, refusal)
        known = {
            "id": self._line.phone_number_id,
            "verified_name": "Simulated Business",
            "code_verification_status": "VERIFIED",
            "display_phone_number": f"+{self._line.display_phone_number}",
            "quality_rating": "GREEN",
            "platform_type": "CLOUD_API",
            "name_status": "APPROVED",
            "status": "CONNECTED",
            "throughput": {"level": "STANDARD"},
        }
        asked = [name.strip() for name in request.query.get("fields", "").split(",") if name]
        for name in asked:
            if name not in known:
                return self._refuse(
                    record,
                    Refusal(
                        status=400,
                        code=100,
                        message=f"(#100) Tried accessing nonexisting field ({name}) on node type "
                        "(WhatsAppBusinessPhoneNumber)",
                        rule="Meta, Graph API error 100",
                    ),
                )
        chosen = {name: known[name] for name in dict.fromkeys([*asked, "id"])} if asked else known
        return self._reply(record, chosen)

    async def _get_settings(self, request: web.Request) -> web.StreamResponse:
        record = self._record(request)
        if (refusal := self._check_request(request)) is not None:
            return self._refuse(record, refusal)
        return self._reply(record, {"calling": self._switchboard.outbound.settings()})

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        return self._refuse(self._record(request), unknown_path(request.path.lstrip("/")))

    # --- inside ---

    def _check_request(self, request: web.Request) -> Refusal | None:
        return (
            check_version(request.match_info["version"], self._policy)
            or check_token(request.headers.get("Authorization"), self._access_token)
            or check_line(
                request.match_info["object_id"], self._line.phone_number_id, request.method
            )
        )

    def _record(self, request: web.Request) -> GraphRequest:
        record = GraphRequest(
            method=request.method, path=request.path, received_at=time.monotonic()
        )
        self.requests.append(record)
        return record

    def _refuse(self, record: GraphRequest, refusal: Refusal) -> web.Response:
        record.refusal = refusal
        trace_id = "A" + base64.urlsafe_b64encode(secrets.token_bytes(16)).decode().rstrip("=")
        return self._reply(record, refusal.body(trace_id), refusal.status)

    def _reply(self, record: GraphRequest, body: object, status: int = 200) -> web.Response:
        record.status, record.answered_at = status, time.monotonic()
        return _json(body, status)


def _failure(fault: Fault) -> Refusal:
    return Refusal(
        status=fault.status,
        code=fault.code,
        message=f"(#{fault.code}) Something went wrong",
        rule="a failure on cue",
    )


def _json(body: object, status: int = 200) -> web.Response:
    return web.Response(text=json.dumps(body), status=status, content_type="application/json")


def _drop(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
