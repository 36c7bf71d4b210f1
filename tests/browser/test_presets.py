"""Presets: kept by category, found, used in a chat, shared, deleted with a way back."""

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from tests.browser.conftest import PHONE, VisitMaker
from tests.browser.test_pages import check
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_presets_are_kept_found_and_used(visit: VisitMaker, live_server: LiveServer) -> None:
    one = await visit("/presets")
    page, role = one.page, one.page.get_by_role
    await expect(page.get_by_text("None yet. Make one for")).to_be_visible()
    await role("button", name="New preset").click()
    await role("button", name="Save preset").click()
    await expect(page.get_by_label("Name")).to_be_focused()
    await page.get_by_label("Name").fill("Warm captions")
    await page.get_by_label("Category").fill("Captions")
    await page.get_by_label("Agent").select_option("Content")
    await page.get_by_label("Instructions (optional)").fill("Two lines, warm.")
    await page.get_by_label("Temperature").fill("0.4")
    await check(one)
    await role("button", name="Save preset").click()
    await expect(role("heading", name="Captions", level=2)).to_be_visible()
    row = role("listitem").filter(has_text="Warm captions")
    await expect(row).to_contain_text("temperature 0.4")

    await role("button", name="Duplicate Warm captions").click()
    await expect(page.get_by_text("Warm captions (copy)")).to_be_visible()
    await role("button", name="Edit Warm captions (copy)").click()
    await page.get_by_label("Category").fill("Newsletter")
    await page.get_by_label("Name").fill("Monday letter")
    await page.keyboard.press("Enter")
    await expect(role("heading", name="Newsletter", level=2)).to_be_visible()
    await page.get_by_label("Search presets").fill("monday")
    await expect(row).to_have_count(0)
    await expect(role("button", name="Use in chat: Monday letter")).to_be_visible()
    await page.get_by_label("Search presets").fill("")
    await expect(row).to_be_visible()
    await page.get_by_label("Category").select_option("Captions (1)")
    await expect(role("button", name="Use in chat: Monday letter")).to_have_count(0)
    await page.get_by_label("Category").select_option("All categories")

    await role("button", name="Delete Monday letter").click()
    await expect(role("button", name="Delete Monday letter")).to_have_count(0)
    await role("button", name="Undo").click()
    await expect(role("button", name="Delete Monday letter")).to_be_visible()
    await role("button", name="Edit Warm captions", exact=True).click()
    await page.get_by_label("Instructions (optional)").fill("Something else")
    await role("link", name="Dashboard").click()
    await role("button", name="Leave", exact=True).click()
    await page.wait_for_url(one.origin + "/")
    await page.go_back()
    await role("button", name="Use in chat: Warm captions").click()
    await page.wait_for_url(one.origin + "/chat?preset=*")


async def test_a_copy_of_ones_own_preset_is_shared(visit: VisitMaker) -> None:
    one = await visit("/presets")
    page, role = one.page, one.page.get_by_role
    for path, body in (
        ("/api/presets", {"name": "Warm captions", "instructions": "Two lines."}),
        ("/api/workspaces", {"name": "Studio"}),
    ):
        await page.request.post(one.origin + path, data=body, headers={"origin": one.origin})
    await page.reload()
    await role("button", name="Edit Warm captions").click()
    await role("button", name="Copy it to share").click()
    await expect(page.get_by_label("Name")).to_be_focused()
    await expect(page.get_by_label("Instructions (optional)")).to_have_value("Two lines.")
    await page.get_by_label("Made in").select_option("Studio")
    await role("button", name="Save preset").click()
    await expect(role("listitem").filter(has_text="Warm captions")).to_have_count(2)
    await expect(page.get_by_text("shared by you", exact=True)).to_be_visible()


async def test_a_preset_whose_model_is_gone_says_so(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/presets", size=PHONE, scheme="dark")
    made = await one.page.request.post(
        one.origin + "/api/presets", data={"name": "Old one"}, headers={"origin": one.origin}
    )
    preset = (await made.json())["data"]["id"]
    async with live_server.database() as (_, database), database.transaction() as tx:
        await tx.execute(text(f"UPDATE presets SET model = 'gone/model' WHERE id = '{preset}'"))
    await one.page.reload()
    await expect(one.page.get_by_text("model not available")).to_be_visible()
    await check(one)
    await one.page.get_by_role("button", name="Edit Old one").click()
    await expect(one.page.get_by_label("Model")).to_have_attribute("aria-invalid", "true")
    await one.page.get_by_label("Model").select_option(index=2)
    await one.page.get_by_role("button", name="Save preset").click()
    await expect(one.page.get_by_text("model not available")).to_have_count(0)
