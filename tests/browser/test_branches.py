"""Versions of what was said: edited, answered anew, turned, deleted, taken along."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_question_is_asked_in_other_words_beside_the_first(visit: VisitMaker) -> None:
    one = await visit()
    page = one.page
    await one.chat.ask("Greet me [demo: fast]")
    await one.chat.ask("And again [demo: fast]")
    questions = page.locator("causerie-message article.user")
    await questions.first.hover()
    await questions.first.get_by_role("button", name="Edit question").click()
    box = page.get_by_role("textbox", name="Your question in other words")
    await expect(box).to_be_focused()
    await expect(box).to_have_value("Greet me [demo: fast]")
    await box.press("Escape")
    await expect(box).to_be_hidden()
    await questions.first.get_by_role("button", name="Edit question").click()
    await box.fill("Greet me warmly [demo: fast]")
    await box.press("Enter")
    await expect(questions).to_have_count(1)
    await one.chat.ended(0)
    await expect(questions.first).to_contain_text("warmly")
    # The pager leads back, to all that followed there, and keeps the keyboard.
    await expect(page.get_by_text("2 of 2")).to_be_visible()
    await page.get_by_role("button", name="Previous version").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(questions).to_have_count(2)
    await expect(page.get_by_text("1 of 2")).to_be_visible()
    await expect(questions.nth(1)).to_contain_text("And again")
    await expect(page.get_by_role("button", name="Previous version")).to_be_focused()
    await page.keyboard.press("ArrowRight")
    await expect(questions.first).to_contain_text("warmly")
    await page.reload()
    await expect(questions.first).to_contain_text("warmly")
    await expect(page.get_by_text("2 of 2")).to_be_visible()


async def test_the_menu_answers_anew_saves_and_deletes_until_undone(visit: VisitMaker) -> None:
    one = await visit()
    page = one.page
    await one.chat.ask("Greet me [demo: fast]")
    await one.chat.ask("And again [demo: fast]")
    more = one.chat.answers.first.get_by_role("button", name="More")
    await one.chat.answers.first.hover()
    await more.click()
    async with page.expect_download() as saving:
        await page.get_by_role("menuitem", name="Download as Markdown").click()
    assert (await saving.value).suggested_filename.endswith(".md")
    await expect(page.get_by_role("menu")).to_have_count(0)
    await more.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("menuitem", name="Delete from here on").click()
    await expect(one.chat.answers).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await expect(one.chat.answers).to_have_count(2)
    charged = (await one.chat.api(f"/api/conversations/{one.chat.conversation}"))["charged"]
    await one.chat.answers.last.hover()
    await one.chat.answers.last.get_by_role("button", name="More").click()
    await page.get_by_role("menuitem", name="Delete from here on").click()
    await expect(one.chat.answers).to_have_count(1)
    # Whoever goes on has deleted it: what is said next follows what is left.
    await one.chat.ask("Something else [demo: fast]")
    stored = await one.chat.api(f"/api/conversations/{one.chat.conversation}")
    assert [said["text"] for said in stored["messages"] if said["role"] == "user"] == [
        "Greet me [demo: fast]",
        "And again [demo: fast]",
        "Something else [demo: fast]",
    ]
    assert float(stored["charged"]) > float(charged)

    await one.chat.answers.first.hover()
    await more.click()
    await page.get_by_role("menuitem", name="Answer with").first.click()
    await expect(one.chat.answers).to_have_count(1)
    await one.chat.ended(0)
    await expect(page.get_by_text("2 of 2")).to_be_visible()
    await page.get_by_role("button", name="Previous version").click()
    await expect(one.chat.answers).to_have_count(2)
    # What is copied is Markdown for editors and HTML for word processors.
    await one.chat.answers.first.hover()
    await one.chat.answers.first.get_by_role("button", name="Copy answer").click()
    await expect(one.chat.answers.first.get_by_role("button", name="Copied")).to_be_visible()
    kinds = await page.evaluate(
        "async () => (await navigator.clipboard.read()).flatMap((item) => item.types)"
    )
    assert {"text/plain", "text/html"} <= set(kinds)


async def test_an_answer_is_copied_also_where_the_page_came_without_tls(visit: VisitMaker) -> None:
    one = await visit()
    await one.page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'clipboard', {get: () => undefined})"
    )
    await one.page.reload()
    answer = await one.chat.ask("Say hello [demo: fast]")
    await answer.hover()
    await answer.get_by_role("button", name="Copy answer").click()
    await expect(answer.get_by_role("button", name="Copied")).to_be_visible()
    await one.chat.box.press("Control+v")
    await expect(one.chat.box).to_have_value(re.compile(r"^\*This is the demo model"))
