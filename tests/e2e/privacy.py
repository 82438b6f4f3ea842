"""What must not be found where operators look: in logs, metrics, room and participant names."""

import re
from collections.abc import Iterable, Mapping

from simulators.meta.calls.user_call import SimulatedCall
from simulators.speech.ear import plain_words

# shapes of session descriptions and tokens, whoever wrote them
_SHAPES = {
    "an SDP line": re.compile(r"(?:\b|\\n)[acmostv]=(?:ice-|candidate|fingerprint|audio |IN IP4)"),
    "an ICE password": re.compile(r"ice-?(?:pwd|ufrag)", re.IGNORECASE),
    "a candidate": re.compile(r"candidate:\S+ \d \w+ \d+"),
    "a fingerprint": re.compile(r"(?:[0-9A-F]{2}:){15}"),
    "a token": re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}"),
    "a bearer header": re.compile(r"bearer [\w-]{8,}", re.IGNORECASE),
    "a call id of Meta's": re.compile(r"wacid\.[A-Za-z0-9+/=]{8,}"),
}
_WINDOW = 4
"""So many words in a row, in order, are no coincidence."""


def leaks(
    text: str, call: SimulatedCall, spoken: Iterable[str], secrets: Mapping[str, str]
) -> list[str]:
    """Say what of a call's private data, and which secret, stands in a text."""
    caller = call.plan.caller
    values = {
        "the caller's number": caller.phone,
        "the caller's name": caller.name,
        "the caller's name, escaped": caller.name.encode("ascii", "backslashreplace").decode(),
        "the caller's first name": caller.name.split()[0],
        "the caller's user id": caller.user_id,
        "the business's number": call.line.display_phone_number,
        "the call's id at Meta": call.wacid.removeprefix("wacid."),
        **{f"the offer's {name}": value for name, value in _sdp_values(call.phone.offer).items()},
        **{f"the answer's {name}": value for name, value in _sdp_values(answer_to(call)).items()},
        **secrets,
    }
    found = [what for what, value in values.items() if value in text]
    found += [what for what, shape in _SHAPES.items() if shape.search(text)]
    words = f" {plain_words(text)} "
    for line in spoken:
        said = plain_words(line).split()
        windows = [said[at : at + _WINDOW] for at in range(max(1, len(said) - _WINDOW + 1))]
        if any(f" {' '.join(window)} " in words for window in windows):
            found.append(f"words of the transcript ({len(said)} of them)")
    return found


def answer_to(call: SimulatedCall) -> str:
    """Return the session description that Meta was given."""
    body = next(request.body for request in call.requests if request.action == "accept")
    assert isinstance(body, dict)
    return str(body["session"]["sdp"])


def everything_private(
    call: SimulatedCall, spoken: Iterable[str], secrets: Mapping[str, str]
) -> list[str]:
    """List what must not be found, each as a careless line would show it."""
    caller = call.plan.caller
    return [
        f"from +{caller.phone}",
        f"to {call.line.display_phone_number}",
        f"profile {caller.name}",
        f'"name": "{caller.name.encode("ascii", "backslashreplace").decode()}"',
        f"user {caller.user_id}",
        f"call {call.wacid}",
        call.phone.offer,
        repr(answer_to(call)),
        "Authorization: Bearer EAAsomething",
        "token=eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJBUEkifQ.sig",
        *(f"heard {line.lower()}" for line in spoken),
        *(f"{name}={value}" for name, value in secrets.items()),
    ]


def _sdp_values(sdp: str) -> dict[str, str]:
    return dict(re.findall(r"a=(ice-ufrag|ice-pwd|fingerprint):(\S+(?: \S+)?)", sdp))
