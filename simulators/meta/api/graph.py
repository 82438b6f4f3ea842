"""The Graph API over aiohttp, as strict as Meta's: calls, and the reads that a doctor makes."""

import asyncio
import base64
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from aiohttp import web

from simulators.meta.api.faults import Fault, FaultKind, Faults
from simulators.meta.api.request import GraphRequest
from simulators.meta.api.switchboard import Switchboard
from simulators.meta.rules.app import App, check_settings
from simulators.meta.rules.graph import (
    GraphPolicy,
    Refusal,
    check_action,
    check_body,
    check_fields,
    check_line,
    check_version,
    unknown_path,
)
from simulators.meta.rules.token import Token
from simulators.meta.webhooks.calls import Line

_MAX_HANG_S = 120.0

Result = Refusal | dict[str, Any]
Work = Callable[[GraphRequest], contextlib.AbstractAsyncContextManager[Result]]
"""Does what a request asks for, gives the answer, and learns on leaving that it has been sent."""


class GraphApi:
    """Meta's side of the HTTP requests of one business number."""

    def __init__(
        self,
        *,
        switchboard: Switchboard,
        access_token: str,
        app: App,
        line: Line,
        policy: GraphPolicy | None = None,
    ) -> None:
        self.requests: list[GraphRequest] = []
        self.faults = Faults()
        self.calling: dict[str, Any] = {}
        """Calling settings that somebody has changed, over the usual ones."""
        self.latency_before_s = 0.0
        """Network and work before a request takes effect, for every action."""
        self.latency_after_s = 0.0
        """The way back."""
        self._switchboard = switchboard
        self.token = Token(value=access_token)
        self.app = app
        self._line = line
        self._policy = policy or GraphPolicy()
        self._closing = asyncio.Event()

    def add_routes(self, app: web.Application) -> None:
        """Serve the API in `app`; every path that is not served is refused in Graph's shape."""
        app.router.add_post("/{version}/{object_id}/calls", self._post_calls)
        app.router.add_post("/{version}/{object_id}/messages", self._post_messages)
        app.router.add_get("/{version}/{object_id}/call_permissions", self._get_permissions)
        app.router.add_get("/{version}/{object_id}/settings", self._get_settings)
        app.router.add_post("/{version}/{object_id}/settings", self._post_settings)
        app.router.add_get("/{version}/{object_id}/subscribed_apps", self._get_subscribed_apps)
        app.router.add_get("/{version}/{object_id}/message_templates", self._get_templates)
        app.router.add_get("/{version}/{object_id}/subscriptions", self._get_subscriptions)
        app.router.add_get("/{version}/debug_token", self._debug_token)
        app.router.add_get("/{version}/{object_id}", self._get_object)
        app.router.add_route("*", "/{tail:.*}", self._unknown)

    def close(self) -> None:
        """Let hanging requests go."""
        self._closing.set()

    # --- the paths ---

    async def _post_calls(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request)
        if (refusal := self._check_request(request)) is not None:
            return self._refuse(record, refusal)
        body = record.body
        if isinstance(body, dict):
            record.action = str(body.get("action", ""))
            record.wacid = str(body.get("call_id", ""))
        if (refusal := check_body(body)) is not None:
            if (call := self._switchboard.find(record.wacid)) is not None:
                call.refused(record.action, refusal, time.monotonic())
            return self._refuse(record, refusal)
        work = self._connecting if record.action == "connect" else self._acting
        return await self._serve(request, record, work)

    async def _post_messages(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "messages")
        outbound = self._switchboard.outbound
        return await self._answer(request, record, lambda: outbound.send_message(record.body))

    async def _get_permissions(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "call_permissions")
        outbound, query = self._switchboard.outbound, request.query
        return await self._answer(request, record, lambda: outbound.permissions(query))

    async def _get_settings(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "settings")
        outbound = self._switchboard.outbound
        return await self._answer(
            request, record, lambda: {"calling": outbound.settings() | self.calling}
        )

    async def _post_settings(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "change_settings")

        def change() -> Result:
            body: Any = record.body
            if (refusal := check_settings(body)) is not None:
                return refusal
            self.calling |= body["calling"]
            return {"success": True}

        return await self._answer(request, record, change)

    async def _get_subscribed_apps(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "subscribed_apps")
        asked = request.match_info["object_id"]
        missing = check_line(asked, self._line.waba_id, request.method)
        return await self._answer(
            request, record, lambda: missing or self.app.subscribed_apps(), of_line=False
        )

    async def _get_templates(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "message_templates")
        asked = request.match_info["object_id"]
        missing = check_line(asked, self._line.waba_id, request.method)
        outbound = self._switchboard.outbound
        return await self._answer(
            request, record, lambda: missing or outbound.message_templates(), of_line=False
        )

    async def _get_subscriptions(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "subscriptions")
        version = check_version(request.match_info["version"], self._policy)
        refusal = version or self.app.check(request.headers.get("Authorization"))
        refusal = refusal or check_line(
            request.match_info["object_id"], self.app.id, request.method
        )
        if refusal is not None:
            return self._refuse(record, refusal)
        return self._reply(record, self.app.subscriptions())

    async def _get_object(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "number")
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
        chosen = [*asked, "id"] if asked else list(known)
        return await self._answer(
            request,
            record,
            lambda: check_fields(asked, known) or {name: known[name] for name in chosen},
        )

    async def _debug_token(self, request: web.Request) -> web.StreamResponse:
        record = await self._record(request, "debug_token")
        asked = request.query.get("input_token", "")
        described = self.token.describe(asked, self._line.waba_id)
        return await self._answer(request, record, lambda: described, of_line=False)

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        return self._refuse(await self._record(request), unknown_path(request.path.lstrip("/")))

    # --- what they do ---

    @contextlib.asynccontextmanager
    async def _acting(self, record: GraphRequest) -> AsyncIterator[Result]:
        """Do something with a call that there is."""
        body: Any = record.body
        call = self._switchboard.find(record.wacid)
        refusal = check_action(body, call.view if call else None, self._policy)
        if refusal is not None or call is None:
            refusal = refusal or unknown_path(record.path)
            if call is not None:
                call.refused(record.action, refusal, time.monotonic())
            yield refusal
            return
        call.take(record.action, body, record.received_at)
        yield {"messaging_product": "whatsapp", "success": True}
        if record.answered_at is not None and record.refusal is None:
            call.answer_sent(record.action, record.answered_at)

    @contextlib.asynccontextmanager
    async def _connecting(self, record: GraphRequest) -> AsyncIterator[Result]:
        """Place a call."""
        body: Any = record.body
        outbound = self._switchboard.outbound
        if (refusal := outbound.check_connect(body)) is not None:
            yield refusal
            return
        call = await outbound.connect(body, record.received_at)
        record.wacid = call.wacid
        try:
            await call.before_response()
            yield {"messaging_product": "whatsapp", "calls": [{"id": call.wacid}]}
        finally:
            call.response_over(time.monotonic())

    async def _answer(
        self,
        request: web.Request,
        record: GraphRequest,
        work: Callable[[], Result],
        *,
        of_line: bool = True,
    ) -> web.StreamResponse:
        """Serve what nobody has to learn the end of; `of_line` says that the path names a line."""
        check = self._check_request if of_line else self._check_caller
        if (refusal := check(request)) is not None:
            return self._refuse(record, refusal)

        @contextlib.asynccontextmanager
        async def doing(_: GraphRequest) -> AsyncIterator[Result]:
            yield work()

        return await self._serve(request, record, doing)

    # --- how all of them go, and go wrong ---

    async def _serve(
        self, request: web.Request, record: GraphRequest, work: Work
    ) -> web.StreamResponse:
        """Serve a well-formed request: what is set to fail fails before or after its work."""
        fault = self.faults.take(record.action)
        record.fault = fault.kind if fault else None
        if fault and (answer := await self._fail_before(request, record, fault)) is not None:
            return answer
        await asyncio.sleep(self.latency_before_s)
        async with work(record) as result:
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
            case FaultKind.REPLY:
                record.status, record.answered_at = fault.status, time.monotonic()
                return fault.response()
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

    # --- inside ---

    def _check_caller(self, request: web.Request) -> Refusal | None:
        version = check_version(request.match_info["version"], self._policy)
        return version or self.token.check(request.headers.get("Authorization"))

    def _check_request(self, request: web.Request) -> Refusal | None:
        return self._check_caller(request) or check_line(
            request.match_info["object_id"], self._line.phone_number_id, request.method
        )

    async def _record(self, request: web.Request, action: str = "") -> GraphRequest:
        record = GraphRequest(
            method=request.method,
            path=request.path,
            query=dict(request.query),
            content_type=request.content_type,
            action=action,
            received_at=time.monotonic(),
        )
        self.requests.append(record)
        with contextlib.suppress(ValueError, RecursionError):
            record.raw = await request.read()
            record.body = json.loads(record.raw)
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
