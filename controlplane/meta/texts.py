"""What a person says in a message, whatever its kind, and whether that is a STOP. Pure.

Source: Meta, messages webhook reference (text, button, interactive, edit, media messages), 2026.
"""

from dataclasses import dataclass, field

from controlplane.core.foreign import Json, object_of, text_of
from controlplane.meta.events import TextReceived
from controlplane.stop.grammar import Verdict, judge

_MEDIA = ("image", "video", "document")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The words of a message."""

    text: str = field(repr=False)
    payload: str | None = field(default=None, repr=False)
    """What a tapped button or row means to whoever made it."""


def words_of_message(message: Json) -> Said | None:
    """Return what an element of `messages` says; `None` if it has no words.

    An edited message counts as what it has become: who corrects `stpo` has said STOP.
    """
    message = object_of(object_of(message.get("edit")).get("message")) or message
    button = object_of(message.get("button"))
    interactive = object_of(message.get("interactive"))
    chosen = object_of(interactive.get("button_reply")) or object_of(interactive.get("list_reply"))
    captions = (object_of(message.get(kind)).get("caption") for kind in _MEDIA)
    words = (object_of(message.get("text")).get("body"), button.get("text"), chosen.get("title"))
    text = next(filter(None, map(text_of, (*words, *captions))), None)
    payload = text_of(button.get("payload")) or text_of(chosen.get("id"))
    if text is None and payload is None:
        return None
    return Said(text=text or payload or "", payload=payload)


def verdict_of(event: TextReceived) -> Verdict:
    """Judge a message: its words, and the payload of what was tapped.

    A payload is nobody's words: `stop_2` beside `Second stop` is a choice, and no reason to ask.
    """
    means_stop = event.payload is not None and judge(event.payload) is Verdict.STOP
    if means_stop:
        return Verdict.STOP
    return Verdict.NONE if event.text == event.payload else judge(event.text)
