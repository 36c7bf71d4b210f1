"""How a conversation is answered: chosen beside it, kept with it, sent with each turn."""

import json

import pytest
from playwright.async_api import expect

from tests.browser.conftest import PHONE, VisitMaker

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_choices_are_sent_and_kept_and_become_a_preset(visit: VisitMaker) -> None:
    one = await visit()
    starts: list[dict[str, object]] = []

    def note(frame: str | bytes) -> None:
        command = json.loads(frame)
        if command["type"] == "turn.start":
            starts.append(command)

    one.page.on("websocket", lambda socket: socket.on("framesent", note))
    await one.page.reload()
    page = one.page
    await page.get_by_label("Who answers").select_option("content")
    await page.get_by_label("Instructions").fill("Be brief.")
    slider = page.get_by_role("slider", name="Temperature")
    await slider.fill("0.4")
    await expect(slider).to_have_attribute("aria-valuetext", "0.4")
    await one.chat.ask("Say hello [demo: fast]")
    assert starts[0]["agent"] == "content"
    assert starts[0]["params"] == {"instructions": "Be brief.", "temperature": 0.4}

    await page.reload()
    await expect(page.get_by_label("Instructions")).to_have_value("Be brief.")
    await page.get_by_role("button", name="Save as preset").click()
    await page.get_by_label("Name", exact=True).fill("Short")
    await page.get_by_role("button", name="Save preset").click()
    await expect(page.get_by_text("Preset “Short” saved.")).to_be_visible()
    await page.get_by_role("button", name="Temperature: back to the default").click()
    await expect(slider).to_have_attribute("aria-valuetext", "model's default")

    await page.goto(one.origin + "/chat")
    await expect(page.get_by_label("Instructions")).to_have_value("")
    await page.get_by_label("Preset").select_option(label="Short")
    await expect(slider).to_have_attribute("aria-valuetext", "0.4, by the preset")
    await expect(page.get_by_label("Who answers")).to_have_value("content")


async def test_models_are_chosen_by_keyboard_and_controls_are_a_sheet_on_a_phone(
    visit: VisitMaker,
) -> None:
    one = await visit(size=PHONE)
    await one.page.get_by_role("button", name="Model:").focus()
    await one.page.keyboard.press("Enter")
    option = one.page.get_by_role("option")
    await expect(option).to_contain_text("uses tools")
    await expect(option).to_contain_text("Demo")
    await one.page.keyboard.press("Enter")
    await expect(option).to_be_hidden()
    await expect(one.page.get_by_role("button", name="Model:")).to_be_focused()
    await one.page.get_by_role("button", name="Settings of this chat").click()
    sheet = one.page.get_by_role("dialog", name="Settings of this chat")
    await expect(sheet.get_by_label("Who answers")).to_be_visible()
    await one.page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()


async def test_what_was_chosen_and_is_deleted_meanwhile_is_named_and_left_out(
    visit: VisitMaker,
) -> None:
    one = await visit()
    one.refusals.add(404)
    page, chat = one.page, one.chat

    async def make(path: str, **body: object) -> str:
        answer = await page.request.post(
            one.origin + path, data=body, headers={"origin": one.origin}
        )
        assert answer.ok
        made: str = (await answer.json())["data"]["id"]
        return f"{path}/{made}"

    async def delete(path: str) -> None:
        answer = await page.request.delete(one.origin + path, headers={"origin": one.origin})
        assert answer.ok

    pirate = await make("/api/presets", name="Pirate", category="Fun", params={"temperature": 0.3})
    poet = await make("/api/agents", name="Poet", description="Rhymes", instructions="Rhyme.")
    await page.reload()
    preset = page.get_by_role("combobox", name="Preset")
    agent = page.get_by_role("combobox", name="Who answers")
    await preset.select_option(label="Pirate")
    await chat.ask("Hello [demo: fast]")
    await delete(pirate)
    await chat.say("And now? [demo: fast]")
    refusal = page.locator("causerie-refusal")
    await expect(refusal).to_contain_text("The preset chosen here was deleted.")
    await expect(preset).to_have_value("")
    await refusal.get_by_role("button", name="Try again").click()
    await chat.ended(1)

    await agent.select_option(label="Poet")
    await delete(poet)
    await chat.say("Who are you? [demo: fast]")
    await expect(refusal).to_contain_text("The agent chosen here was deleted.")
    await expect(agent).to_have_value("assistant")
    await refusal.get_by_role("button", name="Try again").click()
    await chat.ended(2)
