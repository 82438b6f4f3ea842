"""What a job process has to have before it is given a call."""

import ast
import inspect
import logging

import pytest
from livekit import protocol
from livekit.agents.job import JobAcceptArguments, JobRequest

from agents import worker
from shared.call.brief import PROBE


@pytest.mark.parametrize(
    ("metadata", "level"), [(PROBE, logging.INFO), ("", logging.WARNING), ("{}", logging.WARNING)]
)
async def test_who_only_asks_whether_anybody_is_there_frightens_nobody(
    caplog: pytest.LogCaptureFixture, metadata: str, level: int
) -> None:
    """The doctor's job is turned away like every other that is no call, without a warning."""
    caplog.set_level(logging.INFO)
    done: list[object] = []

    async def reject(terminate: bool) -> None:
        done.append("rejected")

    async def accept(arguments: JobAcceptArguments) -> None:
        done.append(arguments)

    job = protocol.agent.Job(id="AJ_1", metadata=metadata)
    await worker.accept_calls(JobRequest(job=job, on_reject=reject, on_accept=accept))
    assert done == ["rejected"]
    assert [one.levelno for one in caplog.records] == [level]


def test_what_is_imported_for_a_call_was_imported_before_it() -> None:
    """Imports inside of functions are preloaded: they would take a second while a phone rings."""
    tree = ast.parse(inspect.getsource(worker))
    lazy = {
        node.module
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.ImportFrom)
    }
    (preloaded,) = (
        set(ast.literal_eval(keyword.value))
        for keyword in ast.walk(tree)
        if isinstance(keyword, ast.keyword) and keyword.arg == "preload_modules"
    )
    assert {"agents.session", "agents.media.decoding"} <= lazy
    assert lazy <= preloaded
