"""What an export holds: everything, readable, and nothing of anybody else."""

import csv
import io
import json
import re
import tempfile
import zipfile
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis
from sqlalchemy import insert, text

from server.accounts.access import Principal
from server.domain.clock import utc_now
from server.domain.ids import UserId, new_id
from server.domain.limits import OwnLimits
from server.domain.money import NanoUsd
from server.domain.notices import Notice
from server.local.engines import EngineUrls
from server.persistence import presets
from server.persistence.database import Database
from server.persistence.entitlements import set_own_limits
from server.persistence.presets import PresetContent
from server.persistence.subscriptions import SubscriptionRow
from server.workers.archive import Progress, write_archive
from tests.server.persistence.test_notices import hook, tell
from tests.support.pictures import png
from tests.support.turns import Harness, turn_harness

PRESET = PresetContent(
    name="=Mine",
    category="x",
    description="",
    agent=None,
    model=None,
    params={"max_tokens": 5},
    instructions="Be kind.",
    shared=True,
)


async def archive(harness: Harness, caller: Principal) -> tuple[zipfile.ZipFile, Progress]:
    services, progress = harness.process.services, Progress()
    with tempfile.TemporaryFile() as file:
        await write_archive(
            file, services.database, services.media.storage, caller.user_id, progress
        )
        file.seek(0)
        made = zipfile.ZipFile(io.BytesIO(file.read()))
    assert made.testzip() is None
    return made, progress


def told(made: zipfile.ZipFile, name: str) -> Any:
    return json.loads(made.read(name))


def table(made: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.read(name).decode(), newline="")))


async def upload(harness: Harness, caller: Principal, name: str) -> UUID:
    async def chunks() -> AsyncIterator[bytes]:
        yield png(4, 4)

    kept = await harness.process.services.media.take(
        caller.user_id, caller.workspace_id, chunks(), name=name, declared="image/png"
    )
    return kept.id


@pytest.fixture
async def turns(migrated: EngineUrls, database: Database, redis: Redis) -> AsyncIterator[Harness]:
    async with turn_harness(migrated) as harness:
        yield harness


async def test_every_branch_of_a_conversation_is_there_to_read_and_to_process(
    turns: Harness,
) -> None:
    caller = await turns.person()
    first = await turns.say(caller, "# One\nof *mine*")
    await turns.end(first.cursor)
    place = {"conversation_id": first.event.conversation_id}
    await turns.answer(caller, "Two", **place)
    await turns.answer(caller, "Another one", **place, parent_id=None)
    made, progress = await archive(turns, caller)
    name = f"conversations/{first.event.conversation_id}"
    said = told(made, f"{name}.json")
    assert (said["messageCount"], len(said["messages"])) == (6, 6)
    assert [one["role"] for one in said["messages"]] == ["user", "assistant"] * 3
    assert [one["parentId"] is None for one in said["messages"]] == [
        True,
        False,
        False,
        False,
        True,
        False,
    ]
    (call,) = said["messages"][1]["receipt"]["calls"]
    assert call["costUsd"] != "0"
    shown = made.read(f"{name}.md").decode()
    assert len(re.findall(r"(?m)^## \d+ · ", shown)) == 6
    assert shown.count("*Begins anew.*") == 1
    assert "Goes on from" not in shown
    assert all(one["text"].rstrip() in shown for one in said["messages"])
    assert (progress.done, progress.total) == (6, 6)


async def test_uploads_carry_their_names_which_are_no_paths(turns: Harness) -> None:
    caller = await turns.person()
    media = [await upload(turns, caller, name) for name in ("../../etc/pa:ss.png", "Größe.png")]
    lost = await upload(turns, caller, "lost.png")
    await turns.process.services.media.storage.remove(lost)
    made, _ = await archive(turns, caller)
    names = {name for name in made.namelist() if name.startswith("media/")}
    assert names == {
        f"media/{media[0]}-pa_ss.png",
        f"media/{media[1]}-Größe.png",
        "media/missing.txt",
    }
    assert made.read(f"media/{media[0]}-pa_ss.png") == png(4, 4)
    assert str(lost) in made.read("media/missing.txt").decode()


async def test_account_presets_keys_sessions_and_credits_are_told_without_secrets(
    turns: Harness, database: Database
) -> None:
    caller, services = await turns.person(credits=5), turns.process.services
    async with database.transaction() as tx:
        await presets.insert_preset(tx, new_id(), caller.user_id, caller.workspace_id, PRESET)
        key = await services.accounts.keys.create(
            tx, UserId(caller.user_id), name="k", scopes=None, expires_at=None
        )
        cookie = await services.accounts.cookies.open(tx, UserId(caller.user_id), "Lynx", "::1")
    webhook = await hook(database, caller.user_id, Notice.PLAN_CHANGED)
    async with database.transaction() as tx:
        await tell(tx, caller.user_id, data={"limit_usd": "5"})
        await tx.execute(text("UPDATE webhooks SET secret = 'whsec_x'"))
        await tx.execute(
            insert(SubscriptionRow).values(
                id=new_id(), user_id=caller.user_id, tier="pro", starts_at=utc_now()
            )
        )
        await tx.execute(text("UPDATE users SET ai_plan = NULL"))
        own = OwnLimits(quota_usd=NanoUsd(2_500_000_000), requests_per_hour=20)
        await set_own_limits(tx, caller.user_id, own)
    await turns.answer(caller, "x")
    made, _ = await archive(turns, caller)
    account = told(made, "account.json")
    assert account["email"] == caller.email
    assert account["credits"] < "5"
    assert (account["plan"], account["ownQuotaUsd"]) == ("pro", "2.5")
    assert (account["ownRequestsPerHour"], account["ownRunningTurns"]) == (20, None)
    assert [space["role"] for space in account["workspaces"]] == ["owner"]
    assert account["months"][0]["spentUsd"] != "0"
    (preset,) = told(made, "presets.json")
    assert (preset["name"], preset["params"]) == ("=Mine", {"max_tokens": 5})
    assert [one["name"] for one in told(made, "keys.json")] == ["k"]
    assert [one["userAgent"] for one in told(made, "sessions.json")] == ["Lynx"]
    (note,) = told(made, "notifications.json")
    assert (note["event"], note["data"]) == ("plan.changed", {"limit_usd": "5"})
    (shown,) = told(made, "webhooks.json")
    assert (shown["id"], shown["events"]) == (str(webhook), ["plan.changed"])
    assert [one["tier"] for one in told(made, "subscriptions.json")] == ["pro"]
    came, went = table(made, "credits.csv")
    assert (came["kind"], came["in"], came["out"]) == ("grant", "5", "")
    assert (went["kind"], went["in"]) == ("capture", "")
    everything = b"".join(made.read(name) for name in made.namelist())
    for secret in (key.secret, cookie, "whsec_"):
        assert secret.encode() not in everything
    assert b"ecret" not in b"".join(made.read(n) for n in ("keys.json", "sessions.json"))


async def test_what_was_used_is_a_table(turns: Harness, database: Database) -> None:
    caller = await turns.person()
    assert table((await archive(turns, caller))[0], "usage.csv") == []
    async with database.transaction() as tx:
        await tx.execute(
            text("""
INSERT INTO usage_logs (call_id, turn_id, creator_id, workspace_id, feature, agent, provider, model,
    input_tokens, cached_input_tokens, output_tokens, reasoning_tokens, prices, cost_usd, charged,
    charged_usd, usage_source, outcome, plan, month, correlation_id, duration_ms, at)
SELECT gen_random_uuid(), gen_random_uuid(), :user, :user, 'chat', '=evil()', 'demo', 'demo/x',
    1, 0, 2, 0, '{}', 1275000, 1, 1, 'provider', 'ok', 'pro', '2026-11-01', '', 5, now()
FROM generate_series(1, 1100)
"""),
            {"user": caller.user_id},
        )
    rows = table((await archive(turns, caller))[0], "usage.csv")
    assert len(rows) == len({row["callId"] for row in rows}) == 1100
    assert {(row["agent"], row["costUsd"]) for row in rows} == {("'=evil()", "0.001275")}


async def test_nothing_of_anybody_else_and_nothing_deleted_is_in_it(
    turns: Harness, database: Database
) -> None:
    caller, other = await turns.person(), await turns.person()
    await turns.answer(other, "somebody else's words")
    await upload(turns, other, "other.png")
    kept, dropped = await turns.say(caller, "kept words"), await turns.say(caller, "dropped words")
    for turn in (kept, dropped):
        await turns.end(turn.cursor)
    async with database.transaction() as tx:
        await tx.execute(
            text("UPDATE conversations SET deleted_at = now() WHERE id = :id"),
            {"id": dropped.event.conversation_id},
        )
    made, progress = await archive(turns, caller)
    everything = b"".join(made.read(name) for name in made.namelist())
    assert b"kept words" in everything
    assert b"dropped words" not in everything
    assert b"somebody else" not in everything
    assert (progress.done, progress.total) == (2, 2)
