"""What the README tells a newcomer to do works, word for word."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.repository import ROOT, text
from tests.support.serving import serving

PAGE = text(Path("README.md"))


def block(language: str, containing: str) -> str:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    return next(code for code in found if containing in code)


def run(*command: str, **environ: str) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_key_is_made_and_both_interfaces_answer(tmp_path: Path) -> None:
    with serving(DATA_DIR=str(tmp_path)) as server:
        origin = server.ready()
        make_key = re.search(r"python -m (server keys create [^)]*)\)", PAGE)
        assert make_key is not None
        key = run(sys.executable, "-m", *make_key[1].split(), DATA_DIR=str(tmp_path)).strip()

        program = block("python", "causerie.v1")
        said = run(sys.executable, "-c", program, CAUSERIE_URL=origin, CAUSERIE_KEY=key)
        answer, _, receipt = said.rpartition("\n {")
        assert len(answer) > 10
        assert "'charged': '0." in receipt

        commands = block("sh", "post /api/conversations")
        turn = run("sh", "-c", commands.replace("http://127.0.0.1:8000", origin), CAUSERIE_KEY=key)
        assert '"success":true' in turn
        assert '"type":"turn.completed"' in turn

        define = commands.splitlines()[0]
        team = f"{define}\n{block('sh', 'post /api/ai/chat')}"
        made = run("sh", "-c", team.replace("http://127.0.0.1:8000", origin), CAUSERIE_KEY=key)
        assert '"response":"' in made
        assert '"hashtags":["#' in made
