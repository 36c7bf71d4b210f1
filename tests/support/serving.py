"""``python -m server serve`` as a process of its own, with the settings that a test gives it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.support.dying import dying_with_us

ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "HOME", "LANG")


class Serve:
    """One ``python -m server serve`` with its standard output, read to the line that says ready."""

    def __init__(self, *arguments: str, **environ: str) -> None:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        self.process = subprocess.Popen(
            dying_with_us(sys.executable, "-m", "server", "serve", *arguments),
            cwd=ROOT,
            env={**kept, "PORT": "0", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []

    def ready(self) -> str:
        """The address, once it is printed."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if found := re.match(r"ready at (http://\S+) after [\d.]+ s$", line):
                return found[1]
        raise AssertionError(f"never ready: {self.lines} {self.end()[2]}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Exit status and what it still said on both streams."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def family(self) -> list[psutil.Process]:
        children: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return children

    def billing(self) -> psutil.Process | None:
        found = [child for child in self.family() if "billing" in child.cmdline()]
        return found[0] if found else None


@contextmanager
def serving(*arguments: str, **environ: str) -> Iterator[Serve]:
    server = Serve(*arguments, **environ)
    try:
        yield server
    finally:
        server.end(signal.SIGKILL)
