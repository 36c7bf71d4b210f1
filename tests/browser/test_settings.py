"""What people do with their own account: keys, devices, password, data, and leaving."""

import re
import zipfile

import httpx2
import pytest
from playwright.async_api import expect

from tests.browser.conftest import Visit, VisitMaker
from tests.browser.people import PASSWORD, fill, sign_in, sign_up
from tests.support.eventually import eventually
from tests.support.server import LiveServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def status(server: LiveServer, key: str, path: str) -> int:
    async with server.http(key) as client:
        return (await client.get(path)).status_code


async def shown(one: Visit) -> str:
    """The secret that is shown once."""
    return await one.page.locator("causerie-once code").inner_text()


async def test_a_key_is_made_narrow_rotated_and_revoked(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/settings/keys")
    button, page = one.page.get_by_role, one.page
    await page.get_by_text("What it may do, how long, and where").click()
    await page.get_by_label("Only what it needs").check()
    await page.get_by_role("checkbox", name=re.compile("^turns")).uncheck()
    await page.get_by_label("Expires").select_option("in 30 days")
    await page.get_by_label("Name of the key").fill("Nightly report")
    await button("button", name="Create key").click()
    await expect(page.get_by_text("Only: read", exact=True)).to_be_visible()
    first = await shown(one)
    assert await status(live_server, first, "/api/conversations") == 200
    assert await status(live_server, first, "/api/api-keys") == 403

    await button("button", name="Rotate Nightly report").click()
    await button("button", name="Rotate", exact=True).click()
    await expect(page.locator("causerie-once code")).not_to_have_text(first)
    second = await shown(one)
    assert await status(live_server, first, "/api/conversations") == 401
    assert await status(live_server, second, "/api/conversations") == 200

    await page.reload()
    await expect(page.get_by_text("last used", exact=False)).to_be_visible()
    await button("button", name="Revoke Nightly report").last.click()
    await button("button", name="Revoke", exact=True).click()
    await expect(page.get_by_text("The key was revoked.")).to_be_visible()
    assert await status(live_server, second, "/api/conversations") == 401


async def test_another_device_is_signed_out_from_here(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    other = await visit("/sign-in", role=None)
    await sign_in(other, email)
    await one.page.goto(one.origin + "/settings")
    await expect(one.page.get_by_text("this device")).to_have_count(1)
    await one.page.get_by_role("button", name="Sign out Chrome on Linux").click()
    await expect(one.page.get_by_text("Signed out there.")).to_be_visible()
    await expect(other.page.get_by_role("heading", name="Signed out")).to_be_visible()
    await expect(one.page.get_by_role("button", name="Sign out Chrome on Linux")).to_have_count(0)


async def test_ones_own_device_stands_first_of_many(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    async with httpx2.AsyncClient(base_url=one.origin, headers={"origin": one.origin}) as http:
        for _ in range(5):
            signing = {"email": email, "password": PASSWORD}
            assert (await http.post("/api/auth/sign-in", json=signing)).is_success
    await one.page.goto(one.origin + "/settings")
    devices = one.page.locator("causerie-sessions").get_by_role("listitem")
    await expect(devices.first).to_contain_text("this device")
    await expect(devices).to_have_count(5)
    await one.page.get_by_role("button", name="Show all 6").click()
    await expect(devices).to_have_count(6)
    await one.page.get_by_role("button", name="Sign out all others").click()
    await expect(devices).to_have_count(1)


async def test_a_changed_password_signs_out_elsewhere_and_not_here(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    other = await visit("/sign-in", role=None)
    await sign_in(other, email)
    await one.page.goto(one.origin + "/settings")
    await expect(one.page.get_by_role("listitem").filter(has_text="Chrome on Linux")).to_have_count(
        2
    )
    one.refusals.add(400)
    await fill(one, current="not this one", password="nine geese on a hill")
    await expect(one.page.get_by_text("That is not your password.")).to_be_visible()
    await fill(one, current=PASSWORD)
    await expect(one.page.get_by_text("Your password is changed.")).to_be_visible()
    await expect(other.page.get_by_role("heading", name="Signed out")).to_be_visible()
    await expect(one.page.get_by_role("listitem").filter(has_text="Chrome on Linux")).to_have_count(
        1
    )


async def test_an_archive_of_ones_own_is_prepared_and_downloaded(visit: VisitMaker) -> None:
    one = await visit()
    await one.chat.ask("Say hello [demo: fast]")
    await one.page.goto(one.origin + "/settings")
    await one.page.get_by_role("button", name="Prepare an archive").click()
    link = one.page.get_by_role("link", name="Download")
    await expect(link).to_be_visible(timeout=20_000)
    async with one.page.expect_download() as downloading:
        await link.click()
    download = await downloading.value
    assert download.suggested_filename.endswith(".zip")
    with zipfile.ZipFile(await download.path()) as archive:
        assert archive.testzip() is None
        told = b"".join(archive.read(name) for name in archive.namelist())
    assert b"Say hello" in told


async def test_an_account_is_deleted_by_whoever_knows_its_password(
    visit: VisitMaker, live_server: LiveServer
) -> None:
    one = await visit("/sign-in", role=None)
    email = await sign_up(one, live_server)
    one.refusals |= {403}
    await one.page.goto(one.origin + "/settings")
    await one.page.get_by_role("button", name="Delete account").click()
    await fill(one, confirm="yes", password=PASSWORD)
    await expect(one.page.get_by_text("This is not delete.")).to_be_visible()
    await one.page.locator("input[name=confirm]").fill("delete")
    await fill(one, password="not this one")
    await expect(one.page.get_by_text("That is not your password.")).to_be_visible()
    await one.page.locator("input[name=password]:visible").last.fill(PASSWORD)
    await one.page.get_by_role("button", name="Delete my account").click()
    await expect(one.page.get_by_role("heading", name="Sign in to Causerie")).to_be_visible()

    async def is_gone() -> bool:
        found = await live_server.rows(f"SELECT 1 FROM users WHERE email = '{email}'")
        return not found

    await eventually(is_gone)


async def test_what_cannot_be_read_says_so_and_is_tried_again(visit: VisitMaker) -> None:
    one = await visit()
    await one.page.route("**/api/auth/sessions*", lambda route: route.abort())
    await one.page.goto(one.origin + "/settings")
    await expect(one.page.get_by_text("The server could not be reached.")).to_be_visible()
    await one.page.unroute("**/api/auth/sessions*")
    await one.page.get_by_role("button", name="Try again").click()
    await expect(one.page.get_by_text("this device")).to_be_visible()
    one.trouble[:] = [line for line in one.trouble if "net::ERR_FAILED" not in line]


async def test_a_page_whose_scripts_do_not_come_says_so_and_is_tried_again(
    visit: VisitMaker,
) -> None:
    one = await visit("/settings")
    await one.page.route("**/assets/keys-*.js", lambda route: route.abort())
    await one.page.get_by_role("link", name="API keys").click()
    await expect(one.page.get_by_text("The server could not be reached.")).to_be_visible()
    await one.page.go_back()
    await expect(one.page.get_by_role("heading", name="Settings")).to_be_visible()
    await one.page.go_forward()
    await one.page.unroute("**/assets/keys-*.js")
    await one.page.get_by_role("button", name="Try again").click()
    await expect(one.page.get_by_role("heading", name="API keys")).to_be_visible()
    one.trouble[:] = [line for line in one.trouble if "net::ERR_FAILED" not in line]
