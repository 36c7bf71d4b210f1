"""What somebody keeps for themselves, by keys alone: presets, voice, agents, replies, hooks."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker
from tests.browser.people import PASSWORD, sign_up
from tests.browser.test_keyboard_pages import shown, start
from tests.support.eventually import eventually
from tests.support.receiver import answer, receiving
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_preset_is_edited_saved_copied_and_used(visit: VisitMaker) -> None:
    one = await visit("/presets")
    page, hands = one.page, await start(one, "/presets")
    await hands.choose("New preset")
    await hands.on("Name")
    # What is missing is gone to.
    await hands.choose("Save preset")
    await hands.on("Name")
    await hands.write("Alpha")
    await hands.press("Enter")
    await shown(page.get_by_role("button", name="Edit Alpha"))
    await hands.on("New preset")
    await hands.choose("Edit Alpha")
    await hands.on("Name")
    await hands.fill(Category="Captions")
    await hands.choose("Agent", "c")
    await hands.fill(Instructions="Two lines, warm.")
    await hands.choose("Temperature", "ArrowLeft")
    await hands.choose("Save preset")
    await shown(page.get_by_role("heading", name="Captions", level=2))
    await hands.on("Edit Alpha")
    await hands.to("Duplicate Alpha", back=True)
    await hands.press("Enter")
    await shown(page.get_by_text("Alpha (copy)"))
    await hands.somewhere()
    await hands.to("Search presets", back=True)
    await hands.write("copy")
    await expect(page.get_by_role("button", name="Edit Alpha", exact=True)).to_have_count(0)
    await hands.choose("Category")
    await hands.choose("Use in chat: Alpha (copy)")
    await page.wait_for_url("**/chat?preset=*")
    await hands.on("Message")


async def test_how_agents_speak_is_said_in_a_form_and_in_a_few_questions(visit: VisitMaker) -> None:
    one = await visit("/settings/voice")
    page, hands = one.page, await start(one, "/settings/voice")
    await hands.fill(Tone="warm and dry")
    await hands.to("Topics to stay away from")
    await page.keyboard.type("politics")
    await hands.press("Enter")
    await shown(page.get_by_role("button", name="Remove politics"))
    await hands.on("Topics to stay away from")
    await hands.to("Remove politics", back=True)
    await hands.press("Enter")
    await hands.on("Topics to stay away from")
    await hands.choose("Sales", "ArrowDown")
    # What is not saved asks before it is left, and gives the keyboard back.
    await hands.to("Quick replies", back=True)
    await hands.press("Enter")
    await shown(page.get_by_role("heading", name="Leave without saving?"))
    await hands.choose("Stay")
    await hands.on("Quick replies")
    await hands.choose("Save")
    await shown(page.get_by_text("Agents know it from their next answer on."))
    await hands.somewhere()

    hands = await start(one, "/settings/voice")
    await hands.choose("Answer a few questions instead")
    await hands.somewhere()
    await hands.fill(What_you_post_about="strength training")
    await hands.choose("Next")
    await hands.somewhere()
    await hands.choose("Warm", "Space")
    await hands.choose("Next")
    await hands.somewhere()
    await hands.choose("Next")
    await hands.somewhere()
    await hands.choose("Show what comes of it")
    await hands.somewhere()
    await hands.choose("Apply")
    await shown(page.get_by_label("Tone", exact=True))
    await hands.somewhere()


async def test_an_agent_of_ones_own_is_made_edited_and_deleted(visit: VisitMaker) -> None:
    one = await visit("/settings/agents")
    page, hands = one.page, await start(one, "/settings/agents")
    await hands.choose("New agent")
    await hands.on("Name")
    await page.keyboard.type("Story editor")
    await hands.fill(Instructions="Make it shorter.")
    await hands.choose("Time and calendar", "Space")
    await hands.choose("Save agent")
    await shown(page.get_by_role("button", name="Edit Story editor"))
    await hands.on("New agent")
    await hands.to("Edit Story editor", back=True)
    await hands.press("Enter")
    await hands.on("Name")
    await hands.write("Editor")
    await hands.press("Enter")
    await shown(page.get_by_role("button", name="Edit Editor"))
    await hands.on("Edit Editor")
    await hands.choose("Delete Editor")
    await expect(page.get_by_role("button", name="Edit Editor")).to_have_count(0)
    await hands.somewhere()
    await hands.press("F6")
    await hands.on("Undo")
    await hands.press("Enter")
    await shown(page.get_by_role("button", name="Edit Editor"))
    await hands.somewhere()

    hands = await start(one, "/settings/reports")
    await hands.to("Never")
    await hands.press("ArrowDown")
    await shown(page.get_by_text("The next one comes"))
    await hands.on("Each week")
    await hands.press("ArrowUp")
    await expect(page.get_by_text("The next one comes")).to_have_count(0)
    await hands.on("Never")

    hands = await start(one, "/settings/replies")
    await hands.choose("New quick reply")
    await hands.on("Title")
    await page.keyboard.type("Thanks")
    await hands.fill(Text="Thank you!")
    await hands.press("Control+Enter")
    await shown(page.get_by_role("button", name="Edit Thanks"))
    await hands.on("New quick reply")
    await hands.choose("Edit Thanks")
    await hands.on("Title")
    await hands.write("Many thanks")
    await hands.choose("Save quick reply")
    await hands.on("Edit Many thanks")


async def test_a_password_is_changed_and_another_session_ended(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    other = await visit("/sign-in", role=None)
    entered = await other.page.context.request.post(
        one.origin + "/api/auth/sign-in",
        data={"email": email, "password": PASSWORD},
        headers={"origin": one.origin},
    )
    assert entered.ok
    page, hands = one.page, await start(one, "/settings")
    await hands.choose("Sign out Chrome")
    await shown(page.get_by_text("Signed out there."))
    await hands.somewhere()
    gone = await other.page.context.request.get(one.origin + "/api/auth/me")
    assert gone.status == 401
    await hands.fill(Current_password="not that")
    await hands.fill(New_password="seven geese by the lake")
    one.refusals |= {400, 401, 403, 422}
    await hands.press("Enter")
    await hands.on("Current password")
    await hands.write(PASSWORD)
    await hands.press("Enter")
    await shown(page.get_by_text("Your password is changed"))
    await hands.somewhere()


async def test_what_was_delivered_is_read_and_sent_again(visit: VisitMaker) -> None:
    one = await visit("/settings/webhooks")
    page = one.page
    async with receiving() as receiver:
        receiver.usual = answer(200, b"thank you")
        hands = await start(one, "/settings/webhooks")
        await hands.choose("New webhook")
        await hands.on("Address")
        await page.keyboard.type(receiver.url())
        await hands.fill(What_it_is_for="Back office")
        await hands.press("Tab", "Space")
        await hands.choose("Save webhook")
        await shown(page.get_by_role("button", name="Deliveries to Back office"))
        await hands.on("New webhook")
        await hands.choose("Copy secret")
        await hands.on("Copy secret")
        await hands.choose("Deliveries to Back office")
        await hands.on("Deliveries to http")
        await hands.choose("Send a test")
        rows = page.locator("causerie-deliveries li.row")
        await expect(rows.first).to_contain_text("answered 200", timeout=20_000)
        await hands.somewhere()

        async def is_sent_again() -> bool:
            await hands.to("Send again: webhook.test")
            await hands.press("Enter")
            await hands.somewhere()
            return len(receiver.ids) > 1

        # One delivery a second may be asked for.
        one.refusals.add(429)
        await eventually(is_sent_again)
        await expect(rows.first.locator("ol li").nth(1)).to_be_visible(timeout=20_000)
        await hands.to("Beginning of the answer")
        await hands.to("All webhooks", back=True)
        await hands.press("Enter")
        await hands.on("Deliveries to Back office")
        await hands.choose("New secret for Back office")
        await hands.on("The old secret ends")
        await hands.choose("Make new secret")
        await shown(page.get_by_text("The secret before also signs until"))
        await hands.somewhere()
