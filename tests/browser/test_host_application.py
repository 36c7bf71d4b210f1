"""A host application signs its own users in, from another origin, in a real browser."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from tests.browser.hosting import ISSUER, SITE, USER, Stage, staged
from tests.support.authjs import is_installed
from tests.support.eventually import eventually

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    if not is_installed():
        pytest.skip("Auth.js is not installed: `make test` does that")
    async with staged(tmp_path_factory.mktemp("host")) as made:
        yield made


def is_answered(said: dict[str, Any]) -> bool:
    return bool(said["code"] == 1000 and said["answer"] and said["receipt"]["calls"])


async def test_all_its_ways_lead_to_the_same_user(stage: Stage) -> None:
    ticket = await stage.go(f"shop.{SITE}", "byTicket")
    token = await stage.go(f"shop.{SITE}", "byToken")
    cookie = await stage.go(f"shop.{SITE}", "byCookie")
    for way in (ticket, token, cookie):
        assert is_answered(way["said"]), way
        assert way["me"]["status"] == 200, way
        assert way["me"]["data"]["name"] == "Noor"
    assert len({way["said"]["user"]["id"] for way in (ticket, token, cookie)}) == 1
    assert ticket["conversation"]["data"]["title"].startswith("[demo: fast] by ticket")
    (row,) = await stage.server.rows("SELECT issuer, external_id FROM users WHERE name = 'Noor'")
    assert tuple(row) == (ISSUER, str(USER))


async def test_across_sites_tickets_and_tokens_serve_and_cookies_stay_at_home(
    stage: Stage,
) -> None:
    for way in ("byTicket", "byToken"):
        done = await stage.go("partner.test", way)
        assert is_answered(done["said"]), done
        assert done["me"]["status"] == 200
    cookie = await stage.go("partner.test", "byCookie")
    assert cookie["said"] == {"answer": "", "code": 4401}
    assert cookie["me"]["status"] == 401


async def test_a_page_that_is_not_allowed_gets_nothing_even_with_all_of_it(stage: Stage) -> None:
    blocked = {"blocked": "TypeError: Failed to fetch"}
    ticket = await stage.go("stranger.test", "byTicket")
    assert ticket == {"said": {"answer": "", "code": 1006}, **blocked}
    token = await stage.go("stranger.test", "byToken")
    assert token == {"said": {"answer": "", "code": 1006}, "me": blocked}
    # Of the same site, so that the cookie goes along: the origin is looked at, not the site.
    cookie = await stage.go(f"other.{SITE}", "byCookie")
    assert cookie == {"said": {"answer": "", "code": 1006}, "me": blocked}


async def test_revoking_its_key_ends_what_it_has_opened(stage: Stage) -> None:
    async with stage.page(f"shop.{SITE}") as page, stage.server.http(stage.admin) as client:
        await page.evaluate("ways.stay()")
        (await client.delete(f"/api/api-keys/{stage.key_id}")).raise_for_status()
        assert await page.evaluate("ended") == 4401
        await eventually(lambda: page.evaluate("own('/ticket').then((said) => !said.success)"))
