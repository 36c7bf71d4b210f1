"""Names, titles and texts that mean harm, on every page that shows them: they are only text."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from server.local.engines import EngineUrls
from tests.browser.conftest import PHONE, Visit, VisitMaker, stubbed
from tests.browser.people import send
from tests.browser.places import go
from tests.support.providers.openai_stub import OpenAIStub
from tests.support.providers.plays import Play
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

HOST = "https://else.example"
MARKUP = f"</style><script>window.broken=1</script><img src={HOST}/x onerror=window.broken=1>"
BIDI = "\u202egnp.exe \u2066\u200b\u200d\ufeff e\u0301\u0302 [a](javascript:window.broken=1)"
WIDE = "W" * 100
NAMES = (MARKUP, BIDI, WIDE)
LONG = "x" * 4_900
LAST = f"{MARKUP} {BIDI} {LONG}"

WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"

PAGES = (
    "/",
    "/presets",
    "/write",
    "/creator/fans",
    "/settings",
    "/settings/keys",
    "/settings/agents",
    "/settings/replies",
    "/settings/webhooks",
    "/workspaces",
    "/usage",
    "/chat",
    "/admin/users",
    "/admin/costs",
    "/admin/audit",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def live_server(
    engines: EngineUrls, provider: OpenAIStub, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[LiveServer]:
    async with stubbed(engines, tmp_path_factory.mktemp("names"), provider, "names") as server:
        yield server


async def harmless(one: Visit, where: str) -> None:
    assert await one.page.evaluate("window.broken") is None, where
    wide, seen = await one.page.evaluate(WIDTHS)
    assert wide <= seen, where
    assert (one.complaints, one.foreign) == ([], []), where


async def fill(one: Visit) -> None:
    """Everything that a user can name, named so."""
    for name in NAMES:
        for path, body in (
            ("/api/presets", {"name": name, "description": name, "instructions": LAST}),
            ("/api/agents", {"name": name[:80], "description": name, "instructions": LAST}),
            ("/api/workspaces", {"name": name}),
            ("/api/api-keys", {"name": name}),
            ("/api/ai/quick-replies", {"title": name, "text": LAST[:5_000], "category": name}),
            (
                "/api/ai/hooks",
                {
                    "url": f"{HOST}/{'h' * 900}?a=<script>",
                    "description": name,
                    "events": ["plan.changed"],
                },
            ),
        ):
            # What is not seen may be refused in a name, and an address that leads nowhere.
            taken = {201, 400} if name == BIDI or path == "/api/ai/hooks" else {201}
            assert await send(one, path, body) in taken, (path, name)
    hook = {"url": "javascript:window.broken=1", "events": ["plan.changed"]}
    assert await send(one, "/api/ai/hooks", hook) == 400


@pytest.mark.parametrize("name", NAMES, ids=["markup", "bidi", "wide"])
async def test_names_are_only_text_on_every_page(
    visit: VisitMaker, provider: OpenAIStub, name: str
) -> None:
    one = await visit(role="admin", size=PHONE)
    # A person's name is one line of what is seen: lists of users are shown on terminals, too.
    called = await send(one, "/api/auth/me", {"name": name}, "PATCH")
    assert called == (400 if name == BIDI else 200)
    provider.forget_plays()
    await one.chat.ask("Say it")
    conversation = one.chat.conversation
    assert await send(one, f"/api/conversations/{conversation}", {"title": name}, "PATCH") == 200
    if name == MARKUP:
        await fill(one)
    await one.page.reload()
    await one.chat.ended(0)
    await harmless(one, "the conversation")
    for path in PAGES:
        await go(one, path)
        await harmless(one, path)
        await one.shot(f"names-{path.replace('/', '-')}-{NAMES.index(name)}")
    # What stands in the list of chats, over a phone's page.
    await go(one, "/chat")
    await one.page.get_by_role("button", name="Show conversations").click()
    await harmless(one, "the list")
    await one.page.keyboard.press("Control+k")
    await expect(one.page.get_by_role("option").first).to_be_visible()
    await harmless(one, "search")


async def test_what_is_written_on_a_page_of_its_own_is_only_text(
    visit: VisitMaker, provider: OpenAIStub
) -> None:
    one = await visit("/write", size=PHONE)
    provider.forget_plays()
    provider.plays(Play(deltas=(MARKUP, "\n\n", BIDI, "\n\n", LONG * 2)))
    await one.page.get_by_role("textbox", name="Prompt").fill(LAST)
    await one.page.get_by_role("button", name="Write", exact=True).click()
    await expect(one.page.locator("causerie-made .row")).to_have_count(1)
    await expect(one.page.locator(".md")).to_contain_text("xxxx")
    await harmless(one, "what is written")
    await one.shot("names-written")
    await one.page.reload()
    await expect(one.page.locator("causerie-made .row")).to_have_count(1)
    await harmless(one, "what was written")


async def test_a_fan_and_the_answer_to_them_are_only_text(
    visit: VisitMaker, provider: OpenAIStub
) -> None:
    one = await visit("/creator/fans", size=PHONE)
    page = one.page
    await page.get_by_role("textbox", name="Fan", exact=True).fill(MARKUP)
    await page.get_by_role("textbox", name="What the fan wrote").fill(LAST)
    provider.forget_plays()
    await page.get_by_role("button", name="Write a reply").click()
    await expect(page.locator("causerie-made .row")).to_have_count(1)
    await harmless(one, "a fan")
    await one.shot("names-fan")
