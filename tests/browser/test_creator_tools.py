"""The creator's tools: typed answers as cards that fill, accepted, tested, learned from."""

import json

import pytest
from playwright.async_api import Route, expect

from tests.browser.chat import ANSWER_MS
from tests.browser.conftest import PHONE, VisitMaker
from tests.browser.test_pages import check, inspect
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_fan_is_answered(visit: VisitMaker) -> None:
    one = await visit("/creator/fans")
    one.refusals.add(400)
    page = one.page
    await page.evaluate(
        "addEventListener('causerie-accepted', (event) => { window.accepted = event.detail })"
    )
    await expect(page.get_by_text("What you ask for is kept here")).to_be_visible()
    await page.get_by_role("textbox", name="Fan", exact=True).fill("luc-17")
    said = page.get_by_role("textbox", name="What the fan wrote")
    await said.fill("I love your beach photos! Is there more of this? [demo: fast]")
    await page.get_by_text("About this fan").click()
    await page.get_by_role("textbox", name="Last order").fill("yesterday")
    await page.get_by_role("button", name="Write a reply").click()
    last = page.get_by_role("textbox", name="Last order")
    await expect(last).to_be_focused()
    await expect(page.get_by_text("Not sent.")).to_be_visible()
    await last.fill("2026-11-02")
    await page.get_by_role("button", name="Write a reply").click()
    await expect(page.get_by_role("heading", name="What you could offer")).to_be_visible()
    await expect(page.get_by_text("Fairly sure")).to_be_visible()
    await expect(page.get_by_text("Sales answered")).to_be_visible()
    await inspect(one, "fans")
    await page.get_by_role("button", name="Copy: Reply").click()
    await expect(page.get_by_text("Copied").first).to_be_visible()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert "Thank you" in copied
    await page.get_by_role("button", name="Edit first").click()
    await page.get_by_role("textbox", name="Your version").fill("Yes, there is more!")
    await page.get_by_role("button", name="Accept this version").click()
    await expect(page.get_by_text("Noted as helpful")).to_be_visible()
    accepted = await page.evaluate("window.accepted")
    assert (accepted["text"], accepted["edited"]) == ("Yes, there is more!", True)

    await page.get_by_role("radio", name="Several short replies").click()
    await page.get_by_role("button", name="Suggest replies").click()
    await page.get_by_role("button", name="Use this one").first.click()
    await expect(page.get_by_text("Noted as helpful")).to_be_visible()

    await page.get_by_role("radio", name="One reply with offers").click()
    await said.fill("Something breaks [demo: fail]")
    await page.get_by_role("button", name="Write a reply").click()
    await expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()


async def test_captions_for_several_platforms(visit: VisitMaker) -> None:
    one = await visit("/creator/captions", size=PHONE, scheme="dark")
    page = one.page
    await page.get_by_role("button", name="X (Twitter)").click()
    await page.get_by_role("textbox", name="What is seen").fill("A harbour at dawn [demo: fast]")
    await page.get_by_role("button", name="Write captions").click()
    await expect(page.get_by_role("heading", name="X (Twitter)")).to_be_visible()
    await expect(page.get_by_text("of 280 characters")).to_be_visible()
    await expect(page.get_by_role("heading", name="Hashtags")).to_have_count(2)
    await expect(page.locator("causerie-made .row")).to_have_count(2)
    await check(one)
    await page.get_by_role("button", name="Not helpful").first.click()
    await expect(page.get_by_text("Noted as not helpful")).to_be_visible()


async def test_a_sales_message_is_tested_with_fans(visit: VisitMaker) -> None:
    one = await visit("/creator/sales")
    page = one.page
    await page.get_by_role("textbox", name="Your message so far").fill("New set! [demo: fast]")
    await page.get_by_role("textbox", name="Fan", exact=True).fill("luc-17")
    await page.get_by_role("textbox", name="Price").fill("25")
    await page.get_by_role("button", name="Improve the message").click()
    await expect(page.get_by_text("$25.00").first).to_be_visible()
    await page.get_by_role("button", name="Test these against each other").click()
    await page.get_by_role("textbox", name="Name of the test").fill("New set")
    await page.get_by_role("button", name="Start the test").click()
    test = page.locator("causerie-experiment")
    await expect(test.get_by_text("Nothing is proven yet.")).to_be_visible()
    await test.get_by_text("Assign, report, end").click()
    await test.get_by_role("textbox", name="Fan").fill("fan-3")
    await test.get_by_role("button", name="Which message?").click()
    await expect(test.locator(".gets")).to_be_visible()
    await test.get_by_role("textbox", name="Paid").fill("25")
    await test.get_by_role("button", name="Report").click()
    await expect(test.get_by_text("100%").first).to_be_visible()
    await inspect(one, "sales")
    await test.get_by_role("combobox", name="Winner").select_option("b")
    await test.get_by_role("button", name="End the test").click()
    await expect(test.get_by_text("Message B won.")).to_be_visible()


async def test_figures_are_explained_and_the_team_learns(visit: VisitMaker) -> None:
    one = await visit("/creator/insights")
    page = one.page
    await expect(page.get_by_text("Your application has told nothing")).to_be_visible()
    await page.get_by_role("button", name="Try an example").click()
    card = page.locator("causerie-result-card")
    await expect(card.get_by_role("button", name="Helpful", exact=True)).to_be_visible(
        timeout=30_000
    )
    await expect(card.get_by_text("high impact").first).to_be_visible()
    await page.get_by_role("radio", name="Every week").click()
    await expect(page.get_by_text("The next one comes")).to_be_visible()

    await page.reload()
    await expect(card.get_by_role("heading", name="What stands out")).to_be_visible()
    await expect(page.get_by_text("Shown is the last analysis")).to_be_visible()
    learned = page.locator("causerie-learned .row")
    await expect(learned.first).to_be_visible()
    await inspect(one, "insights")
    known = await learned.count()
    await learned.first.get_by_role("button", name="Helpful", exact=True).click()
    await expect(learned.first.get_by_text("helped 1 time")).to_be_visible()
    await learned.first.get_by_role("button", name="Forget").click()
    await expect(learned).to_have_count(known - 1)
    await page.get_by_role("button", name="Undo").click()
    await expect(learned).to_have_count(known)
    # Whoever closes the page before it could no longer be taken back has forgotten it, too.
    await learned.first.get_by_role("button", name="Forget").click()
    await page.goto(f"{one.origin}/settings")

    async def is_forgotten() -> bool:
        return len((await one.chat.api("/api/insights"))["items"]) == known - 1

    await eventually(is_forgotten)


async def test_what_is_refused_or_out_of_reach_is_said(visit: VisitMaker) -> None:
    one = await visit("/creator/captions")
    one.refusals.add(429)
    page = one.page
    seen = page.get_by_role("textbox", name="What is seen")
    await seen.fill("A harbour [demo: fast]")
    write = page.get_by_role("button", name="Write captions")
    answer = page.get_by_role("region", name="Answer")

    scripts = "**/assets/result-card*"
    await page.route(scripts, lambda route: route.abort())
    await write.click()
    await expect(answer.get_by_text("The server could not be reached.")).to_be_visible()
    await page.unroute(scripts)
    one.trouble.clear()  # the browser has told of the script that did not come
    await answer.get_by_role("button", name="Try again").click()
    await expect(answer.get_by_role("heading", name="Hashtags")).to_be_visible()

    async def refuse(route: Route) -> None:
        error = {
            "code": "rate_limited",
            "message": "Too many requests.",
            "retryable": True,
            "retryAfter": 3,
            "metadata": {},
        }
        body = {"success": False, "error": error, "meta": {}}
        await route.fulfill(status=429, json=body, headers={"Retry-After": "3"})

    await page.route("**/api/ai/generate-caption", refuse, times=1)
    await write.click()
    await expect(answer.get_by_text("Sends itself in")).to_be_visible()
    await expect(answer.get_by_role("heading", name="Hashtags")).to_be_visible()


async def test_one_of_several_is_asked_again_and_the_others_are_kept(visit: VisitMaker) -> None:
    one = await visit("/creator/captions")
    one.refusals.add(429)
    page = one.page
    asked: list[str] = []

    async def refuse(route: Route) -> None:
        asked.append(json.loads(route.request.post_data or "{}")["platform"])
        if asked[-1] != "twitter" or asked.count("twitter") > 1:
            await route.continue_()
            return
        error = {
            "code": "too_many_turns",
            "message": "Wait.",
            "retryable": True,
            "metadata": {},
        }
        body = {"success": False, "error": error, "meta": {}}
        await route.fulfill(status=429, json=body, headers={"Retry-After": "1"})

    await page.route("**/api/ai/generate-caption", refuse)
    await page.get_by_role("button", name="X (Twitter)").click()
    await page.get_by_role("textbox", name="What is seen").fill("A harbour [demo: fast]")
    await page.get_by_role("button", name="Write captions").click()
    hashtags = page.get_by_role("heading", name="Hashtags")
    await expect(hashtags).to_have_count(2, timeout=ANSWER_MS)
    await expect(page.locator("causerie-made .row")).to_have_count(2)
    assert sorted(asked) == ["instagram", "twitter", "twitter"]


async def test_numbers_that_are_none_are_not_left_out(visit: VisitMaker) -> None:
    one = await visit("/write")
    page = one.page
    await page.get_by_role("textbox", name="Prompt").fill("A line [demo: fast]")
    await page.get_by_text("Instructions and parameters").click()
    temperature = page.get_by_role("textbox", name="Temperature")
    await temperature.fill("9")
    await page.get_by_role("button", name="Write", exact=True).click()
    await expect(page.get_by_text("Write a number from 0 to 2.")).to_be_visible()
    await expect(temperature).to_be_focused()
    await temperature.fill("0,5")
    await page.get_by_role("button", name="Write", exact=True).click()
    await expect(page.locator("causerie-written").get_by_text("demo model")).to_be_visible()
