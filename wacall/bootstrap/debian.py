"""Debian's packages that the set-up may install: only as root, without starting any service.

Standard library only. What cannot be had is told in one line, and the set-up goes on: the media
hop is needed for outbound calls alone.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wacall.bootstrap.step import Step, StepFailed, fingerprint

# asked by dpkg's scripts before they start a service; 101 says no
POLICY = Path("/usr/sbin/policy-rc.d")
POLICY_TEXT = "#!/bin/sh\n# Written by the set-up of wacall while it installs packages.\nexit 101\n"
APT_FLAGS = ("-y", "-q", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")
# Debian's places for daemons are not on everybody's PATH
SEARCH = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))


@dataclass(frozen=True)
class DebianPackage:
    """A package and why somebody would want it."""

    name: str
    program: str
    service: str
    purpose: str


RTPENGINE = DebianPackage(
    name="rtpengine-daemon",
    program="rtpengine",
    service="rtpengine-daemon",
    purpose="outbound calls and DTMF (set RTPENGINE_URL to use one elsewhere)",
)
REDIS = DebianPackage(
    name="redis-server",
    program="redis-server",
    service="redis-server",
    purpose="the test of a call that outlives a restart of the media hop",
)


def missing(packages: list[DebianPackage]) -> list[DebianPackage]:
    """Return those whose program is not there."""
    return [one for one in packages if shutil.which(one.program, path=SEARCH) is None]


def obstacle() -> str | None:
    """Say why nothing can be installed; `None` if it can."""
    if shutil.which("apt-get") is None or not Path("/etc/debian_version").exists():
        return "this is no Debian"
    if os.geteuid() != 0:
        return "this is not root"
    return None


def debian_packages(packages: list[DebianPackage], stamp: Path, log: Path) -> bool:
    """Install what is missing, if that is possible; return whether there was work."""
    wanted = missing(packages)
    if not wanted:
        return False
    why_not = obstacle()
    if why_not is not None:
        for one in wanted:
            print(
                f"{one.program}: not installed, since {why_not}; it is for {one.purpose}.",
                flush=True,
            )
        return False
    names = ", ".join(one.name for one in wanted)
    step = Step(
        name="media hop",
        what=f"Debian's {names}",
        advice=f"Check apt's configuration, or install by hand: apt-get install {names}.",
        stamp=stamp,
        log=log,
    )
    try:
        return step.run_if_stale(
            fingerprint(names, str(os.getpid())), lambda s: _install(s, wanted)
        )
    except StepFailed as failure:
        # everything but outbound calls works without
        print(f"Going on without {names}: {failure}", flush=True)
        return False


def _install(step: Step, packages: list[DebianPackage]) -> None:
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    names = [one.name for one in packages]
    with no_services(POLICY):
        try:
            step.command("apt-get", "install", *APT_FLAGS, *names, env=environment)
        except StepFailed:
            # a fresh image has no package lists, an old one outdated ones
            step.command("apt-get", "update", "-q", env=environment)
            step.command("apt-get", "install", *APT_FLAGS, *names, env=environment)
    _keep_off_at_boot(packages)


@contextlib.contextmanager
def no_services(policy: Path) -> Iterator[None]:
    """Keep dpkg's scripts from starting services meanwhile; a policy of the machine's own stays.

    Neither RUNLEVEL nor an option of dpkg does it: deb-systemd-invoke looks at this file alone.
    """
    try:
        with open(os.open(policy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755), "w") as file:
            file.write(POLICY_TEXT)
        policy.chmod(0o755)
    except FileExistsError:
        yield
        return
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)


def _keep_off_at_boot(packages: list[DebianPackage]) -> None:
    """Leave the services disabled: we start programs of our own, and only while they are needed."""
    if shutil.which("systemctl") is None:
        return
    for one in packages:
        subprocess.run(
            ["systemctl", "disable", "--quiet", one.service],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
        )
