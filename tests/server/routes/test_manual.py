"""The reference pages are made of the code, and their examples run."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import anyio
import httpx2
import pytest

from server.domain.clock import utc_now
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.notices import body_of
from server.protocol import commands, events
from server.routes.asyncapi import members, tag_of
from server.routes.manual import PAGES, render
from server.routes.schemas import error_codes
from server.webhooks import signing
from tests.server.sockets.scene import scene
from tests.support.eventually import eventually
from tests.system.conftest import free_port

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


def test_the_webhook_that_is_shown_is_signed_as_shown() -> None:
    page = render("webhooks.md", DOCS)
    head, body = page.partition("```\nPOST ")[2].partition("```")[0].strip().split("\n\n")
    told = dict(line.split(": ") for line in head.splitlines()[2:])
    (secret,) = re.findall(r"`(whsec_\w+)`", page)
    now = datetime.fromtimestamp(int(told["webhook-timestamp"]), UTC)
    assert dict(signing.headers([secret], told["webhook-id"], now, body.encode())) == told


async def test_the_example_of_a_receiver_takes_what_is_signed_and_does_it_once() -> None:
    secret, port = signing.new_secret(), free_port()
    body = body_of("plan.changed", {"plan": "pro"}, id=new_id(), now=utc_now()).encode()
    signed = dict(signing.headers([secret], "event", utc_now(), body))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(DOCS / "examples" / "receiver.py"),
        env={**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
    )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:

            async def post(content: bytes) -> int:
                try:
                    return (await http.post("/", content=content, headers=signed)).status_code
                except httpx2.ConnectError:
                    return 0

            await eventually(lambda: post(body))
            assert await post(body) == 204
            assert await post(body + b" ") == 400
    finally:
        process.terminate()
        printed, _ = await process.communicate()
    assert printed.decode().splitlines() == ["plan.changed {'plan': 'pro'}"]


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
