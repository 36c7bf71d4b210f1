"""What a creator has configured, keeps for their agents and tries out: what goes into an export."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import text

from server.persistence.belongings import Row, listed, paged, placed, usd
from server.persistence.database import Snapshot


async def configuration(tx: Snapshot, user: UUID) -> Row | None:
    """None: nothing was configured."""
    found = await listed(tx, _CONFIGURATION, user)
    return found[0] if found else None


async def presets(tx: Snapshot, user: UUID) -> list[Row]:
    return await listed(tx, _PRESETS, user)


async def agents(tx: Snapshot, user: UUID) -> list[Row]:
    return await listed(tx, _AGENTS, user)


async def quick_replies(tx: Snapshot, user: UUID) -> list[Row]:
    return await listed(tx, _QUICK_REPLIES, user)


async def experiments(tx: Snapshot, user: UUID) -> list[Row]:
    return await listed(tx, _EXPERIMENTS, user)


async def experiment_fans(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """Who got which message, and what they did; amounts in dollars."""
    key = ("experiment_id", "fan_id")
    async for row in placed(tx, _EXPERIMENT_FANS, user, key, (UUID(int=0), "")):
        yield row


async def report_schedule(tx: Snapshot, user: UUID) -> Row | None:
    """None: no reports come by themselves."""
    found = await listed(tx, _REPORT_SCHEDULE, user)
    return found[0] if found else None


async def generations(tx: Snapshot, user: UUID) -> AsyncIterator[Row]:
    """What was made of single requests, the oldest first. ``agents``: who was chosen, and why."""
    async for row in paged(tx, _GENERATIONS, user, is_long=True):
        yield row


_CONFIGURATION = text("SELECT content, updated_at FROM configurations WHERE user_id = :user")

_PRESETS = text("""
SELECT id, name, category, description, agent, model, params, instructions, shared, created_at,
       updated_at
FROM presets WHERE user_id = :user ORDER BY id
""")

_AGENTS = text("""
SELECT id, name, description, instructions, model, tools, created_at, updated_at
FROM custom_agents WHERE user_id = :user ORDER BY id
""")

_QUICK_REPLIES = text("""
SELECT id, title, text, category, created_at, updated_at
FROM quick_replies WHERE user_id = :user ORDER BY id
""")

_EXPERIMENTS = text("""
SELECT id, name, variants, winner, created_at, ended_at
FROM experiments WHERE user_id = :user ORDER BY id
""")

_EXPERIMENT_FANS = text(f"""
SELECT experiment_id, fan_id, variant, assigned_at, converted, {usd("revenue")}, reported_at
FROM experiment_subjects JOIN experiments ON experiments.id = experiment_id
WHERE user_id = :user AND (experiment_id, fan_id) > (:one, :two)
ORDER BY experiment_id, fan_id LIMIT :most
""")  # noqa: S608 - the columns are ours

_REPORT_SCHEDULE = text("""
SELECT cadence, next_at, last_generation_id, last_error, created_at, updated_at
FROM report_schedules WHERE user_id = :user
""")

_GENERATIONS = text("""
SELECT generations.id, kind, state, model, input, params,
       coalesce(outcome->'result', to_jsonb(generations.text)) AS output, insights, agents,
       outcome->'receipt' AS receipt, created_at
FROM generations JOIN turns ON turns.id = generations.id
LEFT JOIN routing_decisions ON routing_decisions.turn_id = generations.id
WHERE generations.user_id = :user AND generations.id > :after
ORDER BY generations.id LIMIT :most
""")
