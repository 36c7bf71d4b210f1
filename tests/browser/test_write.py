"""Writing: the text as it comes, versions kept, compared, taken along, and left while it runs."""

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.browser.conftest import PHONE, VisitMaker
from tests.browser.test_pages import check, inspect

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TABLE = "Compare the plans in a table [demo: fast]"


async def test_a_text_is_written_and_every_version_kept(visit: VisitMaker) -> None:
    one = await visit("/write")
    page = one.page
    prompt = page.get_by_role("textbox", name="Prompt")
    write = page.get_by_role("button", name="Write", exact=True)
    await write.click()
    await expect(page.get_by_text("Fill in this field.")).to_be_visible()
    await prompt.fill(TABLE)
    await expect(page.get_by_text("at most $")).to_be_visible()
    await page.reload()
    await expect(prompt).to_have_value(TABLE)

    await write.click()
    await expect(page.locator(".md table")).to_be_visible()
    rows = page.locator("causerie-made .row")
    await expect(rows).to_have_count(1)
    await page.get_by_text("Instructions and parameters").click()
    await page.get_by_role("textbox", name="Temperature").fill("0,3")
    await prompt.fill("Show a python function [demo: fast]")
    await prompt.press("Control+Enter")
    await expect(page.locator(".md figure.code")).to_be_visible()
    await expect(rows).to_have_count(2)

    await page.get_by_role("button", name="Previous version").click()
    await expect(page.locator(".md table")).to_be_visible()
    await page.get_by_role("button", name="Next version").click()
    await expect(page.get_by_text("temperature 0.3")).to_be_visible()
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Download as Markdown").click()
    assert (await download.value).suggested_filename == "show-a-python-function-demo-fast.md"
    await rows.last.get_by_role("button", name="Compare", exact=True).click()
    await expect(page.locator("causerie-written")).to_have_count(2)
    await inspect(one, "write-compare")
    await rows.last.get_by_role("button", name="Use again").click()
    await expect(prompt).to_have_value(TABLE)

    await rows.last.get_by_role("button", name="Delete").click()
    await expect(rows).to_have_count(1)
    await page.get_by_role("button", name="Undo").click()
    await expect(rows).to_have_count(2)


async def test_it_is_stopped_and_it_goes_on_without_the_page(visit: VisitMaker) -> None:
    one = await visit("/write", size=PHONE, scheme="dark")
    page = one.page
    prompt = page.get_by_role("textbox", name="Prompt")
    write = page.get_by_role("button", name="Write", exact=True)
    await prompt.fill("Slowly, please [demo: slow]")
    await write.click()
    await expect(page.locator(".md")).to_contain_text("This is")
    await check(one)
    await page.get_by_role("button", name="Stop").click()
    await expect(page.get_by_text("Stopped.").first).to_be_visible()
    await expect(page.locator("causerie-receipt")).to_be_visible()
    # What was open where it broke off is closed, also as it is kept.
    await expect(page.locator(".md em")).to_have_count(1)
    await page.reload()
    await page.get_by_role("button", name="Open", exact=True).click()
    await expect(page.locator(".md em")).to_have_count(1)

    await prompt.fill("It fails [demo: fail after 5]")
    await write.click()
    await expect(page.get_by_text("Nothing was charged.")).to_be_visible()
    await expect(page.get_by_role("button", name="Try again")).to_be_visible()

    await prompt.fill("Tell me everything [demo: long 400]")
    await write.click()
    await expect(page.locator(".md")).to_contain_text("This is")
    await page.get_by_role("button", name="Show pages").click()
    await page.get_by_role("link", name="Presets").click()
    await page.get_by_role("button", name="Show", exact=True).click(timeout=60_000)
    await page.wait_for_url("**/write")
    await expect(page.locator("causerie-receipt")).to_be_visible()
    await expect(page.locator("causerie-made .row")).to_have_count(3)


async def test_what_would_be_more_than_is_left_says_so_beforehand(visit: VisitMaker) -> None:
    one = await visit("/write")

    async def short(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def poorer(message: str | bytes) -> None:
            text = message if isinstance(message, str) else message.decode()
            socket.send(text.replace('"affordable":true', '"affordable":false'))

        server.on_message(poorer)

    await one.page.route_web_socket("**/ws", short)
    await one.page.reload()
    await one.page.get_by_role("textbox", name="Prompt").fill(TABLE)
    await expect(one.page.locator(".estimate")).to_contain_text("More than is left.")
