"""The reference pages are made of the code, and their examples run."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from server.local.engines import EngineUrls
from server.protocol import commands, events
from server.routes.asyncapi import members, tag_of
from server.routes.manual import PAGES, render
from server.routes.schemas import error_codes
from tests.server.sockets.scene import scene

DOCS = Path(__file__).parents[3] / "docs"


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_left_to_fill_in(name: str) -> None:
    page = render(name, DOCS)
    assert "{{" not in page
    assert page.startswith("<!-- Generated")


def test_the_protocol_names_every_command_and_event() -> None:
    page = render("protocol.md", DOCS)
    for union in (commands.ClientCommand, events.ServerEvent):
        for kind in members(union):
            assert f"| `{tag_of(kind)}` |" in page


def test_the_errors_name_every_code_once() -> None:
    page = render("errors.md", DOCS)
    for code in error_codes():
        assert page.count(f"| `{code}` |") == 1


def test_a_bar_inside_a_cell_ends_no_cell() -> None:
    for line in render("protocol.md", DOCS).splitlines():
        if line.startswith("| `turn.snapshot`"):
            assert line.replace("\\|", "").count("|") == 4


async def run(*command: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    with anyio.fail_after(30):
        return await anyio.run_process(command, env={**os.environ, **environment}, check=False)


async def test_the_example_in_python_asks_and_prints_the_answer(migrated: EngineUrls) -> None:
    async with scene(migrated) as here:
        person = await here.person()
        done = await run(
            sys.executable,
            str(DOCS / "examples" / "turn.py"),
            "Show me a table",
            CAUSERIE_URL=f"http://127.0.0.1:{here.port}",
            CAUSERIE_KEY=person.key,
        )
        assert done.returncode == 0, done.stderr.decode()
        printed = done.stdout.decode()
        assert printed.splitlines()[-1].startswith("turn.completed, ")
        assert len(printed.splitlines()) > 2
        refused = await run(
            sys.executable,
            str(DOCS / "examples" / "turn.py"),
            CAUSERIE_URL=f"http://127.0.0.1:{here.port}",
            CAUSERIE_KEY=(await here.person(credits=0)).key,
        )
        assert refused.returncode == 1
        assert b"insufficient_credits: " in refused.stderr


async def test_the_example_for_pages_asks_and_shows_the_answer(migrated: EngineUrls) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node")
    async with scene(migrated) as here:
        person = await here.person()
        services = here.harness.process.services
        caller = await services.accounts.authenticator.by_bearer(person.key)
        async with services.database.transaction() as tx:
            ticket = (await services.accounts.tickets.issue(tx, caller)).secret
        script = (
            f"import {{ ask }} from {str(DOCS / 'examples' / 'turn.js')!r};"
            "let text = '';"
            f"const end = await ask('http://127.0.0.1:{here.port}', {ticket!r}, 'Show me a table',"
            " (shown) => { text = shown; });"
            "console.log(end.type, text.length);"
        )
        # A flag until Node 22, where a WebSocket is there as in every browser.
        done = await run(node, "--experimental-websocket", "--input-type=module", "--eval", script)
        assert done.returncode == 0, done.stderr.decode()
        kind, length = done.stdout.decode().split()
        assert (kind, int(length) > 0) == ("turn.completed", True)
