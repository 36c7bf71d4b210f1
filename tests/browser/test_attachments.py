"""What went along with a message is seen in it."""

import uuid

import pytest
from playwright.async_api import expect

from tests.browser.conftest import VisitMaker

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

ASK = """async ([text, name, messageId, conversation]) => {
  const type = {"content-type": "text/csv", "x-filename": encodeURIComponent(name)};
  const sent = await fetch("/api/media", {method: "POST", body: "a,b", headers: type});
  const parts = [{type: "file", mediaId: (await sent.json()).data.id}];
  if (text) parts.push({type: "text", text});
  const body = JSON.stringify({clientMessageId: messageId, parts});
  const headers = {"content-type": "application/json"};
  const path = `/api/conversations/${conversation}/messages`;
  return (await fetch(path, {method: "POST", headers, body})).status;
}"""


async def test_a_file_is_shown_by_its_name_and_alone_leaves_no_empty_bubble(
    visit: VisitMaker,
) -> None:
    one = await visit()
    await one.chat.ask("Hello [demo: fast]")
    for text, name in (("Look at this [demo: fast]", "prices été.csv"), ("", "alone.csv")):
        asked = [text, name, str(uuid.uuid4()), one.chat.conversation]
        assert await one.page.evaluate(ASK, asked) == 200
    await one.page.reload()
    files = one.page.locator("causerie-attachments a")
    await expect(files).to_have_text(["prices été.csv", "alone.csv"])
    await expect(one.page.locator("causerie-message .bubble")).to_have_count(2)
    async with one.page.expect_download() as download:
        await files.first.click()
    assert (await download.value).suggested_filename == "prices été.csv"
