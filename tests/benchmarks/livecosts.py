"""What live costs cost a browser: ten updates a second, eight series of six hundred seconds each.

The page's own socket is left alone; frames are handed to what it hands them to. Figures and curve
come by the page's own timers, so that what is measured is what an operator's computer does.
"""

import asyncio
from typing import Any

from playwright.async_api import CDPSession, Page

SERIES = 8
BUCKETS = 600
UPDATES_PER_SECOND = 10

FEED = """async ([seconds, series, buckets, rate]) => {
  const find = (root, name) => root.querySelector(name) ??
    [...root.querySelectorAll("*")].reduce((found, each) =>
      found ?? (each.shadowRoot && find(each.shadowRoot, name)), null);
  const page = find(document, "causerie-live-costs");
  const { monitor } = page;
  monitor.socket.stop();
  const keys = Array.from({ length: series }, (_, at) => `model-${at}`);
  const usd = () => (Math.random() * 0.01).toFixed(6);
  const second = () => Math.floor(Date.now() / 1000);
  const from = Math.floor(Date.now() / 60_000) * 60_000 + 60_000 - buckets * 1_000;
  monitor.view = { ...monitor.view, range: {
    from: new Date(from).toISOString(), to: new Date(from + buckets * 1_000).toISOString() } };
  const groups = () => keys.map((key) => ({ key, name: key, perSecondUsd: usd(),
    perMinuteUsd: usd(), todayUsd: usd(), calls: 10, changePercent: 5 }));
  const totals = () => ({ perSecondUsd: usd(), usualPerSecondUsd: usd(), perMinuteUsd: usd(),
    todayUsd: usd(), monthUsd: "1", monthForecastUsd: "2" });
  let watermark = 1_000_000;
  const points = () => Array.from({ length: buckets }, (_, at) => [from / 1000 + at, usd()]);
  monitor.take({ type: "feed.snapshot", re: "", watermark: ++watermark, stepSeconds: 1,
    totals: totals(), running: { turns: 3, costUsd: "0.1", heldUsd: "1" },
    errors: { rate: 0.01, calls: 100 }, groups: groups(), groupCount: series, alerts: [],
    dearest: [], series: keys.map((key) => ({ key, points: points() })) });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const chart = find(document, "causerie-chart");
  const draws = []; const { plot } = chart; const draw = plot.draw.bind(plot);
  plot.draw = (picture) => {
    const began = performance.now();
    draw(picture);
    draws.push(performance.now() - began);
  };
  window.costs_begun = true;
  const began = performance.now();
  let updates = 0;
  while (updates < seconds * rate) {
    monitor.take({ type: "feed.update", watermark: ++watermark, totals: totals(), groups: groups(),
      series: keys.map((key) => ({ key, points: [[second() - 1, usd()], [second(), usd()]] })) });
    updates++;
    const next = began + (updates * 1_000) / rate;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
  draws.sort((a, b) => a - b);
  return { updates, draws: draws.length, median: draws[draws.length >> 1] ?? 0,
    p95: draws[Math.floor(draws.length * 0.95)] ?? 0 };
}"""


async def task_seconds(session: CDPSession, name: str = "TaskDuration") -> float:
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(each["value"] for each in metrics if each["name"] == name))


async def live_costs(page: Page, session: CDPSession, url: str, seconds: float) -> dict[str, Any]:
    """``page`` is an admin's; of ``session`` nothing has been measured yet. Counted is time on a
    core, not time that passed: another program that is busy, too, changes nothing."""
    await session.send("Performance.enable", {"timeDomain": "threadTicks"})
    await page.goto(url)
    await page.wait_for_selector("causerie-chart canvas")
    await asyncio.sleep(1)
    given = [seconds, SERIES, BUCKETS, UPDATES_PER_SECOND]
    running = asyncio.ensure_future(page.evaluate(FEED, given))
    await page.wait_for_function("() => window.costs_begun")
    busy, script = -await task_seconds(session), -await task_seconds(session, "ScriptDuration")
    told = await running
    busy += await task_seconds(session)
    script += await task_seconds(session, "ScriptDuration")
    return {
        "costs updates": told["updates"],
        "costs script ms an update": script * 1_000 / told["updates"],
        "costs drawings": told["draws"],
        "costs drawing median ms": told["median"],
        "costs drawing p95 ms": told["p95"],
        "costs main thread %": busy * 100 / (told["updates"] / UPDATES_PER_SECOND),
    }
