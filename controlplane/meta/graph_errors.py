"""Meta's refusals as errors of ours: what the code means, and what to do about it.

    GraphError                       (controlplane.core.errors)
      GraphUnreachable               nobody answered; the request may have been carried out
        GraphNotReached              no connection: it was not
      GraphRefused                   an answer, but not a success; `known` says which
        UnreadableReply              not even Meta's JSON

What each code means is a table of its own (`code_table`). Meta's own text can echo phone numbers:
it stays in `detail`, for `call_events`, and out of `str` and `repr`.
"""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar

from controlplane.core.errors import GraphError
from controlplane.core.foreign import integer_of, object_of, text_of, word_of
from controlplane.meta.account_codes import RATE_LIMITED
from controlplane.meta.call_codes import CALL_ONGOING
from controlplane.meta.code_table import (
    INVALID_PARAMETER,
    SERVER_FAULT,
    UNLISTED,
    UNREADABLE,
    known_as,
)
from controlplane.meta.codes import MetaCode
from controlplane.meta.rate_wait import asked_wait

_TRACE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OBJECT_MISSING = 33
"""Subcode of 100: the id in the URL, our phone number id, is unknown to this token."""
_STANDS = re.compile(
    r"(?<!not )in progress|\balready (been )?(accepted|answered|connected|ongoing)\b", re.IGNORECASE
)
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class GraphUnreachable(GraphError):
    """The Graph API did not answer; check WA_GRAPH_BASE_URL and the way out of this network."""

    code = "graph-unreachable"
    is_retryable: ClassVar[bool] = True
    may_have_been_done: ClassVar[bool] = True
    """Whether the request may have reached Meta, so that only its answer was lost."""


class GraphNotReached(GraphUnreachable):
    """No connection to the Graph API: nothing was sent; check WA_GRAPH_BASE_URL and the network."""

    may_have_been_done: ClassVar[bool] = False


class GraphRefused(GraphError):
    """The Graph API refused; what its code means stands in docs/codes.md."""

    def __init__(
        self,
        *,
        http_status: int,
        meta_code: int | None = None,
        subcode: int | None = None,
        kind: str = "",
        fbtrace_id: str | None = None,
        detail: str | None = None,
        asked_wait: timedelta | None = None,
        known: MetaCode | None = None,
    ) -> None:
        """Name the refusal by its code, else by its HTTP status; `known` says it outright."""
        self.known = known or known_as(meta_code) or _by_status(http_status)
        self.code = self.known.slug
        self.http_status = http_status
        self.meta_code = meta_code
        self.subcode = subcode
        # Meta's `type`, such as OAuthException
        self.kind = kind
        # what Meta's support asks for
        self.fbtrace_id = fbtrace_id
        # Meta's own words: may be personal data
        self.detail = detail
        # how long Meta asks to wait, where it says so
        self.asked_wait = asked_wait
        parts = [f"HTTP {http_status}"]
        parts += [f"code {meta_code}"] if meta_code is not None else []
        parts += [f"subcode {subcode}"] if subcode is not None else []
        parts += [f"fbtrace_id {fbtrace_id}"] if fbtrace_id is not None else []
        super().__init__(f"Graph refused ({', '.join(parts)}). {self.known.advice}")

    @property
    def is_retryable(self) -> bool:
        """Whether the same request may succeed a moment later."""
        return self.known.is_retryable

    @property
    def is_success(self) -> bool:
        """Whether Meta did what was asked, and only its words cannot be read."""
        return 200 <= self.http_status < 300

    @property
    def says_already_accepted(self) -> bool:
        """Whether Meta refuses an `accept` because an earlier one was carried out.

        Meta documents no code for it: 138003 (call already ongoing) or the words tell.
        """
        return self.known is CALL_ONGOING or bool(_STANDS.search(self.detail or ""))

    @property
    def says_call_gone(self) -> bool:
        """Whether a refused `reject` or `terminate` means that there is no such call any more.

        Meta documents no code for it. Those requests hold nothing but the call's id, so that what
        can be wrong with them, once account, token and line are right, is the call. Of a refused
        `pre_accept` or `accept` it says that this may be so.
        """
        if not 400 <= self.http_status < 500 or self.says_already_accepted:
            return False
        if self.known is INVALID_PARAMETER:
            return self.subcode != _OBJECT_MISSING
        is_unlisted = self.known is UNLISTED and str(self.meta_code).startswith("138")
        is_nowhere = self.http_status == 404 and self.meta_code is None
        return self.known.ends_call or is_unlisted or is_nowhere


class UnreadableReply(GraphRefused):
    """The answer is not Meta's JSON; check that WA_GRAPH_BASE_URL is the Graph API, not a proxy."""

    code = UNREADABLE.slug

    def __init__(self, *, http_status: int) -> None:
        """Take the HTTP status, which is all there is."""
        super().__init__(http_status=http_status, known=UNREADABLE)


def error_from_response(
    status: int, body: bytes, headers: Mapping[str, str] = _NO_HEADERS
) -> GraphRefused:
    """Name the error of an answer that is no success, whatever its body is."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    wait = asked_wait(headers)
    error = object_of(data).get("error")
    if not isinstance(error, Mapping):
        if _by_status(status) is UNLISTED:
            return UnreadableReply(http_status=status)
        return GraphRefused(http_status=status, asked_wait=wait)
    trace = text_of(error.get("fbtrace_id"))
    said = (error.get("message"), object_of(error.get("error_data")).get("details"))
    return GraphRefused(
        http_status=status,
        meta_code=integer_of(error.get("code")),
        subcode=integer_of(error.get("error_subcode")),
        kind=word_of(error.get("type")),
        fbtrace_id=trace if trace and _TRACE.fullmatch(trace) else None,
        detail=": ".join(filter(None, map(text_of, said))) or None,
        asked_wait=wait,
    )


def _by_status(http_status: int) -> MetaCode:
    if http_status >= 500:
        return SERVER_FAULT
    return RATE_LIMITED if http_status == 429 else UNLISTED
