"""The doctor's look for the template of texts after the window."""

from collections.abc import Mapping
from typing import Any, cast

import pytest

from controlplane.core.errors import GraphError
from controlplane.meta.graph_http import GraphHttp
from wacall.doctor.templates import look_at_follow_up_template


class Account:
    """An account with one approved template and one that is waited for."""

    def __init__(self, error: GraphError | None = None) -> None:
        self._error = error

    async def request(self, *_: str, **__: object) -> Mapping[str, Any]:
        if self._error is not None:
            raise self._error
        body = [{"type": "BODY"}]
        return {
            "data": [
                {"name": "we_write", "status": "APPROVED", "components": body},
                {"name": "not_yet", "status": "PENDING", "components": body},
            ]
        }


@pytest.mark.parametrize(
    ("configured", "error", "status"),
    [
        ("we_write", None, "ok"),
        ("we_write:de", None, "ok"),
        ("not_yet", None, "warn"),
        ("nobody_knows", None, "warn"),
        ("we_write", GraphError(), "warn"),
    ],
)
async def test_the_template_has_to_be_approved(
    configured: str, error: GraphError | None, status: str
) -> None:
    """Without it no text is sent after the window, and nobody would learn it before."""
    graph = cast(GraphHttp, Account(error))
    finding = await look_at_follow_up_template(graph, ["1"], configured)
    assert finding.status == status
