"""What long answers and many turns cost the page that shows them: for ``pages.py``."""

from playwright.async_api import CDPSession, Page

WORDS = 5_000
TURNS = 1_000

# Forms of a long answer: a list or a table is one block however long it grows.
FORMS = {
    "blocks": "Some **words** in a paragraph, with `code`, of a dozen or so words in all.\n\n",
    "one list": "- Some **words** in an item, with `code`, of a dozen or so words in all.\n",
    "one table": "| Some **words** | in a row, with `code`, | of a dozen or so in all. |\n",
}

# What the script of each flush takes: the answer's own stream is asked, past frames it waits for.
FLUSHES = """async (text) => {
  const { client } = document.querySelector("causerie-app");
  const conversationId = location.pathname.split("/").at(-1);
  const turnId = crypto.randomUUID(), messageId = crypto.randomUUID();
  const userMessageId = window.rows().at(-1).entry.id;
  let seq = 1;
  client.receive({ type: "turn.started", turnId, seq, conversationId, userMessageId, messageId,
    agent: "assistant", provider: "demo", model: "demo/causerie-demo",
    held: { credits: "1", usd: "0.01" } });
  const next = () => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve)));
  await next();
  const row = window.rows().find(({ entry }) => entry.turnId === turnId);
  const took = [];
  for (let at = 0; at < text.length; at += 24) {
    client.receive({ type: "turn.delta", turnId, seq: ++seq, text: text.slice(at, at + 24) });
    const began = performance.now();
    row.live.flush();
    took.push(performance.now() - began);
    if (at % 240 === 0) await next();
  }
  client.receive({ type: "turn.cancelled", turnId, seq: ++seq, messageId, balance: {}, quota: {},
    receipt: { held: "1", charged: "0", chargedUsd: "0", released: "1", calls: [] } });
  await next();
  return took;
}"""

# Turns as they come over the socket, of other conversations: what is kept of them must not grow.
MANY = """async (count) => {
  const { client } = document.querySelector("causerie-app");
  const text = "Words of an answer. ".repeat(100);
  for (let index = 0; index < count; index++) {
    const turnId = crypto.randomUUID(), messageId = crypto.randomUUID();
    const conversationId = crypto.randomUUID(), userMessageId = crypto.randomUUID();
    client.receive({ type: "turn.started", turnId, seq: 1, conversationId, userMessageId, messageId,
      agent: "assistant", provider: "demo", model: "demo/causerie-demo",
      held: { credits: "1", usd: "0.01" } });
    client.receive({ type: "turn.delta", turnId, seq: 2, text });
    client.receive({ type: "turn.completed", turnId, seq: 3, messageId, finishReason: "stop",
      balance: {}, quota: {},
      receipt: { held: "1", charged: "1", chargedUsd: "0", released: "0", calls: [] } });
    if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
}"""


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


async def flushes(page: Page) -> dict[str, float]:
    """The script of one flush, over answers of so many words in each form."""
    figures: dict[str, float] = {}
    for name, piece in FORMS.items():
        text = piece * (WORDS // len(piece.split()))
        if name == "one table":
            text = "| a | b | c |\n|---|---|---|\n" + text
        took = await page.evaluate(FLUSHES, text)
        figures[f"flush mean ms, {name}"] = sum(took) / len(took)
        figures[f"flush p95 ms, {name}"] = percentile(took, 0.95)
    return figures


async def heap_growth_mb(page: Page, session: CDPSession) -> float:
    """What so many turns leave in one tab, after collection."""

    async def heap() -> float:
        await session.send("HeapProfiler.collectGarbage")
        return float((await session.send("Runtime.getHeapUsage"))["usedSize"])

    await page.evaluate(MANY, TURNS // 10)
    before = await heap()
    await page.evaluate(MANY, TURNS)
    return (await heap() - before) / 1e6
