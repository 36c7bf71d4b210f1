"""What docs/costs.md tells an operator to type works, word for word."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.repository import ROOT, text
from tests.support.eventually import eventually
from tests.support.serving import serving
from tests.system.test_readme import block

PAGE = text(Path("docs/costs.md"))


def bash(commands: str, folder: Path, origin: str, **environ: str) -> str:
    """Standard output of ``commands``, of which none may fail."""
    here = commands.replace(".venv/bin/python", sys.executable)
    done = subprocess.run(
        ["bash", "-euc", here.replace("http://127.0.0.1:8000", origin)],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


async def test_costs_and_months_are_shown_as_the_page_says(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with serving(DATA_DIR=str(data)) as server:
        origin = server.ready()
        key = "$(.venv/bin/python -m server keys create --email creator@example.com)"
        ask = block("sh", "post /api/conversations")
        bash(f"export CAUSERIE_KEY={key}\n{ask}", tmp_path, origin, DATA_DIR=str(data))
        reports, months = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)

        def is_billed() -> bool:
            listed = ".venv/bin/python -m server months list"
            return "calls" in bash(listed, tmp_path, origin, DATA_DIR=str(data))

        await eventually(is_billed, deadline_s=30)
        said = bash(reports, tmp_path, origin, DATA_DIR=str(data))
        assert said.count('"success":true') == reports.count("\ncosts ai-costs") - 2
        for name, head in (("costs.csv", "creatorId,creatorName"), ("calls.csv", "at (UTC),")):
            table = (tmp_path / name).read_text("utf-8")
            assert table.startswith(head)
            assert len(table.splitlines()) > 1
        assert "adds up" in bash(months, tmp_path, origin, DATA_DIR=str(data))
