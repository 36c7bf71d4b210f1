"""What holds of every page alike: accessible in both themes, wide and narrow, nothing cut off."""

import pytest
from playwright.async_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, Scheme, Visit, VisitMaker
from tests.browser.places import PLACES, go
from tests.browser.test_pages import check

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

DESK: ViewportSize = {"width": 1280, "height": 800}
TABLET: ViewportSize = {"width": 1024, "height": 768}
SMALLEST: ViewportSize = {"width": 320, "height": 640}
"""A window of 1,280 pixels at 400 % (WCAG 1.4.10)."""

HEADINGS = """() => {
  const count = (root) => [...root.querySelectorAll("*")].reduce(
    (sum, element) => sum + (element.matches("h1") ? 1 : 0)
      + (element.shadowRoot ? count(element.shadowRoot) : 0), 0);
  return count(document);
}"""

SMALL = """() => {
  const found = [];
  const walk = (root) => {
    for (const element of root.querySelectorAll("*")) {
      const {width, height} = element.getBoundingClientRect();
      const isSeen = width > 1 && element.checkVisibility({visibilityProperty: true});
      const isControl = element.matches("button, select, textarea, input")
        && !element.closest("label");
      if (isSeen && isControl && (width < 24 || height < 24)) {
        found.push(`${element.textContent.trim() || element.ariaLabel} ${width}x${height}`);
      }
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return found;
}"""
"""Controls below the size that a finger or a shaking hand needs (WCAG 2.5.8)."""


async def fits(page: Page) -> bool:
    overflow: int = await page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return overflow <= 0


async def looks(one: Visit, size: ViewportSize, scheme: Scheme) -> None:
    await one.page.set_viewport_size(size)
    await one.page.emulate_media(color_scheme=scheme)
    await one.page.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


async def test_each_is_accessible_and_fits(visit: VisitMaker) -> None:
    one = await visit(role="admin", size=DESK, reduced_motion="reduce")
    one.refusals.add(404)
    titles: dict[str, str] = {}
    for path in PLACES:
        await go(one, path)
        await looks(one, DESK, "light")
        assert await one.page.evaluate(HEADINGS) == 1, path
        titles[path] = await one.page.title()
        await check(one)
        assert await one.page.evaluate(SMALL) == [], path
        await looks(one, PHONE, "dark")
        await check(one)
        for size in (TABLET, SMALLEST):
            await looks(one, size, "light")
            assert await fits(one.page), f"{path} is wider than {size['width']}"
    assert len(set(titles.values())) == len(titles)


FOCUSED = """() => {
  let focused = document.activeElement;
  while (focused.shadowRoot?.activeElement) focused = focused.shadowRoot.activeElement;
  const {outlineStyle, outlineWidth} = getComputedStyle(focused);
  return [focused.localName, outlineStyle, outlineWidth];
}"""


async def test_forced_colours_keep_the_focus_visible(visit: VisitMaker) -> None:
    one = await visit("/settings", role="admin", size=DESK, forced_colors="active")
    for path in ("/settings", "/chat", "/usage", "/creator/captions"):
        await go(one, path)
        for _ in range(30):
            await one.page.keyboard.press("Tab")
            name, style, width = await one.page.evaluate(FOCUSED)
            assert name == "body" or (style != "none" and width != "0px"), (path, name)


GROUND = "(element) => getComputedStyle(element).backgroundColor"


async def test_forced_colours_show_what_is_chosen(visit: VisitMaker) -> None:
    one = await visit("/usage", size=DESK, forced_colors="active")
    pages = one.page.get_by_role("navigation", name="Pages")
    for chosen, other in (
        (
            one.page.get_by_role("radio", name="30 days"),
            one.page.get_by_role("radio", name="7 days"),
        ),
        (pages.get_by_role("link", name="Usage"), pages.get_by_role("link", name="Presets")),
    ):
        assert await chosen.evaluate(GROUND) != await other.evaluate(GROUND)


async def test_whoever_wants_no_motion_gets_none(visit: VisitMaker) -> None:
    one = await visit("/chat", size=DESK, reduced_motion="reduce")
    await one.chat.say("Slowly [demo: slow]")
    await one.chat.writing(5)
    moving = await one.page.evaluate(
        """() => {
          const found = [];
          const walk = (root) => {
            for (const element of root.querySelectorAll("*")) {
              found.push(...element.getAnimations().map(({animationName}) => animationName));
              if (element.shadowRoot) walk(element.shadowRoot);
            }
          };
          walk(document);
          return found;
        }"""
    )
    assert moving == []
    await one.chat.stop.click()
    await expect(one.chat.notices.first).to_be_visible()


async def test_the_keyboard_reaches_every_place(visit: VisitMaker) -> None:
    """From the dashboard through the places at the side, and past them by the first stop."""
    one = await visit("/", role="admin", size=DESK)
    await one.page.keyboard.press("Tab")
    await expect(one.page.get_by_role("link", name="Skip to content")).to_be_focused()
    await one.page.keyboard.press("Enter")
    await expect(one.page.get_by_role("main")).to_be_focused()
    places = one.page.get_by_role("navigation", name="Pages").get_by_role("link")
    await places.first.focus()
    for index in range(await places.count()):
        await expect(places.nth(index)).to_be_focused()
        await one.page.keyboard.press("Tab")
    last = places.last
    await last.focus()
    await one.page.keyboard.press("Enter")
    await one.page.wait_for_url("**/admin/audit")
    await expect(last).to_have_attribute("aria-current", "page")
