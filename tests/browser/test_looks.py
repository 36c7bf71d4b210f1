"""What a person sees at a glance: lines that meet, words to be read, nothing on top of anything."""

import json
import uuid
from base64 import b64encode
from typing import Any

import pytest
from playwright.async_api import Locator, ViewportSize, expect
from sqlalchemy import text

from tests.browser.conftest import PHONE, WIDE, VisitMaker
from tests.browser.people import PASSWORD, fill
from tests.support.eventually import eventually
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TABLET: ViewportSize = {"width": 1024, "height": 768}

INK = "(element) => [getComputedStyle(element).color, getComputedStyle(element).backgroundColor]"
HINT = "(element) => getComputedStyle(element, '::placeholder').color"
WIDTHS = "(element) => [element.scrollWidth, element.clientWidth]"

UPLOAD = """async (picture) => {
  const body = Uint8Array.from(atob(picture), (letter) => letter.charCodeAt(0));
  const headers = {"content-type": "image/png", "x-filename": "wide.png"};
  return (await (await fetch("/api/media", {method: "POST", body, headers})).json()).data.id;
}"""

PICTURES = text("""
UPDATE messages SET parts = CAST(:parts AS json)
WHERE conversation_id = CAST(:conversation AS uuid) AND role = 'user'
""")


async def box(locator: Locator) -> Any:
    found = await locator.bounding_box()
    assert found
    return found


async def test_the_button_under_the_pointer_can_be_read_once_it_has_sent(
    visit: VisitMaker,
) -> None:
    one = await visit()
    await one.chat.box.fill("Hello [demo: fast]")
    send = one.page.locator("causerie-composer .send")
    await send.click()
    await one.chat.ended(0)
    await expect(send).to_have_attribute("aria-disabled", "true")
    ink, ground = await send.evaluate(INK)
    assert ink != ground


async def test_the_box_stands_under_the_text_it_belongs_to(visit: VisitMaker) -> None:
    for size in (TABLET, PHONE):
        one = await visit(size=size)
        answer = await one.chat.ask("Hello [demo: fast]")
        said, composer = await box(answer), await box(one.page.locator("causerie-composer .box"))
        assert abs(said["x"] - composer["x"]) < 1
        assert abs(said["width"] - composer["width"]) < 1


async def test_news_stand_apart_and_not_on_the_box(visit: VisitMaker) -> None:
    one = await visit(size=PHONE)
    await one.page.locator("causerie-toasts").evaluate(
        "(toasts) => { toasts.show({text: 'One.'}); toasts.show({text: 'Two, and longer.'}); }"
    )
    toasts = one.page.locator("causerie-toasts .toast")
    first, second = await box(toasts.first), await box(toasts.last)
    assert second["y"] >= first["y"] + first["height"] + 8
    composer = await box(one.page.locator("causerie-composer .box"))
    assert second["y"] + second["height"] <= composer["y"]


async def test_what_is_left_says_of_what(visit: VisitMaker) -> None:
    one = await visit(scheme="dark")
    await expect(one.page.locator("causerie-quota .spent")).to_have_text("$0.00 this month")
    muted = await one.page.locator("causerie-quota .muted").evaluate(INK)
    for hint in (one.chat.box, one.page.get_by_label("Instructions")):
        assert await hint.evaluate(HINT) == muted[0]


async def test_an_address_is_never_wider_than_its_page(visit: VisitMaker) -> None:
    one = await visit("/sign-up", role=None, size=PHONE)
    email = f"{uuid.uuid4().hex}.with.a.long.name@example.com"
    await fill(one, email=email, password=PASSWORD)
    await expect(one.page.get_by_text(email)).to_be_visible()
    wide, room = await one.page.locator("main").evaluate(WIDTHS)
    assert wide <= room


async def test_the_dashboard_stands_in_lines(visit: VisitMaker) -> None:
    one = await visit("/")
    steps = one.page.get_by_role("heading", name="First steps")
    for left, right in (
        (one.page.get_by_text("Credits to spend"), "Spent this month"),
        (steps, "Notifications"),
    ):
        beside = one.page.get_by_role("heading", name=right)
        a, b = await box(left), await box(beside)
        assert abs(a["y"] + a["height"] / 2 - b["y"] - b["height"] / 2) < 1


async def test_a_price_that_comes_moves_nothing(visit: VisitMaker) -> None:
    one = await visit("/write")
    write = one.page.get_by_role("button", name="Write", exact=True)
    before = await box(write)
    clear = await box(one.page.get_by_role("button", name="Clear the form"))
    assert clear["height"] == before["height"]
    await one.page.get_by_role("textbox", name="Prompt").fill("A line [demo: fast]")
    await expect(one.page.get_by_text("at most $")).to_be_visible()
    assert await box(write) == before


async def test_fields_of_a_row_stand_on_one_line(visit: VisitMaker) -> None:
    one = await visit("/creator/fans")
    await one.page.get_by_text("About this fan").click()
    spent = await box(one.page.get_by_role("textbox", name="Spent so far"))
    usual = await box(one.page.get_by_role("textbox", name="Usual order"))
    assert spent["y"] == usual["y"]


async def test_pictures_of_a_message_stand_beside_each_other(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit()
    await one.chat.ask("Hello [demo: fast]")
    media = await one.page.evaluate(UPLOAD, b64encode(await one.page.screenshot()).decode())
    image = {"type": "image", "mediaId": media, "name": "wide.png", "mediaType": "image/png"}
    image |= {"bytes": 1, **WIDE}
    async with live_server.database() as (_, database), database.transaction() as tx:
        values = {"parts": json.dumps([image, image]), "conversation": one.chat.conversation}
        await tx.execute(PICTURES, values)
    await one.page.reload()
    pictures = one.page.locator("causerie-attachments img")
    first, second = await box(pictures.first), await box(pictures.last)
    assert first["y"] == second["y"]
    assert second["x"] == first["x"] + first["width"] + 8


async def test_the_place_that_is_looked_at_is_in_sight_among_the_others(visit: VisitMaker) -> None:
    one = await visit("/admin/audit", role="admin", size=TABLET)
    nav = one.page.locator("causerie-shell nav")
    here = nav.get_by_role("link", name="Audit log")
    await expect(here).to_have_attribute("aria-current", "page")

    async def is_in_sight() -> bool:
        place, room = await box(here), await box(nav)
        return bool(place["y"] + place["height"] <= room["y"] + room["height"])

    await expect(one.page.locator("causerie-shell causerie-account button").first).to_be_visible()
    await eventually(is_in_sight)
    assert await one.page.evaluate("scrollY") == 0


async def test_the_way_out_is_in_sight_in_a_menu_that_scrolls(visit: VisitMaker) -> None:
    one = await visit(role="admin", size=PHONE, has_touch=True)
    await one.page.get_by_role("button", name="Show conversations").click()
    await one.page.locator("causerie-account button.trigger").click()
    out = one.page.get_by_role("menuitem", name="Sign out")
    place, menu = await box(out), await box(one.page.get_by_role("menu"))
    assert place["y"] + place["height"] <= menu["y"] + menu["height"] <= PHONE["height"]
    # What has the keyboard is not behind it.
    await one.page.keyboard.press("End")
    await expect(out).to_be_focused()
    await one.page.keyboard.press("ArrowUp")
    dark = await box(one.page.get_by_role("menuitemradio", name="Dark"))
    assert dark["y"] + dark["height"] <= place["y"]
