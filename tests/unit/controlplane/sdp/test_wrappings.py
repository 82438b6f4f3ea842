"""What others wrap around a description, and how it comes off."""

import json
from collections.abc import Callable

import pytest

from controlplane.core.errors import BadSdp
from controlplane.sdp.direct import answer_for_meta, offer_for_livekit
from controlplane.sdp.wrappings import unwrap
from tests import paths

OFFER = (paths.DATA / "sdp" / "offer-meta.sdp").read_bytes().decode()
ANSWER = (paths.DATA / "sdp" / "answer-livekit.sdp").read_bytes().decode()


def escaped(sdp: str) -> str:
    return sdp.replace("\r", "\\r").replace("\n", "\\n")


WRAPPINGS: dict[str, Callable[[str], str]] = {
    "quoted": json.dumps,
    "quoted-twice": lambda sdp: json.dumps(json.dumps(sdp)),
    "quoted-with-real-line-ends": lambda sdp: f'"{sdp}"',
    "escaped": escaped,
    "escaped-twice": lambda sdp: escaped(sdp).replace("\\", "\\\\"),
    "escaped-with-slashes": lambda sdp: escaped(sdp).replace("/", "\\/"),
    "escaped-with-a-last-line-end": lambda sdp: escaped(sdp) + "\n",
    "escaped-lf": lambda sdp: escaped(sdp.replace("\r\n", "\n")),
    "object": lambda sdp: json.dumps({"type": "offer", "sdp": sdp}),
    "object-quoted": lambda sdp: json.dumps(json.dumps({"sdp_type": "offer", "sdp": sdp})),
    "object-of-a-quoted-one": lambda sdp: json.dumps({"sdp": json.dumps(sdp)}),
    "bom": lambda sdp: "\ufeff" + sdp,
    "bom-and-blanks": lambda sdp: " \r\n\ufeff\t" + sdp,
    "bom-in-quotes": lambda sdp: json.dumps("\ufeff" + sdp),
    "bom-around-quotes": lambda sdp: "\ufeff" + json.dumps(sdp) + "\n",
    "cr": lambda sdp: sdp.replace("\r\n", "\r"),
    "cr-in-quotes": lambda sdp: json.dumps(sdp.replace("\r\n", "\r")),
    "lf": lambda sdp: sdp.replace("\r\n", "\n"),
    "crcrlf": lambda sdp: sdp.replace("\r\n", "\r\r\n"),
}


@pytest.mark.parametrize("name", WRAPPINGS)
def test_a_wrapped_offer_is_the_offer(name: str) -> None:
    """LiveKit sees what it would have seen, and Meta gets the answer that it would have got."""
    wrapped = WRAPPINGS[name](OFFER)
    assert wrapped != OFFER
    assert offer_for_livekit(wrapped, rewrite_dtls_role=True) == offer_for_livekit(
        OFFER, rewrite_dtls_role=True
    )
    assert answer_for_meta(ANSWER, wrapped, rewrite_dtls_role=True) == answer_for_meta(
        ANSWER, OFFER, rewrite_dtls_role=True
    )


@pytest.mark.parametrize(
    "text",
    [
        OFFER,
        OFFER.replace("\r\n", "\n"),
        "v=0\r\na=x:\\n is no line end where there are others\r\n",
        '"not closed',
        '{"sdp": 7}',
        "{}",
        '["v=0"]',
        "{" * 20_000,
        '"' + "[" * 20_000,
        "",
    ],
    ids=[
        "crlf", "lf", "both", "open", "number", "object", "list", "deep", "deep-in-quotes", "none",
    ],
)  # fmt: skip
def test_what_is_not_wrapped_stays_as_it_is(text: str) -> None:
    """Whatever else is wrong with it is for the reader to say."""
    assert unwrap(text) == text


def test_no_more_than_three_wrappings_come_off() -> None:
    """Somebody who wraps on and on is refused, and costs no more than three readings."""
    sdp = OFFER
    for _ in range(3):
        sdp = json.dumps({"sdp": sdp})
    assert unwrap(sdp) == OFFER
    with pytest.raises(BadSdp, match="line 1 is not of the form"):
        offer_for_livekit(json.dumps({"sdp": sdp}), rewrite_dtls_role=True)
