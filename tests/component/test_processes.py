"""Child processes: readiness, logs, stopping, and that none of them outlives its parent."""

import asyncio
import functools
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.process.logs import redact
from tests.eventually import eventually
from wacall.stack import keeper as keeping
from wacall.stack import processes
from wacall.stack.keeper import Keeper
from wacall.stack.log_file import older, turn_over
from wacall.stack.processes import Child, ChildFailed, Echo

STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("grandchild", child.pid, flush=True)
time.sleep(60)
"""


async def start(tmp_path: Path, code: str, **options: object) -> Child:
    return await Child.start(
        "part",
        [sys.executable, "-c", code],
        env=dict(os.environ),
        log=tmp_path / "part.log",
        **options,  # type: ignore[arg-type]
    )


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_death(pid: int, within_s: float = 5) -> None:
    deadline = time.monotonic() + within_s
    while is_alive(pid):
        assert time.monotonic() < deadline, "the process is still alive"
        time.sleep(0.02)


async def test_lines_reach_the_log_and_the_audience(tmp_path: Path) -> None:
    """Each line is echoed once with the child's name, long and unfinished ones too."""
    heard: list[tuple[str, str]] = []
    child = await start(
        tmp_path,
        "print('x' * 200_000); print('two', end='')",
        echo=lambda name, line: heard.append((name, line)),
    )
    assert await child.wait() == 0
    assert heard == [("part", "x" * 200_000), ("part", "two")]
    assert (tmp_path / "part.log").read_text().endswith("\ntwo\n")


async def test_without_an_audience_the_log_is_still_written(tmp_path: Path) -> None:
    """The log holds the output, and the tail of it can be asked for."""
    child = await start(tmp_path, "for i in range(100): print(i)")
    await child.wait()
    assert child.tail().splitlines()[-1] == "99"


async def test_what_shall_be_in_no_log_is_taken_out_of_each_line(tmp_path: Path) -> None:
    """livekit-server warns of an offer that it cannot handle with all of it."""
    heard: list[str] = []
    child = await start(
        tmp_path,
        r"""print('WARN could not handle offer {"sdp": "v=0\\r\\na=ice-pwd:secret\\r\\n"}')""",
        echo=lambda _, line: heard.append(line),
        clean=redact,
    )
    await child.wait()
    for told in (heard[0], child.tail(), (tmp_path / "part.log").read_text()):
        assert "could not handle offer" in told
        assert "secret" not in told


async def test_a_death_before_readiness_is_told_with_its_last_words(tmp_path: Path) -> None:
    """Who never got ready is reported at once, with exit code and last lines."""
    child = await start(tmp_path, "print('no such table'); raise SystemExit(3)")

    async def never() -> bool:
        return False

    with pytest.raises(ChildFailed, match=r"before it was ready \(exit code 3\)") as failure:
        await child.wait_until(never, timeout_s=10)
    assert failure.value.tail == "no such table"
    assert failure.value.returncode == 3


async def test_readiness_has_a_deadline(tmp_path: Path) -> None:
    """A child that runs but never gets ready is an error after the time given."""
    child = await start(tmp_path, "import time; time.sleep(60)")

    async def hangs() -> bool:
        await asyncio.sleep(60)
        return True

    with pytest.raises(ChildFailed, match=r"not ready after 0\.2 s"):
        await child.wait_until(hangs, timeout_s=0.2)
    await child.stop(grace_s=1)


async def test_what_does_not_stop_is_killed_with_its_children(tmp_path: Path) -> None:
    """After the grace period the whole process group is gone."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    child = await start(tmp_path, STUBBORN, echo=lambda _, line: lines.put_nowait(line))
    async with asyncio.timeout(10):
        grandchild = int((await lines.get()).split()[1])
    assert await child.stop(grace_s=0.2) == -signal.SIGKILL
    wait_for_death(child.pid)
    wait_for_death(grandchild)


async def test_a_program_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    """No stack trace of the operating system's error."""
    with pytest.raises(ChildFailed, match=r"could not be started: /no/such: No such file"):
        await Child.start("part", ["/no/such"], env={}, log=tmp_path / "log")


def test_no_child_outlives_a_killed_parent(tmp_path: Path) -> None:
    """The kernel ends the children of a parent that was killed with SIGKILL."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    found = re.fullmatch(r"child (\d+)\n", parent.stdout.readline())
    assert found is not None
    child = int(found[1])
    assert is_alive(child)
    parent.kill()
    parent.wait(5)
    parent.stdout.close()
    wait_for_death(child)


PARENT = """
import asyncio, os, pathlib, sys
from wacall.stack.processes import Child

async def main():
    child = await Child.start(
        "part", [sys.executable, "-c", "import time; time.sleep(60)"],
        env=dict(os.environ), log=pathlib.Path(sys.argv[1]),
    )
    print("child", child.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_a_child_that_answers_is_asked_and_ends_with_its_input(tmp_path: Path) -> None:
    """A line goes in and one comes out; its log has what it complained of, and no answer."""
    child = await start(
        tmp_path,
        "import sys; print(input().upper(), flush=True); print('hm', file=sys.stderr, flush=True)\n"
        "sys.stdin.read(); raise SystemExit(7)",
        answers=True,
        end_signal=signal.SIGCONT,
    )
    async with asyncio.timeout(10):
        assert await child.ask("hello") == "HELLO\n"
    # the signal does nothing to it: it is the end of its input that ends it
    assert await child.stop(grace_s=5) == 7
    assert (tmp_path / "part.log").read_text() == "hm\n"
    assert child.tail() == "hm"


async def test_a_child_is_asked_to_end_by_the_signal_it_knows(tmp_path: Path) -> None:
    """Postgres, for one, would wait for its clients after a SIGTERM."""
    child = await start(tmp_path, "import time; time.sleep(60)", end_signal=signal.SIGUSR1)
    assert await child.stop(grace_s=5) == -signal.SIGUSR1


async def test_a_long_log_starts_anew_and_no_tail_tells_of_a_predecessor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A log grows over many starts, up to a bound; each child's last words are its own."""
    first = await start(tmp_path, "print('first')")
    await first.wait()
    second = await start(tmp_path, "print('second')")
    await second.wait()
    assert (tmp_path / "part.log").read_text() == "first\nsecond\n"
    assert second.tail() == "second"
    monkeypatch.setattr(processes, "turn_over", functools.partial(turn_over, longest=5))
    third = await start(tmp_path, "print('third')")
    await third.wait()
    assert (tmp_path / "part.log").read_text() == "third\n"
    assert third.tail() == "third"


@pytest.mark.parametrize("echo", [None, lambda *_: None], ids=["the kernel", "we"])
async def test_the_log_of_a_running_child_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, echo: Echo | None
) -> None:
    """Whoever writes it: a stack that runs for weeks fills no disk."""
    monkeypatch.setattr(processes, "turn_over", functools.partial(turn_over, longest=5))
    monkeypatch.setattr(processes, "_LOG_LOOK_S", 0.01)
    code = "import time; print('first line', flush=True); time.sleep(60)"
    child = await start(tmp_path, code, echo=echo)
    await eventually(older(child.log).exists)
    await eventually(lambda: child.log.stat().st_size == 0)
    assert older(child.log).read_text() == "first line\n"
    await child.stop(grace_s=5)


def keeper_of(
    tmp_path: Path,
    code: str,
    reports: list[str],
    *,
    restarts: bool,
    on_death: Callable[[], None] | None = None,
) -> Keeper:
    return Keeper(
        "part",
        lambda: start(tmp_path, code),
        report=reports.append,
        restarts=restarts,
        on_death=on_death,
    )


async def test_a_dead_part_is_started_again(tmp_path: Path) -> None:
    """A part that dies unexpectedly gets a successor, and the operator is told."""
    reports: list[str] = []
    deaths: list[int] = []
    keeper = keeper_of(
        tmp_path,
        "import time; time.sleep(60)",
        reports,
        restarts=True,
        on_death=lambda: deaths.append(len(reports)),
    )
    await keeper.start()
    first = keeper.child.pid
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: keeper.child.pid != first and len(reports) >= 2)
    assert is_alive(keeper.child.pid)
    assert "part ended unexpectedly (signal SIGKILL)" in reports[0]
    assert reports[1] == "part runs again."
    # whoever lived from it knew before anybody else, and once
    assert deaths == [0]
    await keeper.stop(grace_s=2)
    wait_for_death(keeper.child.pid)


async def test_without_restarts_the_first_death_is_final(tmp_path: Path) -> None:
    """Tests and the demo want to know of a death, not to survive it."""
    reports: list[str] = []
    keeper = keeper_of(tmp_path, "print('bye')", reports, restarts=False)
    await keeper.start()
    async with asyncio.timeout(12):
        failure = await keeper.given_up()
    assert failure.tail == "bye"
    assert reports == []
    await keeper.stop(grace_s=1)


async def test_a_part_that_keeps_dying_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pauses grow; failed starts count as deaths; after the last one nothing is started."""
    monkeypatch.setattr(keeping, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(keeping, "DEATHS_ALLOWED", 3)
    reports: list[str] = []
    started: list[int] = []

    async def fails_every_other_time() -> Child:
        started.append(len(started))
        if len(started) % 2 == 0:
            raise ChildFailed("part has no room.")
        return await start(tmp_path, "raise SystemExit(4)")

    keeper = Keeper("part", fails_every_other_time, report=reports.append, restarts=True)
    await keeper.start()
    async with asyncio.timeout(20):
        failure = await keeper.given_up()
    assert failure.sentence == "part has no room."
    assert len(started) == 4
    assert [sentence for sentence in reports if sentence != "part runs again."] == [
        f"part ended unexpectedly (exit code 4); its log is {tmp_path / 'part.log'}. "
        "Starting it again in 0.01 s.",
        "part has no room. Starting it again in 0.02 s.",
        f"part ended unexpectedly (exit code 4); its log is {tmp_path / 'part.log'}. "
        "Starting it again in 0.04 s.",
    ]
    await keeper.stop(grace_s=1)


async def test_a_wanted_end_is_no_death(tmp_path: Path) -> None:
    """Stopping a part neither reports nor restarts it."""
    reports: list[str] = []
    keeper = keeper_of(tmp_path, "import time; time.sleep(60)", reports, restarts=True)
    await keeper.start()
    await keeper.stop(grace_s=2)
    assert reports == []
    assert keeper.child.returncode == -signal.SIGTERM
