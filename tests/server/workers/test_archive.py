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

from knowledge import experiments
from knowledge.experiments import Variant
from server.accounts.access import Principal
from server.domain.cadence import Cadence
from server.domain.clock import utc_now
from server.domain.configuration import Configuration
from server.domain.content import Params
from server.domain.ids import UserId, new_id
from server.domain.limits import OwnLimits
from server.domain.money import NanoUsd
from server.domain.notices import Notice
from server.local.engines import EngineUrls
from server.persistence import configurations, customagents, presets, quickreplies, schedules
from server.persistence.database import Database
from server.persistence.entitlements import set_own_limits
from server.persistence.presets import PresetContent
from server.persistence.quickreplies import QuickReplyContent
from server.persistence.subscriptions import SubscriptionRow
from server.turns.errands import Errand
from server.workers.archive import Progress, write_archive
from tests.knowledge.hosts import hosted
from tests.server.persistence.test_customagents import CONTENT as AGENT
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

REPLY = QuickReplyContent(title="Hello", text="Hi!", category="General")


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


async def test_what_was_learned_and_told_of_a_creator_is_there_without_tokens(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    await hosted(database, caller.user_id)
    made, _ = await archive(turns, caller)
    assert [one["text"] for one in told(made, "insights.json")] == [
        f"Fact {number}." for number in range(5)
    ]
    assert [one["externalId"] for one in told(made, "platforms.json")] == ["ada"]
    assert {one["spent"] for one in told(made, "campaigns.json")} == {"1.5"}
    assert {one["revenue"] for one in told(made, "stats.json")} == {"1"}
    assert [one["price"] for one in told(made, "fans.json")] == ["4.99"] * 5
    assert b"token" not in made.read("platforms.json")


async def test_what_a_creator_configured_is_there_as_they_wrote_it(
    turns: Harness, database: Database
) -> None:
    caller = await turns.person()
    made, _ = await archive(turns, caller)
    assert told(made, "configuration.json") is None
    async with database.transaction() as tx:
        await configurations.replace(tx, caller.user_id, Configuration(brand_voice="Be brief."))
        await customagents.add(tx, new_id(), caller.user_id, AGENT, most=1)
        await quickreplies.add(tx, new_id(), caller.user_id, REPLY, most=1)
    errand = Errand(prompt="hello", feature="test", params=Params(), input={"some_name": "hello"})
    errands = turns.process.turns.errands
    begun = await errands.begin(caller, errand, address="127.0.0.1", correlation_id="c")
    generated = await errands.end(begun, within_s=20)
    made, _ = await archive(turns, caller)
    (one,) = told(made, "generations.json")
    assert (one["id"], one["output"]) == (str(generated.generation_id), generated.text)
    assert one["input"] == {"some_name": "hello"}
    assert told(made, "configuration.json")["content"] == {"brandVoice": "Be brief."}
    assert [one["instructions"] for one in told(made, "agents.json")] == ["Motivate."]
    assert [one["title"] for one in told(made, "quick-replies.json")] == ["Hello"]


async def test_what_a_creator_tries_out_is_there_with_its_fans(
    turns: Harness, database: Database
) -> None:
    caller, now = await turns.person(), utc_now()
    user, experiment = caller.user_id, new_id()
    variants = [Variant(key=key, text=f"Buy, {key}.") for key in ("a", "b")]
    async with database.transaction() as tx:
        await experiments.create(tx, experiment, user, "Spring", variants, now)
        await experiments.assign(tx, experiment, user, "anna", now)
        paid = NanoUsd(4_990_000_000)
        await experiments.report(
            tx, experiment, user, "anna", converted=True, revenue=paid, now=now
        )
        await schedules.put(tx, user, Cadence.WEEKLY, now, now)
    made, _ = await archive(turns, caller)
    assert [one["variants"][1]["text"] for one in told(made, "experiments.json")] == ["Buy, b."]
    (fan,) = told(made, "experiment-fans.json")
    assert (fan["experimentId"], fan["fanId"], fan["revenue"]) == (str(experiment), "anna", "4.99")
    assert told(made, "reports.json")["cadence"] == "weekly"


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
