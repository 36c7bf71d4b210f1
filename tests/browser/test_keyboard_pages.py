"""Signing in, writing, the creator's tools and what is kept, by keys alone."""

import pytest
from playwright.async_api import Locator, expect

from tests.browser.conftest import Visit, VisitMaker
from tests.browser.hands import Hands
from tests.browser.people import PASSWORD, sign_up
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ASKED_MS = 30_000


async def start(one: Visit, path: str) -> Hands:
    """At the top of that page, as whoever comes by its address."""
    await one.page.goto(one.origin + path)
    await one.page.wait_for_selector("h1")
    await one.page.wait_for_load_state("networkidle")
    hands = Hands(one.page)
    await hands.press("Tab")
    await hands.on("Skip to content")
    await hands.press("Enter")
    return hands


async def shown(found: Locator) -> None:
    await expect(found.first).to_be_visible(timeout=ASKED_MS)


async def test_signing_in_and_out(visit: VisitMaker, live_server: LiveServer) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    hands = await start(one, "/usage")
    await hands.to("Account", back=True)
    await hands.press("Enter", "End", "Enter")
    await one.page.wait_for_url("**/sign-in")
    await hands.on("E-mail")
    await one.page.keyboard.type(email)
    await hands.choose("Sign in")
    await hands.on("Password")
    await one.page.keyboard.type("not that")
    await hands.press("Enter")
    await shown(one.page.locator("causerie-sign-in .problem"))
    await hands.on("Password")
    await hands.write(PASSWORD)
    await hands.press("Enter")
    await one.page.wait_for_url(one.origin + "/")
    await hands.on("Dashboard")
    await hands.choose("New chat")
    await hands.on("Message")


async def test_a_text_is_written_copied_and_stepped_through(visit: VisitMaker) -> None:
    one = await visit("/write")
    page, hands = one.page, await start(one, "/write")
    rows = page.locator("causerie-made .row")
    for count in (1, 2):
        await hands.to("Prompt")
        await hands.write(f"Say hello {count} [demo: fast]")
        await hands.choose("Write")
        await expect(rows).to_have_count(count)
        await hands.on("Write")
        await hands.to("Prompt", back=True)
        await hands.press("Shift+Tab")
    await hands.choose("Previous version")
    await hands.on("Previous version")
    await hands.choose("Next version")
    await hands.on("Next version")
    await hands.choose("Copy")
    assert "demo model" in await page.evaluate("navigator.clipboard.readText()")
    await hands.choose("Delete: Say hello 2")
    await expect(rows).to_have_count(1)
    await hands.on("Open")
    await hands.press("F6")
    await hands.on("Undo")
    await hands.press("Enter")
    await expect(rows).to_have_count(2)


@pytest.mark.parametrize(
    ("path", "fields", "ask", "part"),
    [
        ("fans", ("Fan", "What the fan wrote"), "Write a reply", "Copy: Reply"),
        ("captions", ("What is seen",), "Write captions", "Copy: Caption"),
        ("sales", ("Your message so far", "Fan"), "Improve the message", "Copy: Message"),
    ],
)
async def test_a_tool_is_asked_and_its_answer_taken(
    visit: VisitMaker, path: str, fields: tuple[str, ...], ask: str, part: str
) -> None:
    one = await visit(f"/creator/{path}")
    page, hands = one.page, await start(one, f"/creator/{path}")
    # What is missing is gone to.
    await hands.choose(ask)
    for field in fields:
        await hands.on(field)
        await hands.write("The harbour at dawn [demo: fast]")
        if field != fields[-1]:
            await hands.press("Tab")
    await hands.choose(ask)
    await shown(page.get_by_role("button", name="Not helpful"))
    await hands.on(ask)
    await hands.choose(part)
    assert await page.evaluate("navigator.clipboard.readText()")
    await hands.choose("Edit first")
    await hands.on("Your version")
    await hands.write("Mine")
    await hands.choose("Accept this version")
    await shown(page.get_by_text("Noted as helpful"))
    await hands.somewhere()


async def test_insights_are_asked_judged_and_forgotten(visit: VisitMaker) -> None:
    one = await visit("/creator/insights")
    page, hands = one.page, await start(one, "/creator/insights")
    await hands.choose("Try an example")
    await shown(page.locator("causerie-result-card").get_by_role("button", name="Helpful"))
    await hands.somewhere()
    await hands.choose("Helpful")
    await shown(page.get_by_text("Noted as helpful"))
    await hands.somewhere()
    learned = page.locator("causerie-learned .row")
    await page.reload()
    await shown(learned)
    known = await learned.count()
    hands = await start(one, "/creator/insights")
    await hands.choose("Forget")
    await expect(learned).to_have_count(known - 1)
    await hands.somewhere()


async def test_presets_are_made_changed_and_deleted(visit: VisitMaker) -> None:
    one = await visit("/presets")
    page, hands = one.page, await start(one, "/presets")
    for name in ("Alpha", "Beta"):
        await hands.choose("New preset")
        await hands.on("Name")
        await hands.write(name)
        await hands.press("Enter")
        await shown(page.get_by_role("button", name=f"Edit {name}"))
        await hands.on("New preset")
        await hands.press("Shift+Tab")
    await hands.choose("Edit Alpha")
    await hands.on("Name")
    await hands.choose("Cancel")
    await hands.on("Edit Alpha")
    await hands.choose("Delete Alpha")
    await hands.on("Delete Beta")
    await hands.press("F6")
    await hands.on("Undo")
    await hands.press("Enter")
    await shown(page.get_by_role("button", name="Edit Alpha"))
    await hands.on("Delete Beta")


async def test_usage_is_narrowed_and_taken_along(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Say hello [demo: fast]")
    page, hands = one.page, await start(one, "/usage")
    await hands.choose("30 days", "ArrowRight")
    await hands.on("This month")
    await hands.choose("Model", "ArrowLeft")
    await hands.on("Agent")
    await hands.choose("Show as table")
    await hands.on("Show as chart")
    for link in ("Sums as CSV", "Calls as CSV", "CSV"):
        await hands.to(link)
        async with page.expect_download():
            await hands.press("Enter")
        await hands.on(link)
    await hands.choose("Show", "ArrowDown")
    await hands.on("Show")
