"""A webhook's batch, taken apart: one payload per element, each to be understood alone.

Meta batches freely (entries x changes x elements) and puts what explains an element beside it:
metadata, contacts, errors. A payload is a change that holds one element and its own envelope.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from controlplane.core.errors import BadWebhook
from controlplane.core.foreign import Json, list_of, object_of, word_of

ELEMENTS = ("calls", "statuses", "messages", "user_preferences")
_SHARED = ("contacts", "errors")
# Meta's go about ten deep. What lies deeper would be written as JSON by recursion.
_MAX_DEPTH = 64
_TOO_DEEP = "(nested too deeply)"
# a double's range, as for other numbers; int() itself refuses more than 4300 digits
_MAX_DIGITS = 308
# a string, in which brackets mean nothing, or a bracket (RFC 8259, sections 2 and 7)
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_USER_IDS = (
    "from_user_id", "to_user_id", "recipient_user_id", "user_id", "from", "to", "recipient_id",
    "wa_id",
)  # fmt: skip


def split_webhook(body: bytes) -> Iterator[Json]:
    """Yield `{entry_id, field, value}` per element, or `{malformed, data}`; nothing is left out.

    NUL and lone surrogates, which Postgres refuses in `jsonb`, are replaced by U+FFFD throughout,
    numbers beyond a double's range become text, and what is nested more than 64 deep a remark.

    Raises:
        BadWebhook: the body is not a JSON object in UTF-8.
    """
    data = _load(body)
    entries = data.get("entry")
    if not isinstance(entries, list):
        yield {"malformed": "entry", "data": data}
        return
    for entry in entries:
        changes = entry.get("changes") if isinstance(entry, dict) else None
        if not isinstance(changes, list):
            yield {"malformed": "entry", "data": entry}
            continue
        for change in changes:
            if not isinstance(change, dict) or not isinstance(change.get("value"), dict):
                yield {"malformed": "change", "data": change}
                continue
            head = {"entry_id": entry.get("id"), "field": change.get("field")}
            if str(change.get("field")).startswith("account") and "time" in entry:
                # what such a change tells has no time of its own
                head["entry_time"] = entry["time"]
            yield from ({**head, "value": value} for value in _split_value(change["value"]))


def _load(body: bytes) -> Json:
    try:
        text = body.decode()
        try:
            data = _parse(text)
        except RecursionError:
            # deeper than Python reads: what lies too deep is left out before instead of after
            data = _parse(_shallow(text))
        may_be_deep = text.count("[") + text.count("{") > _MAX_DEPTH
        if may_be_deep or "\\u0000" in text or "\\ud" in text.lower():
            data = _storable(data)
    except (ValueError, RecursionError):
        # the cause quotes the body
        raise BadWebhook from None
    if not isinstance(data, dict):
        raise BadWebhook("The webhook's body is JSON, but not an object.")
    return data


def _parse(text: str) -> Any:
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, parse_int=_whole)


def _shallow(text: str) -> str:
    """Put a remark in the place of what is nested more than 64 deep, in one pass over the text."""
    kept: list[str] = []
    depth = begins = 0
    for token in _TOKEN.finditer(text):
        match token[0][0]:
            case "[" | "{":
                depth += 1
                if depth == _MAX_DEPTH + 1:
                    kept += (text[begins : token.start()], json.dumps(_TOO_DEEP))
            case "]" | "}":
                if depth == _MAX_DEPTH + 1:
                    begins = token.end()
                depth -= 1
    return "".join((*kept, text[begins:]))


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float | str:
    number = float(text)
    return number if math.isfinite(number) else text


def _whole(text: str) -> int | str:
    return int(text) if len(text) <= _MAX_DIGITS else text


def _storable(data: Any, depth: int = 0) -> Any:
    if isinstance(data, str):
        return _UNSTORABLE.sub("\ufffd", data)
    if isinstance(data, (list, dict)) and depth >= _MAX_DEPTH:
        return _TOO_DEEP
    if isinstance(data, list):
        return [_storable(item, depth + 1) for item in data]
    if isinstance(data, dict):
        return {_storable(key): _storable(item, depth + 1) for key, item in data.items()}
    return data


def _split_value(value: Json) -> Iterator[Json]:
    """Give each element its own envelope; what belongs to no element is kept by itself."""
    elements = [(name, x) for name in ELEMENTS for x in list_of(value.get(name))]
    if not elements:
        yield value
        return
    # `metadata`, `messaging_product` and whatever plain values Meta may add one day
    plain = {k: v for k, v in value.items() if not isinstance(v, (dict, list))}
    plain = {k: v for k, v in plain.items() if k not in (*ELEMENTS, *_SHARED)}
    if "metadata" in value:
        plain["metadata"] = value["metadata"]
    contacts = [c for c in list_of(value.get("contacts")) if isinstance(c, dict)]
    by_id = {_id_of(c[key]): c for c in contacts for key in ("wa_id", "user_id") if c.get(key)}
    errors = value.get("errors")
    explained = {*ELEMENTS, *plain, "contacts"} - {k for k in ELEMENTS if _is_odd(value.get(k))}
    for name, element in elements:
        known = object_of(element)
        part = dict(plain)
        ids = [_id_of(known.get(name)) for name in _USER_IDS]
        found = [by_id[one] for one in ids if one in by_id]
        if not found and len(elements) == len(contacts) == 1:
            found = contacts
        if found:
            part["contacts"] = found[:1]
        # with several elements, errors beside them are those of the failed ones
        if errors and (len(elements) == 1 or word_of(known.get("status")).lower() == "failed"):
            part["errors"] = errors
            explained.add("errors")
        yield {**part, name: [element]}
    rest = {k: v for k, v in value.items() if k not in explained and v}
    if rest:
        yield {**plain, **rest}


def _id_of(value: Any) -> str:
    """Return a person's id or number; a number may stand with `+` here and without it there."""
    return str(value).removeprefix("+")


def _is_odd(elements: Any) -> bool:
    return bool(elements) and not isinstance(elements, list)
