"""Meta's side of business-initiated calls: who may be called, asked and billed, and the calls.

person = whatsapp.add_person(Person(caller=Caller(phone="4915550100123")))
whatsapp.outbound.grant(person)
call = await whatsapp.next_outbound_call(5)
await call.accepted(5)
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from simulators.meta.api.request import GraphRequest
from simulators.meta.calls.business_call import OutboundCall
from simulators.meta.calls.call import MetaCall
from simulators.meta.people.bill import Bill
from simulators.meta.people.call_plan import Timing
from simulators.meta.people.clock import Clock
from simulators.meta.people.messages import (
    failed_change,
    make_wamid,
    messages_change,
    permission_reply,
    preference_change,
    sent_change,
    text_message,
)
from simulators.meta.people.permissions import DAY_S, Permission, Reply
from simulators.meta.people.person import ChatLine, People, Person
from simulators.meta.rules.graph import Refusal, check_address
from simulators.meta.rules.message import (
    MessageKind,
    outside_window,
    read_message,
    shown_text,
)
from simulators.meta.rules.outbound import (
    Load,
    OutboundPolicy,
    addressed,
    check_call,
    check_limits,
    check_number,
    check_offer,
    check_queries,
    check_recipient,
    denied_request,
)
from simulators.meta.webhooks.calls import Json, Line, envelope
from simulators.meta.webhooks.delivery import Delivery, Post
from simulators.tasks import Tasks


class Outbound:
    """Everything that the business starts, and what the people answer."""

    def __init__(
        self,
        *,
        line: Line,
        timing: Timing,
        clock: Clock,
        post: Post,
        requests: Sequence[GraphRequest],
        user_calls: Callable[[], Iterable[MetaCall]],
        policy: OutboundPolicy | None = None,
        on_event: Callable[[OutboundCall, str], None] | None = None,
    ) -> None:
        self.policy = policy or OutboundPolicy()
        """May be replaced at any time; what people have allowed stays."""
        self.people = People()
        self.bill = Bill()
        self.calls: list[OutboundCall] = []
        self._line = line
        self._timing = timing
        self._clock = clock
        self._post = post
        self._requests = requests
        self._user_calls = user_calls
        self._on_event = on_event
        self._placed: asyncio.Queue[OutboundCall] = asyncio.Queue()
        self._initiated: list[float] = []
        self._queried: list[float] = []
        self._tasks = Tasks()

    async def close(self) -> None:
        """Free every call; nobody answers requests any more."""
        await self._tasks.close()
        for call in self.calls:
            await call.close()

    # --- the people ---

    def add_person(self, person: Person) -> Person:
        """Give a person an account, under the permission rules of the policy.

        Raises:
            ValueError: the phone number or the user id is taken.
        """
        person.permission.policy = self.policy.permission
        return self.people.add(person)

    def grant(self, person: Person, *, permanent: bool = False) -> None:
        """Let a person have allowed calls long ago: no webhook tells of it."""
        person.permission.allow(self._clock.now(), permanent=permanent)

    def switch_on(self, person: Person) -> Delivery:
        """Let a person allow calls in the business's profile: permanent, no context."""
        return self._tell_reply(person, person.permission.grant_in_profile(self._clock.now()))

    def switch_off(self, person: Person) -> Delivery | None:
        """Let a person withdraw it there; told only if the policy says so."""
        reply = person.permission.revoke_in_profile()
        return None if reply is None else self._tell_reply(person, reply)

    def reply_to_request(
        self,
        person: Person,
        *,
        accept: bool = True,
        permanent: bool = False,
        request_id: str | None = None,
    ) -> Delivery:
        """Let a person answer a permission request: the newest open one if none is named.

        Raises:
            ValueError: there is no such open request.
        """
        now = self._clock.now()
        person.open_window(now)
        reply = person.permission.reply(
            accept=accept, permanent=permanent, now=now, request_id=request_id
        )
        chosen = "Always allow calls" if permanent else "Allow calls"
        person.wrote(chosen if accept else "Don't allow calls", now)
        return self._tell_reply(person, reply)

    def write_text(self, person: Person, text: str) -> Delivery:
        """Let a person write a message to the business; it opens the service window."""
        now = self._clock.now()
        person.wrote(text, now)
        return self.write(
            person, text_message(make_wamid(person.phone), person.caller, text, int(now))
        )

    def write(self, person: Person, message: Json) -> Delivery:
        """Let a person send a message of any kind (`people.messages` builds them)."""
        person.open_window(self._clock.now())
        return self._post(
            envelope(self._line, [messages_change(self._line, person.caller, message)])
        )

    def prefer(self, person: Person, *, stops: bool) -> Delivery:
        """Let a person switch the business's marketing messages off, or on again."""
        change = preference_change(
            self._line, person.caller, stops=stops, at=int(self._clock.now())
        )
        return self._post(envelope(self._line, [change]))

    def user_called(self, call: MetaCall) -> None:
        """Learn that a user's call rings: it opens the window and may grant a callback."""
        if (person := self.people.find(call.user.user_id)) is None:
            return
        now = self._clock.now()
        person.open_window(now)
        if (reply := person.permission.user_called(call.wacid, now)) is not None:
            self._tell_reply(person, reply)

    def user_talks(self, call: MetaCall) -> None:
        """Learn that a user's call was answered."""
        if (person := self.people.find(call.user.user_id)) is not None:
            person.permission.connected(self._clock.now(), by_business=False)

    async def next_call(self, deadline_s: float) -> OutboundCall:
        """Return the next call that the business places, each once.

        Raises:
            TimeoutError: none within `deadline_s` seconds.
        """
        async with asyncio.timeout(deadline_s):
            return await self._placed.get()

    # --- for the Graph API ---

    def check_connect(self, body: Mapping[str, Any]) -> Refusal | None:
        """Refuse a well-formed `connect` that a rule forbids."""
        now, to = self._clock.now(), addressed(body)
        person = self.people.find(to)
        return (
            check_number(self._line.display_phone_number, self.policy)
            or check_offer(body["session"]["sdp"], self.policy.offer)
            or check_recipient(person, to, self.policy)
            or check_limits(self._load(now), self.policy, now)
            or (person and check_call(person, is_on_call=self._is_on_call(person), now=now))
            or None
        )

    async def connect(self, body: Mapping[str, Any], at: float) -> OutboundCall:
        """Place the call of a `connect` that was not refused; `at` from `time.monotonic()`.

        Raises:
            OSError: no UDP port can be had for the phone.
            LookupError: nobody has this number; check first.
        """
        if (person := self.people.find(addressed(body))) is None:
            raise LookupError("nobody has this number")
        call = OutboundCall(
            person=person,
            offer=body["session"]["sdp"],
            opaque=body.get("biz_opaque_callback_data"),
            line=self._line,
            timing=self._timing,
            post=self._post,
            requests=self._requests,
            on_event=self._on_event,
            on_picked_up=self._picked_up,
            on_ended=self._call_ended,
        )
        # counted at once: a second request may come while the phone opens
        self.calls.append(call)
        self._initiated.append(self._clock.now())
        await call.open(at)
        self._placed.put_nowait(call)
        return call

    def send_message(self, body: Any) -> Refusal | Json:
        """Take a message of the business's; return the response's body."""
        message = read_message(body, self.policy)
        if isinstance(message, Refusal):
            return message
        now, to = self._clock.now(), addressed(body)
        person = self.people.find(to)
        allowed = self.policy.allowed_recipients
        if allowed is not None and (person.phone if person else to) not in allowed:
            return check_recipient(person, to, self.policy) or outside_window()
        if message.needs_window and not (person and person.window_is_open(now)):
            return outside_window()
        wamid = make_wamid(person.phone if person else to)
        failure = None if person is None else person.fails_with
        is_request = message.kind is MessageKind.PERMISSION_REQUEST
        if person is not None and person.old_client and is_request:
            failure = 131026
        if is_request and person and failure is None:
            if (denial := person.permission.request(wamid, now)) is not None:
                return denied_request(denial)
            if person.replies is not None:
                self._tasks.spawn(self._reply_soon(person, wamid))
        if person is not None:
            person.inbox.append(dict(body))
            if failure is None:
                person.chat.append(
                    ChatLine(
                        at=now,
                        is_from_business=True,
                        text=shown_text(body),
                        request_id=wamid if is_request else None,
                    )
                )
            opaque = body.get("biz_opaque_callback_data")
            if failure is not None:
                change = failed_change(self._line, person.caller, wamid, int(now), failure, opaque)
                self._post(envelope(self._line, [change]))
            elif not is_request and opaque is not None:
                change = sent_change(self._line, person.caller, wamid, int(now), opaque)
                self._post(envelope(self._line, [change]))
        return self._message_response(body, person, wamid)

    def settings(self) -> Json:
        """Build the number's calling settings."""
        switch = {True: "ENABLED", False: "DISABLED"}
        return {
            "status": switch[self.policy.calling_enabled],
            "call_icon_visibility": "DEFAULT",
            "callback_permission_status": switch[self.policy.permission.callback],
        }

    def message_templates(self) -> Json:
        """List the account's approved templates (Meta, message templates)."""
        asking, others = self.policy.permission_templates, self.policy.templates
        kinds = dict.fromkeys(sorted(asking), "CALL_PERMISSION_REQUEST")
        kinds |= dict.fromkeys(sorted(others), "BODY")
        return {
            "data": [
                {"name": name, "status": "APPROVED", "components": [{"type": kind}]}
                for name, kind in kinds.items()
            ]
        }

    def permissions(self, query: Mapping[str, str]) -> Refusal | Json:
        """Answer `GET call_permissions`."""
        at = time.monotonic()
        refusal = check_queries(self._queried, self.policy, at)
        self._queried = [*(old for old in self._queried if at - old < 1), at]
        fields = {"to": query.get("user_wa_id"), "recipient": query.get("recipient")}
        if refusal := refusal or check_address(fields):
            return refusal
        now, person = self._clock.now(), self.people.find(addressed(fields))
        if person is None or not person.callable:
            # an un-callable number has no permission
            return Permission(self.policy.permission).view(now)
        return person.permission.view(now)

    # --- inside ---

    def _load(self, now: float) -> Load:
        self._initiated = [at for at in self._initiated if now - at < DAY_S]
        live = sum(not call.is_over for call in (*self.calls, *self._user_calls()))
        return Load(live=live, initiated_at=self._initiated)

    def _is_on_call(self, person: Person) -> bool:
        return any(
            not call.is_over and call.user.user_id == person.user_id
            for call in (*self.calls, *self._user_calls())
        )

    def _picked_up(self, call: OutboundCall) -> None:
        now = self._clock.now()
        call.person.permission.connected(now, by_business=True)
        call.person.open_window(now)

    def _call_ended(self, call: OutboundCall) -> None:
        if call.end is not None and (duration_s := call.end.duration_s) is not None:
            # what `terminate` tells is what is billed
            self.bill.charge(wacid=call.wacid, country=call.person.country, duration_s=duration_s)
        elif call.has_rung or call.timings.rejected is not None:
            # what the business cancels while it rings is a missed call to its user
            missed = call.person.permission.missed(self._clock.now())
            call.person.nudged = call.person.nudged or missed.nudged
            if missed.revoked is not None:
                self._tell_reply(call.person, missed.revoked, call.terminate_delivery)

    async def _reply_soon(self, person: Person, wamid: str) -> None:
        plan = person.replies
        if plan is not None:
            await asyncio.sleep(plan.after_s)
            self.reply_to_request(
                person, accept=plan.accept, permanent=plan.permanent, request_id=wamid
            )

    def _tell_reply(self, person: Person, reply: Reply, after: Delivery | None = None) -> Delivery:
        message = permission_reply(
            make_wamid(person.phone), person.caller, self._line, reply, int(self._clock.now())
        )
        change = messages_change(self._line, person.caller, message)
        return self._post(envelope(self._line, [change]), after=after)

    def _message_response(self, body: Json, person: Person | None, wamid: str) -> Json:
        contact: Json = {"input": body.get("to") or body.get("recipient")}
        if "to" in body:
            contact["wa_id"] = addressed(body)
        if person is not None:
            contact["user_id"] = person.user_id
        message = {"id": wamid}
        if body.get("type") == "template":
            message["message_status"] = "accepted"
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}
