"""People who have an e-mail address and a password, and use them."""

from typing import Any

from playwright.async_api import expect

from server.domain.ids import new_id
from tests.browser import mailbox
from tests.browser.conftest import Visit
from tests.support.server import LiveServer

PASSWORD = "six geese by the river"
CONFIRM = "Confirm your e-mail address"


async def fill(one: Visit, **fields: str) -> None:
    """Into the fields of these names that are in sight, then Enter."""
    for name, text in fields.items():
        await one.page.locator(f"input[name={name}]:visible").last.fill(text)
    await one.page.keyboard.press("Enter")


async def sign_up(one: Visit, server: LiveServer) -> str:
    """Somebody new, from the sign-in page to the chat. Answers their e-mail address."""
    email = f"{new_id()}@example.com"
    await one.page.goto(server.url + "/sign-in")
    await one.page.get_by_role("link", name="Create an account").click()
    await fill(one, email=email, password=PASSWORD)
    await expect(one.page.get_by_role("heading", name="Check your mail")).to_be_focused()
    await one.page.goto(await mailbox.link(server, email, subject=CONFIRM))
    await one.page.get_by_role("button", name="Confirm and sign in").click()
    await one.page.wait_for_url(one.origin + "/")
    return email


async def sign_in(one: Visit, email: str, password: str = PASSWORD) -> None:
    await one.page.goto(one.origin + "/sign-in")
    await fill(one, email=email, password=password)
    await one.page.wait_for_url(one.origin + "/")


async def send(one: Visit, path: str, body: dict[str, Any], method: str = "POST") -> int:
    """A request as the page makes it; answers its status."""
    answer = await one.page.request.fetch(
        one.origin + path, method=method, data=body, headers={"origin": one.origin}
    )
    return answer.status
