"""What the pages cost a browser: `make bench-pages` opens 10,000 messages, scrolls, streams, draws,
and comes for the first time over a slow line.

Figures of one machine, to be read beside the budgets of the pages; nothing here passes or fails.
"""

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import click
from playwright.async_api import BrowserContext, CDPSession, Page, async_playwright

from tests.benchmarks.answers import flushes, heap_growth_mb, percentile
from tests.benchmarks.firstload import first_load
from tests.benchmarks.livecosts import live_costs, task_seconds
from tests.browser.chromium import FLAGS, chromium
from tests.browser.conftest import WIDE, sign_in_link
from tests.browser.seeds import fill
from tests.browser.test_thread import THREAD
from tests.support.server import LiveServer

MESSAGES = 10_000
TOKENS_PER_SECOND = 200
WHEEL_STEPS = 120

WATCH = """() => {
  window.frames_ms = []; window.long_ms = []; window.key_ms = [];
  let last = performance.now();
  const frame = (now) => {
    window.frames_ms.push(now - last); last = now;
    if (window.watching) requestAnimationFrame(frame);
  };
  window.watching = true;
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.long_ms.push(duration);
  }).observe({ type: "longtask" });
  new PerformanceObserver((list) => {
    for (const { duration, name } of list.getEntries()) {
      if (name === "keydown") window.key_ms.push(duration);
    }
  }).observe({ type: "event", durationThreshold: 16 });
}"""

STREAM = """async ([seconds, rate]) => {
  const { client } = document.querySelector("causerie-app");
  const conversationId = location.pathname.split("/").at(-1);
  const turnId = crypto.randomUUID(), messageId = crypto.randomUUID();
  const userMessageId = window.rows().at(-1).entry.id;
  let seq = 1;
  client.receive({ type: "turn.started", turnId, seq, conversationId, userMessageId, messageId,
    agent: "assistant", provider: "demo", model: "demo/causerie-demo",
    held: { credits: "1", usd: "0.01" } });
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < seconds * 1000) {
    const due = Math.floor(((performance.now() - began) * rate) / 1000);
    for (; sent < due; sent++) {
      const text = sent % 60 === 59 ? ".\\n\\n" : sent % 17 === 0 ? "**word** " : "word ";
      client.receive({ type: "turn.delta", turnId, seq: ++seq, text });
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { tokens: sent, words: sent };
}"""


async def sign_in(
    server: LiveServer, context: BrowserContext, role: Literal["user", "admin"]
) -> None:
    secret = (await sign_in_link(server, role)).partition("#")[2]
    await context.request.post(
        server.url + "/api/auth/sign-in", data={"link": secret}, headers={"origin": server.url}
    )


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[tuple[LiveServer, Page, str]]:
    """A signed-in page of a server of its own, and the address of ten thousand messages."""
    server = LiveServer(folder)
    await server.start()
    try:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=chromium(playwright), args=FLAGS
            )
            context = await browser.new_context(viewport=WIDE)
            await sign_in(server, context, "user")
            made = await context.request.post(
                server.url + "/api/conversations", data={}, headers={"origin": server.url}
            )
            conversation = str((await made.json())["data"]["id"])
            await fill(server, conversation, MESSAGES)
            page = await context.new_page()
            await page.add_init_script(THREAD)
            yield server, page, f"{server.url}/chat/{conversation}"
            await browser.close()
    finally:
        await server.stop()


async def open_ms(page: Page, url: str) -> float:
    """From the answer of the server to the messages being there."""
    await page.add_init_script(
        """const waiting = setInterval(() => {
             if (!document.body || !window.thread?.()?.shadowRoot || !window.rows().length) return;
             clearInterval(waiting);
             requestAnimationFrame(() => (window.opened_ms = performance.now()));
           }, 4);"""
    )
    for _ in range(2):  # the second time everything but the data is in the cache
        await page.goto(url)
        await page.wait_for_selector("causerie-message")
        await asyncio.sleep(1)
    found: float = await page.evaluate(
        """() => {
             const data = performance.getEntriesByType("resource")
               .find(({name}) => /conversations\\/[0-9a-f-]{36}\\?/.test(name));
             return window.opened_ms - data.responseEnd;
           }"""
    )
    return found


async def wheel(page: Page) -> dict[str, float]:
    await page.evaluate(WATCH)
    await page.mouse.move(800, 400)
    for _ in range(WHEEL_STEPS):
        await page.mouse.wheel(0, -400)
        await page.evaluate("new Promise(requestAnimationFrame)")
    frames = await _stop(page)
    return {"wheel frame p95 ms": percentile(frames, 0.95), "wheel frame max ms": max(frames)}


async def _stop(page: Page) -> list[float]:
    frames: list[float] = await page.evaluate(
        "() => { window.watching = false; return window.frames_ms; }"
    )
    return frames[1:]


async def stream(page: Page, session: CDPSession, seconds: float) -> dict[str, Any]:
    """Twice: alone, for what it costs; then with somebody typing and every frame counted, for how
    it feels. Asking for each frame makes the browser draw sixty a second that nobody needs."""
    await page.evaluate("window.thread().thread.toEnd()")
    await page.evaluate("window.still()")
    await page.get_by_role("textbox", name="Message").focus()
    before = await task_seconds(session)
    told = await page.evaluate(STREAM, [seconds, TOKENS_PER_SECOND])
    busy = await task_seconds(session) - before
    await page.evaluate(WATCH)
    running = asyncio.ensure_future(page.evaluate(STREAM, [seconds, TOKENS_PER_SECOND]))
    for _ in range(int(seconds * 2)):
        await page.keyboard.press("x")
        await asyncio.sleep(0.5)
    await running
    watched = await task_seconds(session) - before - busy
    frames = await _stop(page)
    return {
        "tokens": told["tokens"],
        "main thread %": busy / seconds * 100,
        "main thread, watched %": watched / seconds * 100,
        "frame p95 ms": percentile(frames, 0.95),
        "longest task ms": max(await page.evaluate("window.long_ms"), default=0),
        "key to paint p95 ms": percentile(await page.evaluate("window.key_ms"), 0.95),
    }


async def paste_ms(page: Page) -> float:
    """Until the box answers, 400,000 characters after they were put in."""
    found: float = await page.evaluate(
        """async () => {
             const find = (root) => root.querySelector("textarea") ??
               [...root.querySelectorAll("*")].reduce((found, each) =>
                 found ?? (each.shadowRoot && find(each.shadowRoot)), null);
             const box = find(document);
             const data = new DataTransfer();
             data.setData("text/plain", "words and words ".repeat(25_000));
             const began = performance.now();
             box.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true,
               cancelable: true, composed: true}));
             await new Promise(requestAnimationFrame);
             await new Promise((resolve) => setTimeout(resolve));
             return performance.now() - began;
           }"""
    )
    return found


async def of_an_admin(
    server: LiveServer, context: BrowserContext, seconds: float
) -> dict[str, Any]:
    await sign_in(server, context, "admin")
    page = await context.new_page()
    session = await context.new_cdp_session(page)
    figures = await live_costs(page, session, server.url + "/admin/costs", seconds)
    await page.close()
    return figures | await first_load(context, server.url)


async def measure(seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        async with opened(Path(folder)) as (server, page, url):
            session = await page.context.new_cdp_session(page)
            # Time on a core, not time that passed: what else is busy changes nothing.
            await session.send("Performance.enable", {"timeDomain": "threadTicks"})
            figures: dict[str, Any] = {"open after data ms": await open_ms(page, url)}
            await page.evaluate("window.still()")
            figures |= await wheel(page)
            figures["messages mounted"] = await page.evaluate("window.rows().length")
            figures["nodes mounted"] = await page.evaluate("window.nodes()")
            figures |= await stream(page, session, seconds)
            figures["paste ms"] = await paste_ms(page)
            figures |= await flushes(page)
            figures["heap growth MB"] = await heap_growth_mb(page, session)
            context = page.context
            await page.close()
            return figures | await of_an_admin(server, context, seconds / 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    figures = asyncio.run(measure(parser.parse_args().seconds))
    for name, value in figures.items():
        digits = 1 if abs(value) >= 1 else 4
        shown = f"{value:,.{digits}f}" if isinstance(value, float) else f"{value:,}"
        click.echo(f"{name:24} {shown}")
    click.echo(json.dumps(figures))


if __name__ == "__main__":
    main()
