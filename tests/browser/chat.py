"""The chat page as a person uses it: what is typed, what is seen."""

import json
from typing import Any

from playwright.async_api import Locator, Page, expect

ANSWER_MS = 20_000
"""The demo's ordinary answers take some eight seconds."""


class Chat:
    def __init__(self, page: Page) -> None:
        self.page = page
        self.box = page.get_by_role("textbox", name="Message")
        self.answers = page.locator("causerie-message article.answer")
        self.receipts = page.locator("causerie-receipt button.line")
        self.notices = page.locator("causerie-notice")
        self.stop = page.get_by_role("button", name="Stop", exact=True)

    async def say(self, text: str) -> None:
        await self.box.fill(text)
        await self.box.press("Enter")

    async def ask(self, text: str) -> Locator:
        """Say something and wait for the end of its answer."""
        before = await self.answers.count()
        await self.say(text)
        return await self.ended(before)

    async def ended(self, index: int) -> Locator:
        """The answer at ``index``, once its receipt is there."""
        answer = self.answers.nth(index)
        await expect(answer.locator("causerie-receipt button.line")).to_be_visible(
            timeout=ANSWER_MS
        )
        return answer

    async def writing(self, characters: int = 1, index: int = -1) -> Locator:
        """The answer being written, once it has so many characters."""
        answer = self.answers.nth(index)
        text = answer.locator(".md")
        await expect(text).to_be_visible(timeout=ANSWER_MS)
        await self.page.wait_for_function(
            "([element, length]) => element.textContent.length >= length",
            arg=[await text.element_handle(), characters],
            timeout=ANSWER_MS,
        )
        return answer

    async def html(self, answer: Locator) -> str:
        """What the answer looks like, colours of code aside: those come when they come."""
        html: str = await answer.locator(".md").evaluate(
            """(root) => {
                 const copy = root.cloneNode(true);
                 for (const code of copy.querySelectorAll("pre code")) {
                   code.textContent = code.textContent;
                 }
                 return copy.innerHTML;
               }"""
        )
        return html

    async def api(self, path: str) -> Any:
        """What REST says to the same person."""
        text: str = await self.page.evaluate(
            "(path) => fetch(path).then((response) => response.text())", path
        )
        return json.loads(text)["data"]

    @property
    def conversation(self) -> str:
        """The id in the address."""
        return self.page.url.rpartition("/")[2]
