"""What a first visit costs: bytes of script and requests, as they were sent."""

import re
from collections import defaultdict

import pytest
from playwright.async_api import Response

from tests.browser.conftest import VisitMaker

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

REQUESTS_MAX = 6
"""Document and scripts; what pages then ask the interfaces is theirs."""

KB = 1024


@pytest.mark.parametrize(
    ("path", "role", "budget_kb", "settled"),
    [
        ("/chat", "user", 85, "causerie-empty"),
        ("/admin/costs", "admin", 70, "causerie-chart canvas"),
        ("/", "user", 75, "causerie-spent .sum"),
        ("/usage", "user", 75, "causerie-usage-chart .plot"),
        ("/notifications", "user", 75, "causerie-notifications p.rows"),
        ("/settings/keys", "user", 75, "causerie-keys form"),
        ("/settings", "user", 75, "causerie-leave"),
        ("/settings/voice", "user", 75, "causerie-voice form"),
        ("/settings/webhooks", "user", 75, "causerie-hooks .rows"),
        ("/presets", "user", 75, "causerie-presets .rows"),
        ("/workspaces", "user", 75, "causerie-workspaces .rows"),
        ("/admin/users", "admin", 75, "causerie-users .rows"),
        ("/admin/audit", "admin", 75, "causerie-audit .rows"),
        ("/admin/providers", "admin", 75, "causerie-health table"),
        ("/admin/alerts", "admin", 75, "causerie-incidents .rows"),
        ("/admin/prices", "admin", 75, "causerie-prices .model"),
        ("/write", "user", 75, "causerie-made .empty"),
        ("/creator/fans", "user", 75, "causerie-made .empty"),
        ("/creator/insights", "user", 75, "causerie-learned .empty"),
        ("/invitation", "user", 75, "causerie-invitation h1"),
    ],
)
async def test_first_load(
    visit: VisitMaker, path: str, role: str, budget_kb: int, settled: str
) -> None:
    one = await visit(role=role)
    if path == "/admin/costs":
        await one.chat.ask("Say hello [demo: fast]")
    again = await visit(path, like=one)
    sizes: dict[str, int] = defaultdict(int)

    async def weigh(response: Response) -> None:
        if not re.search(r"/(api|ws)/", response.url):
            sent = await response.request.sizes()
            sizes[response.url] = sent["responseBodySize"]

    pending: list[Response] = []

    def note(response: Response) -> None:
        pending.append(response)  # a built-in method cannot be a handler

    again.page.on("response", note)
    session = await again.page.context.new_cdp_session(again.page)
    await session.send("Network.enable")
    await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    await again.page.reload()
    await again.page.wait_for_selector(settled)
    await again.page.wait_for_timeout(300)
    for response in pending:
        await weigh(response)
    scripts = sum(size for url, size in sizes.items() if url.endswith(".js"))
    assert 0 < scripts <= budget_kb * KB, dict(sizes)
    assert len(sizes) <= REQUESTS_MAX, sorted(sizes)


async def test_nothing_moves_while_the_page_comes_together(visit: VisitMaker) -> None:
    one = await visit()
    await one.page.add_init_script(
        """window.shifted = 0;
           new PerformanceObserver((list) => {
             for (const entry of list.getEntries()) window.shifted += entry.value;
           }).observe({type: "layout-shift", buffered: true});"""
    )
    await one.page.reload()
    await one.page.wait_for_selector("causerie-quota .credits")
    await one.page.wait_for_timeout(500)
    assert await one.page.evaluate("window.shifted") <= 0.02
