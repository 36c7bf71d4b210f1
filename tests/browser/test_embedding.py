"""Our elements in pages of other sites, under those sites' own policies and styles."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Response, Route, expect

from tests.browser.conftest import Scheme
from tests.browser.hosting import PARTNER, Stage, guest, staged
from tests.browser.test_pages import AXE, RULES
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")
SETTLED_MS = 20_000
BYTES_MAX = 95 * 1024
REQUESTS_MAX = 6

SHIFT = """
const real = Date.now;
Date.now = () => real() + 15 * 60_000;
"""

WIDTHS = "(chat) => [chat.scrollWidth, chat.clientWidth]"

LOOKS = """
(element) => {
  const style = getComputedStyle(element);
  const names = ["color", "fontSize", "fontStyle", "letterSpacing", "textTransform", "textAlign",
    "lineHeight", "cursor"];
  return Object.fromEntries(names.map((name) => [name, style[name]]));
}
"""

ANOTHER = """
() => {
  window.providers = () => document.querySelectorAll("causerie-provider");
  window.forOther = async () =>
    (await (await fetch("/ticket?user=4712", { method: "POST" })).json()).data.ticket;
  const other = document.createElement("causerie-provider");
  other.id = "other";
  other.getTicket = window.forOther;
  other.append(document.createElement("causerie-quota"));
  document.body.append(other);
}
"""

QUOTA = "causerie-provider > causerie-quota .credits"

AXE_RUN = """
(tags) => axe.run('causerie-provider', {runOnly: tags}).then((done) =>
  done.violations.map(({id, nodes}) => [id, nodes.map(({target}) => target.join(' '))]))
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("embedding")) as made:
        yield made


def _collect(answers: list[Response], response: Response) -> None:
    answers.append(response)


async def test_chat_and_quota_stand_on_another_site_under_its_policy(stage: Stage) -> None:
    async with guest(stage, "/demo") as one:
        page, chat = one.page, one.chat
        left = page.locator("aside causerie-quota .credits")
        await expect(left).to_be_visible(timeout=SETTLED_MS)
        before = await left.text_content()
        await chat.ask("Say hello [demo: fast]")
        await expect(left).not_to_have_text(before or "")
        news = page.locator(".news li")
        await expect(news.first).to_contain_text("causerie-turn:")
        await expect(news.last).to_contain_text("causerie-navigate: /chat/")
        named = await page.locator("causerie-chat").get_attribute("conversation")
        assert named
        # One socket for both elements, and nothing of ours asked from the host.
        assert len(one.sockets) == 1
        assert one.asked["chat.example.test/api/auth/exchange"] == 1
        own = {path for path in one.asked if path.startswith(PARTNER)}
        files = {"/demo", "/embed/demo.css", "/embed/demo.js", "/ticket"}
        assert own == {PARTNER + path for path in files}
        kept = await page.evaluate("JSON.stringify(localStorage) + document.body.outerHTML")
        assert not re.search(r"\b(ct|cb|wt|wb|ck)_[\w-]{20}", kept)

        # Somebody else's conversation list, in a box as narrow as a phone.
        await page.locator("input[name=width]").fill("320")
        await page.locator("causerie-chat .unfold").click()
        row = page.locator("causerie-sidebar-row").first
        await expect(row).to_be_visible()
        box = await page.locator("causerie-chat").bounding_box()
        inside = await page.locator("causerie-sidebar").bounding_box()
        assert box is not None
        assert inside is not None
        assert box["width"] == 320
        assert inside["x"] >= box["x"]
        assert inside["y"] >= box["y"]
        await page.keyboard.press("Escape")
        wide = await page.locator("causerie-chat").evaluate(WIDTHS)
        assert wide[0] <= wide[1]

        # Looks follow the host's wishes.
        await page.locator("select[name=theme]").select_option("dark")
        await page.locator("input[name=accent]").fill("#aa3377")
        send = page.locator("causerie-composer .button").last
        await chat.box.fill("x")
        await expect(send).to_have_css("background-color", "rgb(170, 51, 119)")
        await page.locator("select[name=theme]").select_option("light")
        await page.locator("input[name=accent]").fill("#0b6b54")
        await page.locator("input[name=compact]").check()
        await expect(page.locator("causerie-sidebar")).to_have_count(0)
        await expect(chat.answers).to_have_count(1)
        await page.evaluate("document.activeElement.blur()")

        # Axe comes by the debugger's door, past the policy.
        session = await page.context.new_cdp_session(page)
        await session.send("Page.setBypassCSP", {"enabled": True})
        await page.evaluate(AXE.read_text("utf-8"))
        for scheme, width in ((SCHEMES[0], 1280), (SCHEMES[1], 390)):
            await page.emulate_media(color_scheme=scheme)
            await page.set_viewport_size({"width": width, "height": 900})
            await page.locator("select[name=theme]").select_option("system")
            assert await page.evaluate(AXE_RUN, RULES) == []
            await page.locator("input[name=compact]").uncheck()

        # The provider goes, and with it the connection, and what could still have been taken back.
        await chat.answers.first.get_by_role("button", name="More").click()
        await page.get_by_role("menuitem", name="Delete from here on").click()
        await expect(chat.answers).to_have_count(0)
        async with page.expect_request(lambda request: request.method == "DELETE"):
            await page.evaluate("document.querySelector('causerie-provider').remove()")
        await eventually(one.sockets[0].is_closed)
        assert one.trouble == []


async def test_first_load(stage: Stage) -> None:
    """Bytes and requests that a host's page spends on the script with the chat."""
    async with guest(stage, "/example") as one:
        answers: list[Response] = []
        one.page.on("response", lambda response: _collect(answers, response))
        session = await one.page.context.new_cdp_session(one.page)
        await session.send("Network.enable")
        await session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        await one.page.reload()
        await expect(one.page.locator("causerie-empty h2")).to_be_visible(timeout=SETTLED_MS)
        scripts = [one for one in answers if re.search(r"/(assets|embed)/", one.url)]
        sent = {one.url: (await one.request.sizes())["responseBodySize"] for one in scripts}
        assert 0 < sum(sent.values()) <= BYTES_MAX, sent
        assert len(sent) <= REQUESTS_MAX, sorted(sent)


async def test_a_bearer_is_renewed_before_it_ends_and_after_it_was_refused(stage: Stage) -> None:
    async with guest(stage, "/demo") as one:
        await expect(one.page.locator("causerie-empty h2")).to_be_visible(timeout=SETTLED_MS)
        exchange = "chat.example.test/api/auth/exchange"
        assert one.asked[exchange] == 1
        await one.page.evaluate(SHIFT)
        await one.chat.ask("One [demo: fast]")
        await eventually(lambda: one.asked[exchange] == 2)

        refused: list[str] = []

        async def refuse(route: Route) -> None:
            if refused or route.request.method != "GET":
                await route.fallback()
                return
            refused.append(route.request.headers["authorization"])
            headers = {"access-control-allow-origin": f"http://{PARTNER}:{stage.port}"}
            await route.fulfill(status=401, json={"success": False}, headers=headers)

        await one.page.route("**/api/conversations?*", refuse)
        await one.chat.ask("Two [demo: fast]")
        await eventually(lambda: one.asked[exchange] == 3)
        assert refused
        assert await one.page.locator(".news").get_by_text("signed-out").count() == 0
        # Each ticket worked once: as many were asked for as were spent.
        spent = one.asked[exchange] + len(one.sockets)
        assert one.asked[f"{PARTNER}/ticket"] == spent


async def test_a_page_with_rules_for_everything_changes_nothing_inside(stage: Stage) -> None:
    async with guest(stage, "/hostile") as one, guest(stage, "/example") as calm:
        for page in (one.page, calm.page):
            await expect(page.locator("causerie-empty h2")).to_be_visible(timeout=SETTLED_MS)
            await expect(page.locator(QUOTA)).to_be_visible(timeout=SETTLED_MS)
        for name in ("causerie-empty h2", "causerie-composer textarea", QUOTA):
            ours = await calm.page.locator(name).last.evaluate(LOOKS)
            theirs = await one.page.locator(name).last.evaluate(LOOKS)
            assert theirs == ours, name
        await one.page.locator("causerie-model-picker button").first.click()
        panel = one.page.locator("causerie-model-picker .panel")
        await expect(panel).to_be_visible()
        looks = await panel.evaluate(LOOKS)
        assert (looks["color"], looks["letterSpacing"]) == ("rgb(25, 29, 27)", "normal")
        # One connection for both elements. A part looks as the host says.
        assert len(one.sockets) == 1
        header = calm.page.locator("causerie-chat causerie-header")
        await expect(header).to_have_css("background-color", "rgb(246, 238, 250)")
        assert one.trouble == []
        assert calm.trouble == []


async def test_users_do_not_mix_and_leave_with_all_that_was_theirs(stage: Stage) -> None:
    async with guest(stage, "/demo") as one:
        page = one.page
        await page.locator("causerie-empty h2").wait_for(timeout=SETTLED_MS)
        await one.chat.ask("Somebody's own [demo: fast]")
        await one.chat.box.fill("Somebody's own draft")
        row = page.locator("causerie-sidebar-row", has_text="Somebody's own")
        await expect(row.first).to_be_visible()
        await page.evaluate(ANOTHER)
        await expect(page.locator("#other causerie-quota .credits")).to_be_visible()
        assert len(one.sockets) == 2
        # The chat's user changes: the connection that is there serves both providers.
        await page.evaluate("document.querySelector('causerie-provider').getTicket = forOther")
        await eventually(one.sockets[0].is_closed)
        await expect(page.locator("causerie-sidebar p.none")).to_be_visible()
        await expect(row).to_have_count(0)
        await expect(one.chat.box).to_have_value("")
        assert len(one.sockets) == 2
        assert not one.sockets[1].is_closed()
        # Nobody at all: nothing remains.
        await page.evaluate("for (const one of providers()) one.getTicket = undefined")
        await eventually(one.sockets[1].is_closed)
        await expect(page.locator("causerie-chat .note")).to_contain_text("You are not signed in")
        await expect(page.locator("causerie-thread")).to_have_count(0)
        assert one.trouble == []


async def test_a_page_that_is_not_allowed_gets_nothing(stage: Stage) -> None:
    async with guest(stage, "/demo", host="stranger.test") as one:
        told = one.page.locator("causerie-chat").get_by_role("alert")
        await expect(told).to_contain_text("could not be reached", timeout=SETTLED_MS)
        assert one.sockets == []
        assert {path for path in one.asked if "/api/" in path} == {
            "chat.example.test/api/auth/exchange"
        }


async def test_whom_the_host_signs_out_is_told_so_and_keeps_what_was_typed(stage: Stage) -> None:
    async with guest(stage, "/demo") as one, stage.server.http(stage.admin) as client:
        await expect(one.page.locator("causerie-empty h2")).to_be_visible(timeout=SETTLED_MS)
        await one.chat.box.fill("Not sent yet")
        (await client.delete(f"/api/api-keys/{stage.key_id}")).raise_for_status()
        told = one.page.locator("causerie-chat .note.over")
        await expect(told).to_contain_text("You are not signed in", timeout=SETTLED_MS)
        await expect(one.page.locator(".news li").first).to_contain_text("causerie-signed-out")
        await expect(one.chat.box).to_have_value("Not sent yet")
        await expect(one.page.locator("causerie-sign-in")).to_have_count(0)
