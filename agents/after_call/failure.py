"""Why an attempt at the work after a call has failed: a slug, for row and log; pure."""

from collections.abc import Mapping
from datetime import timedelta

SENTENCES: Mapping[str, str] = {
    "http-400": "OpenAI did not understand the request; this release and the model do not fit "
    "together. Name another model in OPENAI_RESPONSES_MODEL, or upgrade.",
    "http-401": "OpenAI refused the key; check OPENAI_API_KEY.",
    "http-403": "OpenAI refused the key; check that the project of OPENAI_API_KEY may use the "
    "Responses API.",
    "http-429": "The account's rate limit at OpenAI is used up; it is tried again.",
    "insufficient_quota": "The account's quota at OpenAI is used up; look at the billing of "
    "OPENAI_API_KEY's project.",
    "no-model": "The account has none of the models of OPENAI_RESPONSES_MODEL; name one that "
    "`GET /v1/models` lists.",
    "no-connection": "OpenAI could not be reached; check OPENAI_BASE_URL and the network.",
    "timeout": "OpenAI took too long; it is tried again.",
    "refused": "The model refused to read this conversation.",
    "incomplete": "The model's answer was cut off.",
    "model-failed": "The model failed; it is tried again.",
    "answer-malformed": "The model's answer was not what it was asked for.",
    "too-many-rounds": "The model called function after function without an answer.",
    "too-many-tokens": "The conversation took more tokens than are allowed for one.",
    "profile-unusable": "The call's profile cannot be used; `wacall profiles check` says why.",
    "store-unavailable": "The database did not answer; it is tried again.",
    "crashed": "Whoever worked on it died of it, several times.",
    "internal": "A fault of ours; the log has its trace.",
}
"""What a slug means, and what to do."""


class Failure(Exception):
    """An attempt has failed."""

    def __init__(
        self, slug: str, *, asked: timedelta = timedelta(), is_final: bool = False
    ) -> None:
        """Take the slug; `asked` is the pause that OpenAI wants, `is_final` rules out another."""
        super().__init__(slug)
        self.slug, self.asked, self.is_final = slug, asked, is_final

    @property
    def sentence(self) -> str:
        """What it means, and what to do."""
        return SENTENCES.get(self.slug, "OpenAI failed; it is tried again.")
