"""Invitations over HTTP: a link that is shown once and works once."""

import asyncio
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.local.engines import EngineUrls
from server.persistence.database import Database
from server.routes import invitations
from tests.server.routes.site import ORIGIN, data, error, web
from tests.support.eventually import eventually
from tests.support.teams import team

EVE = {"email": "Eve@Example.com"}
ACCEPT = "/api/invitations/accept"


async def test_a_link_is_told_once_and_makes_one_member(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated) as site:
        owner = await site.harness.person()
        workspace = await team(database, owner)
        path = f"/api/workspaces/{workspace}/invitations"
        mine, guest, late = (
            await site.program(owner),
            await site.program(),
            await site.program(),
        )
        made = data(await mine.post(path, json=EVE), 201)
        assert (made["email"], made["role"]) == ("eve@example.com", "member")
        link, _, secret = made.pop("link").partition("#")
        assert link == f"{ORIGIN}/invitation"
        assert data(await mine.get(path))["items"] == [made]
        error(await guest.get(path), 404, "not_found")
        joined = data(await guest.post(ACCEPT, json={"secret": secret}))
        assert joined == {"workspaceId": str(workspace)}
        assert data(await guest.get(f"/api/workspaces/{workspace}"))["role"] == "member"
        error(await guest.get(path), 403, "forbidden")
        error(await late.post(ACCEPT, json={"secret": secret}), 404, "not_found")
        assert data(await mine.get(path))["items"] == []


async def test_one_that_was_taken_back_leads_nowhere(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated) as site:
        owner = await site.harness.person()
        path = f"/api/workspaces/{await team(database, owner)}/invitations"
        mine, guest = await site.program(owner), await site.program()
        made = [data(await mine.post(path, json=EVE), 201) for _ in range(3)]
        first = data(await mine.get(f"{path}?limit=2"))
        rest = data(await mine.get(f"{path}?limit=2&cursor={first['nextCursor']}"))
        listed = [item["id"] for item in first["items"] + rest["items"]]
        assert listed == [item["id"] for item in reversed(made)]
        error(await guest.delete(f"{path}/{made[0]['id']}"), 404, "not_found")
        data(await mine.delete(f"{path}/{made[0]['id']}"))
        error(await mine.delete(f"{path}/{made[0]['id']}"), 404, "not_found")
        secret = made[0]["link"].partition("#")[2]
        error(await guest.post(ACCEPT, json={"secret": secret}), 404, "not_found")


async def test_members_invite_nobody_and_bad_fields_are_refused(
    migrated: EngineUrls, database: Database, redis: Redis
) -> None:
    async with web(migrated) as site:
        owner, member = await site.harness.person(), await site.harness.person()
        path = f"/api/workspaces/{await team(database, owner, member)}/invitations"
        mine, theirs = await site.program(owner), await site.program(member)
        error(await theirs.post(path, json=EVE), 403, "forbidden")
        personal = f"/api/workspaces/{owner.workspace_id}/invitations"
        error(await mine.post(personal, json=EVE), 409, "conflict")
        for body, where in (
            ({}, "$.email"),
            ({"email": "nobody"}, "$.email"),
            ({**EVE, "role": "admin"}, "$.role"),
        ):
            assert error(await mine.post(path, json=body), 400, "invalid")["path"] == where


async def test_the_link_is_mailed_where_mail_is_sent(
    migrated: EngineUrls, database: Database, redis: Redis, tmp_path: Path
) -> None:
    async with web(migrated, mail_url=f"file://{tmp_path}") as site:
        owner = await site.harness.person()
        workspace = await team(database, owner)
        mine = await site.program(owner)
        path = f"/api/workspaces/{workspace}/invitations"
        made = data(await mine.post(path, json=EVE), 201)

        def mails() -> list[Path]:
            return list(tmp_path.glob("*.eml"))

        await eventually(mails)
        (mail,) = mails()
        text = message_from_bytes(mail.read_bytes(), policy=default)
        assert text["To"] == "eve@example.com"
        assert made["link"] in text.get_content()
        assert "Team" not in text.get_content()  # a name is a stranger's word


async def test_nobody_is_mailed_without_end_and_strangers_use_up_no_limit(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "PER_DAY", 4)
    async with web(migrated, link_mails_per_email="2") as site:
        owner = await site.harness.person()
        path = f"/api/workspaces/{await team(database, owner)}/invitations"
        mine, stranger = await site.program(owner), await site.program()
        for _ in range(3):
            error(await stranger.post(path, json=EVE), 404, "not_found")
        for _ in range(2):
            data(await mine.post(path, json=EVE), 201)
        answer = await mine.post(path, json=EVE)
        refused = error(answer, 429, "rate_limited")
        assert (refused["metadata"]["scope"], refused["metadata"]["limit"]) == ("email", 2)
        assert 0 < refused["retryAfter"] <= 3_600
        assert answer.headers["ratelimit-policy"] == '"email";q=2;w=3600'
        for number in range(2):
            data(await mine.post(path, json={"email": f"user{number}@example.com"}), 201)
        refused = error(
            await mine.post(path, json={"email": "zoe@example.com"}), 429, "rate_limited"
        )
        assert (refused["metadata"]["scope"], refused["metadata"]["limit"]) == ("user", 4)


async def test_of_many_invitations_at_once_no_more_are_made_than_one_may(
    migrated: EngineUrls, database: Database, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "PER_DAY", 3)
    async with web(migrated) as site:
        owner = await site.harness.person()
        mine = await site.program(owner)
        paths = [f"/api/workspaces/{await team(database, owner)}/invitations" for _ in range(8)]
        answers = await asyncio.gather(
            *(
                mine.post(path, json={"email": f"user{number}@example.com"})
                for number, path in enumerate(paths)
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201] * 3 + [429] * 5
