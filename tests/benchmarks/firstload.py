"""How long somebody waits who comes for the first time: an empty cache, 50 ms away, 10 megabits.

The network is slowed by the browser, the way its developer tools do it; server and browser share
the machine. Ready is a page that can be used: the box takes words, the curve is drawn.
"""

import statistics
from typing import Any

from playwright.async_api import BrowserContext

ROUND_TRIP_MS = 50
BITS_PER_SECOND = 10_000_000
TIMES = 5

PAGES = {
    "/chat": "causerie-composer textarea",
    "/": "causerie-spent .sum",
    "/admin/costs": "causerie-chart canvas",
    "/usage": "causerie-usage-chart .plot",
}

WATCH = """(selector) => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  const path = selector.split(" ");
  const find = (root, name) => root.querySelector(name) ??
    [...root.querySelectorAll("*")].reduce((found, each) =>
      found ?? (each.shadowRoot && find(each.shadowRoot, name)), null);
  const look = () => {
    const host = document.body && find(document, path[0]);
    const part = host?.shadowRoot && find(host.shadowRoot, path[1]);
    if (part?.getClientRects().length) window.ready_ms = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


async def first_load(context: BrowserContext, origin: str) -> dict[str, Any]:
    """For each page the median time until it is ready, and the largest sum of layout shifts."""
    figures: dict[str, Any] = {}
    for path, selector in PAGES.items():
        ready: list[float] = []
        shifts: list[float] = []
        for _ in range(TIMES):
            page = await context.new_page()
            session = await context.new_cdp_session(page)
            await session.send("Network.enable")
            await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
            conditions = {
                "offline": False,
                "latency": ROUND_TRIP_MS,
                "downloadThroughput": BITS_PER_SECOND / 8,
                "uploadThroughput": BITS_PER_SECOND / 8,
            }
            await session.send("Network.emulateNetworkConditions", conditions)
            await page.add_init_script(f"({WATCH})({selector!r})")
            await page.goto(origin + path)
            await page.wait_for_selector(selector)
            await page.wait_for_timeout(1_000)  # what comes later may still push
            ready.append(await page.evaluate("window.ready_ms"))
            shifts.append(await page.evaluate("window.shifted"))
            await page.close()
        figures[f"{path} ready ms"] = statistics.median(ready)
        figures[f"{path} layout shift"] = max(shifts)
    return figures
