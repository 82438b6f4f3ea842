"""Which OpenAI the demo's agent talks to."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Brain:
    """Which OpenAI the agent talks to."""

    is_simulated: bool
    """The demo's own simulator, whose words are known beforehand."""
    sentence: str
    """For the person at the screen."""


def choose_brain(environment: Mapping[str, str]) -> Brain:
    """Take the OpenAI that the environment names, else the demo's own simulator."""
    if base_url := environment.get("OPENAI_BASE_URL"):
        return Brain(
            is_simulated=False,
            sentence=f"OPENAI_BASE_URL is set: the agent talks to {base_url}.",
        )
    if environment.get("OPENAI_API_KEY"):
        return Brain(
            is_simulated=False,
            sentence="OPENAI_API_KEY is set: the agent talks to the real OpenAI, at your expense.",
        )
    return Brain(
        is_simulated=True,
        sentence="OPENAI_API_KEY is not set: a simulated OpenAI stands in; it truly speaks and "
        "listens.",
    )
