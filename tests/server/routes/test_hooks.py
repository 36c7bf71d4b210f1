"""Webhooks over HTTP: made, changed, rotated, deleted; the secret told once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from sqlalchemy import text
from standardwebhooks.webhooks import Webhook

from server.accounts.access import Scope
from server.domain.ids import new_id
from server.local.engines import EngineUrls
from server.persistence.database import Database
from tests.server.routes.site import Web, data, error, web
from tests.server.routes.test_keys import promote
from tests.support.eventually import eventually
from tests.support.receiver import Receiver, receiving

HERE = {"WEBHOOK_NETWORKS": "127.0.0.0/8"}
EVENTS = ["plan.changed"]


@asynccontextmanager
async def receivable(urls: EngineUrls, **settings: Any) -> AsyncIterator[tuple[Web, Receiver]]:
    async with web(urls, **HERE, **settings) as site, receiving() as receiver:
        yield site, receiver


async def made(browser: httpx2.AsyncClient, receiver: Receiver, **fields: Any) -> Any:
    body = {"url": receiver.url(), "events": EVENTS, **fields}
    return data(await browser.post("/api/ai/hooks", json=body), 201)


async def test_its_secret_is_told_when_it_is_made_and_never_again(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        browser = await site.signed_in(await site.harness.person())
        hook = await made(browser, receiver, description="bot")
        path = f"/api/ai/hooks/{hook['id']}"
        secret = hook.pop("secret")
        assert hook == {
            "id": hook["id"],
            "url": receiver.url(),
            "description": "bot",
            "events": EVENTS,
            "enabled": True,
            "disabledReason": None,
            "failingSince": None,
            "previousUntil": None,
            "createdAt": hook["createdAt"],
        }
        assert data(await browser.get(path)) == hook
        listed = await browser.get("/api/ai/hooks")
        assert data(listed) == {"items": [hook], "nextCursor": None}
        assert secret not in listed.text
        async with database.snapshot() as tx:
            assert secret not in str((await tx.execute(text("SELECT * FROM webhooks"))).all())


async def test_a_process_delivers_and_both_secrets_of_a_rotation_sign(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        browser = await site.signed_in(await site.harness.person())
        hook = await made(browser, receiver)
        path = f"/api/ai/hooks/{hook['id']}"
        rotated = data(await browser.post(f"{path}/rotate"), 201)
        assert rotated["previousUntil"] is not None
        assert rotated["secret"] != hook["secret"]
        data(await browser.post(f"{path}/test"), 202)
        await eventually(lambda: receiver.received)
        (got,) = receiver.received
        for secret in (hook["secret"], rotated["secret"]):
            told = Webhook(secret).verify(got.body, got.headers)
            assert told["type"] == "webhook.test"


async def test_what_is_absent_stays_and_what_is_changed_is(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        browser = await site.signed_in(await site.harness.person())
        hook = await made(browser, receiver)
        del hook["secret"]
        path = f"/api/ai/hooks/{hook['id']}"
        assert data(await browser.patch(path, json={})) == hook
        changes = {
            "url": receiver.url("/other"),
            "events": ["credits.granted", "credits.granted"],
            "description": "x",
            "enabled": False,
        }
        changed = {**hook, **changes, "events": ["credits.granted"], "disabledReason": "owner"}
        assert data(await browser.patch(path, json=changes)) == changed
        assert data(await browser.patch(path, json={"enabled": True}))["disabledReason"] is None
        data(await browser.delete(path))
        error(await browser.get(path), 404, "not_found")


async def test_a_url_that_leads_inside_is_refused_with_the_reason(
    migrated: EngineUrls, database: Database
) -> None:
    async with web(migrated) as site:
        browser = await site.signed_in(await site.harness.person())
        for url, reason in (
            ("http://1.1.1.1/", "https://"),
            ("https://127.0.0.1/", "public addresses"),
            ("https://169.254.169.254/latest/meta-data", "public addresses"),
            ("https://[::ffff:10.0.0.1]/", "public addresses"),
            ("https://localhost/", "public addresses"),
            ("https://name.invalid/", "public addresses"),
            ("https://ada:secret@1.1.1.1/", "user name"),
            ("https://1.1.1.1:22/", "port"),
            ("mailto:ada@example.com", "https://"),
        ):
            body = {"url": url, "events": EVENTS}
            refused = error(await browser.post("/api/ai/hooks", json=body), 400, "invalid")
            assert refused["path"] == "$.url"
            assert reason in refused["message"]
        hook = data(
            await browser.post("/api/ai/hooks", json={"url": "https://1.1.1.1/", "events": EVENTS}),
            201,
        )
        changed = await browser.patch(
            f"/api/ai/hooks/{hook['id']}", json={"url": "https://10.0.0.1/"}
        )
        assert error(changed, 400, "invalid")["path"] == "$.url"


async def test_bad_bodies_are_refused_with_their_path(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        browser = await site.signed_in(await site.harness.person())
        url = receiver.url()
        for body, path in (
            ({"events": EVENTS}, "$.url"),
            ({"url": url}, "$.events"),
            ({"url": url, "events": []}, "$.events"),
            ({"url": url, "events": ["webhook.test"]}, "$.events[0]"),
            ({"url": "x" * 2_001, "events": EVENTS}, "$.url"),
            ({"url": url, "events": EVENTS, "secret": "mine"}, "$.secret"),
        ):
            refused = error(await browser.post("/api/ai/hooks", json=body), 400, "invalid")
            assert refused["path"] == path


async def test_of_alerts_only_admins_hear_and_not_by_every_key(
    migrated: EngineUrls, database: Database
) -> None:
    async with receivable(migrated) as (site, receiver):
        caller = await site.harness.person()
        browser = await site.signed_in(caller)
        body = {"url": receiver.url(), "events": ["plan.changed", "alert.opened"]}
        refused = error(await browser.post("/api/ai/hooks", json=body), 403, "forbidden")
        assert refused["path"] == "$.events[1]"
        hook = await made(browser, receiver)
        path = f"/api/ai/hooks/{hook['id']}"
        refused = error(
            await browser.patch(path, json={"events": body["events"]}), 403, "forbidden"
        )
        assert refused["path"] == "$.events[1]"
        await promote(database, caller)
        data(await browser.post("/api/ai/hooks", json=body), 201)
        data(await browser.patch(path, json={"events": body["events"]}))
        writer = await site.program(caller, [Scope.WRITE])
        error(await writer.post("/api/ai/hooks", json=body), 403, "forbidden")
        moved = await writer.patch(path, json={"url": receiver.url("/mine")})
        assert error(moved, 403, "forbidden")["path"] == "$.url"
        data(await writer.patch(path, json={"description": "x"}))
        data(await writer.patch(path, json={"url": receiver.url("/mine"), "events": EVENTS}))
        data(await writer.post("/api/ai/hooks", json={**body, "events": EVENTS}), 201)
        error(await writer.get("/api/ai/hooks"), 403, "forbidden")


async def test_one_may_have_so_many(migrated: EngineUrls, database: Database) -> None:
    async with receivable(migrated, WEBHOOKS_PER_USER="2") as (site, receiver):
        browser = await site.signed_in(await site.harness.person())
        hooks = [await made(browser, receiver) for _ in range(2)]
        body = {"url": receiver.url(), "events": EVENTS}
        refused = error(await browser.post("/api/ai/hooks", json=body), 409, "conflict")
        assert refused["metadata"] == {"limit": 2, "scope": "webhooks"}
        data(await browser.delete(f"/api/ai/hooks/{hooks[0]['id']}"))
        await made(browser, receiver)


async def test_somebody_elses_is_not_found(migrated: EngineUrls, database: Database) -> None:
    async with receivable(migrated) as (site, receiver):
        ada = await site.signed_in(await site.harness.person())
        bob = await site.signed_in(await site.harness.person())
        for hook in ((await made(ada, receiver))["id"], new_id()):
            path = f"/api/ai/hooks/{hook}"
            for answer in (
                await bob.get(path),
                await bob.patch(path, json={"enabled": False}),
                await bob.patch(path, json={"url": "https://10.0.0.1"}),
                await bob.post(f"{path}/rotate"),
                await bob.delete(path),
            ):
                error(answer, 404, "not_found")
