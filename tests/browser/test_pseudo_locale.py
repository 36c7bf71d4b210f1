"""A language that nobody speaks: every text longer, accented, in brackets, from right to left."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, Route, ViewportSize

from tests.browser.conftest import PHONE, VisitMaker, sign_in_link
from tests.browser.places import PLACES, go
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

LOCALES = Path(__file__).parents[2] / "static" / "locales"
DESK: ViewportSize = {"width": 1280, "height": 800}
ACCENTS = str.maketrans("aeiouAEIOUcn", "áéíóúÁÉÍÓÚçñ")
LONGER = 0.35
"""How much longer than English other languages are, at the outside."""

RIGHT_TO_LEFT = """new MutationObserver((_, observer) => {
  if (document.documentElement) {
    document.documentElement.dir = "rtl";
    observer.disconnect();
  }
}).observe(document, {childList: true});"""

CUT = """() => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll("button, a, h1, h2, label, th, dt")) {
      const isSeen = element.checkVisibility({visibilityProperty: true});
      if (!isSeen || element.matches(".unseen")) continue;
      const {overflowX, textOverflow} = getComputedStyle(element);
      const isCut = overflowX !== "visible" && textOverflow !== "ellipsis"
        && element.clientWidth > 1 && element.scrollWidth > element.clientWidth + 1;
      if (isCut) found.push(element.textContent.trim());
    }
    for (const {shadowRoot} of root.querySelectorAll("*")) if (shadowRoot) walk(shadowRoot);
  };
  walk(document);
  return found;
}"""

FOREIGN = """() => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll("h1, h2, h3, label, legend, button, th, dt")) {
      const text = element.textContent.trim();
      const isOurs = !element.closest("[dir=auto], bdi") && /[A-Za-z]{4}/.test(text);
      if (isOurs && element.checkVisibility() && !text.includes("⟦")) found.push(text);
    }
    for (const {shadowRoot} of root.querySelectorAll("*")) if (shadowRoot) walk(shadowRoot);
  };
  walk(document);
  return found;
}"""


NAMES = {"Instagram", "TikTok", "X (Twitter)", "OnlyFans", "Facebook", "Demo (no real model)"}
NAMES |= {"English", "Français", "Español", "Deutsch"}
"""The same in every language."""


def pseudo(text: str) -> str:
    parts = re.split(r"(\{\w+\})", text)
    accented = "".join(part if part.startswith("{") else part.translate(ACCENTS) for part in parts)
    longer = (" ~~~~" * len(text))[: int(len(text) * LONGER)]
    return f"⟦{accented}{longer}⟧"


def table() -> dict[str, Any]:
    """Each English text as the pseudo-language has it, in French plural forms."""
    texts: dict[str, Any] = {}
    for file in LOCALES.glob("en*.json"):
        for key, text in json.loads(file.read_text("utf-8")).items():
            texts[key] = (
                pseudo(text)
                if isinstance(text, str)
                else {form: pseudo(text["other"]) for form in ("one", "many", "other")}
            )
    return texts


async def fits(page: Page) -> bool:
    overflow: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return overflow <= 0


async def test_every_page_has_room_for_it(visit: VisitMaker, live_server: LiveServer) -> None:
    one = await visit("/sign-in", role=None, locale="fr-FR", reduced_motion="reduce")
    source = f"export default {json.dumps(table())}"

    async def speak(route: Route) -> None:
        await route.fulfill(body=source, content_type="text/javascript")

    await one.page.context.route(re.compile(r"/assets/fr-[\w-]+\.js"), speak)
    await one.page.add_init_script(RIGHT_TO_LEFT)
    await one.page.goto("about:blank")  # else the fragment alone would change
    await one.page.goto(await sign_in_link(live_server, "admin"))
    await one.page.wait_for_url(one.origin + "/")
    one.refusals.add(404)
    for path in PLACES:
        await one.page.set_viewport_size(DESK)
        await go(one, path)
        assert "⟦" in await one.page.title(), path
        assert set(await one.page.evaluate(FOREIGN)) <= NAMES, path
        for size in (DESK, PHONE):
            await one.page.set_viewport_size(size)
            assert await fits(one.page), f"{path} is wider than {size['width']}"
            assert await one.page.evaluate(CUT) == [], path
        await one.shot(f"pseudo{path.replace('/', '-')}")
