"""What an operator's server has answered, as the model is told it; pure."""

import json
from dataclasses import dataclass, field

from agents.media.tool import ToolProblem

MAX_BYTES = 64 * 1024
"""More than this is no answer."""
_MAX_TOLD = 4000
"""Characters; what a model is told is read with every turn that follows."""
_MAX_MESSAGE = 300
_OFFER = "Apologise, and offer that somebody gets back to them."
_MAY_PASS = {408, 425, 429, 502, 503, 504}
"""What another try may find gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer over HTTP."""

    status: int
    body: bytes = field(repr=False)

    @property
    def may_pass(self) -> bool:
        """Whether another try may be answered otherwise."""
        return self.status in _MAY_PASS

    def told(self) -> str:
        """Write it for the model.

        Raises:
            ToolProblem: it is no success; the sentence has the server's own `message`, if it gave
                one with its refusal.
        """
        text = self.body.decode("utf-8", "replace").strip()
        if 200 <= self.status < 300:
            return _short(_compact(text)) or "Done."
        slug = f"http-{self.status}"
        if 300 <= self.status < 400:
            raise ToolProblem(f"Not done: the service has moved. {_OFFER}", slug=slug)
        message = _message(text) if self.status < 500 else ""
        if message:
            raise ToolProblem(f"Not done: {message}", slug=slug)
        if self.status < 500:
            raise ToolProblem(f"Not done: the service refused ({self.status}). {_OFFER}", slug=slug)
        raise ToolProblem(
            f"Not done: the service has a problem ({self.status}). {_OFFER}", slug=slug
        )


def too_large() -> ToolProblem:
    """Tell of an answer that is larger than one may be."""
    return ToolProblem(f"The service answered, but with too much. {_OFFER}", slug="too-large")


def unreachable() -> ToolProblem:
    """Tell of a server that was not reached, or has hung up."""
    return ToolProblem(f"Not done: the service cannot be reached. {_OFFER}", slug="unreachable")


def too_late() -> ToolProblem:
    """Tell of a server that did not answer in time."""
    return ToolProblem(
        "The service did not answer in time; whether it was done is not known, so do not promise "
        f"it. {_OFFER}",
        slug="timeout",
    )


def not_allowed() -> ToolProblem:
    """Tell of a server whose address is none that actions may go to."""
    return ToolProblem(
        f"Not done: the service is not set up correctly. {_OFFER}", slug="address-refused"
    )


def _compact(text: str) -> str:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        return text


def _short(text: str) -> str:
    return text if len(text) <= _MAX_TOLD else f"{text[:_MAX_TOLD]} (and more)"


def _message(text: str) -> str:
    """Return what a refusal says for people: `{"message": "..."}`, as many APIs have it."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    message = said.get("message") if isinstance(said, dict) else None
    return " ".join(message.split())[:_MAX_MESSAGE] if isinstance(message, str) else ""
