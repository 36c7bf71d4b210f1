"""Answers that mean harm, streamed and stored: nothing runs, nothing is fetched, the page stays."""

import random
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from server.local.engines import EngineUrls
from tests.browser.conftest import Visit, VisitMaker, stubbed
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOST = "https://elsewhere.example"
MARKUP = f"""
<script>window.broken = 1</script><img src="{HOST}/a.png" onerror="window.broken = 1">
<svg onload="window.broken = 1"><style>@import url({HOST}/x.css)</style></svg>
<math><mtext><table><mglyph><style><img src onerror=window.broken=1></style></mglyph></table>
<iframe src="{HOST}/" srcdoc="<script>top.broken = 1</script>"></iframe>
<form action="{HOST}/"><input name="x" autofocus onfocus="window.broken = 1"></form>
<meta http-equiv="refresh" content="0;url={HOST}/"><base href="{HOST}/">
<link rel="stylesheet" href="{HOST}/s.css">
<div style="position:fixed;inset:0;background:url({HOST}/b.png)" id="main" name="fetch">over</div>

![pixel]({HOST}/pixel.png?secret=1) [run](javascript:window.broken=1) [data](data:text/html,x)
[own](/api/auth/sign-out) <{HOST}/auto> {HOST}/bare <!-- hidden --> [https://bank.example]({HOST}/spoof)
"""
TABLE = "\n".join(
    ["|" + "a|" * 50, "|" + "-|" * 50, *["|" + f"cell {n}|" * 50 for n in range(200)]]
)
CORPUS = {
    "markup": MARKUP,
    "table": TABLE,
    "nested": "\n".join("  " * depth + f"- level {depth}" for depth in range(100)),
    "text": "\u202egnp.exe\u202c \u2066\u200b\u200d\ufeff "
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 "
    + "".join(f"e{chr(0x300 + n % 100)}" for n in range(300)),
    "open": "**bold _both\n\n| a | b |\n|--|\n\n> quote\n```js\nconst x = `<script>`\n",
    "line": "x" * 200_000,
}
WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live_server(
    engines: EngineUrls, provider: OpenAIStub, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveServer]:
    async with stubbed(engines, tmp_path_factory.mktemp("hostile"), provider, "hostile") as server:
        yield server


def pieces(text: str) -> tuple[str, ...]:
    chance, found, at = random.Random(4), list[str](), 0
    most = max(40, len(text) // 200)
    while at < len(text):
        size = chance.randint(1, most)
        found.append(text[at : at + size])
        at += size
    return tuple(found)


async def harmless(one: Visit) -> None:
    assert await one.page.evaluate("window.broken") is None
    assert one.page.url.startswith(one.origin)
    wide, seen = await one.page.evaluate(WIDTHS)
    assert wide <= seen
    await one.chat.box.fill("Still there")
    await expect(one.chat.box).to_have_value("Still there")
    await one.chat.box.fill("")
    assert one.complaints == []
    assert one.foreign == []


@pytest.mark.parametrize("name", CORPUS)
async def test_a_hostile_answer_is_only_text(
    visit: VisitMaker, provider: OpenAIStub, name: str
) -> None:
    one = await visit()
    provider.forget_plays()
    provider.plays(Play(deltas=pieces(CORPUS[name]), gap=0.002))
    await one.chat.ask("Say it")
    await harmless(one)
    streamed = await one.chat.html(one.chat.answers.first)
    await one.page.reload()
    await one.chat.ended(0)
    await harmless(one)
    await one.shot(f"hostile-{name}")
    assert await one.chat.html(one.chat.answers.first) == streamed
