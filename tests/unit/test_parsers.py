"""Whatever comes in from outside is read or refused in one known way: searched for, not listed.

Each test draws a hundred documents, the same ones every time; `HYPOTHESIS_PROFILE=search` draws
thousands of new ones.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit import api, rtc

from agents.media.decoding.decoding_voice import read_key as read_told_key
from controlplane.bridge import descriptions
from controlplane.bridge.listening import read_key
from controlplane.core.callee import CallHours
from controlplane.core.errors import BadSdp, BadWebhook
from controlplane.livekit.events import RoomEvent, read_room_event
from controlplane.meta.batch import split_webhook
from controlplane.meta.webhook import parse_stored
from controlplane.sdp import direct
from controlplane.sdp.lines import Description
from shared.bridge.events import LegEvent
from shared.bridge.legs import call_of_leg
from shared.call.brief import CallBrief
from shared.call.call import Direction
from shared.call.room import KEYS, KeyMessage
from simulators.phone.rtp import RtpPacket, parse_rtp, write_rtp
from tests.paths import DATA

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**15)
    | st.floats()
    | st.text(max_size=12)
    | st.text(alphabet="0123456789-+.:eE", max_size=24)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)


def ask(read: Callable[[], Any], kind: type[Exception]) -> tuple[Any, str]:
    """What is read, or the sentence with which it is refused."""
    try:
        return read(), ""
    except kind as error:
        return None, str(error)


def paths_in(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every value of a document stands."""
    items: Any = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    for key, value in items:
        yield (*path, key)
        yield from paths_in(value, (*path, key))


@st.composite
def spoiled(draw: st.DrawFn, documents: list[Any]) -> Any:
    """A real document with up to three of its values replaced or gone."""
    document = json.loads(json.dumps(draw(st.sampled_from(documents))))
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(list(paths_in(document)) or [("entry",)]))
        place = document
        for key in way:
            place = place[key]
        if draw(st.booleans()):
            place[last] = draw(JSON)
        elif isinstance(place, list) or last in place:
            del place[last]
    return document


# --- webhooks ---

WEBHOOKS = [
    body
    for path in sorted((DATA / "webhooks").glob("*.json"))
    for body in json.loads(path.read_text()).values()
]


@given(st.binary(max_size=40) | JSON.map(lambda x: json.dumps(x).encode()) | spoiled(
    WEBHOOKS
).map(lambda x: json.dumps(x).encode()))  # fmt: skip
def test_every_webhook_is_split_and_read_or_refused(body: bytes) -> None:
    """What is stored can be stored, and reads as it did when it came."""
    try:
        payloads = list(split_webhook(body))
    except BadWebhook:
        return
    for payload in payloads:
        stored = json.dumps(payload, ensure_ascii=False, allow_nan=False)
        assert b"\0" not in stored.encode()
        assert "\\u0000" not in stored
        event = parse_stored(payload)
        assert event.raw == payload
        assert parse_stored(json.loads(stored)) == event


@given(st.dictionaries(st.sampled_from(["value", "field", "malformed", "entry_id"]), JSON))
def test_every_stored_payload_is_read(payload: dict[str, Any]) -> None:
    """It may have been stored by a release that knew other shapes."""
    assert parse_stored(payload).raw == payload


# --- session descriptions ---

SDPS = [path.read_bytes().decode() for path in sorted((DATA / "sdp").rglob("*.sdp"))]
OFFER = (DATA / "sdp" / "offer-meta.sdp").read_bytes().decode()
ANSWER = (DATA / "sdp" / "answer-livekit.sdp").read_bytes().decode()
SECRET = "SECRETufrag"
_NUMBERS = ["", "0", "-1", "111", "65536", "99999999999", "٣"]
_WORDS = st.sampled_from([*_NUMBERS, "active", "sha-256", "opus/48000/2"]) | st.text(max_size=8)


@st.composite
def spoiled_sdp(draw: st.DrawFn) -> str:
    """A description with up to four lines gone, doubled, moved or with another word in them."""
    lines = draw(st.sampled_from(SDPS)).split("\r\n")
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(lines) - 1)) if lines else 0
        match draw(st.sampled_from(["drop", "double", "move", "word", "cut", "insert"])):
            case "drop" if lines:
                del lines[at]
            case "double" if lines:
                lines.insert(draw(st.integers(0, len(lines))), lines[at])
            case "move" if lines:
                lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
            case "word" if lines:
                words = lines[at].split(" ")
                words[draw(st.integers(0, len(words) - 1))] = draw(_WORDS)
                lines[at] = " ".join(words)
            case "cut" if lines:
                lines[at] = lines[at][: draw(st.integers(0, len(lines[at])))]
            case _:
                lines.insert(at, f"a=ice-ufrag:{SECRET}")
    return "\r\n".join(lines)


@given(st.text(max_size=60) | spoiled_sdp())
def test_every_description_is_split_or_refused(text: str) -> None:
    """What is read is written as it was read."""
    found, refusal = ask(lambda: Description.parse(text, "The offer"), BadSdp)
    assert SECRET not in refusal
    if refusal:
        return
    assert str(Description.parse(str(found), "The offer")) == str(found)


TRANSLATIONS: dict[str, Callable[[str], object]] = {
    "offer-for-livekit": lambda sdp: direct.offer_for_livekit(sdp, rewrite_dtls_role=True),
    "offer-as-it-is": lambda sdp: direct.offer_for_livekit(sdp, rewrite_dtls_role=False),
    "answer-for-meta": lambda sdp: direct.answer_for_meta(sdp, OFFER, rewrite_dtls_role=True),
    "answer-as-it-is": lambda sdp: direct.answer_for_meta(sdp, OFFER, rewrite_dtls_role=False),
    "answer-to-it": lambda sdp: direct.answer_for_meta(ANSWER, sdp, rewrite_dtls_role=True),
    "bridge-answer": descriptions.answer_for_bridge,
    "bridge-offer": descriptions.offer_for_bridge,
    "bridge-offer-for-meta": descriptions.offer_for_meta,
    "bridge-answer-for-meta": lambda sdp: descriptions.answer_for_meta(sdp, OFFER),
    "bridge-answer-to-it": lambda sdp: descriptions.answer_for_meta(ANSWER, sdp),
}


@pytest.mark.parametrize("name", TRANSLATIONS)
@given(sdp=spoiled_sdp())
def test_every_description_is_translated_or_refused(name: str, sdp: str) -> None:
    """With a sentence that quotes nothing of it; a translation is a description again."""
    made, refusal = ask(lambda: TRANSLATIONS[name](sdp), BadSdp)
    assert SECRET not in refusal
    if refusal:
        return
    assert isinstance(made, str)
    assert Description.parse(made, "The translation").session.lines[0] == "v=0"


# --- the media bridges ---

DIGIT = {
    "seq": 7, "at": "2026-11-27T03:00:00Z", "type": "digit",
    "leg": "wa-46453a22-17bc-4023-b1ce-4e0f76917dbe.caller",
    "data": {"key": "#", "duration_ms": 160},
}  # fmt: skip


@given(st.binary(max_size=40) | spoiled([DIGIT]).map(lambda x: json.dumps(x).encode()))
def test_every_event_of_a_bridge_is_read_or_refused(line: bytes) -> None:
    """And a key is one that a telephone has."""
    event, _ = ask(lambda: LegEvent.read(line), ValueError)
    if event is not None:
        named = call_of_leg(event.leg)
        key = read_key(event, named[0], "i") if named is not None else None
        assert key is None or key.key in tuple(KEYS)


# --- between control plane and agent ---


@given(
    st.binary(max_size=30)
    | JSON.map(lambda x: json.dumps(x).encode())
    | JSON.map(lambda x: json.dumps({"digit": x}).encode())
)
def test_every_data_message_is_a_key_or_none(data: bytes) -> None:
    """Participants may send what they like."""
    message = KeyMessage.read(data)
    assert message is None or message.key in tuple(KEYS)
    packet = rtc.DataPacket(
        data=data, kind=rtc.DataPacketKind.KIND_RELIABLE, participant=None, topic="dtmf"
    )
    assert read_told_key(packet) == (message.key if message else None)


BRIEF = {
    "v": 1, "call_id": "0b0e3c1e-9a57-4f3c-9a52-0d7e4a3c2b11", "direction": "outbound",
    "phone_number_id": "436666719526789", "profile": "sales", "ready_within_s": 15,
    "context": {"order": 42},
}  # fmt: skip


@given(st.text(max_size=20) | JSON.map(json.dumps) | spoiled([BRIEF]).map(json.dumps))
def test_every_brief_is_read_or_refused(text: str) -> None:
    """The agent works with what it says: each field has its type."""
    brief, refusal = ask(lambda: CallBrief.from_json(text), ValueError)
    if refusal:
        assert "not a call brief" in refusal
        return
    assert isinstance(brief.call_id, str)
    assert isinstance(brief.phone_number_id, str)
    assert isinstance(brief.profile, str)
    assert isinstance(brief.direction, Direction)
    assert isinstance(brief.context, dict)


# --- settings ---

DAYS = st.sampled_from(["Mon", "fri", "SUN", "Xyz"])
TIMES = st.from_regex(r"[0-2][0-9]:[0-6][0-9]", fullmatch=True) | st.just("24:00")
PARTS = st.builds(
    lambda first, last, opens, closes: f"{first}{last} {opens}-{closes}",
    DAYS, st.just("") | DAYS.map("-{}".format), TIMES, TIMES,
)  # fmt: skip
ZONES = ["Europe/Amsterdam", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu"]


@given(
    st.text(max_size=30) | st.lists(PARTS, min_size=1, max_size=3).map("; ".join),
    st.lists(st.sampled_from(ZONES), max_size=2),
    st.integers(1_577_836_800, 2_051_222_400).map(lambda at: datetime.fromtimestamp(at, UTC)),
)
def test_all_hours_are_read_or_refused(text: str, zones: list[str], now: datetime) -> None:
    """There is a next moment within the coming weeks, and it is one."""
    hours, refusal = ask(lambda: CallHours(text), ValueError)
    if refusal:
        assert refusal.startswith(("needs ", "has "))
        return
    found_zones = [ZoneInfo(name) for name in zones]
    opens = hours.next_open(found_zones, now)
    if opens is not None:
        assert now <= opens <= now + timedelta(days=15)
        assert hours.next_open(found_zones, opens) == opens


# --- LiveKit's webhooks ---


@given(
    st.binary(max_size=60)
    | JSON.map(lambda told: json.dumps(told).encode())
    | st.dictionaries(
        st.sampled_from(["event", "room", "participant", "track", "createdAt", "numDropped"]), JSON
    ).map(lambda told: json.dumps(told).encode())
)
def test_every_signed_body_of_livekits_is_read_or_refused(body: bytes) -> None:
    """What is signed but no event is refused as what it is."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    key, secret = "devkey", "a-secret-that-is-long-enough-for-hs256"
    token = api.AccessToken(key, secret).with_sha256(digest).to_jwt()
    event, refusal = ask(
        lambda: read_room_event(body, token, api_key=key, api_secret=secret), BadWebhook
    )
    assert refusal or event is None or isinstance(event, RoomEvent)


# --- the simulated phone ---


@given(st.binary(max_size=60) | st.binary(min_size=12, max_size=60).map(lambda x: b"\x90" + x))
def test_every_datagram_is_a_packet_or_refused(data: bytes) -> None:
    """With one kind of error; what is read can be written."""
    packet, refusal = ask(lambda: parse_rtp(data), ValueError)
    if refusal:
        assert "RTP" in refusal
        return
    assert isinstance(packet, RtpPacket)
    assert parse_rtp(write_rtp(packet)) == packet
