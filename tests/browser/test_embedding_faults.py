"""Elements on another site when something is in their way, and what only our own pages have."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.hosting import Stage, guest, staged

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SETTLED_MS = 20_000

UPLOAD = """
async () => {
  const { api } = document.querySelector("causerie-provider").client;
  const canvas = Object.assign(document.createElement("canvas"), { width: 7, height: 5 });
  const body = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const headers = { ...(await api.proof()), "Content-Type": "image/png", "X-Filename": "dot.png" };
  const answer = await fetch(api.base + "/api/media", { method: "POST", headers, body });
  return (await answer.json()).data.id;
}
"""

ILLUSTRATE = """
(media) => {
  const real = fetch;
  window.fetch = async (...asked) => {
    const answer = await real(...asked);
    if (!String(asked[0]).includes("/api/conversations/")) return answer;
    const told = await answer.json();
    told.data.messages.at(-1).text = `See ![A dot](/api/media/${media})`;
    return Response.json(told);
  };
}
"""

SHOW = "(id) => document.querySelector('causerie-chat').setAttribute('conversation', id)"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(tmp_path_factory.mktemp("embedding-faults")) as made:
        yield made


async def test_a_server_that_was_away_is_asked_again_and_pictures_come_by_bearer(
    stage: Stage,
) -> None:
    async with guest(stage, "/demo") as one:
        page = one.page
        await expect(page.locator("causerie-empty h2")).to_be_visible(timeout=SETTLED_MS)
        await one.chat.ask("Say hello [demo: fast]")
        conversation = await page.locator("causerie-chat").get_attribute("conversation")
        media = await page.evaluate(UPLOAD)

        await page.route("**/api/auth/me", lambda route: route.abort(), times=1)
        await page.reload()
        chat = page.locator("causerie-chat")
        await chat.get_by_role("button", name="Try again").click()
        await expect(page.locator("causerie-empty h2")).to_be_visible(timeout=SETTLED_MS)
        await page.evaluate(ILLUSTRATE, media)
        await page.evaluate(SHOW, conversation)
        picture = one.chat.answers.get_by_role("img", name="A dot")
        await expect(picture).to_have_js_property("naturalWidth", 7)
