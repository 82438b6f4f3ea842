"""The demo's screen: lines with the time, colours on a terminal, and the words for events."""

import json
import os
import shutil
import textwrap
import time
from collections.abc import Mapping
from typing import Any, TextIO

WIDEST = 100
NARROWEST = 40
_ACTOR_WIDTH = 13
_QUIET_S = 10.0
_LONGEST_SAYING = 160

_STYLES: Mapping[str, str] = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
_TROUBLES: Mapping[str, tuple[str, str]] = {
    "dtls-failed": ("trouble", "the DTLS handshake with the phone failed"),
    "vanished": ("trouble", "the phone vanished"),
    "reject-taken": ("trouble", "the control plane rejects the call"),
}
_ACTORS: Mapping[str, str] = {
    "caller": "cyan",
    "caller says": "cyan",
    "agent hears": "cyan",
    "agent": "green",
    "agent says": "green",
    "caller hears": "green",
    "callee": "cyan",
    "callee says": "cyan",
    "callee hears": "green",
    "operator": "magenta",
    "barge-in": "yellow",
    "tool": "magenta",
    "phone": "blue",
    "control plane": "blue",
    "trouble": "red",
}


class Screen:
    """Prints for a person; a terminal also gets colours and a line that moves."""

    def __init__(
        self, out: TextIO, *, colours: bool = False, moves: bool = False, width: int = WIDEST
    ) -> None:
        """`colours` and `moves` are for terminals; `width` is in characters."""
        self.width = max(NARROWEST, min(width, WIDEST))
        self._out = out
        self._colours = colours
        self._moves = moves
        self._status = ""
        self._last_line_at = time.monotonic()

    @classmethod
    def of(cls, out: TextIO, environment: Mapping[str, str]) -> "Screen":
        """Look what `out` is and what NO_COLOR and TERM wish (no-color.org)."""
        is_terminal = out.isatty() and environment.get("TERM") != "dumb"
        width = WIDEST
        if is_terminal:
            width = shutil.get_terminal_size().columns
        return cls(
            out,
            colours=is_terminal and not environment.get("NO_COLOR"),
            moves=is_terminal,
            width=width,
        )

    def style(self, text: str, *styles: str) -> str:
        """Colour a text, if colours are wanted."""
        codes = ";".join(_STYLES[style] for style in styles)
        return f"\033[{codes}m{text}\033[0m" if self._colours and text else text

    def line(self, text: str = "") -> None:
        """Print one line as it is."""
        self._clear()
        print(text, file=self._out, flush=True)
        self._last_line_at = time.monotonic()

    def heading(self, text: str) -> None:
        """Print a heading with a blank line before it."""
        self.line()
        self.line(self.style(text, "bold"))

    def paragraph(self, text: str, *, indent: str = "", first: str | None = None) -> None:
        """Print a text, wrapped; `first` is what stands before its first line."""
        lead = indent if first is None else first
        for row in wrapped(text, self.width - len(indent)):
            self.line(lead + row)
            lead = indent

    def status(self, text: str) -> None:
        """Show what is waited for: on a terminal in place, elsewhere now and then as a line."""
        if self._moves:
            self._clear()
            # a line that wraps cannot be redrawn
            self._status = text[: self.width - 1]
            print(self.style(self._status, "dim"), end="", file=self._out, flush=True)
        elif time.monotonic() - self._last_line_at >= _QUIET_S:
            self.line(text)

    def tell(self, at_s: float, actor: str, text: str) -> None:
        """Print one event of the call; `at_s` is in seconds since it began."""
        head = f"{at_s:7.2f} s  "
        label = f"{actor:<{_ACTOR_WIDTH}}  "
        indent = " " * (len(head) + len(label))
        colour = _ACTORS.get(actor, "bold")
        rows = wrapped(text, self.width - len(indent))
        lead = self.style(head, "dim") + self.style(label, colour)
        for row in rows:
            self.line(lead + (self.style(row, colour) if actor == "trouble" else row))
            lead = indent

    def _clear(self) -> None:
        if self._status:
            self._status = ""
            print("\r\033[K", end="", file=self._out, flush=True)


def wrapped(text: str, width: int) -> list[str]:
    """Break a text into rows of `width` characters; at least one."""
    rows = textwrap.wrap(text, max(width, 16), break_long_words=False, break_on_hyphens=False)
    return rows or [""]


def shown_path(path: os.PathLike[str] | str) -> str:
    """Return a path as short as it can be said from here."""
    relative = os.path.relpath(path)
    return os.fspath(path) if relative.startswith("..") else relative


def phone_event(what: str) -> tuple[str, str] | None:
    """Put an event of the simulated phone or of the simulated Meta into words."""
    match what:
        case "rings":
            return "phone", "rings: Meta sends its signed webhook with the phone's offer"
        case "connect-acknowledged":
            return "control plane", "answers the webhook with 200"
        case "connect-given-up":
            return "trouble", "Meta gives the webhook up: it was never answered with 200"
        case "pre_accept-taken":
            return "control plane", "sends pre_accept: the media path may come up while it rings"
        case "accept-answered":
            return "control plane", "has sent accept, Meta answered 200: the call is accepted"
        case "dtls-up":
            return "phone", "the media path is up (ICE and DTLS)"
        case "first-rtp":
            return "phone", "first packet of the agent"
        case "first-audible":
            return "phone", "first sound of the agent"
        case "ended by user: COMPLETED":
            return "phone", "the call is over; Meta sends its terminate webhook"
    if what.startswith("ended by"):
        who, status = what.removeprefix("ended by ").split(": ", 1)
        name = {"business": "the business", "meta": "Meta", "user": "the caller"}.get(who, who)
        return "trouble", f"{name} ends the call, Meta reports {status}"
    if "-refused" in what:
        action, _, why = what.partition("-refused: ")
        return "trouble", f"Meta refuses {action}: {why}"
    return _TROUBLES.get(what)


def called_event(what: str) -> tuple[str, str] | None:
    """Put an event of a phone that the business calls into words."""
    match what:
        case "offered":
            return "control plane", "sends connect with the media bridge's offer: Graph takes it"
        case "answer-acknowledged":
            return "control plane", "has the phone's answer and takes its webhook with 200"
        case "answer-given-up":
            return "trouble", "Meta gives the webhook with the answer up"
        case "rings":
            return "phone", "rings; Meta tells the business so"
        case "picked-up":
            return "callee", "picks up: Meta sends ACCEPTED"
        case "rejected":
            return "trouble", "the called person declines"
    # the rest is as in a call of the person's own
    return phone_event(what)


def model_event(happening: Mapping[str, Any]) -> tuple[str, str] | None:
    """Put a happening of the simulated OpenAI into words."""
    text = str(happening.get("text", ""))
    match happening.get("kind"):
        case "session-opened":
            return "agent", "connects to OpenAI (simulated)"
        case "heard":
            return "agent hears", f"“{text}”"
        case "says":
            return "agent says", f"“{textwrap.shorten(text, _LONGEST_SAYING, placeholder=' …')}”"
        case "tool-called":
            return "tool", f"{text}({arguments_in_words(happening.get('arguments', {}))})"
        case "tool-answered":
            return "tool", f"answers: {_answer_in_words(text)}"
        case "tool-not-offered":
            return "trouble", f"the agent does not offer the tool {text}"
        case "refused" | "fault":
            return "trouble", f"OpenAI (simulated): {text}"
    return None


def arguments_in_words(arguments: Mapping[str, Any]) -> str:
    """Write a tool's arguments as a call has them."""
    return ", ".join(f"{name}={json.dumps(v, ensure_ascii=False)}" for name, v in arguments.items())


def _answer_in_words(text: str) -> str:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return answer if isinstance(answer, str) else text
