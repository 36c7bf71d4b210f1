"""What the repository holds, as git would: tracked files, and new ones that are not ignored."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("server", "agents", "billing", "knowledge")


@cache
def files(*patterns: str) -> tuple[Path, ...]:
    """Paths relative to the root, sorted. Outside a clone (a released archive): none."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = {Path(line) for line in listed.stdout.splitlines()}
    return tuple(sorted(path for path in found if (ROOT / path).is_file()))


def text(path: Path) -> str:
    return (ROOT / path).read_text("utf-8")
