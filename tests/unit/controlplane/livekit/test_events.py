"""LiveKit's webhooks: whose they are, and what they say of a call."""

import base64
import hashlib
import json

import pytest
from livekit import api

from controlplane.core.errors import BadSignature, BadWebhook
from controlplane.livekit.events import RoomEvent, RoomEventKind, read_room_event
from shared.call.ids import CallId
from shared.call.room import room_name

KEY, SECRET = "devkey", "a-secret-that-is-long-enough-for-hs256"
CALL = CallId("7c9e6679-7425-40de-944b-e07fc1f90ae7")
ROOM = room_name(CALL)


def encode(event: str, *, room: str = ROOM, **participant: str) -> bytes:
    told = {"event": event, "room": {"name": room}, "participant": participant}
    return json.dumps(told, ensure_ascii=False).encode()


def sign(body: bytes, secret: str = SECRET) -> str:
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return api.AccessToken(KEY, secret).with_sha256(digest).to_jwt()


def read(body: bytes, token: str | None = None) -> RoomEvent | None:
    return read_room_event(
        body, sign(body) if token is None else token, api_key=KEY, api_secret=SECRET
    )


def test_an_event_of_a_call_is_read() -> None:
    """With LiveKit's reason by its name, and people's names in any script."""
    body = encode(
        "participant_left", identity="whatsapp-caller", name="Åda", sid="PA_1",
        disconnectReason="ROOM_DELETED",
    )  # fmt: skip
    assert read(body) == RoomEvent(
        kind=RoomEventKind.PARTICIPANT_LEFT,
        call_id=CALL,
        identity="whatsapp-caller",
        participant_sid="PA_1",
        disconnect_reason="ROOM_DELETED",
    )


@pytest.mark.parametrize("kind", RoomEventKind)
def test_every_kind_is_known_by_livekits_word(kind: RoomEventKind) -> None:
    """Nothing but the room is needed."""
    assert read(encode(kind.value)) == RoomEvent(kind=kind, call_id=CALL)


@pytest.mark.parametrize(
    "body",
    [encode("room_started"), encode("egress_ended"), encode("room_finished", room="standup")],
    ids=["no-act", "other-product", "other-room"],
)
def test_what_concerns_no_call_is_nothing(body: bytes) -> None:
    """It is LiveKit's all the same, and no error."""
    assert read(body) is None


@pytest.mark.parametrize(
    ("body", "token"),
    [
        (encode("room_finished"), ""),
        (encode("room_finished"), "Bearer nonsense"),
        (encode("room_finished"), sign(encode("room_finished"), SECRET[::-1])),
        (encode("room_finished"), sign(encode("room_started"))),
        (encode("room_finished"), api.AccessToken(KEY, SECRET).to_jwt()),
        # the same words in other bytes are not what was signed
        (encode("room_finished").decode().encode("utf-16"), sign(encode("room_finished"))),
        (b"\xff", ""),
        (b"\xff", sign(b"\xff", SECRET[::-1])),
    ],
    ids=[
        "none",
        "nonsense",
        "forged",
        "of-another-body",
        "of-no-body",
        "re-encoded",
        "no-text",
        "forged-no-text",
    ],
)
def test_what_the_key_did_not_sign_is_refused(body: bytes, token: str) -> None:
    """Byte for byte; the sentence names the setting and shows nothing of the token."""
    with pytest.raises(BadSignature, match="LIVEKIT_API_SECRET") as caught:
        read(body, token)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        encode("room_finished").replace(b"room_finished", b"\xe9"),
        encode("room_finished").decode().encode("utf-16"),
        b"",
        b"{",
        b"7",
        b'{"event": 7}',
        b'{"event": "\\ud800"}',
        b'{"participant": {"disconnectReason": 99999999999}}',
        b'{"participant": {"disconnectReason": []}}',
        b'{"room": {"creationTime": "yesterday"}}',
        b'{"room": ' * 5000,
    ],
)
def test_what_is_signed_and_cannot_be_read_is_refused_as_such(body: bytes) -> None:
    """400: nobody has to look for a wrong key, and LiveKit need not send it again."""
    with pytest.raises(BadWebhook, match="is signed") as caught:
        read(body)
    assert caught.value.status == 400
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("reason", "told"),
    [(99, "99"), (-1, "-1"), ("99", "99"), ("A_NOVELTY", ""), (2, "DUPLICATE_IDENTITY"), (0, "")],
)
def test_a_reason_of_a_newer_livekit_does_not_lose_the_event(reason: object, told: str) -> None:
    """The participant has left, for whatever reason."""
    left: dict[str, object] = {"identity": "caller", "kind": 77, "state": "GONE"}
    event = {"event": "participant_left", "room": {"name": ROOM, "novelty": {}}}
    body = json.dumps(event | {"participant": left | {"disconnectReason": reason}}).encode()
    assert read(body) == RoomEvent(
        kind=RoomEventKind.PARTICIPANT_LEFT,
        call_id=CALL,
        identity="caller",
        disconnect_reason=told,
    )
