"""What is shipped, laid out as it will be, and a Python that has nothing else."""

import re
import shutil
import subprocess
import venv
from importlib import metadata
from pathlib import Path

from tests.paths import ROOT

DASHBOARD = ROOT / ".cache" / "dashboard"
FINAL_STAGE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ").rpartition("\nFROM ")[2]


def build_image_tree(target: Path) -> None:
    """Copy what the Dockerfile copies, as far as .dockerignore lets it."""
    for copied in re.findall(r"^COPY (.+)$", FINAL_STAGE, re.MULTILINE):
        *sources, place = copied.split()
        stage = sources.pop(0) if sources[0].startswith("--from=") else None
        for source in sources:
            # of the dashboard's stage: what npm has installed here as there
            origin = (
                ROOT / source if stage is None else DASHBOARD / Path(source).relative_to("/src")
            )
            files = [origin] if origin.is_file() else [p for p in origin.rglob("*") if p.is_file()]
            reaching = [one for one in files if stage or reaches_docker(one.relative_to(ROOT))]
            assert reaching, f"nothing of {source} reaches the image"
            for file in reaching:
                inside = file.relative_to(origin) if origin.is_dir() else Path(file.name)
                copy = target / place / inside
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)


def reaches_docker(path: Path) -> bool:
    """Read .dockerignore as Docker does: the last rule that fits the file or a folder of it."""
    reaches = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!").rstrip("/")
        expression = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
        fits = re.compile(expression.replace(r"\*", "[^/]*"))
        if any(fits.fullmatch(one.as_posix()) for one in (path, *path.parents)):
            reaches = line.startswith("!")
    return reaches


def make_environment(target: Path) -> None:
    """Make a virtual environment with the packages of services.lock alone, as links."""
    venv.create(target, with_pip=False, symlinks=True)
    (site,) = target.glob("lib/python*/site-packages")
    locked = re.findall(r"^([a-z0-9._-]+)==", (ROOT / "services.lock").read_text(), re.MULTILINE)
    installed = 0
    for name in locked:
        try:
            files = metadata.distribution(name).files or []
        except metadata.PackageNotFoundError:
            continue  # of another platform or Python
        installed += 1
        for top in {file.parts[0] for file in files} - {"..", "__pycache__"}:
            place = Path(str(metadata.distribution(name).locate_file(top)))
            if not (site / top).exists():
                (site / top).symlink_to(place)
    assert installed > 50


class Shipped:
    """Our code in one folder, and an environment with its packages and no others."""

    def __init__(self, code: Path, environment: Path, elsewhere: Path) -> None:
        self.code = code
        self.environment = environment
        self.elsewhere = elsewhere

    def run(
        self, *arguments: str, environ: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run `wacall`."""
        return self.python("-m", "wacall.cli", *arguments, environ=environ)

    def python(
        self, *arguments: str, environ: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run the environment's interpreter."""
        return subprocess.run(
            [self.environment / "bin" / "python", *arguments],
            env={
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(self.code),
                "PYTHONNOUSERSITE": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                **(environ or {}),
            },
            cwd=self.elsewhere,
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )

    def commands(self) -> set[str]:
        """Read the commands off its usage."""
        done = self.run("--help")
        assert (done.returncode, done.stderr) == (0, "")
        return {line.strip().partition("  ")[0] for line in done.stdout.splitlines()[2:]}
