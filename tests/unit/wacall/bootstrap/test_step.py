"""The set-up's steps: skipped when nothing changed, explained when they fail."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from wacall.bootstrap.step import Progress, Step, StepFailed, fingerprint
from wacall.bootstrap.tools import ROOT, Count, version_of


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(
        name="part",
        what="something",
        advice="Do this, then run make again.",
        stamp=tmp_path / "stamp",
        outputs=[tmp_path / "result"],
        log=tmp_path / "logs" / "part.log",
    )


def make_result(step: Step) -> None:
    step.command(sys.executable, "-c", f"open({str(step.outputs[0])!r}, 'w')")


def test_a_step_runs_once(step: Step) -> None:
    """With the same inputs and its result in place, a step has nothing to do."""
    assert step.run_if_stale("a", make_result) is True
    assert step.run_if_stale("a", make_result) is False


def test_changed_inputs_run_it_again(step: Step) -> None:
    """Another fingerprint makes the step stale."""
    step.run_if_stale("a", make_result)
    assert step.run_if_stale("b", make_result) is True


def test_a_lost_result_runs_it_again(step: Step) -> None:
    """A stamp without the result does not count."""
    step.run_if_stale("a", make_result)
    step.outputs[0].unlink()
    assert step.run_if_stale("a", make_result) is True


def test_a_failure_says_what_to_do(step: Step) -> None:
    """The error carries the advice, the log's place and its end; the step stays stale."""
    with pytest.raises(
        StepFailed, match=r"Do this, then run make again\. \(log: .*part\.log\)"
    ) as e:
        step.run_if_stale(
            "a", lambda s: s.command(sys.executable, "-c", "print('why'); raise SystemExit(3)")
        )
    assert "why" in e.value.tail
    assert step.run_if_stale("a", make_result) is True


def test_a_missing_program_is_named(step: Step) -> None:
    """A program that is not there is a failure of the step, not a stack trace."""
    with pytest.raises(StepFailed, match=r"/no/such/program could not be started: No such file"):
        step.run_if_stale("a", lambda s: s.command("/no/such/program"))


def test_progress_is_readable_without_a_terminal() -> None:
    """Whole lines with the name, the count and the seconds, and no control characters."""
    out = io.StringIO()
    progress = Progress("part", "something", out=out)
    progress.begin()
    progress.detail = "3 of 4 pieces"
    progress.tick()
    progress.end()
    assert out.getvalue() == "part: something\npart: something (3 of 4 pieces) done 0 s\n"


def test_counts_grow_with_the_log() -> None:
    """Progress is counted over the parts of a log as they come."""
    count = Count(r"^Collecting ", "packages", 3)
    assert count("nothing\n") == ""
    assert count("Collecting a\nCollecting b\n") == "2 of 3 packages"
    assert count("Collecting c\n") == "3 of 3 packages"


def test_fingerprints_keep_their_parts_apart(tmp_path: Path) -> None:
    """What counts is each part, not their concatenation; files count by content."""
    file = tmp_path / "file"
    file.write_text("b")
    assert fingerprint("a", "b") != fingerprint("ab", "")
    assert fingerprint("a", file) == fingerprint("a", "b")


def test_versions_are_read_from_what_programs_say() -> None:
    """Major and minor version, or nothing for what is no such program."""
    assert version_of(sys.executable, "--version") == sys.version_info[:3]
    assert version_of("/no/such/program", "--version") == ()


def test_an_old_python_is_told_what_to_do() -> None:
    """With an old interpreter and no newer one on PATH, one sentence and no stack trace."""
    code = (
        "import sys, wacall.bootstrap.__main__ as bootstrap\n"
        "bootstrap.WANTED, bootstrap.CANDIDATES = (99, 0), []\n"
        "sys.exit(bootstrap.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or newer is needed")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "name", ["requirements.lock", "services.lock", "wacall/bootstrap/toolchain/go.lock"]
)
def test_lock_files_have_hashes_and_no_address(name: str) -> None:
    """Every package is pinned by hash, and nothing says where it is to be had."""
    text = (ROOT / name).read_text()
    pins = [
        line for line in text.splitlines() if "==" in line and not line.lstrip().startswith("#")
    ]
    assert pins
    assert all(line.endswith("\\") for line in pins)
    assert "://" not in text


def test_the_npm_lock_has_no_address() -> None:
    """The npm lock leaves the registry to the machine's configuration."""
    assert "resolved" not in (ROOT / "wacall/stack/supabase/package-lock.json").read_text()
