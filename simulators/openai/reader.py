"""What the simulated model makes of a conversation that it is given to read.

It understands a JSON document with a `transcript` of numbered turns, and finds by rules what the
fields of the wanted answer ask for: a promise is what the agent says that it, or somebody of the
business, will do. Fields that it does not know get the emptiest value that their schema admits.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+")
_PROMISE: Final = re.compile(
    r"\b(?:I|we|somebody(?: from the shop| of ours)?|the shop|a colleague)(?: will|'ll|’ll) "
    r"(?:then |also |gladly )?"
    r"(?P<verb>send|text|write|mail|call|ring|get back|confirm|check|let you know)\b",
    re.IGNORECASE,
)
_REMEDIES: Final = {
    **dict.fromkeys(("send", "text", "write", "mail"), "message"),
    **dict.fromkeys(("call", "ring", "get back"), "call"),
}
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOURS: Final = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    "twelve",
)
_TIME: Final = re.compile(rf"\bat (?P<hour>\d{{1,2}}|{'|'.join(_HOURS)})\b", re.IGNORECASE)
_NAME: Final = re.compile(r"\bmy name is (\w+)", re.IGNORECASE)
_OFF_PURPOSE: Final = re.compile(
    r"\b(weather|joke|poem|president|homework|football|recipe|translate)\b", re.IGNORECASE
)
_ANGRY: Final = re.compile(r"\b(angry|terrible|awful|complain|stupid|never again)\b", re.IGNORECASE)
_GLAD: Final = re.compile(r"\b(thank you|thanks|wonderful|great|perfect)\b", re.IGNORECASE)

Document = Mapping[str, Any]


def document_in(texts: Sequence[str]) -> Document | None:
    """Return the newest text that is a document with a transcript."""
    for text in reversed(texts):
        try:
            found = json.loads(text)
        except ValueError:
            continue
        if isinstance(found, dict) and isinstance(found.get("transcript"), list):
            return found
    return None


def wanted_calls(
    document: Document, offered: Sequence[str], called: Sequence[str]
) -> list[tuple[str, dict[str, Any]]]:
    """Say which tools the model calls, with their arguments, before it answers."""
    name = next((m[1] for turn in _turns(document, "customer") if (m := _NAME.search(turn[1]))), "")
    if name and not document.get("lead") and "upsertLead" in offered and "upsertLead" not in called:
        return [("upsertLead", {"name": name})]
    return []


def answer(
    document: Document | None, schema: Mapping[str, Any], texts: Mapping[str, str]
) -> dict[str, Any]:
    """Fill in the wanted answer; `texts` is what to write to people, by a word of the promise."""
    values: dict[str, Any] = {}
    if document is not None:
        values = {
            "summary": _summary(document),
            "outcome": _outcome(document),
            "sentiment": _sentiment(document),
            "missing": _missing(document),
            "off_purpose_turns": [
                turn for turn, text in _turns(document, "customer") if _OFF_PURPOSE.search(text)
            ],
            "promises": list(_promises(document, texts)),
        }
    definitions = schema.get("$defs", {})
    return {
        name: values[name]
        if name in values and _admits(part, definitions, values[name])
        else _emptiest(part, definitions)
        for name, part in schema.get("properties", {}).items()
    }


def _turns(document: Document, speaker: str) -> Iterator[tuple[int, str]]:
    for turn in document["transcript"]:
        if isinstance(turn, dict) and turn.get("speaker") == speaker:
            yield int(turn.get("turn", 0)), str(turn.get("text", ""))


def _summary(document: Document) -> str:
    said = [text for _, text in _turns(document, "customer")]
    wish = said[min(1, len(said) - 1)] if said else "nothing"
    return f"The customer said: “{wish}” The agent answered, in {len(said)} turns of the customer."


def _outcome(document: Document) -> str | None:
    """Return what the agent has logged, else the first of the business's list."""
    logged = (document.get("call") or {}).get("outcome_by_agent")
    return next(iter([logged] if logged else document.get("outcomes") or []), None)


def _sentiment(document: Document) -> str:
    said = " ".join(text for _, text in _turns(document, "customer"))
    angry, glad = bool(_ANGRY.search(said)), bool(_GLAD.search(said))
    return {(True, True): "mixed", (True, False): "negative", (False, True): "positive"}.get(
        (angry, glad), "neutral"
    )


def _missing(document: Document) -> list[str]:
    lead = document.get("lead") or {}
    return [name for name in ("name", "email", "interest") if not lead.get(name)]


def _promises(document: Document, texts: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for turn, text in _turns(document, "agent"):
        for sentence in _SENTENCE.split(text):
            found = _PROMISE.search(sentence)
            if found is None:
                continue
            remedy = _REMEDIES.get(found["verb"].lower(), "task")
            quote = sentence.strip()
            message = next(
                (words for word, words in texts.items() if word.lower() in quote.lower()),
                f"As promised on the telephone: “{quote}”",
            )
            yield {
                "turn": turn,
                "quote": quote,
                "backed_by": _backing(document, remedy),
                "remedy": remedy,
                "due_at": _due(quote, str(document.get("now", ""))),
                "purpose": f"The agent promised: {quote}",
                "message": message if remedy == "message" else None,
            }


def _backing(document: Document, remedy: str) -> int | None:
    """Find a tool's call that was done and takes care of a promise of this kind."""
    for call in document.get("tool_calls", ()):
        name, given = call.get("name"), call.get("arguments") or {}
        kept: tuple[str, ...] = {
            "sendMessage": ("message",),
            "requestHuman": ("call", "task"),
            "scheduleFollowUp": (given.get("channel", "call"),),
        }.get(name, ())
        if remedy in kept and not call.get("error"):
            return int(call["number"])
    return None


def _due(sentence: str, now: str) -> str | None:
    """Read "tomorrow" or a weekday, with an hour: the business's own time, without an offset."""
    hour = _TIME.search(sentence)
    words = re.findall(r"\w+", sentence.lower())
    day = next((word for word in words if word in (*_DAYS, "tomorrow")), None)
    if hour is None or day is None:
        return None
    try:
        today = datetime.fromisoformat(now).replace(tzinfo=None)
    except ValueError:
        return None
    ahead = 1 if day == "tomorrow" else (_DAYS.index(day) - today.weekday() - 1) % 7 + 1
    said = hour["hour"].lower()
    at = int(said) if said.isdigit() else _HOURS.index(said) + 1
    moment = (today + timedelta(days=ahead)).replace(hour=at % 24, minute=0, second=0)
    return moment.replace(microsecond=0).isoformat(timespec="minutes")


def _resolved(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(part.get("$ref", "")).removeprefix("#/$defs/")
    found: Mapping[str, Any] = definitions.get(name, part)
    return found


def _admits(part: Mapping[str, Any], definitions: Mapping[str, Any], value: Any) -> bool:
    """Whether a value may stand there, as far as enumerations tell."""
    choices = _resolved(part, definitions).get("enum")
    return value is not None and (choices is None or value in choices)


def _emptiest(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    part = _resolved(part, definitions)
    kinds = part.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if "anyOf" in part:
        options = [_emptiest(one, definitions) for one in part["anyOf"]]
        return None if None in options else options[0]
    if "enum" in part:
        # by the habit of such lists, the one that says least
        return part["enum"][-1]
    if "null" in kinds:
        return None
    if "object" in kinds:
        return {
            name: _emptiest(one, definitions) for name, one in part.get("properties", {}).items()
        }
    return {"array": [], "integer": 0, "number": 0, "boolean": False}.get(str(kinds[0]), "")
