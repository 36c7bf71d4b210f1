"""Who asks for mails and whom they would reach is counted, each kind of mail for itself."""

from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.mailbox import open_web
from tests.server.routes.site import data, error
from tests.support.teams import team

ADA = {"email": "ada@example.com"}


async def test_mails_of_one_kind_do_not_use_up_those_of_another(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path, link_mails_per_email="1") as (site, _):
        owner = await site.harness.person()
        mine = await site.program(owner)
        kinds = (
            (site.client, "/api/auth/sign-up", {**ADA, "password": "correct horse"}, 202),
            (site.client, "/api/auth/forgot", ADA, 202),
            (mine, f"/api/workspaces/{await team(database, owner)}/invitations", ADA, 201),
        )
        for client, path, body, status in kinds:
            data(await client.post(path, json=body), status)
        for client, path, body, _status in kinds:
            refused = error(await client.post(path, json=body), 429, "rate_limited")
            assert refused["metadata"]["scope"] == "email"
        keys = await redis.keys("rate:*")
        assert keys
        assert not any(b"ada" in key for key in keys)


@pytest.mark.parametrize("path", ["sign-up", "forgot"])
async def test_one_ipv6_subscriber_is_one_address(
    path: str, migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    limits = {"sign_ups_per_address": "1", "resets_per_address": "1"}
    async with open_web(migrated, tmp_path, **limits) as (site, _):
        for number, status in ((1, 202), (2, 429)):
            browser = site.browser(address=f"2001:db8::{number}")
            body = {"email": f"user{number}@example.com"}
            if path == "sign-up":
                body["password"] = "correct horse"
            answer = await browser.post(f"/api/auth/{path}", json=body)
            assert answer.status_code == status


async def test_what_came_to_nothing_is_not_counted(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with open_web(migrated, tmp_path, link_mails_per_email="1") as (site, _):
        owner = await site.harness.person()
        mine = await site.program(owner)
        personal, shared = owner.workspace_id, await team(database, owner)
        for workspace, status in ((personal, 409), (personal, 409), (shared, 201), (shared, 429)):
            answer = await mine.post(f"/api/workspaces/{workspace}/invitations", json=ADA)
            assert answer.status_code == status
