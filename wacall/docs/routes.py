"""The control plane's HTTP routes and the classes of their bodies; a test holds the app to them."""

from enum import Enum
from typing import NamedTuple

from pydantic import BaseModel

from controlplane.http import bodies, call_bodies, errand_bodies, room_bodies


class Who(Enum):
    """Who may ask, and how they show it; the value is the security scheme's name."""

    META = "metaSignature"
    LIVEKIT = "livekitToken"
    OPERATOR = "operatorKey"
    ANYBODY = ""


class Param(NamedTuple):
    """A parameter of the query, the path or the header."""

    name: str
    meaning: str
    place: str = "query"
    required: bool = False
    format: str | None = None


class Route(NamedTuple):
    """One route."""

    method: str
    path: str
    who: Who
    name: str
    summary: str
    answers: dict[int, type[BaseModel] | str]
    """Status -> the body's class, or the type of a body that is no JSON of ours."""
    body: type[BaseModel] | None = None
    params: tuple[Param, ...] = ()
    notes: str = ""


_LIMIT = Param("limit", "How many, 1 to 200; 50 without it.", format="int32")
_BEFORE = Param("before", "Only what is older than this time, with its zone.", format="date-time")
_CALL = Param("call_id", "Our id of the call.", "path", required=True, format="uuid")
_FOLLOW_UP = Param("follow_up_id", "Its id.", "path", required=True, format="uuid")
_TO = "A phone number with its country code after `+`, `00` or `011`, or a user id of Meta's."
_TEXT = "text/plain"
_SOUND = "audio/ogg"
_PAPER = (
    "The same words with the same reference are one entry. 409: the reference stands for other "
    "words, or for words that others followed; nothing was written."
)
_BAD, _KEY, _OFF, _DOWN = 400, 401, 403, 503
_OPERATOR: dict[int, type[BaseModel] | str] = {
    _BAD: bodies.Failure, _KEY: bodies.Failure, _OFF: bodies.Failure, _DOWN: bodies.Failure,
}  # fmt: skip


_SOUNDS: dict[int, type[BaseModel] | str] = {
    200: _SOUND, 206: _SOUND, 404: bodies.Failure, 416: bodies.Failure,
}  # fmt: skip


# of a body: it came too slowly, is too large, or compressed
_BODY = (408, 413, 415)


def _operators(
    status: int, body: type[BaseModel], *failures: int
) -> dict[int, type[BaseModel] | str]:
    answers: dict[int, type[BaseModel] | str] = {status: body}
    return answers | _OPERATOR | dict.fromkeys(failures, bodies.Failure)


ROUTES = (
    Route(
        "GET", "/calls", Who.OPERATOR, "listCalls", "List calls, newest first.",
        _operators(200, call_bodies.CallList),
        params=(
            _LIMIT, _BEFORE,
            Param("q", "The beginning of a call's id, a number's last digits, or part of a name."),
            Param("status", "Only of this status."),
            Param("direction", "`inbound` or `outbound`."),
            Param("profile", "Only of this profile."),
            Param("reason", "Only those that ended for this reason."),
            Param("outcome", "Only of this outcome."),
        ),
        notes="What was said is not searched.",
    ),
    Route(
        "POST", "/calls", Who.OPERATOR, "placeCall", "Call a customer.",
        _operators(202, call_bodies.CallPlaced, 409, 422, *_BODY), body=call_bodies.CallToPlace,
        params=(
            Param(
                "Idempotency-Key", "The same key again is the same call; 1 to 200 characters.",
                "header",
            ),
        ),
        notes="409 is a denial: its code says why and `retry_at` when it may be tried again. "
        "422 is a key that has placed a call to somebody else. The body is 16 KiB at most.",
    ),
    Route(
        "GET", "/calls/{call_id}", Who.OPERATOR, "showCall",
        "Show one call with its timeline and transcript.",
        _operators(200, call_bodies.CallDetails, 404), params=(_CALL,),
    ),
    Route(
        "GET", "/calls/{call_id}/recording/{side}", Who.OPERATOR, "hearRecording",
        "Hear one side of a call that was recorded, whole or in parts.",
        _SOUNDS | _OPERATOR,
        params=(
            _CALL,
            Param("side", "`agent` or `caller`; both begin at the same moment.", "path", True),
            Param("Range", "Of bytes, one part (RFC 9110, section 14).", "header"),
        ),
        notes="It stands on the call's timeline as `recording-heard`, once in ten minutes. 404 "
        "says why there is nothing to hear. 503: who has the file does not answer.",
    ),
    Route(
        "POST", "/calls/{call_id}/hangup", Who.OPERATOR, "hangUp", "End a call now.",
        _operators(200, call_bodies.CallView, 404, 409), params=(_CALL,),
        notes="409: it has already ended.",
    ),
    Route(
        "GET", "/rooms", Who.OPERATOR, "listRooms",
        "List the rooms of live calls beside their rows, the oldest first.",
        _operators(200, room_bodies.RoomList),
        notes="503: LiveKit does not tell, or the database.",
    ),
    Route(
        "POST", "/calls/{call_id}/listen", Who.OPERATOR, "listen",
        "Hear a call, unseen: an address and a token for livekit-client.",
        _operators(201, room_bodies.RoomPassView, 404, 409), params=(_CALL,),
        notes="It stands on the call's timeline. 409: the call has ended.",
    ),
    Route(
        "POST", "/calls/{call_id}/takeover", Who.OPERATOR, "takeOver",
        "Speak in the agent's place, from when you come into the room.",
        _operators(201, room_bodies.RoomPassView, 404, 409), params=(_CALL,),
        notes="It stands on the call's timeline. Who leaves the room hands back. 409: the call has "
        "ended or nobody has picked up, or no media bridge carries its agent.",
    ),
    Route(
        "POST", "/calls/{call_id}/whisper", Who.OPERATOR, "whisper",
        "Tell the agent something that the customer does not hear.",
        _operators(202, room_bodies.Told, 404, 409, 502, *_BODY), params=(_CALL,),
        body=room_bodies.WordsToWhisper, notes="409: the call has ended.",
    ),
    Route(
        "POST", "/calls/{call_id}/handback", Who.OPERATOR, "handBack",
        "Have the agent speak again.",
        _operators(200, room_bodies.Told, 404, 409, 502, *_BODY), params=(_CALL,),
        body=room_bodies.HandBack, notes="409: the call has ended, or no operator speaks in it.",
    ),
    Route(
        "GET", "/follow-ups", Who.OPERATOR, "listFollowUps",
        "List what was agreed for later, those that are due last first.",
        _operators(200, errand_bodies.FollowUpList),
        params=(Param("status", "`open`, `done`, `failed` or `canceled`."), _LIMIT, _BEFORE),
        notes="Calls and messages are done by themselves at their time; what people do is posted "
        "to OPERATOR_WEBHOOK_URL, or stays open until `done`.",
    ),
    Route(
        "POST", "/follow-ups/{follow_up_id}/cancel", Who.OPERATOR, "cancelFollowUp",
        "Say that a follow-up is not wanted any more.",
        _operators(200, errand_bodies.FollowUpView, 404, 409), params=(_FOLLOW_UP,),
        notes="The same twice is one. 409: it was done or given up already.",
    ),
    Route(
        "POST", "/follow-ups/{follow_up_id}/done", Who.OPERATOR, "doneFollowUp",
        "Say that somebody has done it.",
        _operators(200, errand_bodies.FollowUpView, 404, 409), params=(_FOLLOW_UP,),
        notes="The same twice is one. 409: it was given up or canceled already.",
    ),
    Route(
        "GET", "/consents", Who.OPERATOR, "listConsents", "List the ledger, newest first.",
        _operators(200, bodies.ConsentList), params=(Param("to", _TO), _LIMIT, _BEFORE),
        notes="With `to` also what holds now, kind by kind, and what became of requests. Messages "
        "that may be a STOP: of the person all, without `to` those that wait.",
    ),
    Route(
        "POST", "/consents/request", Who.OPERATOR, "requestPermission",
        "Ask a person for the permission to call.",
        _operators(202, bodies.PermissionRequested, 409, 502, *_BODY),
        body=bodies.PermissionToRequest,
        notes="Once a day and twice a week at most; 409 says when again. To whom neither wrote nor "
        "called within 24 hours WA_PERMISSION_TEMPLATE goes; 409 if there is none.",
    ),
    Route(
        "POST", "/consents/import", Who.OPERATOR, "importConsent",
        "Write down a consent that was given elsewhere.",
        _operators(201, bodies.ConsentView, 409, *_BODY), body=bodies.ConsentToWrite,
        notes=_PAPER,
    ),
    Route(
        "POST", "/consents/withdraw", Who.OPERATOR, "withdrawConsent",
        "Write down that a consent was withdrawn.",
        _operators(201, bodies.ConsentView, 409, *_BODY), body=bodies.ConsentToWrite,
        notes=_PAPER,
    ),
    Route(
        "POST", "/consents/decide", Who.OPERATOR, "decideProbableStop",
        "Decide whether a message was a STOP.",
        _operators(200, bodies.ProbableStopView, 404, 409, *_BODY), body=bodies.StopToDecide,
        notes="Such a message pauses calls to its sender for a day; `do-not-call` ends them, "
        "`dismissed` ends the pause. 409: it was decided otherwise.",
    ),
    Route(
        "POST", "/consents/erase", Who.OPERATOR, "erasePerson", "Forget a person.",
        _operators(200, bodies.Erased, 409, *_BODY), body=bodies.PersonToErase,
        notes="Calls, words, leads, consents; a do-not-call stays, unless `forget_do_not_call`. "
        "409 while there is a call with them.",
    ),
    Route(
        "GET", "/status", Who.OPERATOR, "showStatus",
        "Say what came to this process's webhooks, and what was turned away.",
        {200: bodies.Status, _KEY: bodies.Failure, _OFF: bodies.Failure},
        notes="Of the process that answers; behind a proxy, ask until all `replica`s have.",
    ),
    Route(
        "GET", "/healthz", Who.ANYBODY, "health", "Whether the process serves.",
        {200: bodies.Health, 503: bodies.Health},
        notes="503 when only a restart helps; no neighbour's outage is a reason.",
    ),
    Route(
        "GET", "/readyz", Who.ANYBODY, "readiness", "Whether calls can be taken.",
        {200: bodies.Health, 503: bodies.Health},
        notes="503 first thing when draining, and while a neighbour is missing or a background "
        "loop is ill.",
    ),
    Route("GET", "/metrics", Who.ANYBODY, "metrics", "Prometheus' text format.", {200: _TEXT}),
    Route(
        "GET", "/wa/webhook", Who.ANYBODY, "metaHandshake", "Meta's handshake.",
        {200: _TEXT, 403: bodies.Failure},
        params=(
            Param("hub.mode", "`subscribe`."),
            Param("hub.verify_token", "WA_VERIFY_TOKEN."),
            Param("hub.challenge", "What is answered."),
        ),
    ),
    Route(
        "POST", "/wa/webhook", Who.META, "metaWebhook", "Events of Meta's, stored before the 200.",
        {200: _TEXT, 400: bodies.Failure, 401: bodies.Failure, 408: bodies.Failure,
         413: bodies.Failure, 503: bodies.Failure},
        notes="The bodies are Meta's own (Cloud API, webhooks). 503 asks Meta to try again.",
    ),
    Route(
        "POST", "/livekit/webhook", Who.LIVEKIT, "livekitWebhook", "Events of the SFU's.",
        {200: _TEXT, 400: bodies.Failure, 401: bodies.Failure, 408: bodies.Failure,
         413: bodies.Failure, 503: bodies.Failure},
        notes="The bodies are LiveKit's own (webhooks).",
    ),
)  # fmt: skip
